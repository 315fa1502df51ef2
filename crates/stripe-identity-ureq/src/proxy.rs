//! Which proxy, and for what.

use std::net::IpAddr;

use stripe_identity_core::http::Uri;
use stripe_identity_core::{NoProxy, TransportError, TransportErrorKind};
use ureq::{Proxy, ProxyProtocol};

/// What should be the URL of a proxy is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InvalidProxyUrl;

impl From<InvalidProxyUrl> for TransportError {
    fn from(_: InvalidProxyUrl) -> Self {
        Self::new(TransportErrorKind::Other, "this is not the URL of an HTTP proxy")
    }
}

/// A proxy, and for what it is not asked.
#[derive(Clone)]
pub(crate) struct Choice {
    proxy: Proxy,
    exceptions: NoProxy,
}

impl Choice {
    pub(crate) fn new(url: &str, exceptions: &str) -> Result<Self, InvalidProxyUrl> {
        // ureq's own error may quote the URL, and with it credentials.
        let proxy = Proxy::new(url).map_err(|_| InvalidProxyUrl)?;
        // It takes others too, and fails over them later.
        if !matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https) {
            return Err(InvalidProxyUrl);
        }
        Ok(Self { proxy, exceptions: NoProxy::parse(exceptions) })
    }

    /// What the environment says; what it says wrongly is passed over. ureq's own reading has another order, and takes what
    /// is meant for plain HTTP.
    pub(crate) fn from_env() -> Option<Self> {
        // Set where others may write the environment.
        if std::env::var_os("REQUEST_METHOD").is_some() {
            return None;
        }
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let exceptions = ["NO_PROXY", "no_proxy"].into_iter().find_map(said).unwrap_or_default();
        let urls = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().filter_map(said);
        urls.map(|url| Self::new(&url, &exceptions)).find_map(Result::ok)
    }

    /// The proxy that stands between this machine and a host: only on the way to another machine, over TLS.
    pub(crate) fn between(&self, uri: &Uri) -> Option<Proxy> {
        let host = uri.host()?;
        let is_direct = uri.scheme_str() != Some("https") || is_this_machine(host) || self.exceptions.matches(uri);
        (!is_direct).then(|| self.proxy.clone())
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_http_proxy_is_refused() {
        for url in ["", "socks5://proxy.test", "socks4a://proxy.test", "ftp://proxy.test", "http://"] {
            assert!(Choice::new(url, "").is_err(), "{url}");
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
        let all = ("ALL_PROXY", "http://proxy.test:3");
        let (asked, not_asked) = ("proxy.test:1 robin p@ss", "none");
        for (environment, expected) in [
            (&[][..], not_asked),
            (&[proxy], asked),
            (&[proxy, all, ("HTTP_PROXY", "http://x.test")], asked),
            (&[("https_proxy", "http://proxy.test:2")], "proxy.test:2  "),
            (&[all], "proxy.test:3  "),
            (&[("all_proxy", "proxy.test:3")], "proxy.test:3  "),
            (&[("HTTPS_PROXY", ""), all], "proxy.test:3  "),
            (&[("HTTPS_PROXY", "socks5://proxy.test"), all], "proxy.test:3  "),
            (&[("HTTPS_PROXY", "socks5://proxy.test")], not_asked),
            (&[("HTTP_PROXY", "http://proxy.test")], not_asked),
            (&[proxy, ("NO_PROXY", "example.test")], asked),
            (&[proxy, ("NO_PROXY", "mystripe.com")], asked),
            (&[proxy, ("NO_PROXY", "")], asked),
            (&[proxy, ("NO_PROXY", "api.stripe.com")], not_asked),
            (&[proxy, ("NO_PROXY", "x.test, api.stripe.com,y")], not_asked),
            (&[proxy, ("NO_PROXY", "localhost,.stripe.com")], not_asked),
            (&[proxy, ("no_proxy", "stripe.com")], not_asked),
            (&[proxy, ("NO_PROXY", "*.stripe.com")], not_asked),
            (&[proxy, ("NO_PROXY", "api.stripe.com:443")], not_asked),
            (&[proxy, ("NO_PROXY", "api.stripe.com:8443")], asked),
            (&[proxy, ("no_proxy", "*")], not_asked),
            (&[proxy, ("REQUEST_METHOD", "GET")], not_asked),
        ] {
            assert_eq!(ask(environment), expected, "{environment:?}");
        }
    }

    #[test]
    #[ignore = "run by the test above, in an environment of its own"]
    fn print_what_the_environment_says() {
        let proxy = Choice::from_env().and_then(|choice| choice.between(&Uri::from_static("https://api.stripe.com/")));
        let text = |proxy: &Proxy| {
            let (user, password) = (proxy.username().unwrap_or_default(), proxy.password().unwrap_or_default());
            format!("{}:{} {user} {password}", proxy.host(), proxy.port())
        };
        println!("proxy: {}", proxy.as_ref().map_or("none".to_owned(), text));
    }
}
