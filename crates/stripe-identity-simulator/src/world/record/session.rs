use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{
    Sensitive, Timestamp, VerificationSession, VerificationSessionStatus, VerificationSessionType,
};

use crate::control_error::ControlError;
use crate::person::Person;
use crate::refusal::Refusal;
use crate::submission::Submission;
use crate::time::Time;
use crate::world::ids::Ids;
use crate::world::queue::{DueThing, Queue};
use crate::world::record::visit::{UrlEnd, Visit};
use crate::world::rows::Kind;
use crate::world::store::{Record, fill_time, unknown_time};

const CLIENT_SECRET_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
const URL_LIFE: Duration = Duration::from_secs(48 * 60 * 60);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredSession {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Box<str>>,
    /// Without the verified outputs, which come from its last report. Its URL is a path, since the base depends on the
    /// client.
    pub(crate) session: VerificationSession,
    #[serde(default = "unknown_time")]
    pub(crate) created: Timestamp,
    #[serde(default)]
    pub(crate) client_secret_expires: Time,
    #[serde(default)]
    pub(crate) url_expires: Time,
    /// The checks that are under way, if they have a scheduled end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Box<Checks>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redaction_ends: Option<Time>,
    /// The person of the last try, unless it is the one who is derived from the id of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<Box<Person>>,
    /// The time and the submission of the next scheduled try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_try: Option<Box<(Time, Submission)>>,
    /// The planned tries after that one.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) planned: VecDeque<Submission>,
    /// The places of its reports and of its events, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reports: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) events: Vec<u64>,
    #[serde(default, skip_serializing_if = "Visit::is_empty")]
    pub(crate) visit: Visit,
}

/// Checks with a scheduled end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checks {
    pub(crate) submission: Submission,
    pub(crate) end: ChecksEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChecksEnd {
    At(Time),
    /// After this number of further retrieves.
    AfterRetrieves(u32),
}

impl Record for StoredSession {
    const KIND: Kind = Kind::Session;
    const NAME: &'static str = "VerificationSession";
    const PARAM: &'static str = "session";

    fn id(&self) -> &str {
        self.session.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn complete(&mut self, now: Timestamp) {
        self.fill(now);
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        let session = &self.session;
        each("status", session.status.as_str());
        if let Some(reference) = &session.client_reference_id {
            each("client_reference_id", reference.expose());
        }
        if let Some(customer) = &session.related_customer {
            each("related_customer", customer.as_str());
        }
        if let Some(account) = &session.related_customer_account {
            each("related_customer_account", account.as_str());
        }
    }
}

impl StoredSession {
    /// Sets the fields that a handwritten session leaves out.
    fn fill(&mut self, now: Timestamp) {
        let session = &mut self.session;
        fill_time(&mut self.created, session.created.unwrap_or(now));
        session.created.get_or_insert(self.created);
        session.livemode.get_or_insert(false);
        if session.status.as_str().is_empty() {
            session.status = VerificationSessionStatus::RequiresInput;
        }
        if session.type_.as_str().is_empty() {
            session.type_ = VerificationSessionType::Document;
        }
    }

    pub(crate) fn new(session: VerificationSession, account: Option<&str>, now: Time) -> Self {
        Self {
            account: account.map(Into::into),
            session,
            created: now.timestamp(),
            client_secret_expires: now,
            url_expires: now,
            checks: None,
            redaction_ends: None,
            person: None,
            next_try: None,
            planned: VecDeque::new(),
            reports: Vec::new(),
            events: Vec::new(),
            visit: Visit::default(),
        }
    }

    pub(crate) fn must_not_be_redacted(&self, action: &str) -> Result<(), Refusal> {
        if self.session.redaction.is_some() { Err(Refusal::redacted(action)) } else { Ok(()) }
    }

    pub(crate) fn must_be_open(&self, action: &str) -> Result<(), Refusal> {
        self.must_not_be_redacted(action)?;
        match &self.session.status {
            VerificationSessionStatus::RequiresInput => Ok(()),
            status => Err(Refusal::illegal_state(action, status)),
        }
    }

    pub(crate) fn must_have(&self, status: &VerificationSessionStatus) -> Result<(), ControlError> {
        let actual = &self.session.status;
        if actual == status {
            return Ok(());
        }
        Err(ControlError::WrongStatus { actual: actual.clone(), expected: status.clone() })
    }

    pub(crate) fn cancel(&mut self) {
        self.session.status = VerificationSessionStatus::Canceled;
        self.session.last_error = None;
        self.session.last_verification_report = None;
        self.revoke_access(UrlEnd::Canceled);
        self.forget_user();
    }

    /// Removes the person of the last try, and the tries to come.
    pub(crate) fn forget_user(&mut self) {
        self.person = None;
        self.next_try = None;
        self.planned.clear();
    }

    pub(crate) fn revoke_access(&mut self, end: UrlEnd) {
        self.session.client_secret = None;
        self.visit.end(self.session.url.take(), end);
    }

    /// Returns whether the session requires input but has no client secret or no URL.
    pub(crate) fn lacks_access(&self) -> bool {
        let is_open = self.session.status == VerificationSessionStatus::RequiresInput;
        is_open && (self.session.client_secret.is_none() || self.session.url.is_none())
    }

    /// Creates the client secret and the URL that the session lacks. `session` is its place.
    pub(crate) fn renew_access(&mut self, session: u64, now: Time, ids: &mut Ids, queue: &mut Queue) {
        let id = self.session.id.as_str();
        if self.session.client_secret.is_none() {
            let secret = format!("{id}_secret_test_{}", ids.text(32));
            self.session.client_secret = Some(Sensitive::new(secret));
            self.client_secret_expires = now.after(CLIENT_SECRET_LIFE);
            queue.schedule(self.client_secret_expires, DueThing::ClientSecretExpires { session });
        }
        if self.session.url.is_none() {
            self.session.url = Some(Sensitive::new(format!("{PAGE}test_{}", ids.token(id))));
            self.url_expires = now.after(URL_LIFE);
            queue.schedule(self.url_expires, DueThing::UrlExpires { session });
        }
    }

    /// Removes the client secret, unless it was renewed since its expiry was scheduled.
    pub(crate) fn expire_client_secret(&mut self, now: Time) {
        if self.client_secret_expires <= now {
            self.session.client_secret = None;
        }
    }

    /// Removes the URL, unless it was renewed since its expiry was scheduled.
    pub(crate) fn expire_url(&mut self, now: Time) {
        if self.url_expires <= now {
            self.visit.end(self.session.url.take(), UrlEnd::Expired);
        }
    }
}

/// The path of the page of a session, before its token.
pub(crate) const PAGE: &str = "/start/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canceled_session_forgets_its_user() {
        let now = Time::from(Timestamp::from_secs(0));
        let mut stored = StoredSession::new(VerificationSession::new("vs_1"), None, now);
        stored.person = Some(Box::new(Person::from_seed(7)));
        stored.next_try = Some(Box::new((now, Submission::verified())));
        stored.planned.push_back(Submission::verified());
        stored.cancel();
        assert_eq!((stored.person, stored.next_try, stored.planned.len()), (None, None, 0));
    }
}
