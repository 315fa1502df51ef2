//! The journal: recording, listing and verifying requests.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::worlds::Place;
use super::{Simulator, lock};
use crate::form::Form;
use crate::journal::{self, Kept, RequestEntry, RequestPattern, Ring, VerifyError};
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::response::{self, Body};
use crate::world::Target;

/// The default number of requests in a list, as at Stripe.
const DEFAULT_LIMIT: i64 = 10;
const MOST_LIMIT: i64 = 1000;

impl Simulator {
    /// Returns the last requests to the world, the oldest first. On a handle to all worlds, returns the last requests
    /// to each world, and those that found no world.
    ///
    /// The journal keeps 1,000 requests of each world, or the number that was set by
    /// [`SimulatorBuilder::journal`](crate::SimulatorBuilder::journal). It does not record requests for health, for
    /// metrics and about the journal itself.
    pub fn requests(&self) -> Vec<RequestEntry> {
        let mut entries = Vec::new();
        self.each_ring(|ring| entries.extend(ring.iter().cloned()));
        entries.sort_by_key(RequestEntry::number);
        entries
    }

    /// Forgets the requests to the world so far or, on a handle to all worlds, all requests.
    pub fn clear_requests(&self) {
        self.each_ring(|mut ring| ring.clear());
    }

    /// Verifies that the requests so far match a pattern, and returns the matching requests, the oldest first.
    ///
    /// ```
    /// use stripe_identity_core::types::CreateVerificationSession;
    /// use stripe_identity_core::{BlockingClient, Config, http::Method};
    /// use stripe_identity_simulator::{Fault, RequestPattern, SimulatorTransport};
    ///
    /// let stripe = SimulatorTransport::new();
    /// let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
    /// stripe.add_fault(Fault::lose_response().method(Method::POST).times(1));
    /// sessions.create(CreateVerificationSession::document()).idempotency_key("order-1").send()?;
    ///
    /// // The client has sent the request twice, and it took effect once.
    /// let create = RequestPattern::create_session().idempotency_key("order-1");
    /// stripe.verify(create.clone().and_no_other())?;
    /// stripe.verify(create.replayed())?;
    ///
    /// let error = stripe.verify(RequestPattern::create_session().idempotency_key("order-2")).unwrap_err();
    /// assert!(error.to_string().ends_with("it has another idempotency key"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the requests do not match; if the journal cannot know, since it is off or has lost requests
    /// that matter; or if no endpoint has the path or the parameters of the pattern.
    #[expect(clippy::needless_pass_by_value, reason = "a pattern is mostly made for one question")]
    pub fn verify(&self, pattern: RequestPattern) -> Result<Vec<RequestEntry>, VerifyError> {
        let (method, path) = pattern.endpoint();
        let target = Target::of(method, path).ok_or_else(VerifyError::no_such_endpoint)?;
        let path = target.row.route.template();
        journal::verify(&pattern, path, &target.id, |method| {
            // Read before the losses, so that a request that is lost in between still counts.
            let mut kept = Kept { entries: self.requests(), lost: 0, is_off: true };
            self.each_ring(|ring| {
                kept.lost += ring.lost(method, path);
                kept.is_off &= ring.is_off();
            });
            kept
        })
    }

    /// Calls a function with the journal of each world of this handle. On a handle to all worlds, also with the journal
    /// of the requests that found no world.
    pub(super) fn each_ring(&self, mut action: impl FnMut(MutexGuard<'_, Ring>)) {
        if self.scope.is_none() {
            action(lock(&self.shared.journal));
        }
        for place in self.places() {
            action(lock(&place.journal));
        }
    }

    /// Returns the number of the next request.
    pub(super) fn next_number(&self) -> u64 {
        self.shared.requests.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// Records a request to a world, or to no world.
    pub(super) fn record(&self, place: Option<&Arc<Place>>, entry: RequestEntry) {
        if let Some(on_request) = &self.shared.on_request {
            on_request(&entry);
        }
        #[cfg(feature = "metrics")]
        self.shared.metrics.request(&entry);
        lock(place.map_or(&self.shared.journal, |place| &place.journal)).push(entry);
    }
}

fn form(request: &Request<Bytes>) -> Result<Form, Refusal> {
    Form::parse(&Parameters::of(request)?.form)
}

fn shown<'a>(entries: impl IntoIterator<Item = &'a RequestEntry>) -> Vec<Value> {
    // An entry is an object with texts for keys.
    entries.into_iter().filter_map(|entry| serde_json::to_value(entry).ok()).collect()
}

/// Lists the requests, the newest first.
pub(super) fn list(simulator: &Simulator, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let mut form = form(request)?;
    let (method, path, status) = (form.text("method")?, form.text("path")?, form.integer("status")?);
    let limit = form.integer("limit")?.unwrap_or(DEFAULT_LIMIT);
    form.finish()?;
    if !(1..=MOST_LIMIT).contains(&limit) {
        return Err(Refusal::invalid("limit", &format!("Invalid limit: must be from 1 to {MOST_LIMIT}")));
    }
    let is_meant = |entry: &&RequestEntry| {
        method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(entry.method()))
            && path.as_deref().is_none_or(|path| path == entry.path())
            && status.is_none_or(|status| entry.status().map(i64::from) == Some(status))
    };
    let entries = simulator.requests();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut meant: Vec<_> = entries.iter().rev().filter(is_meant).take(limit.saturating_add(1)).collect();
    let has_more = meant.len() > limit;
    meant.truncate(limit);
    let list = json!({ "object": "list", "data": shown(meant), "has_more": has_more, "url": "/_simulator/requests" });
    Ok(Body::from(list).into_response())
}

/// Empties the journal.
pub(super) fn clear(simulator: &Simulator, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    form(request)?.finish()?;
    simulator.clear_requests();
    Ok(Body::from(json!({ "done": true })).into_response())
}

/// Verifies the requests so far.
pub(super) fn verify(simulator: &Simulator, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    match simulator.verify(pattern(form(request)?)?) {
        Ok(entries) => {
            let done = json!({ "object": "simulator.verification", "count": entries.len(), "data": shown(&entries) });
            Ok(Body::from(done).into_response())
        }
        Err(error) if error.is_pattern() => Err(Refusal::invalid("path", &error.to_string())),
        Err(error) => {
            let code = if error.is_unknown() { "verification_unknown" } else { "verification_failed" };
            let error = json!({
                "type": "invalid_request_error",
                "code": code,
                "message": error.to_string(),
                "nearest": error.nearest(),
            });
            // Not 409, which Stripe's libraries retry.
            Ok(response::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": error })))
        }
    }
}

fn pattern(mut form: Form) -> Result<RequestPattern, Refusal> {
    let method: Method = form.parsed("method")?.unwrap_or(Method::POST);
    let path = form.text("path")?.ok_or_else(|| Refusal::missing_parameter("path"))?;
    let mut pattern = RequestPattern::new(method, path);
    if let Some(id) = form.text("id")? {
        pattern = pattern.id(id);
    }
    if let Some(key) = form.text("idempotency_key")? {
        pattern = pattern.idempotency_key(key);
    }
    if let Some(account) = form.text("account")? {
        pattern = pattern.account(account);
    }
    for name in form.texts("parameters")?.unwrap_or_default() {
        pattern = pattern.parameter(name);
    }
    for name in form.texts("without_parameters")?.unwrap_or_default() {
        pattern = pattern.without_parameter(name);
    }
    match form.one_of("outcome", &["took_effect", "replayed", "any"])? {
        Some("replayed") => pattern = pattern.replayed(),
        Some("any") => pattern = pattern.any_outcome(),
        _ => {}
    }
    if let Some(status) = form.integer("status")? {
        let status = u16::try_from(status).map_err(|_| Refusal::invalid("status", "Invalid status"))?;
        pattern = pattern.status(status);
    }
    let mut count = |name: &str| match form.integer(name)? {
        None => Ok(None),
        Some(count) => u64::try_from(count)
            .map(Some)
            .map_err(|_| Refusal::invalid(name, &format!("Invalid {name}: must be 0 or more"))),
    };
    match (count("times")?, count("at_least")?) {
        (Some(_), Some(_)) => return Err(Refusal::exclusive("times", "at_least")),
        (Some(times), None) => pattern = pattern.times(times),
        (None, Some(times)) => pattern = pattern.at_least(times),
        (None, None) => {}
    }
    if form.boolean("no_other")? == Some(true) {
        pattern = pattern.and_no_other();
    }
    form.finish()?;
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fault::Fault;

    #[test]
    fn size_of_entry_is_bounded() {
        let stripe = Simulator::new();
        let request = |account: &str, body: String| {
            let request = Request::post("/v1/identity/verification_sessions")
                .header("authorization", "Bearer sk_test_a")
                .header("idempotency-key", "k".repeat(255))
                .header("stripe-version", "2026-10-28.endive")
                .header("stripe-account", account);
            stripe.handle(request.body(body.into()).unwrap());
            stripe.requests().pop().unwrap().bytes()
        };
        let usual =
            "type=document&return_url=https://x.test&metadata[order]=1&options[document][require_id_number]=true";
        let usual = request("acct_1A2b3C4d5E6f7G8h", usual.to_owned());
        assert!(usual <= 300, "{usual}");
        (0..20).for_each(|_| stripe.add_fault(Fault::latency(Duration::ZERO)));
        let deep: String =
            ["type", "url", "code", "name", "page", "path", "sex", "key", "file", "body", "city", "lt", "gt", "id"]
                .iter()
                .flat_map(|one| ["[type]", "[url]", "[key]"].map(|it| format!("{one}{}{}=1&", it.repeat(6), it)))
                .collect();
        let largest = request(&format!("acct_{}", "x".repeat(250)), deep.repeat(20));
        assert!((400..1000).contains(&largest), "{largest}");
    }
}
