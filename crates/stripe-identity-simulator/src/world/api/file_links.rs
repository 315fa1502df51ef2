use stripe_identity_core::types::{Expandable, FileId, FileLink, FilePurpose, Metadata, Patch, Sensitive, Timestamp};

use crate::form::Form;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::ids::id_of;
use crate::world::metadata;
use crate::world::page::Page;
use crate::world::queue::DueThing;
use crate::world::record::file::StoredFile;
use crate::world::record::file_link::{LINKS, StoredLink};
use crate::world::show;
use crate::world::state::State;
use crate::world::store::Record as _;

/// The longest lifetime of a link to an image that a verification collected, in seconds.
const LONGEST_IMAGE_LINK: i64 = 30;

/// The purposes of files that can have links.
const LINKABLE: &[FilePurpose] = &[
    FilePurpose::BusinessIcon,
    FilePurpose::BusinessLogo,
    FilePurpose::CustomerSignature,
    FilePurpose::DisputeEvidence,
    FilePurpose::FinanceReportRun,
    FilePurpose::FinancialAccountStatement,
    FilePurpose::IdentityDocumentDownloadable,
    FilePurpose::IssuingRegulatoryReporting,
    FilePurpose::PciDocument,
    FilePurpose::Selfie,
    FilePurpose::SigmaScheduledQuery,
    FilePurpose::TaxDocumentUserUpload,
    FilePurpose::TerminalAndroidApk,
    FilePurpose::TerminalReaderSplashscreen,
];

pub(crate) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let file = call.form.text("file")?;
    let changes = Changes::parse_new(&mut call.form)?;
    call.form.finish()?;
    let file = file.ok_or_else(|| Refusal::missing_parameter("file"))?;
    let stored = state.files.get_of(&file, call.account);
    let stored = stored.ok_or_else(|| Refusal::no_such("file", StoredFile::NAME, &file))?;
    if stored.is_collected() {
        // With the link, the image can be read without a key.
        call.must_read_sensitive(Some(stored.created()))?;
    }
    must_be_linkable("file", &stored.purpose)?;
    let is_collected = stored.is_collected();
    let link = insert(state, FileId::new(file), is_collected, changes, call)?;
    show(state, link, call)
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    show(state, state.links.find_place(&call.id, call.account)?, call)
}

pub(crate) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let changes = Changes::parse(&mut call.form)?;
    call.form.finish()?;
    let (place, stored) = (state.links.find_place(&call.id, call.account)?, state.links.find(&call.id, call.account)?);
    let mut link = stored.link.clone();
    let image = state.files.get(stored.file.as_str()).filter(|stored| stored.is_collected());
    if let Some(image) = image.filter(|_| changes.renews(&link)) {
        call.must_read_sensitive(Some(image.created()))?;
    }
    changes.apply_to(&mut link, image.is_some(), call.now)?;
    put(state, place, link);
    show(state, place, call)
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let mut page = Page::parse(&mut call.form)?;
    page.only("expired", call.form.boolean("expired")?.map(|expired| expired.to_string()));
    page.only("file", call.form.text("file")?);
    call.form.finish()?;
    let (records, has_more) = state.links.page(&page, call.account)?;
    Ok(call.list((records.into_iter().map(|stored| shown(state, stored, call)).collect(), has_more)))
}

/// Returns the contents behind the URL of a link, which requires no key.
pub(crate) fn follow(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let path = format!("{LINKS}{}", call.id);
    let stored = id_of("link_", &call.id).and_then(|id| state.links.get(&id));
    let stored = stored.filter(|stored| stored.link.url.as_ref().is_some_and(|url| *url.expose() == path));
    let file = stored.filter(|stored| !stored.is_expired()).and_then(|stored| state.files.get(stored.file.as_str()));
    let contents = file.and_then(|stored| Some(Body::Contents(stored.contents.clone()?, stored.content_type())));
    contents.ok_or_else(|| Refusal::unknown_url(call.route.method(), "/links/…"))
}

/// Creates a link to a file, which need not exist yet. Returns the place of the link.
pub(crate) fn insert(
    state: &mut State,
    file: FileId,
    is_collected: bool,
    changes: Changes,
    call: &Call<'_>,
) -> Result<u64, Refusal> {
    let id = state.ids.id("link_");
    let mut link = FileLink::new(id.clone());
    link.created = Some(call.now);
    link.livemode = Some(false);
    link.url = Some(Sensitive::new(format!("{LINKS}{}", state.ids.token(&id))));
    link.file = Some(Expandable::Id(file.clone()));
    changes.apply_to(&mut link, is_collected, call.now)?;
    let account = call.account.map(Into::into);
    let place = state.links.insert(StoredLink { account, link: link.clone(), file });
    put(state, place, link);
    Ok(place)
}

/// Replaces a link by its new version, and schedules its expiry.
fn put(state: &mut State, place: u64, link: FileLink) {
    let now = state.now();
    if let Some(expires_at) = link.expires_at {
        state.queue.schedule(expires_at.into(), DueThing::FileLinkExpires { link: place });
    }
    if let Some(mut stored) = state.links.edit(place) {
        stored.link = link;
        stored.expire(now);
    }
}

fn show(state: &State, place: u64, call: &Call<'_>) -> Result<Body, Refusal> {
    let stored = state.links.at(place);
    let stored = stored.ok_or_else(|| Refusal::not_found(StoredLink::PARAM, StoredLink::NAME, &call.id))?;
    Ok(Body::of(stored.id(), &shown(state, stored, call)))
}

fn shown(state: &State, stored: &StoredLink, call: &Call<'_>) -> FileLink {
    let mut link = show::file_link(&stored.link, call.base_url);
    if call.expanded.reaches("file")
        && let Some(file) = state.files.get(stored.file.as_str())
    {
        link.file = Some(Expandable::Object(Box::new(file.shown(call.base_url))));
    }
    link
}

/// Refuses a file with a purpose that does not allow links.
pub(crate) fn must_be_linkable(param: &str, purpose: &FilePurpose) -> Result<(), Refusal> {
    if LINKABLE.contains(purpose) {
        return Ok(());
    }
    let linkable: Vec<_> = LINKABLE.iter().map(FilePurpose::as_str).collect();
    Err(Refusal::invalid(
        param,
        &format!("The purpose of the file does not allow links: must be one of {}.", linkable.join(", ")),
    ))
}

fn invalid_time() -> Refusal {
    Refusal::invalid("expires_at", "Invalid timestamp: must be `now`, or a time in seconds since 1970")
}

fn seconds_between(earlier: Timestamp, later: Timestamp) -> i64 {
    later.as_secs().saturating_sub(earlier.as_secs())
}

/// The parameters that creating and updating a link have in common.
pub(crate) struct Changes {
    expires_at: Patch<Option<Timestamp>>,
    metadata: Patch<Vec<(String, String)>>,
}

impl Changes {
    /// Parses the parameters of a new link. Unlike an update, it can neither clear a field nor expire the link now.
    pub(crate) fn parse_new(form: &mut Form) -> Result<Self, Refusal> {
        let expires_at = form.integer("expires_at")?.map(Timestamp::from_secs);
        Ok(Self {
            expires_at: expires_at.map_or(Patch::Keep, |time| Patch::Set(Some(time))),
            metadata: metadata::parse(form)?,
        })
    }

    fn parse(form: &mut Form) -> Result<Self, Refusal> {
        let expires_at = match form.clearable_text("expires_at")? {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(text) if text == "now" => Patch::Set(None),
            Patch::Set(text) => {
                let seconds = text.parse().map_err(|_| invalid_time())?;
                Patch::Set(Some(Timestamp::from_secs(seconds)))
            }
        };
        Ok(Self { expires_at, metadata: metadata::parse(form)? })
    }

    /// Returns whether the changes make a link expire at a time that is not earlier than before, or never.
    fn renews(&self, link: &FileLink) -> bool {
        match self.expires_at {
            Patch::Keep | Patch::Set(None) => false,
            Patch::Set(Some(time)) => link.expires_at.is_none_or(|expires_at| time >= expires_at),
            Patch::Clear => true,
        }
    }

    /// Applies the changes to a link. `is_to_image` is `true` if a verification collected its file.
    fn apply_to(self, link: &mut FileLink, is_to_image: bool, now: Timestamp) -> Result<(), Refusal> {
        let invalid = |message: &str| Err(Refusal::invalid("expires_at", message));
        match self.expires_at {
            Patch::Set(Some(time)) if time <= now => return invalid("Invalid timestamp: must be in the future"),
            Patch::Set(Some(time)) if is_to_image && seconds_between(now, time) > LONGEST_IMAGE_LINK => {
                return invalid("A link to an image of an identity verification must expire within 30 seconds.");
            }
            Patch::Set(time) => link.expires_at = Some(time.unwrap_or(now)),
            Patch::Clear => link.expires_at = None,
            Patch::Keep => {}
        }
        if is_to_image && link.expires_at.is_none() {
            return invalid("A link to an image of an identity verification must have a time at which it expires.");
        }
        let mut metadata: Metadata = link.metadata.clone();
        metadata::change(&mut metadata, self.metadata)?;
        link.metadata = metadata;
        Ok(())
    }
}
