use bytes::Bytes;
use serde_json::Value;
use stripe_identity_core::resources::file_links;
use stripe_identity_core::types::{EventType, File, FileId, FilePurpose, List, Patch, Sensitive};

use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::api::file_links::{Changes, insert, must_be_linkable};
use crate::world::call::Call;
use crate::world::events;
use crate::world::page::Page;
use crate::world::record::file::{StoredFile, format_of};
use crate::world::show::{self, to_json};
use crate::world::state::State;
use crate::world::store::Record as _;

/// How many links an expanded file shows.
const SHOWN_LINKS: usize = 10;

/// Purposes of files that only Stripe makes.
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
    // The link comes first: if it is refused, nothing was done.
    let link = link.map(|link| insert(state, id.clone(), false, link, call)).transpose()?;
    state.file_bytes = state.file_bytes.saturating_add(upload.contents.len());
    add(state, id.clone(), purpose, upload.filename, upload.contents, call.account);
    if let Some(stored) = state.files.edit(id.as_str()) {
        stored.links.extend(link);
        let object = to_json(&stored.file);
        events::record(state, EventType::FileCreated, object, call.account, Some(call.request));
    }
    Ok(shown(state, state.files.find(id.as_str(), call.account)?, call).into())
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(shown(state, state.files.find(&call.id, call.account)?, call).into())
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let page = Page::parse(&mut call.form)?;
    let purpose = call.form.one_of("purpose", FilePurpose::KNOWN)?;
    call.form.finish()?;
    let (records, has_more) = state.files.page(&page, call.account, |stored| {
        page.is_created(stored.created()) && purpose.as_ref().is_none_or(|purpose| *purpose == stored.file.purpose)
    })?;
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

/// Keeps an image that a verification collected, under an id that a report names.
pub(crate) fn collect(state: &mut State, id: &FileId, purpose: FilePurpose, contents: Bytes, account: Option<&str>) {
    let (extension, _) = format_of(&contents);
    add(state, id.clone(), purpose, format!("{id}.{extension}"), contents, account);
}

/// Takes the contents of an image away.
pub(crate) fn erase(state: &mut State, id: &str) {
    if let Some(stored) = state.files.edit(id) {
        stored.contents = None;
    }
}

fn add(state: &mut State, id: FileId, purpose: FilePurpose, filename: String, contents: Bytes, account: Option<&str>) {
    let mut file = File::new(id);
    file.created = Some(state.now());
    file.purpose = purpose;
    file.size = u64::try_from(contents.len()).ok();
    file.type_ = filename.rsplit_once('.').map(|(_, extension)| extension.to_owned());
    file.filename = Some(Sensitive::new(filename));
    file.url = Some(Sensitive::new(format!("/v1/files/{}/contents", file.id)));
    let account = account.map(str::to_owned);
    state.files.insert(StoredFile { account, file, contents: Some(contents), links: Vec::new() });
}

fn shown(state: &State, stored: &StoredFile, call: &Call<'_>) -> Value {
    let mut file = show::file(&stored.file, call.base_url);
    if call.expanded.reaches("links") {
        let links = stored.links.iter().rev().filter_map(|link| state.links.get(link)).take(SHOWN_LINKS);
        let links = links.map(|stored| show::file_link(&stored.link, call.base_url)).collect();
        let url = format!("{}?file={}", file_links::List::ROUTE.template(), file.id);
        file.links = Some(List::new(url, links, stored.links.len() > SHOWN_LINKS));
    }
    to_json(&file)
}
