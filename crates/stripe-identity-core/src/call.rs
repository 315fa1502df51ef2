use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use stripe_identity_types::{AccountId, VerificationSession};

use crate::api_key::ApiKey;
use crate::base_url::BaseUrl;
use crate::config::{Config, Settings, header_value, set_scope, version_value};
use crate::endpoint::{Endpoint, Host, WriteEndpoint, verification_sessions};
use crate::error::Error;
use crate::finite;
use crate::form;
use crate::headers::{IDEMPOTENCY_KEY, STRIPE_ACCOUNT, STRIPE_CONTEXT, STRIPE_VERSION};
use crate::invalid_input::InvalidInput;
use crate::multipart;
use crate::step::{Plan, Step};
use crate::until::Until;

/// What a call can be made from: [`Client`](crate::Client), [`BlockingClient`](crate::BlockingClient), or a
/// [`Config`] for a loop of your own.
pub trait Caller: Clone + private::Sealed {
    /// The settings that its calls start from.
    fn config(&self) -> &Config;
}

pub(crate) mod private {
    pub trait Sealed {}
}

impl private::Sealed for Config {}

impl Caller for Config {
    fn config(&self) -> &Config {
        self
    }
}

/// A call that is ready to be made, with options of its own.
///
/// - From a [`Client`](crate::Client): `.await` it.
/// - From a [`BlockingClient`](crate::BlockingClient): `.send()` it.
/// - From a [`Config`], or from either of these: [`start`](Self::start) it, and drive the [`Step`]s yourself.
///
/// An option that cannot be right shows when the call is made, as an error of kind
/// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent.
#[must_use = "a call does nothing until it is awaited, sent or started"]
pub struct Call<C, E: Endpoint> {
    pub(crate) caller: C,
    pub(crate) endpoint: E,
    options: Options<E::Expand>,
    until: Option<Until<E::Response>>,
}

#[derive(Clone)]
struct Options<X> {
    api_key: Option<ApiKey>,
    api_version: Option<String>,
    account: Option<AccountId>,
    context: Option<String>,
    idempotency_key: Option<String>,
    max_retries: Option<u32>,
    retry_rate_limits: Option<bool>,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    headers: Vec<(String, String)>,
    expand: Vec<X>,
}

/// The parameter that every endpoint takes beside its own.
#[derive(Serialize)]
struct Expand {
    expand: Vec<String>,
}

impl<C: Caller, E: Endpoint> Call<C, E> {
    pub(crate) fn new(caller: &C, endpoint: E) -> Self {
        let options = Options {
            api_key: None,
            api_version: None,
            account: None,
            context: None,
            idempotency_key: None,
            max_retries: None,
            retry_rate_limits: None,
            timeout: None,
            deadline: None,
            headers: Vec::new(),
            expand: Vec::new(),
        };
        Self { caller: caller.clone(), endpoint, options, until: None }
    }

    /// Another key than the client's, such as a restricted one that may read sensitive outputs.
    pub fn api_key(mut self, key: ApiKey) -> Self {
        self.options.api_key = Some(key);
        self
    }

    /// Another API version than the client's.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.options.api_version = Some(version.into());
        self
    }

    /// The connected account to act on, in place of the client's account or context. An empty one means none, even if the
    /// client has one.
    pub fn account(mut self, account: impl Into<AccountId>) -> Self {
        self.options.account = Some(account.into());
        self
    }

    /// The context to act in: account ids joined by `/`, in place of the client's account or context. An empty one means
    /// none, even if the client has one.
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.options.context = Some(context.into());
        self
    }

    /// How often the call is repeated at most. With 0, there is exactly one attempt.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options.max_retries = Some(retries);
        self
    }

    /// Whether the call is repeated if it came too soon (status 429): see [`Config::retry_rate_limits`].
    pub fn retry_rate_limits(mut self, retry: bool) -> Self {
        self.options.retry_rate_limits = Some(retry);
        self
    }

    /// How long one attempt may take, from connecting to the last byte of the body.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// How long the call may take in all, attempts and waits together: see [`Config::deadline`]. On a list that is walked
    /// through, each page has as long.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = Some(deadline);
        self
    }

    /// An extra header. It takes the place of one that the call would have by itself (`Accept`, `User-Agent`); those that have
    /// an option of their own here, and those that frame the message, are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.push((name.into(), value.into()));
        self
    }

    /// Parts of the response that come only if they are asked for.
    pub fn expand<X: Into<E::Expand>>(mut self, parts: impl IntoIterator<Item = X>) -> Self {
        self.options.expand.extend(parts.into_iter().map(Into::into));
        self
    }

    /// Begins the call without doing any I/O: the first [`Step`] is a request to send, or the error that kept it from
    /// being made.
    pub fn start(self) -> Step<E::Response> {
        match self.plan() {
            Ok(plan) => plan.begin(),
            Err(error) => Step::Done(Err(error)),
        }
    }

    pub(crate) fn plan(self) -> Result<Plan<E::Response>, Error> {
        let request = self.request()?;
        let settings = self.caller.config().settings();
        let (policy, timeout, deadline) = (settings.retry_policy, settings.timeout, settings.deadline);
        let mut plan = Plan::new(request, E::ROUTE.into_static_template(), self.caller.config().clone());
        plan.policy.max_retries = self.options.max_retries.unwrap_or(policy.max_retries);
        plan.policy.rate_limits = self.options.retry_rate_limits.unwrap_or(policy.rate_limits);
        plan.attempt_timeout = self.options.timeout.unwrap_or(timeout);
        plan.deadline = self.options.deadline.or(deadline);
        plan.until = self.until;
        let patience = plan.until.as_ref().map(|until| until.within);
        if [Some(plan.attempt_timeout), plan.deadline, patience].contains(&Some(Duration::ZERO)) {
            return Err(InvalidInput::ZeroDuration.into());
        }
        Ok(plan)
    }

    fn request(&self) -> Result<http::Request<Bytes>, Error> {
        let settings = self.caller.config().settings();
        let route = self.endpoint.route();
        let base_url = match route.host() {
            Host::Api => &settings.base_url,
            Host::Files => &settings.files_base_url,
        };
        if ![Method::GET, Method::POST, Method::DELETE].contains(route.method()) {
            return Err(InvalidInput::UnsupportedMethod.into());
        }
        let has_own_key = self.options.idempotency_key.is_some();
        if has_own_key && *route.method() == Method::GET {
            return Err(InvalidInput::IdempotencyKeyOnGet.into());
        }
        let path = route.path(self.endpoint.id())?;
        let is_v2 = path.starts_with("/v2/");
        let has_key = has_own_key || *route.method() == Method::POST || is_v2 && *route.method() == Method::DELETE;

        let mut request = http::Request::new(Bytes::new());
        let mut content_type = None;
        let uri = if *route.method() == Method::POST {
            let (body, type_) = self.body(settings, is_v2)?;
            *request.body_mut() = body;
            content_type = Some(type_);
            base_url.join(&path)?
        } else {
            let mut query = route.query()?.to_owned();
            self.append_form(&mut query)?;
            let separator = if query.is_empty() { "" } else { "?" };
            base_url.join(&format!("{path}{separator}{query}"))?
        };
        *request.method_mut() = route.method().clone();
        *request.uri_mut() = uri;
        let mut headers = self.headers(settings, base_url, has_key)?;
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body().len()));
        }
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// The body of a `POST`, and its type.
    fn body(&self, settings: &Settings, is_v2: bool) -> Result<(Bytes, HeaderValue), Error> {
        if is_v2 {
            if !self.options.expand.is_empty() {
                return Err(InvalidInput::ExpandInV2.into());
            }
            let params = self.endpoint.params();
            finite::check(params).map_err(|_| InvalidInput::UnrepresentableParams)?;
            let json = serde_json::to_vec(params).map_err(|_| InvalidInput::UnrepresentableParams)?;
            // `()` stands for no parameters.
            let json = if json == b"null" { b"{}".to_vec() } else { json };
            return Ok((json.into(), HeaderValue::from_static("application/json")));
        }
        let mut form = String::new();
        self.append_form(&mut form)?;
        let Some(file) = self.endpoint.file() else {
            return Ok((form.into(), HeaderValue::from_static("application/x-www-form-urlencoded")));
        };
        header_value(file.content_type)?;
        let boundary = random_uuid(settings.random.as_ref()).map_err(Error::no_randomness)?;
        let content_type = header_value(&format!("multipart/form-data; boundary={boundary}"))?;
        Ok((multipart::body(&boundary, &form, file).into(), content_type))
    }

    fn append_form(&self, form: &mut String) -> Result<(), Error> {
        let expand = self.options.expand.iter().map(|part| format!("{}{}", E::EXPAND_PREFIX, part.as_ref())).collect();
        form::append(form, self.endpoint.params()).map_err(|_| InvalidInput::UnrepresentableParams)?;
        let says_it_already = form.split('&').any(|pair| pair.starts_with("expand[") || pair.starts_with("expand="));
        if says_it_already && !self.options.expand.is_empty() {
            return Err(InvalidInput::DuplicateExpand.into());
        }
        form::append(form, &Expand { expand }).map_err(|_| InvalidInput::UnrepresentableParams)?;
        Ok(())
    }

    fn headers(&self, settings: &Settings, base_url: &BaseUrl, has_idempotency_key: bool) -> Result<HeaderMap, Error> {
        let options = &self.options;
        let mut headers = settings.scope.clone();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, settings.user_agent.clone());
        headers.insert(STRIPE_VERSION, settings.api_version.clone());
        for (name, value) in &options.headers {
            let (name, value) = extra_header(name, value)?;
            headers.try_insert(name, value).map_err(|_| InvalidInput::MalformedHeader)?;
        }

        let api_key = options.api_key.as_ref().unwrap_or(&settings.api_key);
        if base_url.takes_test_keys_only && !api_key.is_test() {
            return Err(InvalidInput::NotATestKey.into());
        }
        headers.insert(AUTHORIZATION, api_key.authorization());
        if let Some(version) = &options.api_version {
            headers.insert(STRIPE_VERSION, version_value(version)?);
        }
        let (account, context) = (options.account.as_ref().map(AccountId::as_str), options.context.as_deref());
        // Each names an account, so either takes the place of what the client has of the other.
        if account.is_some_and(|account| !account.is_empty()) {
            headers.remove(STRIPE_CONTEXT);
        }
        if context.is_some_and(|context| !context.is_empty()) {
            headers.remove(STRIPE_ACCOUNT);
        }
        set_scope(&mut headers, account, context)?;
        if has_idempotency_key {
            let mut key = match &options.idempotency_key {
                Some(key) => idempotency_key(key)?,
                None => header_value(&random_uuid(settings.random.as_ref()).map_err(Error::no_randomness)?)?,
            };
            // The caller's own may be made from a user's id.
            key.set_sensitive(true);
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        Ok(headers)
    }
}

impl<C: Caller, E: WriteEndpoint> Call<C, E> {
    /// Under which key the call can be repeated without taking effect twice, for at least 24 hours: 1 to 255 visible
    /// ASCII characters. Without one, a random key is made for this call and its retries.
    ///
    /// A key belongs to one thing that is to be done once. Under the key of another call, the same parameters give that
    /// call's response again, however old it is, and other parameters are refused.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.idempotency_key = Some(key.into());
        self
    }
}

impl<C: Caller> Call<C, verification_sessions::Retrieve> {
    /// Retrieves the session again and again until it is as it should be, for as long as `within` says.
    ///
    /// The waits in between grow from a second to a hundredth of `within` (but at least 5 seconds, and at most an hour).
    /// A look that fails in a way that may mend (a lost connection, a rate limit, an outage) is as good as one that shows too
    /// little, however often that happens: it is the time that counts, and not the number of retries. Any other failure ends
    /// the waiting.
    ///
    /// When the time is up, the error is of kind [`NotYet`](crate::ErrorKind::NotYet), or says why the last look failed.
    /// Dropping the future ends the waiting, in the middle of a look too.
    ///
    /// A webhook tells sooner and costs fewer requests; this is for programs that cannot receive one.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use stripe_identity_core::types::VerificationSession;
    /// # use stripe_identity_core::{BlockingClient, Error};
    ///
    /// # fn example(client: &BlockingClient) -> Result<(), Error> {
    /// let sessions = client.verification_sessions();
    /// let decided = VerificationSession::is_decided;
    /// let session = sessions.retrieve("vs_123").wait_until(decided, Duration::from_secs(600)).send()?;
    ///
    /// let four_days = Duration::from_secs(4 * 24 * 3600);
    /// sessions.redact(&session).send()?;
    /// sessions.retrieve(&session).wait_until(VerificationSession::is_redacted, four_days).send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until(
        mut self,
        condition: impl Fn(&VerificationSession) -> bool + Send + Sync + 'static,
        within: Duration,
    ) -> Self {
        self.until = Some(Until::new(condition, within));
        self
    }
}

impl<C: Clone, E: Endpoint<Expand: Clone> + Clone> Clone for Call<C, E> {
    fn clone(&self) -> Self {
        Self {
            caller: self.caller.clone(),
            endpoint: self.endpoint.clone(),
            options: self.options.clone(),
            until: self.until.clone(),
        }
    }
}

impl<C, E: Endpoint> fmt::Debug for Call<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = self.endpoint.route();
        f.debug_struct("Call")
            .field("method", route.method())
            .field("path", &E::ROUTE.template())
            .finish_non_exhaustive()
    }
}

fn extra_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    /// Either an option of the call sets it, or the transport does.
    const RESERVED: &[&str] = &[
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "stripe-account",
        "stripe-context",
        "stripe-version",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let name = HeaderName::try_from(name).map_err(|_| InvalidInput::MalformedHeader)?;
    if RESERVED.contains(&name.as_str()) {
        return Err(InvalidInput::ReservedHeader.into());
    }
    let mut value = header_value(value)?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn idempotency_key(key: &str) -> Result<HeaderValue, Error> {
    if !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidInput::MalformedIdempotencyKey.into());
    }
    header_value(key)
}

/// Of version 4.
fn random_uuid(random: &dyn Fn() -> io::Result<u64>) -> io::Result<String> {
    let bits = u128::from(random()?) << 64 | u128::from(random()?);
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    Ok([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_key_is_a_uuid_of_version_4() {
        let ones = random_uuid(&|| Ok(u64::MAX)).unwrap();
        assert_eq!(ones, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let zeros = random_uuid(&|| Ok(0)).unwrap();
        assert_eq!(zeros, "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn keys_that_stripe_would_not_take_are_refused() {
        for key in ["", " ", "a b", "a\n", "é", &"x".repeat(256)] {
            assert!(idempotency_key(key).is_err(), "{key:?}");
        }
        assert!(idempotency_key(&"x".repeat(255)).is_ok());
    }
}
