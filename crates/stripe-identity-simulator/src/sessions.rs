//! The sessions of all accounts, and what happens to them.

use std::time::Duration;

use serde_json::Value;
use stripe_identity_core::types::{
    CustomerAccountId, CustomerId, EventType, Expandable, FilePurpose, LastError, Redaction, RedactionStatus,
    Sensitive, Timestamp, VerificationReport, VerificationSession, VerificationSessionStatus,
};

use crate::control_error::ControlError;
use crate::endpoints::{View, World};
use crate::events;
use crate::expand::Expanded;
use crate::form::Form;
use crate::ids::Ids;
use crate::outcome::{Outcome, reason};
use crate::redact;
use crate::refusal::Refusal;
use crate::report;
use crate::reports::StoredReport;
use crate::session_params::{Changes, New};
use crate::store::{Page, Record};

const CLIENT_SECRET_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
const URL_LIFE: Duration = Duration::from_secs(48 * 60 * 60);

#[derive(Debug)]
pub(crate) struct StoredSession {
    account: Option<String>,
    /// With all that could be expanded.
    session: VerificationSession,
    created: Timestamp,
    client_secret_made: Timestamp,
    url_made: Timestamp,
}

impl Record for StoredSession {
    const NAME: &'static str = "VerificationSession";
    const PARAM: &'static str = "session";

    fn id(&self) -> &str {
        self.session.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

/// What a request does with one session.
impl World {
    pub(crate) fn create_session(
        &mut self,
        new: New,
        expanded: &Expanded,
        view: &mut View<'_>,
    ) -> Result<Value, Refusal> {
        let mut session = new.into_session(view.ids.id("vs_"));
        session.livemode = Some(false);
        session.created = Some(view.now);
        session.status = VerificationSessionStatus::RequiresInput;
        let id = session.id.as_str().to_owned();
        let stored = self.sessions.insert(StoredSession {
            account: view.account.map(str::to_owned),
            session,
            created: view.now,
            client_secret_made: view.now,
            url_made: view.now,
        });
        stored.renew_access(view.now, view.ids);
        self.record(&id, EventType::VerificationSessionCreated, view);
        self.show_session(&id, expanded, view)
    }

    pub(crate) fn retrieve_session(
        &mut self,
        id: &str,
        expanded: &Expanded,
        view: &mut View<'_>,
    ) -> Result<Value, Refusal> {
        self.sessions.find_mut(id, view.account)?.renew_expired_access(view.now, view.ids);
        self.show_session(id, expanded, view)
    }

    pub(crate) fn update_session(
        &mut self,
        id: &str,
        changes: Changes,
        expanded: &Expanded,
        view: &mut View<'_>,
    ) -> Result<Value, Refusal> {
        let stored = self.sessions.find_mut(id, view.account)?;
        stored.must_be_open("updated")?;
        changes.apply_to(&mut stored.session)?;
        self.retrieve_session(id, expanded, view)
    }

    pub(crate) fn cancel_session(
        &mut self,
        id: &str,
        expanded: &Expanded,
        view: &mut View<'_>,
    ) -> Result<Value, Refusal> {
        let stored = self.sessions.find_mut(id, view.account)?;
        stored.must_be_open("canceled")?;
        stored.cancel();
        self.record(id, EventType::VerificationSessionCanceled, view);
        self.show_session(id, expanded, view)
    }

    pub(crate) fn redact_session(
        &mut self,
        id: &str,
        expanded: &Expanded,
        view: &mut View<'_>,
    ) -> Result<Value, Refusal> {
        let stored = self.sessions.find_mut(id, view.account)?;
        if stored.session.redaction.is_some() {
            return Err(Refusal::redacted("redacted"));
        }
        let is_canceled_by_it = match stored.session.status {
            VerificationSessionStatus::Verified => false,
            VerificationSessionStatus::RequiresInput => true,
            _ => return Err(Refusal::illegal_state("redacted", &stored.session.status)),
        };
        if is_canceled_by_it {
            stored.cancel();
        }
        stored.session.redaction = Some(Redaction::new(RedactionStatus::Processing));
        if is_canceled_by_it {
            self.record(id, EventType::VerificationSessionCanceled, view);
        }
        self.show_session(id, expanded, view)
    }

    pub(crate) fn list_sessions(
        &self,
        mut form: Form,
        expanded: &Expanded,
        view: &View<'_>,
    ) -> Result<(Vec<Value>, bool), Refusal> {
        let page = Page::parse(&mut form)?;
        let status = form.one_of("status", VerificationSessionStatus::KNOWN)?;
        let reference = form.text("client_reference_id")?.map(Sensitive::new);
        let customer = form.text("related_customer")?.map(CustomerId::new);
        let customer_account = form.text("related_customer_account")?.map(CustomerAccountId::new);
        form.finish()?;
        let (records, has_more) = self.sessions.page(&page, view.account, |stored| {
            let session = &stored.session;
            page.is_created(stored.created)
                && status.as_ref().is_none_or(|status| *status == session.status)
                && (reference.is_none() || reference == session.client_reference_id)
                && (customer.is_none() || customer == session.related_customer)
                && (customer_account.is_none() || customer_account == session.related_customer_account)
        })?;
        Ok((records.into_iter().map(|stored| self.shown(stored, expanded)).collect(), has_more))
    }

    fn show_session(&self, id: &str, expanded: &Expanded, view: &View<'_>) -> Result<Value, Refusal> {
        Ok(self.shown(self.sessions.find(id, view.account)?, expanded))
    }

    fn shown(&self, stored: &StoredSession, expanded: &Expanded) -> Value {
        let report = stored.session.last_verification_report.as_ref().map(Expandable::id);
        let report = report.and_then(|id| self.reports.get(id.as_str(), stored.account()));
        expanded.show_session(&stored.session, report.map(|stored| &stored.report))
    }

    /// Notes what happened to a session, as it is now.
    fn record(&mut self, id: &str, type_: EventType, view: &mut View<'_>) {
        let Some(object) = self.sessions.get(id, view.account).map(|stored| self.shown(stored, &Expanded::default()))
        else {
            return;
        };
        let request = view.request.clone();
        events::record(&mut self.events, type_, object, view.account, request, view.now, view.ids);
    }
}

/// What a person does, and time.
impl World {
    pub(crate) fn start_processing(&mut self, id: &str, now: Timestamp, ids: &mut Ids) -> Result<(), ControlError> {
        let stored = self.sessions.get_mut(id).ok_or(ControlError::NoSuchSession)?;
        stored.must_have(&VerificationSessionStatus::RequiresInput)?;
        stored.session.status = VerificationSessionStatus::Processing;
        stored.session.last_error = None;
        stored.revoke_access();
        self.record_by_itself(id, EventType::VerificationSessionProcessing, now, ids);
        Ok(())
    }

    pub(crate) fn finish_processing(
        &mut self,
        id: &str,
        outcome: &Outcome,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Result<(), ControlError> {
        let stored = self.sessions.get_mut(id).ok_or(ControlError::NoSuchSession)?;
        stored.must_have(&VerificationSessionStatus::Processing)?;
        let report = report::of_try(&stored.session, outcome, now, ids);
        if let Some(report) = &report {
            stored.session.last_verification_report = Some(Expandable::Id(report.id.clone()));
        }
        let type_ = match outcome {
            Outcome::Verified => {
                stored.session.status = VerificationSessionStatus::Verified;
                stored.session.verified_outputs = report.as_ref().map(report::verified_outputs);
                EventType::VerificationSessionVerified
            }
            Outcome::Failed(code) => {
                stored.session.status = VerificationSessionStatus::RequiresInput;
                stored.session.last_error = Some(LastError::new(code.clone(), Some(reason(code).to_owned())));
                stored.renew_access(now, ids);
                EventType::VerificationSessionRequiresInput
            }
        };
        let account = stored.account.clone();
        if let Some(report) = report {
            self.collect_images(&report, account.as_deref(), now);
            self.reports.insert(StoredReport { account, report });
        }
        self.record_by_itself(id, type_, now, ids);
        Ok(())
    }

    pub(crate) fn finish_redaction(&mut self, id: &str, now: Timestamp, ids: &mut Ids) -> Result<(), ControlError> {
        let stored = self.sessions.get_mut(id).ok_or(ControlError::NoSuchSession)?;
        match &mut stored.session.redaction {
            Some(redaction) if redaction.status == RedactionStatus::Processing => {
                redaction.status = RedactionStatus::Redacted;
            }
            _ => return Err(ControlError::NoRedaction),
        }
        redact::session(&mut stored.session);
        for stored in self.reports.iter_mut().filter(|stored| stored.is_of(id)) {
            self.files.erase(&report::images(&stored.report).map(|(image, _)| image.clone()).collect::<Vec<_>>());
            redact::report(&mut stored.report);
        }
        events::redact(&mut self.events, id);
        self.record_by_itself(id, EventType::VerificationSessionRedacted, now, ids);
        Ok(())
    }

    fn collect_images(&mut self, report: &VerificationReport, account: Option<&str>, now: Timestamp) {
        for (image, is_selfie) in report::images(report) {
            let purpose = if is_selfie { FilePurpose::Selfie } else { FilePurpose::IdentityDocumentDownloadable };
            self.files.collect(image, purpose, account, now);
        }
    }

    fn record_by_itself(&mut self, id: &str, type_: EventType, now: Timestamp, ids: &mut Ids) {
        let account = self.sessions.get_mut(id).and_then(|stored| stored.account.clone());
        let mut view = View::without_request(account.as_deref(), now, ids);
        self.record(id, type_, &mut view);
    }
}

impl StoredSession {
    fn must_be_open(&self, action: &str) -> Result<(), Refusal> {
        if self.session.redaction.is_some() {
            return Err(Refusal::redacted(action));
        }
        match &self.session.status {
            VerificationSessionStatus::RequiresInput => Ok(()),
            status => Err(Refusal::illegal_state(action, status)),
        }
    }

    fn must_have(&self, status: &VerificationSessionStatus) -> Result<(), ControlError> {
        let actual = &self.session.status;
        if actual == status { Ok(()) } else { Err(ControlError::WrongStatus(actual.clone())) }
    }

    fn cancel(&mut self) {
        self.session.status = VerificationSessionStatus::Canceled;
        self.session.last_error = None;
        self.session.last_verification_report = None;
        self.revoke_access();
    }

    fn revoke_access(&mut self) {
        self.session.client_secret = None;
        self.session.url = None;
    }

    /// A fresh secret and page, for another try.
    fn renew_access(&mut self, now: Timestamp, ids: &mut Ids) {
        self.renew_client_secret(now, ids);
        self.renew_url(now, ids);
    }

    fn renew_client_secret(&mut self, now: Timestamp, ids: &mut Ids) {
        let secret = format!("{}_secret_test_{}", self.session.id, ids.text(32));
        self.session.client_secret = Some(Sensitive::new(secret));
        self.client_secret_made = now;
    }

    fn renew_url(&mut self, now: Timestamp, ids: &mut Ids) {
        let url = format!("https://verify.stripe.com/start/test_{}", ids.text(32));
        self.session.url = Some(Sensitive::new(url));
        self.url_made = now;
    }

    fn renew_expired_access(&mut self, now: Timestamp, ids: &mut Ids) {
        if self.session.status != VerificationSessionStatus::RequiresInput {
            return;
        }
        if has_passed(CLIENT_SECRET_LIFE, self.client_secret_made, now) {
            self.renew_client_secret(now, ids);
        }
        if has_passed(URL_LIFE, self.url_made, now) {
            self.renew_url(now, ids);
        }
    }
}

pub(crate) fn has_passed(span: Duration, since: Timestamp, now: Timestamp) -> bool {
    let span = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    now.as_secs().saturating_sub(since.as_secs()) >= span
}
