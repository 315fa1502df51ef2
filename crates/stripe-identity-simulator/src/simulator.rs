use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use stripe_identity_core::Endpoint;
use stripe_identity_core::endpoint::verification_sessions::{Cancel, Redact, Retrieve, Update};
use stripe_identity_core::types::{
    API_VERSION, CreateVerificationSession, ListVerificationSessions, Timestamp, VerificationSessionId,
};

use crate::expand::Expanded;
use crate::form::Form;
use crate::ids::Ids;
use crate::key::Key;
use crate::outcome::Outcome;
use crate::refusal::Refusal;
use crate::session_params::{self, Changes, New};
use crate::sessions::{ControlError, Sessions, View, has_passed};
use crate::{control, json};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
const STRIPE_ACCOUNT: HeaderName = HeaderName::from_static("stripe-account");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const IDEMPOTENCY_KEY_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

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
    advanced: Duration,
    ids: Ids,
    request_ids: Ids,
    sessions: Sessions,
    answers: HashMap<(Option<String>, String), Answer>,
}

/// What an idempotency key was answered with.
struct Answer {
    given: Timestamp,
    method: Method,
    uri: http::Uri,
    body: Bytes,
    response: http::Response<Bytes>,
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
            advanced: Duration::ZERO,
            ids: Ids::new(seed),
            // Apart, so that a refused request does not change which ids come next.
            request_ids: Ids::new(!seed),
            sessions: Sessions::default(),
            answers: HashMap::new(),
        }
    }

    /// The same simulator with another clock.
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + 'static) -> Self {
        self.clock = Box::new(clock);
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
        self.sessions.start_processing(session.into().as_str())
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
        self.sessions.finish_processing(session.into().as_str(), outcome, now, &mut self.ids)
    }

    /// Lets a redaction that is under way come to its end.
    ///
    /// # Errors
    /// If there is no such session, or no redaction of it is under way.
    pub fn finish_redaction(&mut self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
        self.sessions.finish_redaction(session.into().as_str())
    }

    /// Answers one request, as Stripe would.
    #[expect(clippy::needless_pass_by_value, reason = "a server is done with a request that it has answered")]
    pub fn handle(&mut self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        let mut response = match control::handle(self, &request) {
            Some(response) => response,
            None => self.answer(&request).unwrap_or_else(Refusal::into_response),
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::try_from(self.request_ids.id("req_")) {
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
    fn answer(&mut self, request: &http::Request<Bytes>) -> Result<http::Response<Bytes>, Refusal> {
        let key = Key::of(request.headers().get(AUTHORIZATION))?;
        let account = text(request.headers(), &STRIPE_ACCOUNT).filter(|account| !account.is_empty());
        let idempotency_key = match request.method() {
            &Method::POST => text(request.headers(), &IDEMPOTENCY_KEY),
            _ => None,
        };
        let Some(idempotency_key) = idempotency_key else {
            return self.call(request, key, account.as_deref()).map(|body| json::response(StatusCode::OK, &body));
        };
        if !(1..=255).contains(&idempotency_key.chars().count()) {
            return Err(Refusal::invalid_idempotency_key());
        }

        let now = self.now();
        let entry = (account.clone(), idempotency_key);
        if let Some(answer) = self.answers.get(&entry)
            && !has_passed(IDEMPOTENCY_KEY_LIFE, answer.given, now)
        {
            return answer.again(request).ok_or_else(|| Refusal::idempotency_mismatch(&entry.1));
        }
        let body = self.call(request, key, account.as_deref())?;
        let response = json::response(StatusCode::OK, &body);
        self.answers.insert(entry, Answer::new(now, request, response.clone()));
        Ok(response)
    }

    fn call(&mut self, request: &http::Request<Bytes>, key: Key, account: Option<&str>) -> Result<Value, Refusal> {
        let path = request.uri().path();
        let route = Route::of(request.method(), path).ok_or_else(|| Refusal::unknown_url(request.method(), path))?;
        let mut form = Form::parse(&parameters(request)?)?;
        let expand = form.texts("expand")?.unwrap_or_default();
        let expanded = Expanded::parse(&expand, route.expand_prefix(), key == Key::Restricted)?;
        let now = self.now();
        let view = &mut View { account, now, expanded: &expanded, ids: &mut self.ids };

        match route {
            Route::List => {
                let (filter, limit) = session_params::list(form)?;
                let (data, has_more) = self.sessions.list(&filter, limit, view)?;
                let url = ListVerificationSessions::ROUTE.template().to_owned();
                Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
            }
            Route::Create => Ok(self.sessions.create(New::parse(form)?, view)),
            Route::Retrieve(id) => {
                form.finish()?;
                self.sessions.retrieve(&id, view)
            }
            Route::Update(id) => {
                let changes = Changes::parse(&mut form)?;
                form.finish()?;
                self.sessions.update(&id, changes, view)
            }
            Route::Cancel(id) => {
                form.finish()?;
                self.sessions.cancel(&id, view)
            }
            Route::Redact(id) => {
                form.finish()?;
                self.sessions.redact(&id, view)
            }
        }
    }
}

impl Answer {
    fn new(given: Timestamp, request: &http::Request<Bytes>, response: http::Response<Bytes>) -> Self {
        let uri = request.uri().clone();
        Self { given, method: request.method().clone(), uri, body: request.body().clone(), response }
    }

    /// The same answer to the same request, or `None` if it is another.
    fn again(&self, request: &http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        let is_same = self.method == request.method() && self.uri == *request.uri() && self.body == request.body();
        is_same.then(|| {
            let mut response = self.response.clone();
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
            response
        })
    }
}

/// The endpoints, each with the id from its path.
enum Route {
    List,
    Create,
    Retrieve(String),
    Update(String),
    Cancel(String),
    Redact(String),
}

impl Route {
    fn of(method: &Method, path: &str) -> Option<Self> {
        None.or_else(|| ListVerificationSessions::ROUTE.matches(method, path).map(|_| Self::List))
            .or_else(|| CreateVerificationSession::ROUTE.matches(method, path).map(|_| Self::Create))
            .or_else(|| Retrieve::ROUTE.matches(method, path).map(Self::Retrieve))
            .or_else(|| Update::ROUTE.matches(method, path).map(Self::Update))
            .or_else(|| Cancel::ROUTE.matches(method, path).map(Self::Cancel))
            .or_else(|| Redact::ROUTE.matches(method, path).map(Self::Redact))
    }

    fn expand_prefix(&self) -> &'static str {
        match self {
            Self::List => ListVerificationSessions::EXPAND_PREFIX,
            _ => "",
        }
    }
}

/// The query's and, of a POST, the body's parameters, as one form.
fn parameters(request: &http::Request<Bytes>) -> Result<Bytes, Refusal> {
    let query = request.uri().query().unwrap_or_default();
    if request.method() != Method::POST || request.body().is_empty() {
        return Ok(Bytes::copy_from_slice(query.as_bytes()));
    }
    let content_type = text(request.headers(), &CONTENT_TYPE).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    // Without one, what else could it be.
    if !media_type.is_empty() && !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::content_type());
    }
    Ok([query.as_bytes(), request.body()].join(&b'&').into())
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
