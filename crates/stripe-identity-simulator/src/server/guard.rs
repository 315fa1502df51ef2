//! Decides which requests may reach the control API.

use std::io;
use std::net::{IpAddr, SocketAddr};

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderName, Method, Uri};
use stripe_identity_core::types::Sensitive;
use subtle::ConstantTimeEq as _;

use super::options::ServerOptions;
use crate::face::overview;
use crate::key;
use crate::receiver;
use crate::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SIMULATOR_TOKEN: HeaderName = HeaderName::from_static("simulator-token");

/// The hosts and the token of the control API.
pub(super) struct Guard {
    /// In addition to loopback addresses; in lower case.
    hosts: Vec<String>,
    token: Option<Sensitive<String>>,
}

impl Guard {
    /// Generates a token if there is none and other machines can reach the address.
    pub(super) fn new(options: &ServerOptions, address: SocketAddr, public_url: Option<&str>) -> io::Result<Self> {
        let token = match &options.control_token {
            Some(token) => Some(token.clone()),
            None if address.ip().is_loopback() => None,
            None => Some(Sensitive::new(make_token()?)),
        };
        let public = public_url.and_then(|url| Some(url.parse::<Uri>().ok()?.authority()?.host().to_owned()));
        let listening = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
        let hosts = options.hosts.iter().cloned().chain(public).chain(listening);
        Ok(Self { hosts: hosts.map(|host| plain(&host)).collect(), token })
    }

    pub(super) fn token(&self) -> Option<&Sensitive<String>> {
        self.token.as_ref()
    }

    /// Refuses a request that must not reach the control API.
    pub(super) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        let path = request.uri.path();
        let is_guarded = is_guarded(path);
        // A page that points its own name to this machine could read everything that a test key reads. Stripe's
        // libraries do not send these headers.
        let is_from_a_page = request.headers.contains_key(ORIGIN) || request.headers.contains_key(SEC_FETCH_SITE);
        let is_api = path.starts_with("/v1/") || path.starts_with("/v2/");
        if !(is_guarded || is_api && is_from_a_page) {
            return Ok(());
        }
        let mut hosts = request.headers.get_all(HOST).iter().map(|host| host.to_str().ok()?.parse::<Authority>().ok());
        let is_named = request.headers.contains_key(HOST);
        let are_allowed = hosts.all(|host| host.is_some_and(|host| self.allows_authority(&host)));
        if !(is_named && are_allowed && request.uri.authority().is_none_or(|it| self.allows_authority(it))) {
            return Err(Refusal::foreign_host());
        }
        let Some(token) = self.token.as_ref().filter(|_| is_guarded) else { return Ok(()) };
        let is_token = |sent: &[u8]| bool::from(token.expose().as_bytes().ct_eq(sent));
        let sent = request.headers.get(SIMULATOR_TOKEN);
        if sent.is_some_and(|sent| is_token(sent.as_bytes())) {
            return Ok(());
        }
        if request.method != Method::GET || !overview::is_at(request.uri.path()) {
            return Err(if sent.is_some() { Refusal::wrong_control_token() } else { Refusal::no_control_token() });
        }
        // A browser cannot send that header, but asks for a password. The password opens nothing else, since the
        // browser also sends it with requests that other sites make.
        match key::password(request.headers.get(AUTHORIZATION)) {
            Some(sent) if is_token(sent.as_bytes()) => Ok(()),
            _ => Err(Refusal::overview_token()),
        }
    }

    fn allows_authority(&self, authority: &Authority) -> bool {
        !authority.as_str().contains('@') && self.allows(authority.host())
    }

    fn allows(&self, host: &str) -> bool {
        let host = plain(host);
        receiver::is_local(&host) || self.hosts.contains(&host)
    }
}

/// Returns whether a path belongs to the control API or to the overview. The health of the simulator is open to all.
fn is_guarded(path: &str) -> bool {
    path == "/" || (path.starts_with("/_simulator") && path != "/_simulator/health")
}

/// Returns the name of a host in a form that can be compared.
fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    host.parse::<IpAddr>().map_or_else(|_| host.to_ascii_lowercase(), |ip| ip.to_string())
}

fn make_token() -> io::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn guard(options: &ServerOptions, address: &str, public_url: Option<&str>) -> Guard {
        Guard::new(options, address.parse().unwrap(), public_url).unwrap()
    }

    fn check(guard: &Guard, uri: &str, headers: &[(&str, &str)]) -> Result<(), u16> {
        let request = headers.iter().fold(Request::post(uri), |request, (name, value)| request.header(*name, *value));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        guard.check(&parts).map_err(|refusal| refusal.into_response().status().as_u16())
    }

    fn token(guard: &Guard) -> &str {
        guard.token().unwrap().expose()
    }

    fn obeys(guard: &Guard, host: &str) -> bool {
        check(guard, "/_simulator/clock", &[("host", host)]).is_ok()
    }

    #[test]
    fn control_api_accepts_loopback_and_named_hosts() {
        let guard =
            guard(&ServerOptions::new().allow_host("Simulator"), "127.0.0.1:12111", Some("https://ID.example.test/x"));
        for host in [
            "localhost",
            "LOCALHOST:12111",
            "a.localhost.",
            "127.0.0.1:1",
            "127.3.2.1",
            "[::1]:12111",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "simulator:80",
            "id.example.test",
        ] {
            assert!(obeys(&guard, host), "{host}");
        }
        for host in [
            "evil.test",
            "evil.test:12111",
            "localhost.evil.test",
            "notlocalhost",
            "127.0.0.1.evil.test",
            "evil.test#localhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "sub.simulator",
            "",
            ":12111",
            "a b",
            "evil.test@localhost",
            "localhost@evil.test",
        ] {
            assert!(!obeys(&guard, host), "{host}");
        }
    }

    #[test]
    fn every_host_of_request_is_checked() {
        let guard = guard(&ServerOptions::new(), "127.0.0.1:12111", None);
        assert_eq!(check(&guard, "/_simulator/clock", &[]), Err(403));
        assert_eq!(check(&guard, "/_simulator/clock", &[("host", "localhost"), ("host", "evil.test")]), Err(403));
        assert_eq!(check(&guard, "http://evil.test/_simulator/clock", &[("host", "localhost")]), Err(403));
        assert_eq!(check(&guard, "http://localhost/_simulator/clock", &[("host", "localhost")]), Ok(()));
    }

    #[test]
    fn only_control_api_and_overview_are_guarded() {
        let guard = guard(&ServerOptions::new(), "0.0.0.0:12111", None);
        for path in ["/v1/files", "/start/x", "/links/x", "/_simulator/health"] {
            assert_eq!(check(&guard, path, &[("host", "evil.test")]), Ok(()), "{path}");
        }
        for path in ["/", "/_simulator", "/_simulator/", "/_simulator/health/", "/_simulator/bogus"] {
            assert_eq!(check(&guard, path, &[("host", "evil.test")]), Err(403), "{path}");
        }
    }

    #[test]
    fn page_under_foreign_name_does_not_reach_the_api() {
        let guard = guard(&ServerOptions::new(), "0.0.0.0:12111", None);
        for mark in [("origin", "http://evil.test"), ("sec-fetch-site", "same-origin")] {
            for path in ["/v1/identity/verification_sessions", "/v2/core/events"] {
                assert_eq!(check(&guard, path, &[("host", "evil.test"), mark]), Err(403), "{path}");
                assert_eq!(check(&guard, path, &[("host", "localhost:3000"), mark]), Ok(()), "{path}");
                assert_eq!(check(&guard, path, &[("host", "evil.test")]), Ok(()), "{path}");
            }
            assert_eq!(check(&guard, "/start/x", &[("host", "evil.test"), mark]), Ok(()));
        }
    }

    #[test]
    fn token_is_needed_beyond_loopback_or_if_it_is_set() {
        assert!(guard(&ServerOptions::new(), "127.0.0.1:1", None).token().is_none());
        assert!(guard(&ServerOptions::new(), "[::1]:1", None).token().is_none());
        let own = guard(&ServerOptions::new().control_token("t"), "127.0.0.1:1", None);
        let made = guard(&ServerOptions::new(), "10.0.0.1:1", None);
        assert_eq!((token(&own), token(&made).len()), ("t", 32));
        for guard in [&own, &made] {
            let token = token(guard);
            let check = |token| check(guard, "/_simulator/clock", &[("host", "localhost"), ("simulator-token", token)]);
            assert_eq!((check(token), check("x"), check("")), (Ok(()), Err(403), Err(403)));
            assert!(!obeys(guard, "localhost"));
        }
        assert_eq!(check(&made, "/_simulator/clock", &[("host", "10.0.0.1:1")]), Err(403));
        assert_ne!(token(&made), token(&guard(&ServerOptions::new(), "10.0.0.1:1", None)));
    }
}
