use std::fmt;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use stripe_identity_core::http::Uri;
use stripe_identity_core::transport_support::{is_direct, is_proxy_url, proxies_from_env};
use stripe_identity_core::{NoProxy, TransportError, TransportErrorKind};

/// The proxy that connections to Stripe go through, if any.
///
/// The URL of a proxy is `http://` or `https://`, with `user:password@` before the host if it asks
/// for credentials. The proxy opens a tunnel (`CONNECT`), so it learns the host and port of a
/// request and nothing else: TLS is between the client and Stripe.
///
/// Plain HTTP never uses a proxy, nor do requests to `localhost` and loopback addresses.
///
/// ```
/// use stripe_identity_hyper::{HyperTransport, Proxy};
///
/// # fn example() -> Result<(), stripe_identity_core::TransportError> {
/// let proxy = Proxy::with_exceptions("http://robin:secret@proxy.test:3128", "*.corp.test, 10.0.0.0/8")?;
/// let transport = HyperTransport::builder().proxy(proxy).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Responses of a proxy
///
/// The proxy must respond to `CONNECT` with status 200, and then send nothing until the client
/// does.
///
/// | if the proxy | the error is |
/// |---|---|
/// | responds with another status, even 201 or 204 | [`Connect`](TransportErrorKind::Connect), and nothing is sent |
/// | sends more right behind status 200 | [`Timeout`](TransportErrorKind::Timeout), since the tunnel never counts as open |
/// | does so and closes, or the time for connecting ends first | [`Connect`](TransportErrorKind::Connect) |
/// | responds to the TLS handshake in plain text | [`Tls`](TransportErrorKind::Tls) |
#[derive(Clone)]
pub struct Proxy(Option<Arc<ProxyRule>>);

struct ProxyRule {
    proxy: Matcher,
    no_proxy: NoProxy,
}

impl Proxy {
    /// Uses the proxy of `HTTPS_PROXY`, or else of `ALL_PROXY`, for every host except those in
    /// [`NO_PROXY`](NoProxy). This is the default of a transport.
    ///
    /// Each name may also be in lower case. A value that is empty, malformed or the URL of another
    /// kind of proxy is skipped. If `REQUEST_METHOD` is set, no proxy is used: in a CGI program, a
    /// client of the server can set the other variables.
    pub fn from_env() -> Self {
        let (urls, no_proxy) = proxies_from_env(|name| std::env::var_os(name));
        let proxy = urls.iter().find_map(|url| Self::parse(url).ok());
        Self(proxy.map(|proxy| Arc::new(ProxyRule { proxy, no_proxy })))
    }

    /// Uses no proxy, whatever the environment says.
    pub fn none() -> Self {
        Self(None)
    }

    /// Uses the proxy with this URL for every host, whatever the environment says.
    ///
    /// # Errors
    ///
    /// [`Other`](TransportErrorKind::Other) if the URL is not that of an HTTP proxy.
    pub fn new(url: &str) -> Result<Self, TransportError> {
        Self::with_exceptions(url, "")
    }

    /// Uses the proxy with this URL for every host except those in a list with the syntax of
    /// [`NO_PROXY`](NoProxy), whatever the environment says.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn with_exceptions(url: &str, hosts: &str) -> Result<Self, TransportError> {
        let proxy = Self::parse(url)?;
        // Not the exceptions of hyper's matcher, which ignores wildcards and ports.
        Ok(Self(Some(Arc::new(ProxyRule { proxy, no_proxy: NoProxy::parse(hosts) }))))
    }

    fn parse(url: &str) -> Result<Matcher, TransportError> {
        let proxy = Matcher::builder().all(url).build();
        // The matcher ignores a URL that it does not understand, and then intercepts nothing.
        let accepted = proxy.intercept(&Uri::from_static("https://stripe.invalid"));
        let is_http = |proxy: Intercept| matches!(proxy.uri().scheme_str(), Some("http" | "https"));
        if is_proxy_url(url) && accepted.is_some_and(is_http) {
            Ok(proxy)
        } else {
            let reason = "the proxy's URL is malformed: it must be http://[user:password@]host[:port], or https://…";
            Err(TransportError::new(TransportErrorKind::Other, reason))
        }
    }

    /// Returns the proxy for a request, or `None` if it goes to its host directly.
    pub(crate) fn for_uri(&self, uri: &Uri) -> Option<Intercept> {
        let rule = self.0.as_ref()?;
        if is_direct(uri, &rule.no_proxy) { None } else { rule.proxy.intercept(uri) }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may contain credentials.
        f.write_str(if self.0.is_some() { "Proxy(..)" } else { "Proxy(none)" })
    }
}
