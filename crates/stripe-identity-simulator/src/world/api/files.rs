use bytes::Bytes;
use stripe_identity_core::resources::file_links;
use stripe_identity_core::types::{EventType, File, FileId, FilePurpose, List, Patch, Sensitive};

use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::api::file_links::{Changes, insert, must_be_linkable};
use crate::world::call::Call;
use crate::world::events;
use crate::world::page::Page;
use crate::world::record::file::{StoredFile, format_of};
use crate::world::show;
use crate::world::state::State;
use crate::world::store::Record as _;

/// The number of links that an expanded file shows.
const SHOWN_LINKS: usize = 10;

/// The purposes of files that only Stripe creates.
const MADE_BY_STRIPE: &[FilePurpose] = &[
    FilePurpose::DocumentProviderIdentityDocument,
    FilePurpose::FinanceReportRun,
    FilePurpose::FinancialAccountStatement,
    FilePurpose::IdentityDocumentDownloadable,
    FilePurpose::Selfie,
    FilePurpose::SigmaScheduledQuery,
];

pub(crate) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let allowed: Vec<_> =
        FilePurpose::KNOWN.iter().filter(|purpose| !MADE_BY_STRIPE.contains(purpose)).cloned().collect();
    let purpose = call.form.one_of("purpose", &allowed)?;
    let link = match call.form.object("file_link_data")? {
        Patch::Set(mut data) => {
            let create = data.boolean("create")?;
            let create = create.ok_or_else(|| Refusal::missing_parameter("file_link_data[create]"))?;
            let link = Changes::parse_new(&mut data)?;
            data.finish()?;
            create.then_some(link)
        }
        Patch::Keep | Patch::Clear => None,
    };
    call.form.finish()?;
    let upload = call.upload.take().ok_or_else(|| Refusal::missing_parameter("file"))?;
    let purpose = purpose.ok_or_else(|| Refusal::missing_parameter("purpose"))?;
    if link.is_some() {
        must_be_linkable("file_link_data[create]", &purpose)?;
    }
    let id = FileId::new(state.ids.id("file_"));
    // The link is created first, so that nothing has changed if it is refused.
    link.map(|link| insert(state, id.clone(), false, link, call)).transpose()?;
    state.file_bytes = state.file_bytes.saturating_add(upload.contents.len());
    add(state, &id, purpose, upload.filename, upload.contents, call.account);
    let object = state.files.find(id.as_str(), call.account)?.shown("");
    events::record(state, EventType::FileCreated, &object, call.account, Some(call.request));
    show(state, id.as_str(), call)
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    show(state, &call.id, call)
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let mut page = Page::parse(&mut call.form)?;
    page.only("purpose", call.form.one_of("purpose", FilePurpose::KNOWN)?);
    call.form.finish()?;
    let (records, has_more) = state.files.page(&page, call.account)?;
    Ok(call.list((records.into_iter().map(|stored| shown(state, stored, call)).collect(), has_more)))
}

pub(crate) fn download(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let stored = state.files.find(&call.id, call.account)?;
    if stored.is_collected() {
        call.must_read_sensitive(Some(stored.created()))?;
    }
    let contents = stored.contents.clone();
    let contents = contents.ok_or_else(|| Refusal::not_found(StoredFile::PARAM, StoredFile::NAME, &call.id))?;
    Ok(Body::Contents(contents, stored.content_type()))
}

/// Adds an image that a verification collected, under the id in its report.
pub(crate) fn collect(state: &mut State, id: &FileId, purpose: FilePurpose, contents: Bytes, account: Option<&str>) {
    let (extension, _) = format_of(&contents);
    add(state, id, purpose, format!("{id}.{extension}"), contents, account);
}

/// Removes the contents of an image.
pub(crate) fn erase(state: &mut State, id: &str) {
    let place = state.files.place(id);
    if let Some(mut stored) = place.and_then(|place| state.files.edit(place)) {
        stored.contents = None;
    }
}

fn add(state: &mut State, id: &FileId, purpose: FilePurpose, filename: String, contents: Bytes, account: Option<&str>) {
    state.files.insert(StoredFile {
        account: account.map(Into::into),
        id: id.as_str().into(),
        created: state.clock.now().timestamp(),
        purpose,
        filename: Sensitive::new(filename.into()),
        size: contents.len(),
        contents: Some(contents),
    });
}

fn show(state: &State, id: &str, call: &Call<'_>) -> Result<Body, Refusal> {
    Ok(Body::of(id, &shown(state, state.files.find(id, call.account)?, call)))
}

fn shown(state: &State, stored: &StoredFile, call: &Call<'_>) -> File {
    let mut file = stored.shown(call.base_url);
    if call.expanded.reaches("links") {
        let mut places = state.links.having(stored.account(), "file", &stored.id).rev();
        let links = places.by_ref().take(SHOWN_LINKS).filter_map(|place| state.links.at(place));
        let links = links.map(|stored| show::file_link(&stored.link, call.base_url)).collect();
        let url = format!("{}?file={}", file_links::List::ROUTE.template(), file.id);
        file.links = Some(List::new(url, links, places.next().is_some()));
    }
    file
}
