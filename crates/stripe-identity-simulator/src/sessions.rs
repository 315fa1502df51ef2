//! The sessions of all accounts, and what happens to them.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use stripe_identity_core::types::{
    Expandable, LastError, ListVerificationSessions, Metadata, Redaction, RedactionStatus, Sensitive, Timestamp,
    VerificationReport, VerificationSession, VerificationSessionId, VerificationSessionStatus,
};

use crate::expand::Expanded;
use crate::ids::Ids;
use crate::outcome::{Outcome, reason};
use crate::redact;
use crate::refusal::Refusal;
use crate::report;
use crate::session_params::{self, Changes};

const CLIENT_SECRET_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
const URL_LIFE: Duration = Duration::from_secs(48 * 60 * 60);
const OBJECT: &str = "VerificationSession";

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// The oldest first.
    all: Vec<Stored>,
    by_id: HashMap<VerificationSessionId, usize>,
}

#[derive(Debug)]
struct Stored {
    account: Option<String>,
    /// With all that could be expanded.
    session: VerificationSession,
    report: Option<VerificationReport>,
    created: Timestamp,
    client_secret_made: Timestamp,
    url_made: Timestamp,
}

/// What a user's try or a redaction could not be done to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no such session.
    NoSuchSession,
    /// The session is not in the status that this takes; it has this one.
    WrongStatus(VerificationSessionStatus),
    /// No redaction of the session is under way.
    NoRedaction,
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSession => f.write_str("there is no such session"),
            Self::WrongStatus(status) => write!(f, "the session has the status {status}"),
            Self::NoRedaction => f.write_str("no redaction of the session is under way"),
        }
    }
}

impl std::error::Error for ControlError {}

/// One request's view: who asks, when, and for which parts.
pub(crate) struct View<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) now: Timestamp,
    pub(crate) expanded: &'a Expanded,
    pub(crate) ids: &'a mut Ids,
}

impl Sessions {
    pub(crate) fn create(&mut self, new: session_params::New, view: &mut View<'_>) -> Value {
        let id = VerificationSessionId::new(view.ids.id("vs_"));
        let mut session = VerificationSession::new(id.clone());
        session.livemode = Some(false);
        session.created = Some(view.now);
        session.status = VerificationSessionStatus::RequiresInput;
        new.apply_to(&mut session);
        let mut stored = Stored {
            account: view.account.map(str::to_owned),
            session,
            report: None,
            created: view.now,
            client_secret_made: view.now,
            url_made: view.now,
        };
        stored.renew_access(view.now, view.ids);
        let shown = stored.show(view.expanded);
        self.by_id.insert(id, self.all.len());
        self.all.push(stored);
        shown
    }

    pub(crate) fn retrieve(&mut self, id: &str, view: &mut View<'_>) -> Result<Value, Refusal> {
        let stored = self.find(id, view.account)?;
        stored.renew_expired_access(view.now, view.ids);
        Ok(stored.show(view.expanded))
    }

    pub(crate) fn update(&mut self, id: &str, changes: Changes, view: &mut View<'_>) -> Result<Value, Refusal> {
        let stored = self.find(id, view.account)?;
        stored.must_be_open("updated")?;
        changes.apply_to(&mut stored.session)?;
        stored.renew_expired_access(view.now, view.ids);
        Ok(stored.show(view.expanded))
    }

    pub(crate) fn cancel(&mut self, id: &str, view: &mut View<'_>) -> Result<Value, Refusal> {
        let stored = self.find(id, view.account)?;
        stored.must_be_open("canceled")?;
        stored.cancel();
        Ok(stored.show(view.expanded))
    }

    pub(crate) fn redact(&mut self, id: &str, view: &mut View<'_>) -> Result<Value, Refusal> {
        let stored = self.find(id, view.account)?;
        if stored.session.redaction.is_some() {
            return Err(Refusal::redacted("redacted"));
        }
        match stored.session.status {
            VerificationSessionStatus::Verified => {}
            VerificationSessionStatus::RequiresInput => stored.cancel(),
            _ => return Err(Refusal::illegal_state("redacted", &stored.session.status)),
        }
        stored.session.redaction = Some(Redaction::new(RedactionStatus::Processing));
        Ok(stored.show(view.expanded))
    }

    /// One page, newest first, and whether there is more beyond it.
    pub(crate) fn list(
        &self,
        filter: &ListVerificationSessions,
        limit: usize,
        view: &View<'_>,
    ) -> Result<(Vec<Value>, bool), Refusal> {
        let index_of = |param: &str, id: &VerificationSessionId| {
            let index = self.by_id.get(id).copied();
            let index = index.filter(|&index| self.all[index].account.as_deref() == view.account);
            index.ok_or_else(|| Refusal::no_such(param, OBJECT, id.as_str()))
        };
        let matches = |&index: &usize| self.all[index].is_meant(filter, view.account);
        let limit_and_one = limit.saturating_add(1);
        let mut page: Vec<usize> = match (&filter.starting_after, &filter.ending_before) {
            (_, Some(before)) => {
                let newer = index_of("ending_before", before)?.saturating_add(1);
                (newer..self.all.len()).filter(matches).take(limit_and_one).collect()
            }
            (after, None) => {
                let older = match after {
                    Some(after) => index_of("starting_after", after)?,
                    None => self.all.len(),
                };
                (0..older).rev().filter(matches).take(limit_and_one).collect()
            }
        };
        let has_more = page.len() > limit;
        page.truncate(limit);
        if filter.ending_before.is_some() {
            page.reverse();
        }
        Ok((page.into_iter().map(|index| self.all[index].show(view.expanded)).collect(), has_more))
    }

    pub(crate) fn start_processing(&mut self, id: &str) -> Result<(), ControlError> {
        let stored = self.find_any(id)?;
        stored.must_have(&VerificationSessionStatus::RequiresInput)?;
        stored.session.status = VerificationSessionStatus::Processing;
        stored.session.last_error = None;
        stored.revoke_access();
        Ok(())
    }

    pub(crate) fn finish_processing(
        &mut self,
        id: &str,
        outcome: &Outcome,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Result<(), ControlError> {
        let stored = self.find_any(id)?;
        stored.must_have(&VerificationSessionStatus::Processing)?;
        if let Some(report) = report::of_try(&stored.session, outcome, now, ids) {
            stored.session.last_verification_report = Some(Expandable::Id(report.id.clone()));
            stored.report = Some(report);
        }
        match outcome {
            Outcome::Verified => {
                stored.session.status = VerificationSessionStatus::Verified;
                stored.session.verified_outputs = stored.report.as_ref().map(report::verified_outputs);
            }
            Outcome::Failed(code) => {
                stored.session.status = VerificationSessionStatus::RequiresInput;
                stored.session.last_error = Some(LastError::new(code.clone(), Some(reason(code).to_owned())));
                stored.renew_access(now, ids);
            }
        }
        Ok(())
    }

    pub(crate) fn finish_redaction(&mut self, id: &str) -> Result<(), ControlError> {
        let stored = self.find_any(id)?;
        match &mut stored.session.redaction {
            Some(redaction) if redaction.status == RedactionStatus::Processing => {
                redaction.status = RedactionStatus::Redacted;
            }
            _ => return Err(ControlError::NoRedaction),
        }
        redact::redact(&mut stored.session, stored.report.as_mut());
        Ok(())
    }

    fn find(&mut self, id: &str, account: Option<&str>) -> Result<&mut Stored, Refusal> {
        let stored = self.by_id.get(id).map(|&index| &mut self.all[index]);
        let stored = stored.filter(|stored| stored.account.as_deref() == account);
        stored.ok_or_else(|| Refusal::not_found("session", OBJECT, id))
    }

    fn find_any(&mut self, id: &str) -> Result<&mut Stored, ControlError> {
        self.by_id.get(id).map(|&index| &mut self.all[index]).ok_or(ControlError::NoSuchSession)
    }
}

impl Stored {
    fn show(&self, expanded: &Expanded) -> Value {
        expanded.show(&self.session, self.report.as_ref())
    }

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

    fn is_meant(&self, filter: &ListVerificationSessions, account: Option<&str>) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, actual: Option<&T>) -> bool {
            wanted.is_none() || wanted == actual
        }
        let session = &self.session;
        self.account.as_deref() == account
            && fits(filter.status.as_ref(), Some(&session.status))
            && fits(filter.client_reference_id.as_ref(), session.client_reference_id.as_ref())
            && fits(filter.related_customer.as_ref(), session.related_customer.as_ref())
            && fits(filter.related_customer_account.as_ref(), session.related_customer_account.as_ref())
            && filter.created.is_none_or(|created| created.contains(self.created))
    }
}

pub(crate) fn has_passed(span: Duration, since: Timestamp, now: Timestamp) -> bool {
    let span = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    now.as_secs().saturating_sub(since.as_secs()) >= span
}

/// Stripe's limits on metadata: 50 keys of 40 characters, values of 500.
pub(crate) fn change_metadata(metadata: &mut Metadata, changes: Vec<(String, String)>) -> Result<(), Refusal> {
    for (key, value) in changes {
        let name = format!("metadata[{key}]");
        if value.is_empty() {
            metadata.remove(&key);
        } else if key.chars().count() > 40 {
            return Err(Refusal::invalid(&name, "Metadata keys can have up to 40 characters."));
        } else if value.chars().count() > 500 {
            return Err(Refusal::invalid(&name, "Metadata values can have up to 500 characters."));
        } else {
            metadata.insert(key, value);
        }
    }
    if metadata.len() > 50 {
        return Err(Refusal::invalid("metadata", "Metadata can have up to 50 keys."));
    }
    Ok(())
}
