mod request;

use std::fmt;
use std::time::Duration;

use stripe_identity_types::AccountId;

use crate::config::{ApiKey, Config};
use crate::endpoint::Endpoint;
use crate::error::{Error, InvalidInput};
use crate::retry::{PollUntil, RetryPolicy};
use crate::step::{CallState, Step};

/// A source of calls: a [`Client`](crate::Client), a [`BlockingClient`](crate::BlockingClient), or a
/// [`Config`] for your own loop.
///
/// The trait is sealed. A resource such as
/// [`VerificationSessions`](crate::resources::verification_sessions::VerificationSessions) is generic
/// over it.
pub trait Caller: Clone + private::Sealed {
    /// Returns the settings that the calls start from.
    fn config(&self) -> &Config;
}

pub(crate) mod private {
    #[allow(unnameable_types, reason = "it seals `Caller`")]
    pub trait Sealed {}
}

impl private::Sealed for Config {}

impl Caller for Config {
    fn config(&self) -> &Config {
        self
    }
}

/// A call with its options, ready to be made.
///
/// - `.await` a call of a [`Client`](crate::Client).
/// - `.send()` a call of a [`BlockingClient`](crate::BlockingClient).
/// - [`start`](Self::start) a call of a [`Config`], or of either client, and drive the [`Step`]s
///   yourself.
///
/// A setter never fails. If an option is invalid, the call fails with an error of kind
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is made, and nothing is sent.
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_core::types::SessionExpand;
/// # use stripe_identity_core::{BlockingClient, Error};
///
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let call = client
///     .verification_sessions()
///     .retrieve("vs_123")
///     .expand([SessionExpand::LastVerificationReport])
///     .deadline(Duration::from_secs(10));
/// let session = call.send()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited, sent or started"]
pub struct Call<C, E: Endpoint> {
    pub(crate) caller: C,
    pub(crate) endpoint: E,
    options: Options<E::Expand>,
    poll: Option<PollUntil<E::Response>>,
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
    attempt_timeout: Option<Duration>,
    deadline: Option<Duration>,
    headers: Vec<(String, String)>,
    expand: Vec<X>,
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
            attempt_timeout: None,
            deadline: None,
            headers: Vec::new(),
            expand: Vec::new(),
        };
        Self { caller: caller.clone(), endpoint, options, poll: None }
    }

    /// Sets the API key. Defaults to the client's. A restricted key may read sensitive outputs, for
    /// example.
    pub fn api_key(mut self, key: ApiKey) -> Self {
        self.options.api_key = Some(key);
        self
    }

    /// Sets the API version. Defaults to the client's. A blank version is invalid.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.options.api_version = Some(version.into());
        self
    }

    /// Sets the connected account that the call acts on. It replaces the client's account or context.
    ///
    /// An empty account removes the client's account and keeps the client's context. A call with both
    /// an account and a context is invalid.
    pub fn account(mut self, account: impl Into<AccountId>) -> Self {
        self.options.account = Some(account.into());
        self
    }

    /// Sets the context that the call acts in: account ids joined by `/`. It replaces the client's
    /// account or context.
    ///
    /// An empty context removes the client's context and keeps the client's account. A call with both
    /// an account and a context is invalid.
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.options.context = Some(context.into());
        self
    }

    /// Sets the idempotency key: 1 to 255 visible ASCII characters. Defaults to a random key for the
    /// call and its retries.
    ///
    /// For at least 24 hours, a call that is repeated with the same key takes effect only once. Use a
    /// key for one operation only: if another call has used the key, Stripe repeats that call's
    /// response if the parameters are equal, and refuses this call if they differ.
    ///
    /// A `GET` with a key is invalid. A v1 `DELETE` has no key by default.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.idempotency_key = Some(key.into());
        self
    }

    /// Sets how many retries the call may make. With 0, there is exactly one attempt. Defaults to the
    /// client's setting. See [`ConfigBuilder::max_retries`](crate::ConfigBuilder::max_retries).
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options.max_retries = Some(retries);
        self
    }

    /// Sets whether the call is retried if it is rate-limited. Defaults to the client's setting. See
    /// [`ConfigBuilder::retry_rate_limits`](crate::ConfigBuilder::retry_rate_limits).
    pub fn retry_rate_limits(mut self, retry: bool) -> Self {
        self.options.retry_rate_limits = Some(retry);
        self
    }

    /// Sets how long one attempt may take, from connecting to the last byte of the body. Defaults to
    /// the client's setting. Zero is invalid.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how long the call may take in all, attempts and waits together. Defaults to the client's
    /// setting. Zero is invalid. See [`ConfigBuilder::deadline`](crate::ConfigBuilder::deadline).
    ///
    /// On a list, the deadline applies to each page.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = Some(deadline);
        self
    }

    /// Adds a header. It replaces a default of the same name (`Accept`, `User-Agent`). Of several
    /// values for one name, the last is sent.
    ///
    /// A header that another option sets (such as `Authorization` or `Idempotency-Key`) is invalid, and
    /// so is one that frames the message or that the transport sets (such as `Content-Length` or
    /// `Host`).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.push((name.into(), value.into()));
        self
    }

    /// Asks for parts of the response that Stripe otherwise leaves out, in addition to those of earlier
    /// calls of this method.
    ///
    /// On a list, the parts are those of each listed object. A v2 `POST` with parts to expand is invalid.
    pub fn expand<X: Into<E::Expand>>(mut self, parts: impl IntoIterator<Item = X>) -> Self {
        self.options.expand.extend(parts.into_iter().map(Into::into));
        self
    }

    pub(crate) fn poll_until(mut self, poll: PollUntil<E::Response>) -> Self {
        self.poll = Some(poll);
        self
    }

    /// Starts the call without any I/O. Returns the first [`Step`]: a request to send, or an error of
    /// kind [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn start(self) -> Step<E::Response> {
        match self.into_state() {
            Ok(state) => state.begin(Duration::ZERO),
            Err(error) => Step::Done(Err(error)),
        }
    }

    pub(crate) fn into_state(self) -> Result<Box<CallState<E::Response>>, Error> {
        let request = self.request()?;
        let config = self.caller.config();
        let path_template = self.endpoint.route().static_template();
        let policy = RetryPolicy {
            max_retries: self.options.max_retries.unwrap_or(config.max_retries()),
            rate_limits: self.options.retry_rate_limits.unwrap_or(config.retry_rate_limits()),
        };
        let attempt_timeout = self.options.attempt_timeout.unwrap_or(config.attempt_timeout());
        let deadline = self.options.deadline.or(config.deadline());
        let within = self.poll.as_ref().map(|poll| poll.within);
        if [Some(attempt_timeout), deadline, within].contains(&Some(Duration::ZERO)) {
            return Err(InvalidInput::ZeroDuration.into());
        }
        Ok(CallState::boxed(request, path_template, config.clone(), policy, attempt_timeout, deadline, self.poll))
    }
}

impl<C: Clone, E: Endpoint<Expand: Clone> + Clone> Clone for Call<C, E> {
    fn clone(&self) -> Self {
        Self {
            caller: self.caller.clone(),
            endpoint: self.endpoint.clone(),
            options: self.options.clone(),
            poll: self.poll.clone(),
        }
    }
}

impl<C, E: Endpoint> fmt::Debug for Call<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = self.endpoint.route();
        f.debug_struct("Call")
            .field("method", route.method())
            .field("path_template", &route.static_template())
            .finish_non_exhaustive()
    }
}
