use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use stripe_identity_core::http::Uri;
use stripe_identity_core::{NoProxy, TransportError, TransportErrorKind};

/// Through which proxy connections to Stripe are made, if any.
///
/// A proxy is asked for a tunnel (`CONNECT`), so all that it sees is the host's name: TLS is between the client and Stripe.
/// Its URL is `http://` or `https://`, with `user:password@` where it asks for credentials. Plain HTTP never goes through a
/// proxy, nor does anything to this machine.
///
/// The proxy must answer `CONNECT` with status 200. Any other status, 201 and 204 among them, is
/// [`Connect`](TransportErrorKind::Connect), and nothing is sent. After 200 it must be silent until the client speaks: if more comes
/// right behind the status, it is waited for in vain, which is [`Timeout`](TransportErrorKind::Timeout), or `Connect` if the
/// time for connecting runs out first or the proxy closes. One that answers the handshake in plain text is
/// [`Tls`](TransportErrorKind::Tls).
#[derive(Clone)]
pub struct Proxy(Option<Arc<Rule>>);

struct Rule {
    proxy: Matcher,
    exceptions: NoProxy,
}

impl Proxy {
    /// What the environment says when this is called, which is the default: `HTTPS_PROXY` or else `ALL_PROXY`, and the
    /// hosts in `NO_PROXY` without (each in capitals or not). What is empty, malformed or a proxy of another kind than described
    /// above is passed over; so are all where `REQUEST_METHOD` is set, since there others may write the environment.
    pub fn from_env() -> Self {
        // Set where others may write the environment.
        if std::env::var_os("REQUEST_METHOD").is_some() {
            return Self::none();
        }
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let exceptions = ["NO_PROXY", "no_proxy"].into_iter().find_map(said).unwrap_or_default();
        let urls = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().filter_map(said);
        urls.map(|url| Self::with_exceptions(&url, &exceptions)).find_map(Result::ok).unwrap_or_else(Self::none)
    }

    /// No proxy, whatever the environment says.
    pub fn none() -> Self {
        Self(None)
    }

    /// This proxy, whatever the environment says.
    ///
    /// # Errors
    /// [`Other`](TransportErrorKind::Other) if the URL is not that of a proxy as described above.
    pub fn new(url: &str) -> Result<Self, TransportError> {
        Self::with_exceptions(url, "")
    }

    /// This proxy, but not for some hosts, listed as in `NO_PROXY`: see [`NoProxy`].
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_exceptions(url: &str, hosts: &str) -> Result<Self, TransportError> {
        let proxy = Matcher::builder().all(url).build();
        // It passes over what it does not understand; asked for a host, it tells.
        let understood = proxy.intercept(&Uri::from_static("https://stripe.invalid"));
        let is_tunnel = |proxy: Intercept| matches!(proxy.uri().scheme_str(), Some("http" | "https"));
        if !understood.is_some_and(is_tunnel) {
            return Err(TransportError::new(TransportErrorKind::Other, "this is not the URL of an HTTP proxy"));
        }
        // Not the matcher's own exceptions, which pass over wildcards and ports in silence.
        Ok(Self(Some(Arc::new(Rule { proxy, exceptions: NoProxy::parse(hosts) }))))
    }

    /// The proxy that stands between this machine and a host.
    pub(crate) fn between(&self, uri: &Uri) -> Option<Intercept> {
        if uri.scheme_str() != Some("https") || is_this_machine(uri.host()?) {
            return None;
        }
        let rule = self.0.as_ref()?;
        if rule.exceptions.matches(uri) { None } else { rule.proxy.intercept(uri) }
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its URL may hold credentials.
        f.write_str(if self.0.is_some() { "Proxy(..)" } else { "Proxy(none)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(proxy: &Proxy, uri: &str) -> Option<String> {
        let proxy = proxy.between(&uri.parse().unwrap())?;
        let credentials = proxy.basic_auth().map_or("none", |it| it.to_str().unwrap());
        Some(format!("{} {credentials}", proxy.uri()))
    }

    #[test]
    fn only_tls_to_other_machines_goes_through_it() {
        let proxy = Proxy::new("http://robin:p%40ss@proxy.test:3128").unwrap();
        let way = Some("http://proxy.test:3128/ Basic cm9iaW46cEBzcw==".to_owned());
        assert_eq!(through(&proxy, "https://api.stripe.com/v1/x"), way);
        for direct in [
            "http://api.stripe.com/",
            "https://localhost:1/",
            "https://127.0.0.1/",
            "https://127.9.9.9/",
            "https://[::1]:1/",
        ] {
            assert_eq!(through(&proxy, direct), None, "{direct}");
        }
        assert_eq!(through(&Proxy::none(), "https://api.stripe.com/"), None);
        assert!(!format!("{proxy:?}").contains("p%40ss"));
    }

    #[test]
    fn exceptions_are_made() {
        let list = "stripe.com, 10.0.0.0/8, *.corp.test, x.test:8443";
        let proxy = Proxy::with_exceptions("https://proxy.test", list).unwrap();
        for direct in [
            "https://api.stripe.com/",
            "https://STRIPE.com/",
            "https://10.1.2.3/",
            "https://a.corp.test/",
            "https://x.test:8443/",
        ] {
            assert_eq!(through(&proxy, direct), None, "{direct}");
        }
        for far in ["https://api.stripe.community/", "https://x.test/"] {
            assert!(through(&proxy, far).is_some(), "{far}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        for url in ["", "socks5://proxy.test", "ftp://proxy.test", "http://", "a b", "/path"] {
            assert!(Proxy::new(url).is_err(), "{url}");
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
        let proxy = ("HTTPS_PROXY", "http://robin@proxy.test:1");
        let all = ("ALL_PROXY", "http://proxy.test:3");
        let (asked, not_asked) = ("http://proxy.test:1/ Basic", "None");
        for (environment, expected) in [
            (&[][..], not_asked),
            (&[proxy], asked),
            (&[proxy, all, ("HTTP_PROXY", "http://x.test")], asked),
            (&[("https_proxy", "http://proxy.test:2")], "http://proxy.test:2/ none"),
            (&[all], "http://proxy.test:3/ none"),
            (&[("all_proxy", "proxy.test:3")], "http://proxy.test:3/ none"),
            (&[("HTTPS_PROXY", ""), all], "http://proxy.test:3/ none"),
            (&[("HTTPS_PROXY", "socks5://proxy.test"), all], "http://proxy.test:3/ none"),
            (&[("HTTPS_PROXY", "socks5://proxy.test")], not_asked),
            (&[("HTTP_PROXY", "http://proxy.test")], not_asked),
            (&[proxy, ("NO_PROXY", "example.test")], asked),
            (&[proxy, ("NO_PROXY", "mystripe.com")], asked),
            (&[proxy, ("NO_PROXY", "")], asked),
            (&[proxy, ("NO_PROXY", "api.stripe.com")], not_asked),
            (&[proxy, ("NO_PROXY", "x.test, api.stripe.com,y")], not_asked),
            (&[proxy, ("NO_PROXY", "localhost,.stripe.com")], not_asked),
            (&[proxy, ("no_proxy", "stripe.com")], not_asked),
            (&[proxy, ("no_proxy", "*")], not_asked),
            (&[proxy, ("NO_PROXY", "*.stripe.com")], not_asked),
            (&[proxy, ("NO_PROXY", "api.stripe.com:443")], not_asked),
            (&[proxy, ("NO_PROXY", "api.stripe.com:8443")], asked),
            (&[proxy, ("REQUEST_METHOD", "GET")], not_asked),
        ] {
            assert!(ask(environment).contains(expected), "{environment:?}: {}", ask(environment));
        }
    }

    #[test]
    #[ignore = "run by the test above, in an environment of its own"]
    fn print_what_the_environment_says() {
        println!("proxy: {:?}", through(&Proxy::from_env(), "https://api.stripe.com/"));
    }
}
