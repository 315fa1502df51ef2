use std::fmt;
use std::io;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue};
use stripe_identity_types::{API_VERSION, AccountId};

use crate::api_key::ApiKey;
use crate::attempt::Attempt;
use crate::base_url::BaseUrl;
use crate::endpoint::Host;
use crate::error::Error;
use crate::headers::{STRIPE_ACCOUNT, STRIPE_CONTEXT};
use crate::invalid_input::InvalidInput;
use crate::retry::RetryPolicy;

const USER_AGENT: &str = concat!("stripe-identity-rust/", env!("CARGO_PKG_VERSION"));

type Random = dyn Fn() -> io::Result<u64> + Send + Sync;
type Clock = dyn Fn() -> Duration + Send + Sync;
type Hook = dyn Fn(&Attempt<'_>) + Send + Sync;

/// What all calls have in common: the key, the host, the API version, and the defaults of what a call can set itself.
///
/// Cheap to clone. A client is made from it; calls can also start from it directly, without any client (see
/// [`Step`](crate::Step)).
///
/// ```
/// use stripe_identity_core::Config;
///
/// let config = Config::new("sk_test_123")?.max_retries(3);
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Config(Arc<Settings>);

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) api_key: ApiKey,
    pub(crate) api_version: HeaderValue,
    pub(crate) base_url: BaseUrl,
    pub(crate) files_base_url: BaseUrl,
    /// `Stripe-Account` and `Stripe-Context`, where set.
    pub(crate) scope: HeaderMap,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) random: Arc<Random>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) on_attempt: Option<Arc<Hook>>,
}

impl Config {
    /// Settings for Stripe's API with a secret or restricted key.
    ///
    /// Any visible ASCII text is taken for a key: only Stripe knows its keys. Where a test key is required, it is one that
    /// [is marked as such](ApiKey::is_test).
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the key is empty or holds anything but visible ASCII.
    pub fn new(api_key: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self(Arc::new(Settings {
            api_key: ApiKey::new(api_key)?,
            api_version: HeaderValue::from_static(API_VERSION),
            base_url: BaseUrl::of_stripe(Host::Api),
            files_base_url: BaseUrl::of_stripe(Host::Files),
            scope: HeaderMap::new(),
            retry_policy: RetryPolicy { max_retries: 2, rate_limits: false },
            timeout: Duration::from_secs(80),
            deadline: None,
            user_agent: HeaderValue::from_static(USER_AGENT),
            random: Arc::new(|| getrandom::u64().map_err(io::Error::from)),
            clock: Arc::new(since_start),
            on_attempt: None,
        })))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Another host than Stripe's, for everything: `https://host[:port][/path]`, or `http://…` where the host is this
    /// machine. A `/` or `/v1` at the end is taken off.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the URL is of another form, or would send the key to another
    /// machine without TLS: for a simulator there, see [`base_url_without_tls`](Self::base_url_without_tls).
    pub fn base_url(self, url: impl AsRef<str>) -> Result<Self, Error> {
        let base_url = BaseUrl::parse(url.as_ref())?;
        Ok(self.with_base_url(base_url))
    }

    /// Sends everything to a host that is not Stripe, also without TLS and to another machine: a simulator in a container,
    /// in a CI service or in a cluster, such as `http://simulator:12111`.
    ///
    /// Without TLS, others on the way can read the key and the personal data. So only keys that are
    /// [marked as test keys](ApiKey::is_test) go there: a request with any other, be it the client's or the call's own, is
    /// refused before it is sent, with [`NotATestKey`](InvalidInput::NotATestKey). Proxies are not used without TLS.
    ///
    /// ```
    /// use stripe_identity_core::Config;
    ///
    /// let config = Config::new("sk_test_123")?.base_url_without_tls("http://simulator:12111")?;
    /// # Ok::<(), stripe_identity_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the URL is not `http(s)://host[:port][/path]`.
    pub fn base_url_without_tls(self, url: impl AsRef<str>) -> Result<Self, Error> {
        let base_url = BaseUrl::parse_without_tls(url.as_ref())?;
        Ok(self.with_base_url(base_url))
    }

    fn with_base_url(self, base_url: BaseUrl) -> Self {
        self.with(|settings| {
            settings.files_base_url = base_url.clone();
            settings.base_url = base_url;
        })
    }

    /// Another host for the contents of files alone. To be set after [`base_url`](Self::base_url), which moves it too.
    ///
    /// # Errors
    /// As for [`base_url`](Self::base_url).
    pub fn files_base_url(self, url: impl AsRef<str>) -> Result<Self, Error> {
        let base_url = BaseUrl::parse(url.as_ref())?;
        Ok(self.with(|settings| settings.files_base_url = base_url))
    }

    /// Another API version than [`API_VERSION`], which the models follow.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is blank or cannot stand in a header.
    pub fn api_version(self, version: impl AsRef<str>) -> Result<Self, Error> {
        let version = version_value(version.as_ref())?;
        Ok(self.with(|settings| settings.api_version = version))
    }

    /// The connected account that calls act on. An empty one means none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is blank or cannot stand in a header, or if a
    /// [context](Self::context) is set, which names the account too.
    pub fn account(self, account: impl Into<AccountId>) -> Result<Self, Error> {
        let mut scope = self.0.scope.clone();
        set_scope(&mut scope, Some(account.into().as_str()), None)?;
        Ok(self.with(|settings| settings.scope = scope))
    }

    /// The context that calls act in: account ids joined by `/`. An empty one means none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is blank or cannot stand in a header, or if an
    /// [account](Self::account) is set.
    pub fn context(self, context: impl AsRef<str>) -> Result<Self, Error> {
        let mut scope = self.0.scope.clone();
        set_scope(&mut scope, None, Some(context.as_ref()))?;
        Ok(self.with(|settings| settings.scope = scope))
    }

    /// How often a call is repeated at most. Default: 2. With 0, there is exactly one attempt.
    ///
    /// However many there are, no attempt begins later than ten minutes before the idempotency key of the call is 24 hours
    /// old, and none may take longer than that: from then on, Stripe may take a repetition for a new request.
    pub fn max_retries(self, retries: u32) -> Self {
        self.with(|settings| settings.retry_policy.max_retries = retries)
    }

    /// Whether a call that came too soon (status 429) is repeated like one that failed. Default: no, unless Stripe says
    /// that it should be or the reason is a lock, since what is too much now is so half a second later. Good for jobs
    /// that have time; there, more retries are too.
    pub fn retry_rate_limits(self, retry: bool) -> Self {
        self.with(|settings| settings.retry_policy.rate_limits = retry)
    }

    /// How long one attempt may take, from connecting to the last byte of the body. Default: 80 seconds.
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.timeout = timeout)
    }

    /// How long a call may take in all, attempts and waits together. Default: as long as its attempts and waits take.
    ///
    /// The last attempt gets what is left, and none but the first begins after it. The error is then that of the last
    /// attempt.
    pub fn deadline(self, deadline: Duration) -> Self {
        self.with(|settings| settings.deadline = Some(deadline))
    }

    /// The name of your application, such as `my-app/1.2`, for Stripe to see in the `User-Agent` header.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty or cannot stand in a header.
    pub fn app_name(self, name: impl AsRef<str>) -> Result<Self, Error> {
        let name = name.as_ref().trim();
        if name.is_empty() {
            return Err(InvalidInput::Blank.into());
        }
        let user_agent = header_value(&format!("{USER_AGENT} {name}"))?;
        Ok(self.with(|settings| settings.user_agent = user_agent))
    }

    /// Where idempotency keys and the jitter of waits come from, in place of the operating system. For tests: from a
    /// source that repeats itself come keys that repeat themselves.
    pub fn random_source(self, random: impl Fn() -> io::Result<u64> + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.random = Arc::new(random))
    }

    /// Where the time comes from that [deadlines](Self::deadline) are held against, in place of the system's monotonic
    /// clock: the time since any fixed moment. For tests, and for systems that have no such clock. A wait between two attempts
    /// counts for at least as long as it should be, also where a transport of a test only pretends to wait.
    pub fn clock(self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.clock = Arc::new(clock))
    }

    /// A hook that is called after each attempt of each call, for metrics: it is told of the outcome, of how long it took
    /// and of the wait before the next one.
    ///
    /// It runs between the attempts, so it should not take long. The same is told through `tracing`, in a span
    /// `stripe_call` with the target `stripe_identity`: an answer at the level `info`, a failure and a retry at `warn`; that
    /// Stripe sent a [notice](crate::Response::notice), with the target `stripe_identity::notice`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use stripe_identity_core::Config;
    ///
    /// let retries = Arc::new(AtomicU32::new(0));
    /// let counter = retries.clone();
    /// let config = Config::new("sk_test_123")?.on_attempt(move |attempt| {
    ///     if attempt.error.is_some() && attempt.wait.is_some() {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// # Ok::<(), stripe_identity_core::Error>(())
    /// ```
    pub fn on_attempt(self, hook: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_attempt = Some(Arc::new(hook)))
    }

    pub(crate) fn now(&self) -> Duration {
        (self.0.clock)()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.0.base_url)
            .field("api_version", &self.0.api_version)
            .field("max_retries", &self.0.retry_policy.max_retries)
            .field("attempt_timeout", &self.0.timeout)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

fn since_start() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

pub(crate) fn header_value(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| InvalidInput::MalformedHeader.into())
}

/// Without a version Stripe would take the account's own, which the models may not follow.
pub(crate) fn version_value(version: &str) -> Result<HeaderValue, Error> {
    if version.trim().is_empty() {
        return Err(InvalidInput::Blank.into());
    }
    header_value(version)
}

/// Sets what is given of account and context, and takes away what is given as empty.
pub(crate) fn set_scope(headers: &mut HeaderMap, account: Option<&str>, context: Option<&str>) -> Result<(), Error> {
    for (name, value) in [(STRIPE_ACCOUNT, account), (STRIPE_CONTEXT, context)] {
        match value {
            None => {}
            Some("") => drop(headers.remove(name)),
            // An account that went missing must not act on one's own instead.
            Some(value) if value.trim().is_empty() => return Err(InvalidInput::Blank.into()),
            Some(value) => drop(headers.insert(name, header_value(value)?)),
        }
    }
    // Stripe answers both together with a 400.
    if headers.contains_key(STRIPE_ACCOUNT) && headers.contains_key(STRIPE_CONTEXT) {
        return Err(InvalidInput::AccountAndContext.into());
    }
    Ok(())
}
