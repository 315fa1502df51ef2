mod api_key;
mod base_url;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use stripe_identity_types::{API_VERSION, AccountId};

use crate::attempt::Attempt;
use crate::error::{Error, InvalidInput};
use crate::headers::{STRIPE_ACCOUNT, STRIPE_CONTEXT, STRIPE_VERSION};
use crate::retry::RetryPolicy;

pub use self::api_key::ApiKey;
pub(crate) use self::base_url::BaseUrl;

const USER_AGENT: &str = concat!("stripe-identity-rust/", env!("CARGO_PKG_VERSION"));

type Random = dyn Fn() -> io::Result<u64> + Send + Sync;
type Hook = dyn Fn(&Attempt<'_>) + Send + Sync;

/// The settings that all calls share: the key, the host, the API version, and the defaults of a call's
/// options.
///
/// Clones are cheap. A client is created from a `Config`, and a call can start from one without a
/// client, as [`Step`](crate::Step) shows. `Debug` does not show the key.
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_core::Config;
///
/// let config = Config::new("sk_test_123")?;
/// assert_eq!(config.max_retries(), 2);
///
/// let patient = config.to_builder().max_retries(5).deadline(Duration::from_secs(60)).build()?;
/// assert_eq!(patient.max_retries(), 5);
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Config(Arc<Settings>);

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) api_key: ApiKey,
    pub(crate) base_url: BaseUrl,
    pub(crate) files_base_url: BaseUrl,
    /// The headers that all requests have in common: `Accept`, `User-Agent`, `Stripe-Version`, and
    /// `Stripe-Account` or `Stripe-Context` if set.
    pub(crate) headers: HeaderMap,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) attempt_timeout: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) random: Arc<Random>,
    pub(crate) on_attempt: Option<Arc<Hook>>,
}

impl Config {
    /// Creates the default settings for a secret or restricted key.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the key is empty or has a character that is
    /// not visible ASCII.
    pub fn new<K>(api_key: K) -> Result<Self, Error>
    where
        K: TryInto<ApiKey, Error: Into<Error>>,
    {
        Self::builder(api_key).build()
    }

    /// Returns a builder of settings for a secret or restricted key.
    ///
    /// The key is an [`ApiKey`] or a string. If the string is not a valid key,
    /// [`build`](ConfigBuilder::build) returns the error.
    pub fn builder<K>(api_key: K) -> ConfigBuilder
    where
        K: TryInto<ApiKey, Error: Into<Error>>,
    {
        let settings = api_key.try_into().map_err(Into::into).map(|api_key| Settings {
            api_key,
            base_url: BaseUrl::stripe("api"),
            files_base_url: BaseUrl::stripe("files"),
            headers: default_headers(),
            retry_policy: RetryPolicy { max_retries: 2, rate_limits: false },
            attempt_timeout: Duration::from_secs(80),
            deadline: None,
            random: Arc::new(|| getrandom::u64().map_err(io::Error::from)),
            on_attempt: None,
        });
        ConfigBuilder { settings }
    }

    /// Returns a builder that starts from these settings.
    pub fn to_builder(&self) -> ConfigBuilder {
        ConfigBuilder { settings: Ok((*self.0).clone()) }
    }

    /// Returns the API key.
    pub fn api_key(&self) -> &ApiKey {
        &self.0.api_key
    }

    /// Returns the base URL of all requests but those for the contents of files:
    /// `https://api.stripe.com` by default. It does not end with `/`.
    pub fn base_url(&self) -> &str {
        self.0.base_url.as_str()
    }

    /// Returns the base URL of uploads and downloads: `https://files.stripe.com` by default. It does
    /// not end with `/`.
    pub fn files_base_url(&self) -> &str {
        self.0.files_base_url.as_str()
    }

    /// Returns the API version.
    pub fn api_version(&self) -> &str {
        self.header(STRIPE_VERSION).unwrap_or_default()
    }

    /// Returns the connected account that calls act on, or `None` if none is set.
    pub fn account(&self) -> Option<&str> {
        self.header(STRIPE_ACCOUNT)
    }

    /// Returns the context that calls act in, or `None` if none is set.
    pub fn context(&self) -> Option<&str> {
        self.header(STRIPE_CONTEXT)
    }

    /// Returns how many retries a call may make.
    pub fn max_retries(&self) -> u32 {
        self.0.retry_policy.max_retries
    }

    /// Returns whether rate-limited calls are retried like others.
    pub fn retry_rate_limits(&self) -> bool {
        self.0.retry_policy.rate_limits
    }

    /// Returns how long one attempt may take, from connecting to the last byte of the body.
    pub fn attempt_timeout(&self) -> Duration {
        self.0.attempt_timeout
    }

    /// Returns how long a call may take in all, attempts and waits together, or `None` if it has no
    /// limit.
    pub fn deadline(&self) -> Option<Duration> {
        self.0.deadline
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0
    }

    // Every value was created from a `str`, so it is UTF-8.
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.0.headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or_default())
    }
}

fn default_headers() -> HeaderMap {
    // Each request adds `Authorization`, `Idempotency-Key`, `Content-Type` and `Content-Length` to a
    // copy.
    let mut headers = HeaderMap::with_capacity(10);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(STRIPE_VERSION, HeaderValue::from_static(API_VERSION));
    headers
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.0.base_url)
            .field("api_version", &self.api_version())
            .field("max_retries", &self.0.retry_policy.max_retries)
            .field("attempt_timeout", &self.0.attempt_timeout)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Config`].
///
/// A setter never fails. If an option is invalid, [`build`](Self::build) returns the error of the first
/// such option.
///
/// ```
/// use stripe_identity_core::{Config, InvalidInput};
///
/// let config = Config::builder("sk_test_123").base_url("http://localhost:12111").max_retries(3).build()?;
/// assert_eq!(config.base_url(), "http://localhost:12111");
///
/// let error = Config::builder("sk_test_123").base_url("http://example.com").build().unwrap_err();
/// assert_eq!(error.invalid_input(), Some(InvalidInput::InsecureBaseUrl));
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    /// The settings, or the first option that is invalid.
    settings: Result<Settings, Error>,
}

impl ConfigBuilder {
    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        if let Ok(settings) = &mut self.settings {
            change(settings);
        }
        self
    }

    fn try_with(mut self, change: impl FnOnce(&mut Settings) -> Result<(), Error>) -> Self {
        if let Ok(settings) = &mut self.settings
            && let Err(error) = change(settings)
        {
            self.settings = Err(error);
        }
        self
    }

    /// Builds the settings.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the key or an option is invalid.
    /// [`Error::invalid_input`](crate::Error::invalid_input) returns the reason. If several are
    /// invalid, the error is that of the first.
    pub fn build(self) -> Result<Config, Error> {
        self.settings.map(|settings| Config(Arc::new(settings)))
    }

    /// Sets the base URL of all requests: `https://host[:port][/path]`, or `http://…` if the host is
    /// this machine. A `/` or `/v1` at the end is removed. Defaults to Stripe's hosts.
    ///
    /// Any other URL is invalid. For a simulator on another machine, without TLS, see
    /// [`base_url_without_tls`](Self::base_url_without_tls).
    pub fn base_url(self, url: impl AsRef<str>) -> Self {
        self.try_with(|settings| BaseUrl::parse(url.as_ref()).map(|url| set_base_url(settings, url)))
    }

    /// Sets the base URL of all requests to a host that may lack TLS: a simulator in a container, in a
    /// CI service or in a cluster, such as `http://simulator:12111`. Plain HTTP to `stripe.com` is
    /// invalid.
    ///
    /// Without TLS, others on the network can read the key and the personal data. So only keys that
    /// are [marked as test keys](ApiKey::is_test) are sent, whatever the scheme: a call with any other
    /// key, including one set with [`Call::api_key`](crate::Call::api_key), fails with
    /// [`NotATestKey`](InvalidInput::NotATestKey) before it is sent. Proxies are not used without TLS.
    ///
    /// ```
    /// use stripe_identity_core::Config;
    ///
    /// let config = Config::builder("sk_test_123").base_url_without_tls("http://simulator:12111").build()?;
    /// # Ok::<(), stripe_identity_core::Error>(())
    /// ```
    pub fn base_url_without_tls(self, url: impl AsRef<str>) -> Self {
        self.try_with(|settings| BaseUrl::parse_without_tls(url.as_ref()).map(|url| set_base_url(settings, url)))
    }

    /// Sets the base URL of uploads and downloads alone. [`base_url`](Self::base_url) and
    /// [`base_url_without_tls`](Self::base_url_without_tls) set it too, so call this method after them.
    ///
    /// A URL that `base_url` does not take is invalid.
    pub fn files_base_url(self, url: impl AsRef<str>) -> Self {
        self.try_with(|settings| {
            settings.files_base_url = BaseUrl::parse(url.as_ref())?;
            Ok(())
        })
    }

    /// Sets the API version. Defaults to [`API_VERSION`], which the models follow. A blank version is
    /// invalid.
    pub fn api_version(self, version: impl AsRef<str>) -> Self {
        self.try_with(|settings| {
            settings.headers.insert(STRIPE_VERSION, version_value(version.as_ref())?);
            Ok(())
        })
    }

    /// Sets the connected account that calls act on. An empty account means none, which is the default.
    ///
    /// An account together with a [context](Self::context) is invalid, since a context names the
    /// account too. To replace a context that is set, clear it with `context("")` first.
    pub fn account(self, account: impl Into<AccountId>) -> Self {
        self.try_with(|settings| set_scope(&mut settings.headers, Some(account.into().as_str()), None))
    }

    /// Sets the context that calls act in: account ids joined by `/`. An empty context means none,
    /// which is the default.
    ///
    /// A context together with an [account](Self::account) is invalid. To replace an account that is
    /// set, clear it with `account("")` first.
    pub fn context(self, context: impl AsRef<str>) -> Self {
        self.try_with(|settings| set_scope(&mut settings.headers, None, Some(context.as_ref())))
    }

    /// Sets how many retries a call may make. Defaults to 2. With 0, there is exactly one attempt.
    ///
    /// No attempt with an idempotency key begins after 23 h 50 min, and none runs beyond 24 h from the
    /// start of the call, since Stripe may then take it for a new request.
    pub fn max_retries(self, retries: u32) -> Self {
        self.with(|settings| settings.retry_policy.max_retries = retries)
    }

    /// Sets whether rate-limited calls (429) are retried like others. Defaults to `false`, since an
    /// immediate retry usually meets the same limit.
    ///
    /// A call is retried in any case if Stripe asks for it, or if the object or the idempotency key was
    /// locked by another request. Set this option for jobs that have time, together with more retries.
    pub fn retry_rate_limits(self, retry: bool) -> Self {
        self.with(|settings| settings.retry_policy.rate_limits = retry)
    }

    /// Sets how long one attempt may take, from connecting to the last byte of the body. Defaults to
    /// 80 s. Zero is invalid.
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.try_with(|settings| {
            settings.attempt_timeout = not_zero(timeout)?;
            Ok(())
        })
    }

    /// Sets how long a call may take in all, attempts and waits together. Defaults to no limit.
    ///
    /// An attempt gets at most the time that is left. A retry is not made if the wait before it would
    /// last until the deadline; the call then fails with the error of the last attempt. Zero is
    /// invalid.
    pub fn deadline(self, deadline: Duration) -> Self {
        self.try_with(|settings| {
            settings.deadline = Some(not_zero(deadline)?);
            Ok(())
        })
    }

    /// Sets the name of your application, such as `my-app/1.2`. It is appended to the `User-Agent`
    /// header. A blank name is invalid.
    pub fn app_name(self, name: impl AsRef<str>) -> Self {
        self.try_with(|settings| {
            let name = name.as_ref().trim();
            if name.is_empty() {
                return Err(InvalidInput::BlankName.into());
            }
            settings.headers.insert(header::USER_AGENT, header_value(&format!("{USER_AGENT} {name}"))?);
            Ok(())
        })
    }

    /// Sets the source of random numbers for idempotency keys, the boundaries of uploads and the jitter
    /// of waits. Defaults to the operating system.
    ///
    /// This is for tests: a source that repeats its numbers repeats its keys. If the source fails, a
    /// call that needs a random key or boundary fails with
    /// [`NoRandomness`](InvalidInput::NoRandomness), and waits have no jitter.
    pub fn random_source(self, random: impl Fn() -> io::Result<u64> + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.random = Arc::new(random))
    }

    /// Sets a hook that is called after each attempt of each call, for example for metrics.
    ///
    /// The hook runs between the attempts, so it should return quickly.
    ///
    /// `tracing` gets the same: a span `stripe_call` with the target `stripe_identity`, in it a
    /// response at the level `info`, a failure and a retry at `warn`, and a poll whose condition is
    /// not met at `debug`. A response with a [notice](crate::Meta::notice) adds an event at `warn`
    /// with the target `stripe_identity::notice`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use stripe_identity_core::{Config, RetryDecision};
    ///
    /// let retries = Arc::new(AtomicU32::new(0));
    /// let counter = retries.clone();
    /// let config = Config::builder("sk_test_123").on_attempt(move |attempt| {
    ///     if matches!(attempt.decision, Some(RetryDecision::RetryAfter(_))) {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// }).build()?;
    /// # Ok::<(), stripe_identity_core::Error>(())
    /// ```
    pub fn on_attempt(self, hook: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_attempt = Some(Arc::new(hook)))
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder").field("invalid", &self.settings.as_ref().err()).finish_non_exhaustive()
    }
}

fn not_zero(duration: Duration) -> Result<Duration, Error> {
    if duration.is_zero() { Err(InvalidInput::ZeroDuration.into()) } else { Ok(duration) }
}

fn set_base_url(settings: &mut Settings, base_url: BaseUrl) {
    settings.files_base_url = base_url.clone();
    settings.base_url = base_url;
}

pub(crate) fn header_value(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| InvalidInput::MalformedHeader.into())
}

/// Returns the header of an API version. Without one, Stripe would take the account's own, which the
/// models may not follow.
pub(crate) fn version_value(version: &str) -> Result<HeaderValue, Error> {
    if version.trim().is_empty() {
        return Err(InvalidInput::BlankName.into());
    }
    header_value(version)
}

/// Sets the headers of the account and the context. `None` leaves a header unchanged, and an empty value removes it.
pub(crate) fn set_scope(headers: &mut HeaderMap, account: Option<&str>, context: Option<&str>) -> Result<(), Error> {
    for (name, value) in [(STRIPE_ACCOUNT, account), (STRIPE_CONTEXT, context)] {
        match value {
            None => {}
            Some("") => drop(headers.remove(name)),
            // A blank account is a mistake, and must not act on the platform's own account.
            Some(value) if value.trim().is_empty() => return Err(InvalidInput::BlankName.into()),
            Some(value) => drop(headers.insert(name, header_value(value)?)),
        }
    }
    // Stripe responds to both together with 400.
    if headers.contains_key(STRIPE_ACCOUNT) && headers.contains_key(STRIPE_CONTEXT) {
        return Err(InvalidInput::AccountAndContext.into());
    }
    Ok(())
}
