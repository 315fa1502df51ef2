//! The journal entry of one request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use stripe_identity_core::headers::STRIPE_VERSION;
use stripe_identity_core::types::Timestamp;

use super::error::{HIDDEN, RequestError};
use super::names::Names;
use super::trace::{AppliedFault, IdempotencyUse, KeyHash, Trace};
use crate::disruption::{Damage, Disruption};
use crate::key::{self, Credentials, KeyKind};
use crate::time::Time;

/// The path of a request that matches no endpoint.
pub(crate) const UNKNOWN_PATH: &str = "unknown";
const LONGEST_ACCOUNT: usize = 64;

/// The journal entry of a request to the simulator, with its result.
///
/// It contains no key, no secret and no personal data. Of the texts that a client sends, it contains only those that
/// the simulator knows, and ids that the simulator has created. `Display` writes one line for people. It serializes as
/// a JSON object whose keys have the names of the methods, except that the duration is `duration_ms`, a number of
/// milliseconds.
///
/// ```
/// use stripe_identity_simulator::SimulatorTransport;
/// # use stripe_identity_core::types::CreateVerificationSession;
/// # use stripe_identity_core::{BlockingClient, Config};
///
/// let stripe = SimulatorTransport::new();
/// let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
/// client.verification_sessions().create(CreateVerificationSession::document()).send()?;
///
/// let requests = stripe.requests();
/// assert_eq!(requests[0].method(), "POST");
/// assert_eq!(requests[0].path(), "/v1/identity/verification_sessions");
/// assert_eq!(requests[0].parameters().collect::<Vec<_>>(), ["type"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RequestEntry {
    number: u64,
    /// By the machine's clock and by the world's, in microseconds since the Unix epoch.
    time: u64,
    world_time: Option<u64>,
    /// In microseconds.
    duration: u32,
    status: Option<u16>,
    kind: RequestKind,
    key: RequestKey,
    idempotency: Option<(KeyHash, IdempotencyUse)>,
    took_effect: bool,
    version: Option<Version>,
    method: &'static str,
    path: &'static str,
    world: Option<Arc<str>>,
    id: Option<Box<str>>,
    account: Option<Box<str>>,
    request_id: Option<Box<str>>,
    names: Names,
    error: Option<Box<RequestError>>,
    faults: Box<[AppliedFault]>,
}

/// The interface of the simulator that a request is addressed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestKind {
    /// Stripe's API.
    Api,
    /// The control API.
    Control,
    /// The page of a session, or the contents behind a file link.
    Link,
}

/// The kind of API key in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestKey {
    /// A secret key, of an account or of an organization.
    Secret,
    /// A restricted key.
    Restricted,
    /// A publishable key.
    Publishable,
    /// An ephemeral key.
    Ephemeral,
    /// A key that is not valid, such as a live key.
    Invalid,
    /// No key.
    None,
}

impl RequestKey {
    fn sent(authorization: Option<&HeaderValue>) -> Self {
        match key::credentials(authorization) {
            Ok(None) => Self::None,
            Ok(Some(Credentials::Key { kind: KeyKind::Secret, .. })) => Self::Secret,
            Ok(Some(Credentials::Key { kind: KeyKind::Restricted, .. })) => Self::Restricted,
            Ok(Some(Credentials::Key { kind: KeyKind::Publishable, .. })) => Self::Publishable,
            Ok(Some(Credentials::Ephemeral(_))) => Self::Ephemeral,
            Err(_) => Self::Invalid,
        }
    }
}

impl AsRef<str> for RequestKind {
    fn as_ref(&self) -> &str {
        match self {
            Self::Api => "api",
            Self::Control => "control",
            Self::Link => "link",
        }
    }
}

impl AsRef<str> for RequestKey {
    fn as_ref(&self) -> &str {
        match self {
            Self::Secret => "secret",
            Self::Restricted => "restricted",
            Self::Publishable => "publishable",
            Self::Ephemeral => "ephemeral",
            Self::Invalid => "invalid",
            Self::None => "none",
        }
    }
}

impl RequestEntry {
    /// Returns the number of the request. The first request to the simulator has the number 1.
    ///
    /// Within one world, requests are numbered in the order in which they took effect.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the time at which the request arrived, by the machine's clock.
    pub fn time(&self) -> Timestamp {
        timestamp(self.time)
    }

    /// Returns the time at which the request arrived, by the clock of its world, or `None` if it named no world.
    pub fn world_time(&self) -> Option<Timestamp> {
        self.world_time.map(timestamp)
    }

    /// Returns the time that the simulator took to create the response. It does not include the delay of a fault.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration.into())
    }

    /// Returns the name of the world, shortened if it may be a secret. `None` if the request named no world, or was
    /// about all of them.
    pub fn world(&self) -> Option<&str> {
        self.world.as_deref()
    }

    /// Returns the interface that the request was addressed to.
    pub fn kind(&self) -> RequestKind {
        self.kind
    }

    /// Returns the method, or `…` if it is not one of the standard methods.
    pub fn method(&self) -> &str {
        self.method
    }

    /// Returns the path template of the endpoint, such as `/v1/identity/verification_sessions/{session}`, or `unknown`
    /// if the request matches no endpoint.
    pub fn path(&self) -> &str {
        self.path
    }

    /// Returns the id in the path, or `None` if there is none or if the world of the request cannot have created it.
    ///
    /// The object need not exist. The token in the path of a link is a secret, and is not returned.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the names of the parameters in the query and in the body, such as `type`, `expand[]` or, for any key of
    /// the metadata, `metadata[…]`. Each name is returned once, and at most 32 of them.
    pub fn parameters(&self) -> impl Iterator<Item = String> {
        self.names.iter()
    }

    /// Returns the number of further parameters: those that no endpoint knows, and those beyond the first 32 names.
    pub fn other_parameters(&self) -> usize {
        self.names.others().into()
    }

    /// Returns the status of the response, or `None` if a fault reset the connection. If a fault lost the response, it
    /// is the status of the lost response.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the error of the response, or `None` if the request was not refused.
    pub fn error(&self) -> Option<&RequestError> {
        self.error.as_deref()
    }

    /// Returns the effect of the idempotency key, or `None` if the request had none.
    pub fn idempotency(&self) -> Option<IdempotencyUse> {
        self.idempotency.map(|(_, usage)| usage)
    }

    /// Returns whether the request was executed: it was neither refused nor replayed, and no fault responded in its
    /// place. A request whose response was lost or cut was executed.
    pub fn took_effect(&self) -> bool {
        self.took_effect
    }

    /// Returns the `Request-Id` of the response, or `None` if it had none.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Returns the connected account, or `…` if its id does not have the form `acct_…`. `None` if the request named no
    /// account.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Returns the `Stripe-Version` of the request, such as `2026-10-28.basil`, or only its date if the simulator does
    /// not know the name. `None` if the request had no valid version.
    pub fn version(&self) -> Option<String> {
        self.version.as_ref().map(ToString::to_string)
    }

    /// Returns the kind of the API key.
    pub fn key(&self) -> RequestKey {
        self.key
    }

    /// Returns the faults that applied to the request. If there are more than four, some that only delay the response
    /// are left out.
    pub fn faults(&self) -> &[AppliedFault] {
        &self.faults
    }

    /// Returns the memory that the entry takes, in bytes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let faults = self.faults.iter().map(|fault| size_of::<AppliedFault>() + text(&fault.id)).sum::<usize>();
        let param = |error: &RequestError| error.param.as_ref().map_or(0, String::capacity);
        let error = self.error.as_ref().map_or(0, |error| size_of::<RequestError>() + param(error));
        let texts = text(&self.id) + text(&self.account) + text(&self.request_id);
        size_of::<Self>() + texts + self.names.bytes() + error + faults
    }

    pub(super) fn endpoint(&self) -> (&'static str, &'static str) {
        (self.method, self.path)
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    pub(super) fn key_hash(&self) -> Option<KeyHash> {
        self.idempotency.map(|(hash, _)| hash)
    }
}

/// The entry of a request that is still being executed.
pub(crate) struct Draft(RequestEntry);

impl Draft {
    /// Creates a draft from the request alone.
    pub(crate) fn new(request: &Request<Bytes>, real: Time) -> Self {
        let kind =
            if request.uri().path().starts_with("/_simulator/") { RequestKind::Control } else { RequestKind::Api };
        Self(RequestEntry {
            number: 0,
            time: micros(real.since_epoch()),
            world_time: None,
            duration: 0,
            status: None,
            kind,
            key: RequestKey::sent(request.headers().get(AUTHORIZATION)),
            idempotency: None,
            took_effect: false,
            version: request.headers().get(STRIPE_VERSION).and_then(Version::parse),
            method: method(request.method()),
            path: UNKNOWN_PATH,
            world: None,
            id: None,
            account: None,
            request_id: None,
            names: Names::default(),
            error: None,
            faults: Box::default(),
        })
    }

    /// Sets the endpoint.
    pub(crate) fn set_endpoint(&mut self, kind: RequestKind, path: &'static str) {
        (self.0.kind, self.0.path) = (kind, path);
    }

    /// Sets the world, and the id in the path if the world can have created it.
    pub(crate) fn set_world(&mut self, world: Arc<str>, tag: &str, id: Option<&str>) {
        self.0.world = Some(world);
        self.0.id = id.filter(|id| self.0.kind != RequestKind::Link && is_id(id, tag)).map(Box::from);
    }

    pub(crate) fn set_names(&mut self, names: Names) {
        self.0.names = names;
    }

    pub(crate) fn set_error(&mut self, error: Option<RequestError>) {
        self.0.error = error.map(Box::new);
    }

    pub(crate) fn set_request_id(&mut self, request_id: Option<String>) {
        self.0.request_id = request_id.map(Into::into);
    }

    pub(crate) fn set_took_effect(&mut self, took_effect: bool) {
        self.0.took_effect = took_effect;
    }

    /// Sets the fields that only the world of the request knows.
    pub(crate) fn set_trace(&mut self, trace: Trace, now: Time) {
        let entry = &mut self.0;
        entry.world_time = Some(micros(now.since_epoch()));
        entry.account = trace.account.map(|account| if is_account(&account) { account.into() } else { HIDDEN.into() });
        entry.idempotency = trace.idempotency;
        entry.faults = trace.faults.into();
        entry.error = trace.error.map(Box::new);
        entry.took_effect = trace.took_effect;
    }

    /// Completes the entry with the response.
    pub(crate) fn done<B>(self, response: &http::Response<B>, number: u64, duration: Duration) -> RequestEntry {
        let is_reset = response.extensions().get().is_some_and(|it: &Disruption| it.damage == Some(Damage::Reset));
        RequestEntry {
            number,
            duration: u32::try_from(duration.as_micros()).unwrap_or(u32::MAX),
            status: (!is_reset).then(|| response.status().as_u16()),
            ..self.0
        }
    }
}

/// Returns the account as an entry shows it.
pub(super) fn shown_account(account: &str) -> &str {
    if is_account(account) { account } else { HIDDEN }
}

fn is_account(account: &str) -> bool {
    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    account.len() <= LONGEST_ACCOUNT && account.strip_prefix("acct_").is_some_and(|id| !id.is_empty() && is_id(id))
}

/// The prefixes of ids.
const PREFIXES: &[&str] =
    &["dis_", "ephkey_", "evt_", "evt_test_6", "fault_", "file_", "link_", "vr_", "vs_", "we_", "whd_"];
/// The length of an id after its prefix: `1`, six characters, the ten of the world's tag, and seven.
const ID: usize = 24;

/// Returns whether the world with this tag can have created an id.
fn is_id(id: &str, tag: &str) -> bool {
    let Some((prefix, rest)) = id.len().checked_sub(ID).and_then(|at| id.split_at_checked(at)) else { return false };
    PREFIXES.contains(&prefix)
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && rest.starts_with('1')
        && rest.get(7..7 + tag.len()) == Some(tag)
}

/// Returns the text of a standard method, or a placeholder, since any other method may be an arbitrary text.
pub(super) fn method(method: &Method) -> &'static str {
    const METHODS: [(&Method, &str); 9] = [
        (&Method::GET, "GET"),
        (&Method::POST, "POST"),
        (&Method::DELETE, "DELETE"),
        (&Method::PUT, "PUT"),
        (&Method::PATCH, "PATCH"),
        (&Method::HEAD, "HEAD"),
        (&Method::OPTIONS, "OPTIONS"),
        (&Method::TRACE, "TRACE"),
        (&Method::CONNECT, "CONNECT"),
    ];
    METHODS.iter().find(|(known, _)| *known == method).map_or(HIDDEN, |(_, text)| text)
}

/// A version of Stripe's API: its date and, if it is known, its name.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    year: u16,
    month: u8,
    day: u8,
    name: Option<&'static str>,
}

const VERSION_NAMES: &[&str] = &["acacia", "basil", "clover", "dahlia", "endive", "preview"];

impl Version {
    /// Parses `2026-10-28.basil`. Stripe's first version is from 2011, and an earlier date may be a date of birth.
    fn parse(header: &HeaderValue) -> Option<Self> {
        let text = header.to_str().ok()?;
        let (date, rest) = text.split_at_checked(10)?;
        let bytes = date.as_bytes();
        let is_date = bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if !is_date || !(rest.is_empty() || rest.starts_with(['.', ';'])) {
            return None;
        }
        let version = Self {
            year: date.get(..4)?.parse().ok().filter(|year| (2011..2100).contains(year))?,
            month: date.get(5..7)?.parse().ok().filter(|month| (1..=12).contains(month))?,
            day: date.get(8..)?.parse().ok().filter(|day| (1..=31).contains(day))?,
            name: VERSION_NAMES.iter().find(|name| rest.strip_prefix('.') == Some(name)).copied(),
        };
        Some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, name } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        name.map_or(Ok(()), |name| write!(f, ".{name}"))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn timestamp(micros: u64) -> Timestamp {
    Timestamp::from_secs(i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX))
}

/// A time in microseconds, displayed with milliseconds.
struct Precise(u64);

impl fmt::Display for Precise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = timestamp(self.0).to_string();
        match seconds.strip_suffix('Z') {
            Some(seconds) => write!(f, "{seconds}.{:03}Z", self.0 / 1000 % 1000),
            None => f.write_str(&seconds),
        }
    }
}

/// Writes one line, without a line break.
impl fmt::Display for RequestEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{} {} {}", Precise(self.time), self.number, self.method, self.path)?;
        match self.status {
            Some(status) => write!(f, " {status}")?,
            None => f.write_str(" no response")?,
        }
        write!(f, " {}.{:03} ms", self.duration / 1000, self.duration % 1000)?;
        let mut item = |name: &str, value: Option<&dyn fmt::Display>| match value {
            Some(value) => write!(f, " {name}={value}"),
            None => Ok(()),
        };
        if self.kind != RequestKind::Api {
            item("to", Some(&self.kind.as_ref()))?;
        }
        item("world", self.world.as_ref().map(|it| it as _))?;
        item("key", Some(&self.key.as_ref()))?;
        item("account", self.account.as_ref().map(|it| it as _))?;
        item("id", self.id.as_ref().map(|it| it as _))?;
        if self.names != Names::default() {
            item("parameters", Some(&self.names))?;
        }
        if let Some(usage) = self.idempotency() {
            item("idempotency", Some(&usage.as_ref()))?;
        }
        if let Some(error) = &self.error {
            item("error", Some(&error.type_))?;
            item("code", error.code.as_ref().map(|it| it as _))?;
            item("param", error.param.as_ref().map(|it| it as _))?;
        }
        for fault in &self.faults {
            item("fault", Some(&fault.effect))?;
            item("fault_id", fault.id.as_ref().map(|it| it as _))?;
        }
        item("version", self.version.as_ref().map(|it| it as _))?;
        item("request", self.request_id.as_ref().map(|it| it as _))
    }
}

impl fmt::Debug for RequestEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestEntry({self})")
    }
}

impl Serialize for RequestEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("object", "simulator.request")?;
        map.serialize_entry("number", &self.number)?;
        map.serialize_entry("time", &Precise(self.time).to_string())?;
        map.serialize_entry("world_time", &self.world_time.map(|time| Precise(time).to_string()))?;
        map.serialize_entry("duration_ms", &(f64::from(self.duration) / 1000.0))?;
        map.serialize_entry("world", &self.world())?;
        map.serialize_entry("kind", self.kind.as_ref())?;
        map.serialize_entry("method", self.method)?;
        map.serialize_entry("path", self.path)?;
        map.serialize_entry("id", &self.id())?;
        map.serialize_entry("parameters", &self.names.iter().collect::<Vec<_>>())?;
        map.serialize_entry("other_parameters", &self.names.others())?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("error", &self.error)?;
        map.serialize_entry("idempotency", &self.idempotency().as_ref().map(IdempotencyUse::as_ref))?;
        map.serialize_entry("took_effect", &self.took_effect)?;
        map.serialize_entry("request_id", &self.request_id())?;
        map.serialize_entry("account", &self.account())?;
        map.serialize_entry("version", &self.version())?;
        map.serialize_entry("key", self.key.as_ref())?;
        map.serialize_entry("faults", &*self.faults)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_shown_only_if_the_world_can_have_created_it() {
        const TAG: &str = "TAGtagTAG0";
        for prefix in PREFIXES {
            assert!(is_id(&format!("{prefix}1aaaaaa{TAG}bbbbbbb"), TAG), "{prefix}");
        }
        for id in [
            "",
            "vs_1",
            "vs_1aaaaaaTAGtagTAG0bbbbbb",
            "vs_1aaaaaaTAGtagTAG0bbbbbbbb",
            "vs_2aaaaaaTAGtagTAG0bbbbbbb",
            "vs_1aaaaaaTAGtagTAG1bbbbbbb",
            "vs_1aaaaa-TAGtagTAG0bbbbbbb",
            "req_1aaaaaaTAGtagTAG0bbbbbbb",
            "1aaaaaaTAGtagTAG0bbbbbbb",
            "ek_test_1aaaaaaTAGtagTAG0bbbbbbb",
            "vs_éééééééééééé",
        ] {
            assert!(!is_id(id, TAG), "{id}");
        }
    }

    #[test]
    fn account_or_version_of_another_form_is_not_shown() {
        assert_eq!(shown_account("acct_1aB_2"), "acct_1aB_2");
        for account in ["", "acct_", "Ada Lovelace", "acct_a b", "acct_é"] {
            assert_eq!(shown_account(account), HIDDEN, "{account}");
        }
        assert_eq!(shown_account(&format!("acct_{}", "1".repeat(60))), HIDDEN);
        let version = |text: &str| Version::parse(&text.parse().unwrap()).map(|version| version.to_string());
        assert_eq!(version("2026-10-28.basil").as_deref(), Some("2026-10-28.basil"));
        assert_eq!(version("2020-08-27").as_deref(), Some("2020-08-27"));
        assert_eq!(version("2020-08-27; a_beta=v1").as_deref(), Some("2020-08-27"));
        assert_eq!(version("2020-08-27.lovelace").as_deref(), Some("2020-08-27"));
        for text in ["", "1985-12-10", "2020-13-01", "2020-08-32", "2020-08-2", "2020-08-27P1234567", "x2020-08-27"] {
            assert_eq!(version(text), None, "{text}");
        }
    }

    #[test]
    fn method_that_is_not_standard_is_not_shown() {
        assert_eq!(method(&Method::DELETE), "DELETE");
        assert_eq!(method(&Method::from_bytes(b"P1234567").unwrap()), HIDDEN);
    }
}
