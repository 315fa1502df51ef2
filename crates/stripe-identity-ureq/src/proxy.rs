//! Which proxy, and for what.

use std::net::IpAddr;

use stripe_identity_core::http::Uri;
use stripe_identity_core::{TransportError, TransportErrorKind};
use ureq::{Proxy, ProxyProtocol};

/// The proxy at a URL, but not for some hosts.
pub(crate) fn new(url: &str, exceptions: Option<&str>) -> Result<Proxy, TransportError> {
    // ureq's own error may quote the URL, and with it credentials.
    let refused = || TransportError::new(TransportErrorKind::Other, "this is not the URL of an HTTP proxy");
    let proxy = Proxy::new(url).map_err(|_| refused())?;
    // It takes others too, and fails over them later.
    if !matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https) {
        return Err(refused());
    }
    let Some(exceptions) = exceptions else { return Ok(proxy) };
    let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port()).no_proxy(exceptions);
    if let Some(user) = proxy.username() {
        builder = builder.username(user);
    }
    if let Some(password) = proxy.password() {
        builder = builder.password(password);
    }
    builder.build().map_err(|_| refused())
}

/// What the environment says; what it says wrongly is passed over. ureq's own reading has another order, and takes what is
/// meant for plain HTTP.
pub(crate) fn from_env() -> Option<Proxy> {
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| std::env::var(name).ok());
    // Set where others may write the environment.
    if std::env::var_os("REQUEST_METHOD").is_some() {
        return None;
    }
    let url = first(["HTTPS_PROXY", "https_proxy"]).or_else(|| first(["ALL_PROXY", "all_proxy"]))?;
    new(&url, first(["NO_PROXY", "no_proxy"]).as_deref()).ok()
}

/// Whether a request goes to another machine, which it does over TLS.
pub(crate) fn is_due(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_this_machine = host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("https") && !is_this_machine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_http_proxy_is_refused() {
        for url in ["", "socks5://proxy.test", "socks4a://proxy.test", "ftp://proxy.test", "http://"] {
            assert!(new(url, None).is_err(), "{url}");
        }
    }

    /// The environment of a process cannot be changed safely while it runs, so another one is asked.
    #[test]
    fn the_environment_says() {
        let ask = |environment: &[(&str, &str)]| {
            let mut child = std::process::Command::new(std::env::current_exe().unwrap());
            child.args(["--exact", "proxy::tests::print_what_the_environment_says", "--ignored", "--nocapture"]);
            let output = child.env_clear().envs(environment.iter().copied()).output().unwrap();
            let output = String::from_utf8(output.stdout).unwrap();
            let (_, rest) = output.split_once("proxy: ").unwrap();
            rest.lines().next().unwrap().to_owned()
        };
        let proxy = ("HTTPS_PROXY", "http://robin:p%40ss@proxy.test:1");
        assert_eq!(ask(&[]), "none");
        assert_eq!(ask(&[proxy]), "proxy.test:1 robin p@ss");
        assert_eq!(
            ask(&[proxy, ("ALL_PROXY", "http://other.test"), ("HTTP_PROXY", "http://x.test")]),
            "proxy.test:1 robin p@ss"
        );
        assert_eq!(ask(&[("all_proxy", "http://proxy.test:2")]), "proxy.test:2  ");
        assert_eq!(ask(&[("HTTP_PROXY", "http://proxy.test")]), "none");
        assert_eq!(ask(&[proxy, ("NO_PROXY", "api.stripe.com")]), "none");
        assert_eq!(ask(&[proxy, ("NO_PROXY", "example.test")]), "proxy.test:1 robin p@ss");
        assert_eq!(ask(&[proxy, ("REQUEST_METHOD", "GET")]), "none");
        assert_eq!(ask(&[("HTTPS_PROXY", "socks5://proxy.test")]), "none");
    }

    #[test]
    #[ignore = "run by the test above, in an environment of its own"]
    fn print_what_the_environment_says() {
        let proxy = from_env().filter(|proxy| !proxy.is_no_proxy(&Uri::from_static("https://api.stripe.com/")));
        let text = |proxy: &Proxy| {
            let (user, password) = (proxy.username().unwrap_or_default(), proxy.password().unwrap_or_default());
            format!("{}:{} {user} {password}", proxy.host(), proxy.port())
        };
        println!("proxy: {}", proxy.as_ref().map_or("none".to_owned(), text));
    }
}
