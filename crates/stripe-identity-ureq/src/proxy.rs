use std::fmt;
use std::sync::Arc;

use stripe_identity_core::http::Uri;
use stripe_identity_core::transport_support::{is_direct, is_proxy_url, proxies_from_env};
use stripe_identity_core::{NoProxy, TransportError, TransportErrorKind};
use ureq::ProxyProtocol;

/// The proxy that connections to Stripe go through, if any.
///
/// The URL of a proxy is `http://` or `https://`, with `user:password@` before the host if it asks
/// for credentials. The proxy opens a tunnel (`CONNECT`), so it learns the host and port of a
/// request and nothing else: TLS is between the client and Stripe.
///
/// Plain HTTP never uses a proxy, nor do requests to `localhost` and loopback addresses.
///
/// ```
/// use stripe_identity_ureq::{Proxy, UreqTransport};
///
/// # fn example() -> Result<(), stripe_identity_core::TransportError> {
/// let proxy = Proxy::with_exceptions("http://robin:secret@proxy.test:3128", "*.corp.test, 10.0.0.0/8")?;
/// let transport = UreqTransport::builder().proxy(proxy).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Responses of a proxy
///
/// The proxy must respond to `CONNECT` with status 200.
///
/// | if the proxy | the error is |
/// |---|---|
/// | responds with another status, even 201 or 204 | [`Connect`](TransportErrorKind::Connect), and nothing is sent |
/// | sends plain text after status 200 | [`Tls`](TransportErrorKind::Tls) |
#[derive(Clone)]
pub struct Proxy(Option<Arc<ProxyRule>>);

struct ProxyRule {
    proxy: ureq::Proxy,
    no_proxy: NoProxy,
}

/// The URL of a proxy is malformed or has another scheme than `http` and `https`.
struct InvalidProxyUrl;

impl From<InvalidProxyUrl> for TransportError {
    fn from(_: InvalidProxyUrl) -> Self {
        let reason = "the proxy's URL is malformed: it must be http://[user:password@]host[:port], or https://…";
        Self::new(TransportErrorKind::Other, reason)
    }
}

impl Proxy {
    /// Uses the proxy of `HTTPS_PROXY`, or else of `ALL_PROXY`, for every host except those in
    /// [`NO_PROXY`](NoProxy). This is the default of a transport.
    ///
    /// Each name may also be in lower case. A value that is empty, malformed or the URL of another
    /// kind of proxy is skipped. If `REQUEST_METHOD` is set, no proxy is used: in a CGI program, a
    /// client of the server can set the other variables.
    pub fn from_env() -> Self {
        // ureq's own order differs, and includes variables for plain HTTP.
        let (urls, no_proxy) = proxies_from_env(|name| std::env::var_os(name));
        let proxy = urls.iter().find_map(|url| parse(url).ok());
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
        Ok(Self(Some(Arc::new(ProxyRule { proxy: parse(url)?, no_proxy: NoProxy::parse(hosts) }))))
    }

    /// Returns the proxy for a request, or `None` if it goes to its host directly.
    pub(crate) fn for_uri(&self, uri: &Uri) -> Option<ureq::Proxy> {
        let rule = self.0.as_ref()?;
        (!is_direct(uri, &rule.no_proxy)).then(|| rule.proxy.clone())
    }
}

fn parse(url: &str) -> Result<ureq::Proxy, InvalidProxyUrl> {
    if !is_proxy_url(url) {
        return Err(InvalidProxyUrl);
    }
    // ureq's error may quote the URL, and with it credentials.
    let proxy = ureq::Proxy::new(url).map_err(|_| InvalidProxyUrl)?;
    // ureq accepts other protocols too, and fails only when it connects.
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
        _ => Err(InvalidProxyUrl),
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may contain credentials.
        f.write_str(if self.0.is_some() { "Proxy(..)" } else { "Proxy(none)" })
    }
}
