//! The choice of the proxy: one table of cases for all transports.

use std::process::Command;
use std::thread;

use stripe_identity_hyper::HyperTransport;
use stripe_identity_mock::RawServer;
use stripe_identity_reqwest::{ReqwestTransport, reqwest};
use stripe_identity_ureq::UreqTransport;

use crate::backends::{Backend, get, over_hyper, over_reqwest, over_ureq};
use crate::networks::ConnectProxy;
use crate::tls::trusting;

const BACKENDS: [&str; 3] = ["hyper", "reqwest", "ureq"];

/// How a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Direct,
    /// Through a proxy, with credentials that it accepts.
    First,
    Second,
    /// To a proxy that refuses these credentials. Empty if the request has none.
    Refused(&'static str),
}

/// The target of a request. `stripe.test` resolves to this machine, but is not a loopback name.
#[derive(Clone, Copy, Debug)]
enum Target {
    Far,
    FarInPlainText,
    Localhost,
    Loopback,
    LoopbackInPlainText,
}

struct Network {
    tls: RawServer,
    plain: RawServer,
    first: ConnectProxy,
    second: ConnectProxy,
}

impl Network {
    fn start() -> Self {
        Self {
            tls: RawServer::start_tls(|exchange| exchange.respond("200 OK", "{}")).unwrap(),
            plain: RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap(),
            first: ConnectProxy::start(),
            second: ConnectProxy::start(),
        }
    }

    fn url(&self, target: Target) -> String {
        let (tls, plain) = (self.tls.address().port(), self.plain.address().port());
        match target {
            Target::Far => format!("https://stripe.test:{tls}/"),
            Target::FarInPlainText => format!("http://stripe.test:{plain}/"),
            Target::Localhost => format!("https://localhost:{tls}/"),
            Target::Loopback => format!("https://127.0.0.1:{tls}/"),
            Target::LoopbackInPlainText => format!("http://127.0.0.1:{plain}/"),
        }
    }

    /// Replaces names in a value of a variable or a setting by the addresses of this network.
    fn fill_in(&self, value: &str) -> String {
        let with_password = |proxy: &ConnectProxy| format!("http://robin:p%40ss@{}", proxy.authority);
        let value = value.replace("FIRST", &with_password(&self.first)).replace("SECOND", &with_password(&self.second));
        value.replace("AUTHORITY", &self.first.authority).replace("PORT", &self.tls.address().port().to_string())
    }

    /// Runs `send` and returns how its request was sent.
    fn way(&self, send: impl FnOnce()) -> Way {
        let before = [self.first.asked().len(), self.second.asked().len()];
        send();
        let [first, second] = [self.first.asked().split_off(before[0]), self.second.asked().split_off(before[1])];
        let (name, heads) =
            if first.is_empty() { (Way::Second, second) } else { (Way::First, [first, second].concat()) };
        let Some(head) = heads.first() else { return Way::Direct };
        assert_eq!(heads.len(), 1, "{heads:?}");
        let head = head.to_ascii_lowercase();
        match head.split_once("proxy-authorization: basic ").map(|(_, rest)| rest.lines().next().unwrap()) {
            // robin:p@ss
            Some("cm9iaw46cebzcw==") => name,
            // robin:
            Some("cm9iaw46") => Way::Refused("robin:"),
            Some(other) => panic!("unexpected credentials: {other}"),
            None => Way::Refused(""),
        }
    }
}

type Environment = &'static [(&'static str, &'static str)];

/// Environment variables, a target, and how a transport with default settings sends to it.
const ENVIRONMENTS: &[(Environment, Target, Way)] = &[
    (&[], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST")], Target::Far, Way::First),
    // Precedence.
    (&[("HTTPS_PROXY", "FIRST"), ("ALL_PROXY", "SECOND"), ("HTTP_PROXY", "SECOND")], Target::Far, Way::First),
    (&[("https_proxy", "FIRST"), ("HTTPS_PROXY", "SECOND")], Target::Far, Way::Second),
    (&[("https_proxy", "FIRST"), ("ALL_PROXY", "SECOND")], Target::Far, Way::First),
    (&[("ALL_PROXY", "SECOND")], Target::Far, Way::Second),
    (&[("all_proxy", "SECOND")], Target::Far, Way::Second),
    (&[("HTTP_PROXY", "FIRST"), ("http_proxy", "FIRST")], Target::Far, Way::Direct),
    // Values that are skipped.
    (&[("HTTPS_PROXY", ""), ("ALL_PROXY", "SECOND")], Target::Far, Way::Second),
    (&[("HTTPS_PROXY", "socks5://127.0.0.1:1"), ("ALL_PROXY", "SECOND")], Target::Far, Way::Second),
    (&[("HTTPS_PROXY", "socks5://127.0.0.1:1")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("REQUEST_METHOD", "GET")], Target::Far, Way::Direct),
    // Credentials.
    (&[("HTTPS_PROXY", "http://AUTHORITY")], Target::Far, Way::Refused("")),
    (&[("HTTPS_PROXY", "http://robin@AUTHORITY")], Target::Far, Way::Refused("robin:")),
    (&[("HTTPS_PROXY", "AUTHORITY")], Target::Far, Way::Refused("")),
    // Exceptions.
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "")], Target::Far, Way::First),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "example.test")], Target::Far, Way::First),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "ripe.test")], Target::Far, Way::First),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "stripe.test")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "x.test, stripe.test,y")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "localhost,.test")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("no_proxy", "test")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("no_proxy", "*")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "*.test")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "stripe.test:PORT")], Target::Far, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("NO_PROXY", "stripe.test:443")], Target::Far, Way::First),
    (&[("ALL_PROXY", "SECOND"), ("NO_PROXY", "stripe.test")], Target::Far, Way::Direct),
    // Loopback and plain HTTP.
    (&[("HTTPS_PROXY", "FIRST"), ("ALL_PROXY", "FIRST")], Target::Localhost, Way::Direct),
    (&[("HTTPS_PROXY", "FIRST"), ("ALL_PROXY", "FIRST")], Target::Loopback, Way::Direct),
    (&[("HTTP_PROXY", "FIRST"), ("ALL_PROXY", "FIRST")], Target::LoopbackInPlainText, Way::Direct),
    (&[("HTTP_PROXY", "FIRST"), ("HTTPS_PROXY", "FIRST"), ("ALL_PROXY", "FIRST")], Target::FarInPlainText, Way::Direct),
];

/// The environment of a running process cannot be changed safely, so another process sends each
/// request.
#[test]
fn proxy_of_the_environment_is_the_same_for_every_backend() {
    thread::scope(|scope| {
        for backend in BACKENDS {
            scope.spawn(move || {
                let network = Network::start();
                for (environment, target, expected) in ENVIRONMENTS {
                    let way = network.way(|| send_in_another_process(&network, backend, "", environment, *target));
                    assert_eq!(way, *expected, "{backend} {target:?} {environment:?}");
                }
                for builder in ["none", "SECOND"] {
                    let environment = [("HTTPS_PROXY", "FIRST")];
                    let way =
                        network.way(|| send_in_another_process(&network, backend, builder, &environment, Target::Far));
                    let expected = if builder == "none" { Way::Direct } else { Way::Second };
                    assert_eq!(way, expected, "{backend}, set to {builder}");
                }
            });
        }
    });
}

fn send_in_another_process(
    network: &Network,
    backend: &str,
    proxy: &str,
    environment: &[(&str, &str)],
    target: Target,
) {
    let certificate = network.tls.certificate().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxies::send_in_this_environment", "--ignored", "--nocapture"]);
    child.env_clear().envs(environment.iter().map(|(name, value)| (name, network.fill_in(value))));
    child.env("TEST_BACKEND", backend).env("TEST_URL", network.url(target)).env("TEST_PROXY", network.fill_in(proxy));
    child.env("TEST_CERTIFICATE", certificate.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("outcome: "), "{backend} {environment:?}: {text}");
    // The certificate of the server does not include the address.
    let fails = matches!(target, Target::Loopback) || environment.iter().any(|(_, value)| value.contains("AUTHORITY"));
    assert_eq!(!text.contains("outcome: 200"), fails, "{backend} {target:?} {environment:?}: {text}");
}

#[test]
#[ignore = "run by the test above, with another environment"]
fn send_in_this_environment() {
    let [backend, url, proxy, certificate] =
        ["TEST_BACKEND", "TEST_URL", "TEST_PROXY", "TEST_CERTIFICATE"].map(|name| std::env::var(name).unwrap());
    let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    let certificate: Vec<u8> = certificate.as_bytes().chunks(2).map(byte).collect();
    // The port is that of the URL.
    let address = ([127, 0, 0, 1], 0).into();
    let backend = match backend.as_str() {
        "hyper" => {
            let builder =
                HyperTransport::builder().tls_config(trusting(&certificate)).resolve("stripe.test", [address]);
            let builder = match proxy.as_str() {
                "" => builder,
                "none" => builder.proxy(stripe_identity_hyper::Proxy::none()),
                proxy => builder.proxy(stripe_identity_hyper::Proxy::new(proxy).unwrap()),
            };
            over_hyper(builder.build().unwrap())
        }
        "reqwest" => {
            let builder = ReqwestTransport::client_builder().tls_backend_preconfigured(trusting(&certificate));
            let builder = match proxy.as_str() {
                "" => builder,
                "none" => builder.no_proxy(),
                proxy => builder.no_proxy().proxy(reqwest::Proxy::https(proxy).unwrap()),
            };
            over_reqwest(ReqwestTransport::new(builder.resolve("stripe.test", address).build().unwrap()))
        }
        _ => {
            let builder = UreqTransport::builder().without_default_roots().root_certificate(certificate);
            let builder = match proxy.as_str() {
                "" => builder,
                "none" => builder.proxy(stripe_identity_ureq::Proxy::none()),
                proxy => builder.proxy(stripe_identity_ureq::Proxy::new(proxy).unwrap()),
            };
            over_ureq(builder.resolve("stripe.test", [address]).build().unwrap())
        }
    };
    match (backend.send)(get(&url)) {
        Ok(response) => println!("outcome: {}", response.status().as_u16()),
        Err(error) => println!("outcome: {:?}", error.kind()),
    }
}

/// The URL of a proxy, its exceptions, a URL, and how a transport with this proxy sends to it.
const SETTINGS: &[(&str, &str, &str, Way)] = &[
    ("FIRST", "", "https://stripe.test:PORT/", Way::First),
    ("http://AUTHORITY", "", "https://stripe.test:PORT/", Way::Refused("")),
    ("AUTHORITY", "", "https://stripe.test:PORT/", Way::Refused("")),
    // The tunnel leads to this machine, whatever the address.
    ("FIRST", "", "https://192.0.2.1:PORT/", Way::First),
    ("FIRST", "", "https://[2001:db8::1]:PORT/", Way::First),
    // Loopback and plain HTTP. No server is needed.
    ("FIRST", "", "https://localhost:PORT/", Way::Direct),
    ("FIRST", "", "https://LOCALHOST:PORT/", Way::Direct),
    ("FIRST", "", "https://127.0.0.1:PORT/", Way::Direct),
    ("FIRST", "", "https://127.9.9.9:1/", Way::Direct),
    ("FIRST", "", "https://[::1]:1/", Way::Direct),
    ("FIRST", "", "http://stripe.test:1/", Way::Direct),
    // Exceptions.
    ("FIRST", "*.corp.test, stripe.test", "https://stripe.test:PORT/", Way::Direct),
    ("FIRST", "*.corp.test, stripe.test", "https://STRIPE.test:PORT/", Way::Direct),
    ("FIRST", "stripe.test:8443", "https://stripe.test:PORT/", Way::First),
    ("FIRST", "stripe.test:PORT", "https://stripe.test:PORT/", Way::Direct),
    ("FIRST", "192.0.3.0/24", "https://192.0.2.1:PORT/", Way::First),
    ("FIRST", "tripe.test", "https://stripe.test:PORT/", Way::First),
];

fn over_each(network: &Network, proxy: &str, exceptions: &str) -> [Backend; 2] {
    let certificate = network.tls.certificate().unwrap();
    let hyper = HyperTransport::builder().without_default_roots().root_certificate(certificate);
    let ureq = UreqTransport::builder().without_default_roots().root_certificate(certificate);
    let address = ([127, 0, 0, 1], 0).into();
    let hyper_proxy = stripe_identity_hyper::Proxy::with_exceptions(proxy, exceptions).unwrap();
    let ureq_proxy = stripe_identity_ureq::Proxy::with_exceptions(proxy, exceptions).unwrap();
    [
        over_hyper(hyper.resolve("stripe.test", [address]).proxy(hyper_proxy).build().unwrap()),
        over_ureq(ureq.resolve("stripe.test", [address]).proxy(ureq_proxy).build().unwrap()),
    ]
}

/// The proxies of a reqwest client are reqwest's own.
#[test]
fn proxy_of_the_builder_is_the_same_for_hyper_and_ureq() {
    let network = Network::start();
    for (proxy, exceptions, url, expected) in SETTINGS {
        for backend in over_each(&network, &network.fill_in(proxy), &network.fill_in(exceptions)) {
            let way = network.way(|| {
                // Without a server or a matching certificate, the request fails, but only after the choice
                // of its proxy.
                let _ = (backend.send)(get(&network.fill_in(url)));
            });
            assert_eq!(way, *expected, "{} {proxy} {exceptions} {url}", backend.name);
        }
    }
}

#[test]
fn url_that_is_not_of_an_http_proxy_is_an_error() {
    for url in ["", "socks5://proxy.test", "socks4a://proxy.test", "ftp://proxy.test", "http://", "a b", "/path"] {
        assert!(stripe_identity_hyper::Proxy::new(url).is_err(), "hyper: {url}");
        assert!(stripe_identity_ureq::Proxy::new(url).is_err(), "ureq: {url}");
    }
}

#[test]
fn proxy_shows_no_credentials_in_debug() {
    let url = "http://robin:p%40ss@proxy.test:3128";
    let (hyper, ureq) = (stripe_identity_hyper::Proxy::new(url), stripe_identity_ureq::Proxy::new(url));
    let shown = [format!("{hyper:?}"), format!("{ureq:?}")];
    assert_eq!(shown, ["Ok(Proxy(..))", "Ok(Proxy(..))"]);
}
