//! Compares the requests that a test expects with the journal.

use std::fmt::{self, Write as _};

use super::entry::RequestEntry;
use super::pattern::{Conditions, RequestPattern};

/// If there are too many requests, the number of them that the error names.
const MOST_NAMED: usize = 10;
/// The distance of a request to another endpoint. It is larger than the number of differences of any request.
const ANOTHER_ENDPOINT: usize = 1000;

/// The error when the requests in the journal are not as expected, or when the journal cannot decide that.
///
/// The text names the most similar request and its differences. It contains no key and no value.
///
/// ```
/// use stripe_identity_simulator::{RequestPattern, Simulator};
///
/// let error = Simulator::new().verify(RequestPattern::create_session()).unwrap_err();
/// assert!(error.nearest().is_none() && !error.is_unknown());
/// ```
#[derive(Clone, Debug)]
pub struct VerifyError {
    text: String,
    nearest: Option<Box<RequestEntry>>,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Mismatch,
    Unknown,
    Pattern,
}

impl VerifyError {
    /// Returns the request that is most similar to the expected one, or one that was not expected. `None` if there is
    /// no request at all, or if the error is about the pattern or the journal itself.
    pub fn nearest(&self) -> Option<&RequestEntry> {
        self.nearest.as_deref()
    }

    /// Returns whether the journal cannot decide, since it is off or has dropped requests to the endpoint.
    pub fn is_unknown(&self) -> bool {
        self.reason == Reason::Unknown
    }

    /// Returns whether the pattern is invalid, since there is no such endpoint or parameter.
    pub(crate) fn is_pattern(&self) -> bool {
        self.reason == Reason::Pattern
    }

    /// Creates the error for a pattern whose method and path match no endpoint.
    pub(crate) fn no_such_endpoint() -> Self {
        let text = "the simulator has no endpoint with that method and path: expected those of an endpoint, such as \
                    POST /v1/identity/verification_sessions/{session}/cancel";
        Self { text: text.to_owned(), nearest: None, reason: Reason::Pattern }
    }

    fn unknown(text: String) -> Self {
        Self { text, nearest: None, reason: Reason::Unknown }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for VerifyError {}

/// The requests in the journal, and the number of those that it has dropped.
pub(crate) struct Kept {
    /// Oldest first.
    pub(crate) entries: Vec<RequestEntry>,
    /// The number of requests to the endpoint that it has dropped.
    pub(crate) lost: u64,
    pub(crate) is_off: bool,
}

/// Returns the requests that a pattern expects, or an error if they are not as expected. `path` is the path template of
/// the endpoint, and `id` the id in the path of the pattern.
pub(crate) fn verify(
    pattern: &RequestPattern,
    path: &'static str,
    id: &str,
    kept: impl FnOnce(&'static str) -> Kept,
) -> Result<Vec<RequestEntry>, VerifyError> {
    let conditions = pattern.conditions(path, id).map_err(|text| VerifyError {
        text: text.to_owned(),
        nearest: None,
        reason: Reason::Pattern,
    })?;
    let Kept { entries, lost, is_off } = kept(conditions.endpoint.0);
    if is_off {
        return Err(VerifyError::unknown("the journal is off: expected a journal that keeps requests".to_owned()));
    }
    let is_here = |entry: &RequestEntry| entry.endpoint() == conditions.endpoint;
    let counts =
        |entry: &RequestEntry| conditions.differences(entry).is_empty() && pattern.outcome.difference(entry).is_none();
    let found: Vec<_> = entries.iter().filter(|entry| is_here(entry) && counts(entry)).collect();
    let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let fail = |text: String, nearest: Option<&RequestEntry>| VerifyError {
        text,
        nearest: nearest.cloned().map(Box::new),
        reason: Reason::Mismatch,
    };
    let expected = Expected { pattern, conditions: &conditions };
    if pattern.most.is_some_and(|most| count > most) {
        let mut text = format!("{expected}, and found {count}: ");
        for (index, entry) in found.iter().take(MOST_NAMED).enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}#{}", if index == 0 { "" } else { ", " }, entry.number());
            match entry.status() {
                Some(status) => drop(write!(text, " ({status})")),
                None => text.push_str(" (no response)"),
            }
        }
        if found.len() > MOST_NAMED {
            text.push_str(", …");
        }
        return Err(fail(text, found.last().copied()));
    }
    if pattern.is_alone {
        let others =
            |entry: &&RequestEntry| is_here(entry) && entry.took_effect() && !conditions.differences(entry).is_empty();
        if let Some(other) = entries.iter().rev().find(others) {
            let differences = conditions.differences(other).join("; ");
            let text = format!("{expected} and no other, and found another one: {}: {differences}", Named(other));
            return Err(fail(text, Some(other)));
        }
    }
    // Dropped requests can only increase the number that was found.
    if lost > 0 && (count < pattern.least || pattern.most.is_some() || pattern.is_alone) {
        return Err(VerifyError::unknown(format!(
            "{expected}: the journal cannot know, since it is full and has lost {lost} to this endpoint: expected \
             fewer requests, or a larger journal"
        )));
    }
    if count < pattern.least {
        let differences = |entry: &RequestEntry| {
            let mut differences = conditions.differences(entry);
            differences.extend(pattern.outcome.difference(entry));
            differences
        };
        let distance =
            |entry: &RequestEntry| differences(entry).len() + if is_here(entry) { 0 } else { ANOTHER_ENDPOINT };
        // `rev` prefers the last of those that are equally near.
        let nearest = entries.iter().rev().filter(|entry| !(is_here(entry) && counts(entry)));
        let nearest = nearest.min_by_key(|entry| distance(entry));
        let text = match nearest {
            None => format!("{expected}, and found {count}; there is no other request"),
            Some(nearest) if is_here(nearest) => {
                let differences = differences(nearest).join("; ");
                format!("{expected}, and found {count}; the nearest is {}: {differences}", Named(nearest))
            }
            Some(nearest) => {
                format!("{expected}, and found {count}; the nearest is {}: it is to another endpoint", Named(nearest))
            }
        };
        return Err(fail(text, nearest));
    }
    Ok(found.into_iter().cloned().collect())
}

/// The expectation of a pattern, in words.
struct Expected<'a> {
    pattern: &'a RequestPattern,
    conditions: &'a Conditions,
}

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RequestPattern { least, most, outcome, .. } = self.pattern;
        f.write_str("expected ")?;
        match (most, least) {
            (Some(0), _) => f.write_str("no request")?,
            (Some(1), _) => f.write_str("1 request")?,
            (Some(most), _) => write!(f, "{most} requests")?,
            (None, 1) => f.write_str("1 request or more")?,
            (None, least) => write!(f, "{least} requests or more")?,
        }
        write!(f, " {}{outcome}", self.conditions)
    }
}

/// A request, as the text of an error names it.
struct Named<'a>(&'a RequestEntry);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}: {} {}", self.0.number(), self.0.method(), self.0.path())?;
        match self.0.status() {
            Some(status) => write!(f, ", status {status}")?,
            None => f.write_str(", no response")?,
        }
        match self.0.error().and_then(|error| error.code) {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}
