//! The requests that a test expects.

use std::fmt;

use http::Method;
use stripe_identity_core::endpoint::Route;
use stripe_identity_core::resources::verification_sessions as sessions;
use stripe_identity_core::types::Sensitive;

use super::entry::{self, RequestEntry};
use super::names::Names;
use super::trace::{IdempotencyUse, KeyHash};

/// The requests to an endpoint that a test expects, and their number, for
/// [`Simulator::verify`](crate::Simulator::verify).
///
/// By default, a pattern expects one request that took effect. A retry under the same idempotency key does not take
/// effect again, and a request that was refused, or that a fault responded to, does not take effect at all. Neither
/// counts.
///
/// ```
/// use stripe_identity_core::http::Method;
/// use stripe_identity_simulator::RequestPattern;
///
/// let created = RequestPattern::create_session().idempotency_key("order-1").parameter("return_url").and_no_other();
/// let canceled = RequestPattern::cancel_session().never();
/// let listed = RequestPattern::new(Method::GET, "/v1/events").at_least(2);
/// ```
#[derive(Clone)]
#[must_use = "a pattern does nothing until it is verified"]
pub struct RequestPattern {
    method: Method,
    path: String,
    id: Option<String>,
    key: Option<Sensitive<String>>,
    account: Option<String>,
    with: Vec<String>,
    without: Vec<String>,
    pub(super) outcome: Outcome,
    pub(super) least: u64,
    pub(super) most: Option<u64>,
    pub(super) is_alone: bool,
}

/// The result of the requests that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    TookEffect,
    Replayed,
    Status(u16),
    Any,
}

impl RequestPattern {
    /// Expects requests to the endpoint with this method and path, such as
    /// `/v1/identity/verification_sessions/{session}/cancel`.
    ///
    /// With an id in place of the braces, only requests with this id in their path count.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            id: None,
            key: None,
            account: None,
            with: Vec::new(),
            without: Vec::new(),
            outcome: Outcome::TookEffect,
            least: 1,
            most: Some(1),
            is_alone: false,
        }
    }

    fn of(route: &Route) -> Self {
        Self::new(route.method().clone(), route.template())
    }

    /// Expects requests that create a session.
    pub fn create_session() -> Self {
        Self::of(&sessions::Create::ROUTE)
    }

    /// Expects requests that retrieve a session.
    pub fn retrieve_session() -> Self {
        Self::of(&sessions::Retrieve::ROUTE)
    }

    /// Expects requests that update a session.
    pub fn update_session() -> Self {
        Self::of(&sessions::Update::ROUTE)
    }

    /// Expects requests that cancel a session.
    pub fn cancel_session() -> Self {
        Self::of(&sessions::Cancel::ROUTE)
    }

    /// Expects requests that redact a session.
    pub fn redact_session() -> Self {
        Self::of(&sessions::Redact::ROUTE)
    }

    /// Expects requests that list sessions.
    pub fn list_sessions() -> Self {
        Self::of(&sessions::List::ROUTE)
    }

    /// Counts only requests with this id in their path.
    pub fn id(self, id: impl fmt::Display) -> Self {
        Self { id: Some(id.to_string()), ..self }
    }

    /// Counts only requests with this idempotency key.
    pub fn idempotency_key(self, key: impl Into<String>) -> Self {
        Self { key: Some(Sensitive::new(key.into())), ..self }
    }

    /// Counts only requests for this connected account. All ids that do not have the form `acct_…` are treated as
    /// equal.
    pub fn account(self, account: impl Into<String>) -> Self {
        Self { account: Some(account.into()), ..self }
    }

    /// Counts only requests with this parameter, such as `return_url`, or with one below it, such as those below
    /// `options[document]`. May be called several times.
    ///
    /// The journal does not store the keys of metadata: `metadata[order]` stands for any key.
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.with.push(name.into());
        self
    }

    /// Counts only requests without this parameter and without parameters below it. May be called several times.
    pub fn without_parameter(mut self, name: impl Into<String>) -> Self {
        self.without.push(name.into());
        self
    }

    /// Counts the requests whose response was a replay under an idempotency key, instead of those that took effect.
    pub fn replayed(self) -> Self {
        Self { outcome: Outcome::Replayed, ..self }
    }

    /// Counts the requests whose response had this status, instead of those that took effect.
    pub fn status(self, status: u16) -> Self {
        Self { outcome: Outcome::Status(status), ..self }
    }

    /// Counts all requests, instead of only those that took effect.
    pub fn any_outcome(self) -> Self {
        Self { outcome: Outcome::Any, ..self }
    }

    /// Expects exactly this number of requests. Defaults to 1.
    pub fn times(self, times: u64) -> Self {
        Self { least: times, most: Some(times), ..self }
    }

    /// Expects this number of requests or more.
    pub fn at_least(self, times: u64) -> Self {
        Self { least: times, most: None, ..self }
    }

    /// Expects that there is no such request.
    pub fn never(self) -> Self {
        self.times(0)
    }

    /// Also expects that no other request to the endpoint took effect.
    pub fn and_no_other(self) -> Self {
        Self { is_alone: true, ..self }
    }

    pub(crate) fn endpoint(&self) -> (&Method, &str) {
        (&self.method, &self.path)
    }

    /// Returns the conditions in the form in which they are compared with requests. `path` is the path template of the
    /// endpoint, and `id` the id in the path of the pattern.
    pub(super) fn conditions(&self, path: &'static str, id: &str) -> Result<Conditions, &'static str> {
        let names = |names: &[String]| {
            let names = names.iter().map(|name| Names::one(name).ok_or(UNKNOWN_NAME));
            names.collect::<Result<Vec<_>, _>>()
        };
        let is_placeholder = id.is_empty() || id.starts_with('{') || id == "*";
        Ok(Conditions {
            endpoint: (entry::method(&self.method), path),
            id: self.id.clone().or_else(|| (!is_placeholder).then(|| id.to_owned())),
            key: self.key.as_ref().map(|key| KeyHash::of(key.expose())),
            account: self.account.as_deref().map(|account| entry::shown_account(account).to_owned()),
            with: names(&self.with)?,
            without: names(&self.without)?,
        })
    }
}

const UNKNOWN_NAME: &str =
    "no endpoint has a parameter with that name: expected a name such as return_url or options[document]";

/// Shows no values, since the key and the account must not be shown.
impl fmt::Debug for RequestPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestPattern").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

/// The conditions on a request, apart from its result.
pub(super) struct Conditions {
    pub(super) endpoint: (&'static str, &'static str),
    id: Option<String>,
    key: Option<KeyHash>,
    account: Option<String>,
    with: Vec<Names>,
    without: Vec<Names>,
}

impl Conditions {
    /// Returns the differences between a request and the conditions, in words. Empty if it meets all of them.
    pub(super) fn differences(&self, entry: &RequestEntry) -> Vec<String> {
        let mut differences = Vec::new();
        let mut differ = |text: String| differences.push(text);
        let mut compare = |wanted: &Option<String>, found: Option<&str>, what: &str| match (wanted, found) {
            (Some(_), None) => differ(format!("it has no {what}")),
            (Some(wanted), Some(found)) if wanted != found => differ(format!("it has another {what}")),
            _ => {}
        };
        compare(&self.id, entry.id(), "id");
        compare(&self.account, entry.account(), "account");
        match (self.key, entry.key_hash()) {
            (Some(_), None) => differ("it has no idempotency key".to_owned()),
            (Some(wanted), Some(found)) if wanted != found => differ("it has another idempotency key".to_owned()),
            _ => {}
        }
        for names in self.with.iter().filter(|names| !entry.names().contain(names)) {
            differ(format!("the parameter {names} was not sent"));
        }
        for names in self.without.iter().filter(|names| entry.names().contain(names)) {
            differ(format!("the parameter {names} was sent"));
        }
        differences
    }
}

/// Writes the conditions in words: `POST /v1/files with that idempotency key and the parameter purpose`.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, path) = self.endpoint;
        write!(f, "{method} {path}")?;
        let given = [
            (self.id.is_some(), "that id"),
            (self.account.is_some(), "that account"),
            (self.key.is_some(), "that idempotency key"),
        ];
        let given = given.into_iter().filter(|(is_given, _)| *is_given).map(|(_, text)| text.to_owned());
        let with = self.with.iter().map(|names| format!("the parameter {names}"));
        let without = self.without.iter().map(|names| format!("no parameter {names}"));
        for (index, text) in given.chain(with).chain(without).enumerate() {
            write!(f, " {} {text}", if index == 0 { "with" } else { "and" })?;
        }
        Ok(())
    }
}

impl Outcome {
    /// Returns the reason why a request does not count, in words, or `None` if it counts.
    pub(super) fn difference(self, entry: &RequestEntry) -> Option<String> {
        let counts = match self {
            Self::TookEffect => entry.took_effect(),
            Self::Replayed => entry.idempotency() == Some(IdempotencyUse::Replayed),
            Self::Status(status) => entry.status() == Some(status),
            Self::Any => true,
        };
        (!counts).then(|| match (self, entry.idempotency()) {
            (Self::TookEffect, Some(IdempotencyUse::Replayed)) => "it is a replay".to_owned(),
            (Self::TookEffect, _) => "it did not take effect".to_owned(),
            (Self::Replayed, _) => "it is not a replay".to_owned(),
            _ => "it has another status".to_owned(),
        })
    }
}

/// Writes the words that follow the conditions.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TookEffect => f.write_str(" that took effect"),
            Self::Replayed => f.write_str(" that was replayed"),
            Self::Status(status) => write!(f, " that got the status {status}"),
            Self::Any => Ok(()),
        }
    }
}
