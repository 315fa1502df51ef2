//! Which request means what.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use stripe_identity_core::Endpoint;
use stripe_identity_core::endpoint::verification_sessions as sessions;
use stripe_identity_core::endpoint::{ephemeral_keys, events, file_links, files, thin_events, verification_reports};
use stripe_identity_core::types::{
    CreateFileLink, CreateVerificationSession, EventRequest, EventType, FileExpand, FileLinkExpand, ListEvents,
    ListFileLinks, ListFiles, ListVerificationReports, ListVerificationSessions, ReportExpand, SessionExpand,
    Timestamp,
};

use crate::ephemeral_keys::StoredKey;
use crate::events::StoredEvent;
use crate::expand::Expanded;
use crate::files::Files;
use crate::form::Form;
use crate::ids::Ids;
use crate::key::Key;
use crate::multipart::UploadedFile;
use crate::refusal::Refusal;
use crate::reports::StoredReport;
use crate::session_params::{Changes, New};
use crate::sessions::StoredSession;
use crate::store::Store;

/// All that is kept.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) sessions: Store<StoredSession>,
    pub(crate) reports: Store<StoredReport>,
    pub(crate) files: Files,
    pub(crate) events: Store<StoredEvent>,
    pub(crate) keys: Store<StoredKey>,
}

/// One request's view of it: who asks, when, and on what terms.
pub(crate) struct View<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) key: Key,
    pub(crate) has_version: bool,
    /// For the events that come of it; none if no request is behind them.
    pub(crate) request: Option<EventRequest>,
    pub(crate) now: Timestamp,
    pub(crate) ids: &'a mut Ids,
}

impl<'a> View<'a> {
    pub(crate) fn without_request(account: Option<&'a str>, now: Timestamp, ids: &'a mut Ids) -> Self {
        Self { account, key: Key::Secret, has_version: false, request: None, now, ids }
    }
}

/// What a request is answered with.
pub(crate) enum Answer {
    Json(Value),
    Contents(Bytes, &'static str),
}

/// An endpoint, with the id from the path.
enum Target {
    CreateEphemeralKey,
    DeleteEphemeralKey(String),
    ListEvents,
    RetrieveEvent(String),
    RetrieveThinEvent(String),
    CreateFileLink,
    ListFileLinks,
    RetrieveFileLink(String),
    UpdateFileLink(String),
    CreateFile,
    DownloadFile(String),
    ListFiles,
    RetrieveFile(String),
    ListReports,
    RetrieveReport(String),
    CancelSession(String),
    CreateSession,
    ListSessions,
    RedactSession(String),
    RetrieveSession(String),
    UpdateSession(String),
}

impl Target {
    fn of(method: &Method, path: &str) -> Option<Self> {
        let id = |route: stripe_identity_core::endpoint::Route| route.matches(method, path);
        None.or_else(|| id(ephemeral_keys::Create::ROUTE).map(|_| Self::CreateEphemeralKey))
            .or_else(|| id(ephemeral_keys::Delete::ROUTE).map(Self::DeleteEphemeralKey))
            .or_else(|| id(ListEvents::ROUTE).map(|_| Self::ListEvents))
            .or_else(|| id(events::Retrieve::ROUTE).map(Self::RetrieveEvent))
            .or_else(|| id(thin_events::Retrieve::ROUTE).map(Self::RetrieveThinEvent))
            .or_else(|| id(CreateFileLink::ROUTE).map(|_| Self::CreateFileLink))
            .or_else(|| id(ListFileLinks::ROUTE).map(|_| Self::ListFileLinks))
            .or_else(|| id(file_links::Retrieve::ROUTE).map(Self::RetrieveFileLink))
            .or_else(|| id(file_links::Update::ROUTE).map(Self::UpdateFileLink))
            .or_else(|| id(files::Create::ROUTE).map(|_| Self::CreateFile))
            .or_else(|| id(files::Download::ROUTE).map(Self::DownloadFile))
            .or_else(|| id(ListFiles::ROUTE).map(|_| Self::ListFiles))
            .or_else(|| id(files::Retrieve::ROUTE).map(Self::RetrieveFile))
            .or_else(|| id(ListVerificationReports::ROUTE).map(|_| Self::ListReports))
            .or_else(|| id(verification_reports::Retrieve::ROUTE).map(Self::RetrieveReport))
            .or_else(|| id(sessions::Cancel::ROUTE).map(Self::CancelSession))
            .or_else(|| id(CreateVerificationSession::ROUTE).map(|_| Self::CreateSession))
            .or_else(|| id(ListVerificationSessions::ROUTE).map(|_| Self::ListSessions))
            .or_else(|| id(sessions::Redact::ROUTE).map(Self::RedactSession))
            .or_else(|| id(sessions::Retrieve::ROUTE).map(Self::RetrieveSession))
            .or_else(|| id(sessions::Update::ROUTE).map(Self::UpdateSession))
    }

    fn takes_parameters(&self) -> bool {
        matches!(
            self,
            Self::CreateEphemeralKey
                | Self::ListEvents
                | Self::CreateFileLink
                | Self::ListFileLinks
                | Self::UpdateFileLink(_)
                | Self::CreateFile
                | Self::ListFiles
                | Self::ListReports
                | Self::CreateSession
                | Self::ListSessions
                | Self::UpdateSession(_)
        )
    }

    /// The prefix of a path to expand, and the paths that there are.
    fn expansions(&self) -> (&'static str, Vec<&'static str>) {
        fn all<T: AsRef<str>>(known: &'static [T]) -> Vec<&'static str> {
            known.iter().map(AsRef::as_ref).collect()
        }
        match self {
            Self::CreateEphemeralKey
            | Self::DeleteEphemeralKey(_)
            | Self::ListEvents
            | Self::RetrieveEvent(_)
            | Self::RetrieveThinEvent(_) => ("", Vec::new()),
            Self::ListFileLinks => (ListFileLinks::EXPAND_PREFIX, all(FileLinkExpand::KNOWN)),
            Self::CreateFileLink | Self::RetrieveFileLink(_) | Self::UpdateFileLink(_) => {
                ("", all(FileLinkExpand::KNOWN))
            }
            Self::ListFiles => (ListFiles::EXPAND_PREFIX, all(FileExpand::KNOWN)),
            Self::CreateFile | Self::DownloadFile(_) | Self::RetrieveFile(_) => ("", all(FileExpand::KNOWN)),
            Self::ListReports => (ListVerificationReports::EXPAND_PREFIX, all(ReportExpand::KNOWN)),
            Self::RetrieveReport(_) => ("", all(ReportExpand::KNOWN)),
            Self::ListSessions => (ListVerificationSessions::EXPAND_PREFIX, all(SessionExpand::KNOWN)),
            Self::CancelSession(_)
            | Self::CreateSession
            | Self::RedactSession(_)
            | Self::RetrieveSession(_)
            | Self::UpdateSession(_) => ("", all(SessionExpand::KNOWN)),
        }
    }
}

impl World {
    /// Does what a request asks for.
    pub(crate) fn call(
        &mut self,
        method: &Method,
        path: &str,
        mut form: Form,
        upload: Option<UploadedFile>,
        view: &mut View<'_>,
    ) -> Result<Answer, Refusal> {
        let target = Target::of(method, path).ok_or_else(|| Refusal::unknown_url(method, path))?;
        let (prefix, known) = target.expansions();
        let paths = form.texts("expand")?.unwrap_or_default();
        let expanded = &Expanded::parse(paths, prefix, &known, view.key == Key::Restricted)?;

        if !target.takes_parameters() {
            form.finish()?;
        }
        let json = match target {
            Target::CreateEphemeralKey => crate::ephemeral_keys::create(&mut self.keys, &self.sessions, form, view)?,
            Target::DeleteEphemeralKey(id) => crate::ephemeral_keys::delete(&mut self.keys, &id, view)?,
            Target::ListEvents => list(&ListEvents::ROUTE, crate::events::list(&self.events, form, view)?),
            Target::RetrieveEvent(id) => crate::events::retrieve(&self.events, &id, view)?,
            Target::RetrieveThinEvent(id) => crate::events::retrieve_thin(&self.events, &id, view)?,
            Target::CreateFileLink => self.files.create_link(form, expanded, view)?,
            Target::ListFileLinks => list(&ListFileLinks::ROUTE, self.files.list_links(form, expanded, view)?),
            Target::RetrieveFileLink(id) => self.files.retrieve_link(&id, expanded, view)?,
            Target::UpdateFileLink(id) => self.files.update_link(&id, form, expanded, view)?,
            Target::CreateFile => {
                let file = self.files.upload(form, upload, expanded, view)?;
                let request = view.request.clone();
                let created = EventType::FileCreated;
                let (account, now) = (view.account, view.now);
                crate::events::record(&mut self.events, created, file.clone(), account, request, now, view.ids);
                file
            }
            Target::DownloadFile(id) => {
                let (contents, type_) = self.files.contents(&id, view.account, view.key == Key::Restricted)?;
                return Ok(Answer::Contents(contents, type_));
            }
            Target::ListFiles => list(&ListFiles::ROUTE, self.files.list(form, expanded, view)?),
            Target::RetrieveFile(id) => self.files.retrieve(&id, expanded, view)?,
            Target::ListReports => {
                let reports = crate::reports::list(&self.reports, form, expanded, view)?;
                list(&ListVerificationReports::ROUTE, reports)
            }
            Target::RetrieveReport(id) => crate::reports::retrieve(&self.reports, &id, expanded, view)?,
            Target::CancelSession(id) => self.cancel_session(&id, expanded, view)?,
            Target::CreateSession => self.create_session(New::parse(form)?, expanded, view)?,
            Target::ListSessions => list(&ListVerificationSessions::ROUTE, self.list_sessions(form, expanded, view)?),
            Target::RedactSession(id) => self.redact_session(&id, expanded, view)?,
            Target::RetrieveSession(id) => self.retrieve_session(&id, expanded, view)?,
            Target::UpdateSession(id) => {
                let changes = Changes::parse(&mut form)?;
                form.finish()?;
                self.update_session(&id, changes, expanded, view)?
            }
        };
        Ok(Answer::Json(json))
    }
}

fn list(route: &stripe_identity_core::endpoint::Route, (data, has_more): (Vec<Value>, bool)) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": route.template() })
}
