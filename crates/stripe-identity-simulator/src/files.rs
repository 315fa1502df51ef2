//! Files and the links to them.

use bytes::Bytes;
use serde_json::Value;
use stripe_identity_core::resources::file_links;
use stripe_identity_core::types::{
    Expandable, File, FileId, FileLink, FilePurpose, List, Metadata, Patch, Sensitive, Timestamp,
};

use crate::endpoints::View;
use crate::expand::{Expanded, to_json};
use crate::form::Form;
use crate::key::Key;
use crate::metadata;
use crate::multipart::UploadedFile;
use crate::refusal::Refusal;
use crate::store::{Page, Record, Store};

/// What every collected image looks like: one grey pixel.
const IMAGE: &[u8] = include_bytes!("image.png");

/// Purposes of files that only Stripe makes.
const MADE_BY_STRIPE: &[FilePurpose] = &[
    FilePurpose::DocumentProviderIdentityDocument,
    FilePurpose::FinanceReportRun,
    FilePurpose::FinancialAccountStatement,
    FilePurpose::IdentityDocumentDownloadable,
    FilePurpose::Selfie,
    FilePurpose::SigmaScheduledQuery,
];

#[derive(Debug)]
pub(crate) struct StoredFile {
    account: Option<String>,
    file: File,
    /// Gone once the session that it belongs to is redacted.
    contents: Option<Bytes>,
}

impl Record for StoredFile {
    const NAME: &'static str = "file upload";
    const PARAM: &'static str = "file";

    fn id(&self) -> &str {
        self.file.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

impl StoredFile {
    /// Whether a verification collected it, and it shows a person.
    fn is_collected(&self) -> bool {
        matches!(self.file.purpose, FilePurpose::IdentityDocumentDownloadable | FilePurpose::Selfie)
    }
}

#[derive(Debug)]
pub(crate) struct StoredLink {
    account: Option<String>,
    link: FileLink,
    file: FileId,
}

impl Record for StoredLink {
    const NAME: &'static str = "file link";
    const PARAM: &'static str = "link";

    fn id(&self) -> &str {
        self.link.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Files {
    files: Store<StoredFile>,
    links: Store<StoredLink>,
}

impl Files {
    /// An image that a verification collected, under an id that a report names.
    pub(crate) fn collect(&mut self, id: &FileId, purpose: FilePurpose, account: Option<&str>, now: Timestamp) {
        let filename = format!("{id}.png");
        self.add(id.clone(), purpose, filename, Bytes::from_static(IMAGE), account, now);
    }

    /// Takes the contents of images away.
    pub(crate) fn erase(&mut self, ids: &[FileId]) {
        for id in ids {
            if let Some(stored) = self.files.get_mut(id.as_str()) {
                stored.contents = None;
            }
        }
    }

    fn add(
        &mut self,
        id: FileId,
        purpose: FilePurpose,
        filename: String,
        contents: Bytes,
        account: Option<&str>,
        now: Timestamp,
    ) -> &StoredFile {
        let mut file = File::new(id);
        file.created = Some(now);
        file.purpose = purpose;
        file.size = u64::try_from(contents.len()).ok();
        file.type_ = filename.rsplit_once('.').map(|(_, extension)| extension.to_owned());
        file.filename = Some(Sensitive::new(filename));
        file.url = Some(Sensitive::new(format!("https://files.stripe.com/v1/files/{}/contents", file.id)));
        self.files.insert(StoredFile { account: account.map(str::to_owned), file, contents: Some(contents) })
    }

    pub(crate) fn upload(
        &mut self,
        mut form: Form,
        upload: Option<UploadedFile>,
        expanded: &Expanded,
        view: &mut View<'_>,
    ) -> Result<Value, Refusal> {
        let allowed: Vec<_> =
            FilePurpose::KNOWN.iter().filter(|purpose| !MADE_BY_STRIPE.contains(purpose)).cloned().collect();
        let purpose = form.one_of("purpose", &allowed)?;
        let link = match form.object("file_link_data")? {
            Patch::Set(mut data) => {
                let create = data.boolean("create")?;
                let create = create.ok_or_else(|| Refusal::missing_parameter("file_link_data[create]"))?;
                let link = LinkChanges::parse_new(&mut data)?;
                data.finish()?;
                create.then_some(link)
            }
            Patch::Keep | Patch::Clear => None,
        };
        form.finish()?;
        let upload = upload.ok_or_else(|| Refusal::missing_parameter("file"))?;
        let purpose = purpose.ok_or_else(|| Refusal::missing_parameter("purpose"))?;
        let id = FileId::new(view.ids.id("file_"));
        // The link comes first: if it is refused, nothing was done.
        if let Some(link) = link {
            self.new_link(id.clone(), link, view)?;
        }
        self.add(id.clone(), purpose, upload.filename, upload.contents, view.account, view.now);
        self.retrieve(id.as_str(), expanded, view)
    }

    pub(crate) fn retrieve(&self, id: &str, expanded: &Expanded, view: &View<'_>) -> Result<Value, Refusal> {
        Ok(self.show(self.files.find(id, view.account)?, expanded, view))
    }

    pub(crate) fn list(
        &self,
        mut form: Form,
        expanded: &Expanded,
        view: &View<'_>,
    ) -> Result<(Vec<Value>, bool), Refusal> {
        let page = Page::parse(&mut form)?;
        let purpose = form.one_of("purpose", FilePurpose::KNOWN)?;
        form.finish()?;
        let (records, has_more) = self.files.page(&page, view.account, |stored| {
            page.is_created(stored.file.created.unwrap_or(view.now))
                && purpose.as_ref().is_none_or(|purpose| *purpose == stored.file.purpose)
        })?;
        Ok((records.into_iter().map(|stored| self.show(stored, expanded, view)).collect(), has_more))
    }

    /// The contents and their media type.
    pub(crate) fn contents(
        &self,
        id: &str,
        account: Option<&str>,
        key_is_restricted: bool,
    ) -> Result<(Bytes, &'static str), Refusal> {
        let stored = self.files.find(id, account)?;
        if stored.is_collected() && !key_is_restricted {
            return Err(Refusal::permission());
        }
        let contents = stored.contents.clone();
        let contents = contents.ok_or_else(|| Refusal::not_found(StoredFile::PARAM, StoredFile::NAME, id))?;
        Ok((contents, if stored.is_collected() { "image/png" } else { "application/octet-stream" }))
    }

    /// The contents behind a link's URL, which takes no key.
    pub(crate) fn linked_contents(&self, token: &str, now: Timestamp) -> Option<(Bytes, &'static str)> {
        let url = link_url(token);
        let stored =
            self.links.newest().find(|stored| stored.link.url.as_ref().is_some_and(|at| *at.expose() == url))?;
        if is_expired(&stored.link, now) {
            return None;
        }
        self.contents(stored.file.as_str(), stored.account(), true).ok()
    }

    fn show(&self, stored: &StoredFile, expanded: &Expanded, view: &View<'_>) -> Value {
        let mut file = stored.file.clone();
        if expanded.reaches("links") {
            let mut all = self.links.newest().filter(|link| link.file == file.id);
            let links = all.by_ref().take(10).map(|stored| shown(&stored.link, view.now)).collect();
            let has_more = all.next().is_some();
            let url = format!("{}?file={}", file_links::List::ROUTE.template(), file.id);
            file.links = Some(List::new(url, links, has_more));
        }
        to_json(&file)
    }

    pub(crate) fn create_link(
        &mut self,
        mut form: Form,
        expanded: &Expanded,
        view: &mut View<'_>,
    ) -> Result<Value, Refusal> {
        let file = form.text("file")?;
        let changes = LinkChanges::parse_new(&mut form)?;
        form.finish()?;
        let file = file.ok_or_else(|| Refusal::missing_parameter("file"))?;
        match self.files.get(&file, view.account) {
            None => return Err(Refusal::no_such("file", StoredFile::NAME, &file)),
            // Through its link, the image could be read without any key.
            Some(stored) if stored.is_collected() && view.key != Key::Restricted => return Err(Refusal::permission()),
            Some(_) => {}
        }
        let id = self.new_link(FileId::new(file), changes, view)?;
        self.retrieve_link(&id, expanded, view)
    }

    fn new_link(&mut self, file: FileId, changes: LinkChanges, view: &mut View<'_>) -> Result<String, Refusal> {
        let mut link = FileLink::new(view.ids.id("link_"));
        link.created = Some(view.now);
        link.livemode = Some(false);
        link.url = Some(Sensitive::new(link_url(&view.ids.text(40))));
        link.file = Some(Expandable::Id(file.clone()));
        changes.apply_to(&mut link, view.now)?;
        let id = link.id.as_str().to_owned();
        self.links.insert(StoredLink { account: view.account.map(str::to_owned), link, file });
        Ok(id)
    }

    pub(crate) fn retrieve_link(&self, id: &str, expanded: &Expanded, view: &View<'_>) -> Result<Value, Refusal> {
        Ok(self.show_link(self.links.find(id, view.account)?, expanded, view))
    }

    pub(crate) fn update_link(
        &mut self,
        id: &str,
        mut form: Form,
        expanded: &Expanded,
        view: &View<'_>,
    ) -> Result<Value, Refusal> {
        let changes = LinkChanges::parse(&mut form)?;
        form.finish()?;
        changes.apply_to(&mut self.links.find_mut(id, view.account)?.link, view.now)?;
        self.retrieve_link(id, expanded, view)
    }

    pub(crate) fn list_links(
        &self,
        mut form: Form,
        expanded: &Expanded,
        view: &View<'_>,
    ) -> Result<(Vec<Value>, bool), Refusal> {
        let page = Page::parse(&mut form)?;
        let expired = form.boolean("expired")?;
        let file = form.text("file")?;
        form.finish()?;
        let (records, has_more) = self.links.page(&page, view.account, |stored| {
            page.is_created(stored.link.created.unwrap_or(view.now))
                && expired.is_none_or(|expired| expired == is_expired(&stored.link, view.now))
                && file.as_deref().is_none_or(|file| stored.file.as_str() == file)
        })?;
        Ok((records.into_iter().map(|stored| self.show_link(stored, expanded, view)).collect(), has_more))
    }

    fn show_link(&self, stored: &StoredLink, expanded: &Expanded, view: &View<'_>) -> Value {
        let mut link = shown(&stored.link, view.now);
        if expanded.reaches("file")
            && let Some(file) = self.files.get(stored.file.as_str(), view.account)
        {
            link.file = Some(Expandable::Object(Box::new(file.file.clone())));
        }
        to_json(&link)
    }
}

fn link_url(token: &str) -> String {
    format!("https://files.stripe.com/links/{token}")
}

fn is_expired(link: &FileLink, now: Timestamp) -> bool {
    link.expires_at.is_some_and(|expires_at| expires_at <= now)
}

/// The link as it is now: one that no longer works has no URL.
fn shown(link: &FileLink, now: Timestamp) -> FileLink {
    let mut link = link.clone();
    let is_expired = is_expired(&link, now);
    link.expired = Some(is_expired);
    if is_expired {
        link.url = None;
    }
    link
}

struct LinkChanges {
    expires_at: Patch<Option<Timestamp>>,
    metadata: Patch<Vec<(String, String)>>,
}

impl LinkChanges {
    /// For a new link: nothing can be cleared yet, and one that ends now is not worth making.
    fn parse_new(form: &mut Form) -> Result<Self, Refusal> {
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
                let seconds = text.parse().map_err(|_| Refusal::invalid("expires_at", "Invalid timestamp"))?;
                Patch::Set(Some(Timestamp::from_secs(seconds)))
            }
        };
        Ok(Self { expires_at, metadata: metadata::parse(form)? })
    }

    fn apply_to(self, link: &mut FileLink, now: Timestamp) -> Result<(), Refusal> {
        let mut metadata: Metadata = link.metadata.clone();
        metadata::change(&mut metadata, self.metadata)?;
        link.metadata = metadata;
        match self.expires_at {
            Patch::Keep => {}
            Patch::Clear => link.expires_at = None,
            Patch::Set(time) => link.expires_at = Some(time.unwrap_or(now)),
        }
        Ok(())
    }
}
