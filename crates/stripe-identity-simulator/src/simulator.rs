use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use stripe_identity_core::headers::{IDEMPOTENCY_KEY, REQUEST_ID, STRIPE_ACCOUNT, STRIPE_CONTEXT, STRIPE_VERSION};
use stripe_identity_core::types::{API_VERSION, EventRequest, Sensitive, Timestamp, VerificationSessionId};

use crate::control_error::ControlError;
use crate::endpoints::{Answer, View, World};
use crate::events::StoredEvent;
use crate::form::Form;
use crate::idempotency::{Entry, Fingerprint, Replies};
use crate::ids::Ids;
use crate::key::Key;
use crate::multipart::{self, UploadedFile};
use crate::outcome::Outcome;
use crate::refusal::Refusal;
use crate::webhooks::{Due, WebhookEndpoint, Webhooks};
use crate::{control, json};

/// A Stripe Identity that keeps state: requests go in, responses come out.
///
/// It is a plain value: no I/O, no threads, no clock but the one that it is given. The same seed, the same clock and the
/// same requests give the same responses, ids included.
///
/// ```
/// use stripe_identity_simulator::{Outcome, Simulator};
/// use stripe_identity_core::bytes::Bytes;
/// use stripe_identity_core::http::{Request, StatusCode};
///
/// let mut simulator = Simulator::new();
/// let request = Request::post("/v1/identity/verification_sessions")
///     .header("authorization", "Bearer sk_test_123")
///     .body(Bytes::from("type=document"))?;
/// let response = simulator.handle(request);
/// assert_eq!(response.status(), StatusCode::OK);
/// # Ok::<(), stripe_identity_core::http::Error>(())
/// ```
pub struct Simulator {
    clock: Box<dyn Fn() -> Timestamp + Send>,
    /// When the clock was given, if it was.
    clock_since: Option<Instant>,
    advanced: Duration,
    ids: Ids,
    request_ids: Ids,
    world: World,
    replies: Replies,
    webhooks: Webhooks,
}

/// What a request brings: its parameters as a form, and a file.
pub(crate) struct Parameters {
    pub(crate) form: Bytes,
    pub(crate) file: Option<UploadedFile>,
}

impl Simulator {
    /// An empty simulator with seed 0. Its clock stands at 2026-10-26T07:33:20Z until it is [advanced](Self::advance).
    pub fn new() -> Self {
        Self::with_seed(0)
    }

    /// An empty simulator whose ids follow from a seed.
    pub fn with_seed(seed: u64) -> Self {
        Self {
            clock: Box::new(|| Timestamp::from_secs(1_793_000_000)),
            clock_since: None,
            advanced: Duration::ZERO,
            ids: Ids::new(seed),
            // Apart, so that a refused request does not change which ids come next.
            request_ids: Ids::new(!seed),
            world: World::default(),
            replies: Replies::default(),
            webhooks: Webhooks::new(seed),
        }
    }

    /// The same simulator with another clock.
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + 'static) -> Self {
        self.clock = Box::new(clock);
        self.clock_since = Some(Instant::now());
        self
    }

    /// Moves the time forward, whatever clock it comes from.
    pub fn advance(&mut self, duration: Duration) {
        self.advanced = self.advanced.saturating_add(duration);
    }

    /// The time as the simulator has it.
    pub fn now(&self) -> Timestamp {
        let advanced = i64::try_from(self.advanced.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_secs((self.clock)().as_secs().saturating_add(advanced))
    }

    /// The time that clients measure with: how far the simulator was advanced and, if it was given a
    /// clock, the real time since then. A clock of whole seconds would be too coarse for deadlines.
    pub(crate) fn elapsed(&self) -> Duration {
        self.advanced.saturating_add(self.clock_since.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// Lets the user of a session submit, and the checks come out in some way at once.
    ///
    /// # Errors
    /// If there is no such session, or it does not require input.
    pub fn submit(&mut self, session: impl Into<VerificationSessionId>, outcome: &Outcome) -> Result<(), ControlError> {
        let session = session.into();
        self.start_processing(&session)?;
        self.finish_processing(session, outcome)
    }

    /// Lets the user of a session submit; the checks are then under way.
    ///
    /// # Errors
    /// If there is no such session, or it does not require input.
    pub fn start_processing(&mut self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
        let now = self.now();
        self.world.start_processing(session.into().as_str(), now, &mut self.ids)
    }

    /// Lets the checks that are under way come out in some way.
    ///
    /// # Errors
    /// If there is no such session, or no checks are under way.
    pub fn finish_processing(
        &mut self,
        session: impl Into<VerificationSessionId>,
        outcome: &Outcome,
    ) -> Result<(), ControlError> {
        let now = self.now();
        self.world.finish_processing(session.into().as_str(), outcome, now, &mut self.ids)
    }

    /// Lets a redaction that is under way come to its end.
    ///
    /// # Errors
    /// If there is no such session, or no redaction of it is under way.
    pub fn finish_redaction(&mut self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
        let (session, now) = (session.into(), self.now());
        self.world.finish_redaction(session.as_str(), now, &mut self.ids)?;
        self.replies.forget(session.as_str());
        Ok(())
    }

    /// Tells an endpoint of the events from now on: see [`take_webhooks`](Self::take_webhooks).
    ///
    /// What is delivered is signed at the simulator's time. To a receiver that goes by another clock, a simulator whose own
    /// stands still sends what looks old: give it [`with_clock(Timestamp::now)`](Self::with_clock).
    pub fn add_webhook(&mut self, endpoint: WebhookEndpoint) {
        self.webhooks.add(endpoint, self.world.events.oldest().len());
    }

    /// The requests that tell the endpoints of what has happened since this was last called, signed at this time. Whoever
    /// runs the simulator sends them; a [`Server`](crate::Server) does.
    pub fn take_webhooks(&mut self) -> Vec<http::Request<Bytes>> {
        let now = self.now();
        self.take_due().iter().map(|due| due.request(now)).collect()
    }

    pub(crate) fn take_due(&mut self) -> Vec<Due> {
        let news = self.world.events.oldest().skip(self.webhooks.told());
        self.webhooks.take(news.map(StoredEvent::event))
    }

    /// Answers one request, as Stripe would.
    #[expect(clippy::needless_pass_by_value, reason = "a server is done with a request that it has answered")]
    pub fn handle(&mut self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        let request_id = self.request_ids.id("req_");
        let mut response = match control::handle(self, &request) {
            Some(response) => response,
            None => self.answer(&request, &request_id).unwrap_or_else(Refusal::into_response),
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::try_from(request_id) {
            headers.insert(REQUEST_ID, id);
        }
        let version = request.headers().get(STRIPE_VERSION).cloned();
        headers.insert(STRIPE_VERSION, version.unwrap_or(HeaderValue::from_static(API_VERSION)));
        if let Some(key) = request.headers().get(IDEMPOTENCY_KEY) {
            headers.insert(IDEMPOTENCY_KEY, key.clone());
        }
        response
    }

    /// Authentication comes first, then what the idempotency key says, then the endpoint.
    fn answer(&mut self, request: &http::Request<Bytes>, request_id: &str) -> Result<http::Response<Bytes>, Refusal> {
        if let Some(token) = request.uri().path().strip_prefix("/links/")
            && request.method() == Method::GET
        {
            let unknown = || Refusal::unknown_url(request.method(), request.uri().path());
            let contents = self.world.files.linked_contents(token, self.now()).ok_or_else(unknown)?;
            return Ok(json::contents(contents.0, contents.1));
        }
        let key = Key::of(request.headers().get(AUTHORIZATION))?;
        let account = account(request.headers());
        let idempotency_key = match request.method() {
            &Method::POST => text(request.headers(), &IDEMPOTENCY_KEY),
            _ => None,
        };
        if idempotency_key.as_ref().is_some_and(|key| !(1..=255).contains(&key.chars().count())) {
            return Err(Refusal::invalid_idempotency_key());
        }
        let parameters = parameters(request)?;
        let now = self.now();
        let entry =
            idempotency_key.clone().map(|idempotency_key| Entry { account: account.clone(), key, idempotency_key });
        let fingerprint = Fingerprint::of(request, &parameters);
        if let Some(entry) = &entry
            && let Some(reply) = self.replies.get(entry, now)
        {
            return reply.again(fingerprint).ok_or_else(|| Refusal::idempotency_mismatch(&entry.idempotency_key));
        }

        let mut view = View {
            account: account.as_deref(),
            key,
            has_version: request.headers().contains_key(STRIPE_VERSION),
            request: Some(event_request(request_id, idempotency_key)),
            now,
            ids: &mut self.ids,
        };
        let form = Form::parse(&parameters.form)?;
        let answer = self.world.call(request.method(), request.uri().path(), form, parameters.file, &mut view)?;
        let response = match answer {
            Answer::Json(body) => json::response(StatusCode::OK, &body),
            Answer::Contents(contents, type_) => json::contents(contents, type_),
        };
        if let Some(entry) = entry {
            self.replies.insert(entry, fingerprint, response.clone(), now);
        }
        Ok(response)
    }
}

fn event_request(id: &str, idempotency_key: Option<String>) -> EventRequest {
    let mut request = EventRequest::default();
    request.id = Some(id.to_owned());
    request.idempotency_key = idempotency_key.map(Sensitive::new);
    request
}

/// The query's parameters and, of a `POST`, the body's.
pub(crate) fn parameters(request: &http::Request<Bytes>) -> Result<Parameters, Refusal> {
    let query = request.uri().query().unwrap_or_default();
    if request.method() != Method::POST || request.body().is_empty() {
        return Ok(Parameters { form: Bytes::copy_from_slice(query.as_bytes()), file: None });
    }
    let content_type = text(request.headers(), &CONTENT_TYPE).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        // Without one, what else could it be.
        "" | "application/x-www-form-urlencoded" => {
            Ok(Parameters { form: [query.as_bytes(), request.body()].join(&b'&').into(), file: None })
        }
        "multipart/form-data" => {
            let parts = multipart::parse(&content_type, request.body())?;
            Ok(Parameters { form: format!("{query}{}", parts.form).into(), file: parts.file })
        }
        _ => Err(Refusal::content_type()),
    }
}

/// The account that is acted on: as it is said, or the last one of the context.
fn account(headers: &HeaderMap) -> Option<String> {
    let said = text(headers, &STRIPE_ACCOUNT).filter(|account| !account.is_empty());
    said.or_else(|| {
        let context = text(headers, &STRIPE_CONTEXT)?;
        // It may also end in an organization.
        context.rsplit('/').next().filter(|account| account.starts_with("acct_")).map(str::to_owned)
    })
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("now", &self.now()).finish_non_exhaustive()
    }
}
