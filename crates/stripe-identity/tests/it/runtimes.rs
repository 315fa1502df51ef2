//! One transport shared by several runtimes, which start and end. A connection belongs to the runtime that opened it.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity::bytes::Bytes;
use stripe_identity::http::Request;
use stripe_identity::{
    Client, Config, CreateVerificationSession, Error, HttpTransport, TransportError, TransportErrorKind as Kind,
};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_mock::RawServer;
use stripe_identity_reqwest::ReqwestTransport;
use tokio::runtime::Runtime;

use crate::faults::{Hasty, SESSION};
use crate::http2_server::{Act, Http2Server};
use crate::tls::{trusting, trusting_none};

/// Long enough that no correct response is late, short enough that a hanging test ends.
const PATIENCE: Duration = Duration::from_secs(20);

fn hyper(certificate: Option<&[u8]>) -> HyperTransport {
    HyperTransport::builder().tls_config(certificate.map_or_else(trusting_none, trusting)).build().unwrap()
}

fn reqwest(certificate: Option<&[u8]>) -> ReqwestTransport {
    let mut tls = certificate.map_or_else(trusting_none, trusting);
    // reqwest speaks the versions that a given configuration offers.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = ReqwestTransport::client_builder().tls_backend_preconfigured(tls).build().unwrap();
    ReqwestTransport::new(client)
}

fn client(url: &str, max_retries: u32, transport: impl HttpTransport + 'static) -> Client {
    let config = Config::builder("sk_test_123").base_url(url).max_retries(max_retries);
    let config = config.attempt_timeout(PATIENCE).deadline(3 * PATIENCE).build().unwrap();
    Client::new(config, Hasty(transport))
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn create(runtime: &Runtime, client: &Client) -> Result<u32, Error> {
    let call = client.verification_sessions().create(CreateVerificationSession::document());
    let session = runtime.block_on(call.into_future())?;
    assert_eq!(session.id, "vs_1");
    Ok(session.meta().attempts())
}

/// Returns the outcome of a call that waits on a connection whose runtime ends, and the keys of all requests.
fn orphan(client: &Client, keys: &dyn Fn() -> Vec<String>) -> (Result<u32, Error>, Vec<String>) {
    let first = runtime();
    create(&first, client).unwrap();
    let call = {
        let client = client.clone();
        thread::spawn(move || create(&runtime(), &client))
    };
    let end = Instant::now() + PATIENCE;
    while keys().len() < 2 && Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    drop(first);
    (call.join().unwrap(), keys())
}

fn check(name: &str, max_retries: u32, outcome: Result<u32, Error>, keys: &[String]) {
    if max_retries == 0 {
        let error = outcome.expect_err(name);
        let kind = error.transport().map(TransportError::kind);
        assert_eq!((kind, error.was_sent()), (Some(Kind::Interrupted), true), "{name}: {error:?}");
    } else {
        assert_eq!(outcome.expect(name), 2, "{name}");
        assert_eq!(keys.len(), 3, "{name}: {keys:?}");
        assert_eq!(keys[1], keys[2], "{name}: repeated with another key");
    }
}

/// Returns whether the call waited on a connection of another runtime. On a busy machine, that connection may return to
/// the pool too late.
fn check_over_http1(name: &str, max_retries: u32, begun: &'static str) -> bool {
    let server = RawServer::start(move |exchange| {
        if exchange.number() == 2 {
            exchange.write(begun)?;
            exchange.wait(PATIENCE / 4);
        }
        exchange.respond("200 OK", SESSION)
    });
    let server = server.unwrap();
    let connections_of_two = OnceLock::new();
    let keys = || {
        let requests = server.requests();
        if requests.len() == 2 {
            connections_of_two.get_or_init(|| server.connections());
        }
        let key = |request: &Request<Bytes>| request.headers()["idempotency-key"].to_str().unwrap().to_owned();
        requests.iter().map(key).collect::<Vec<_>>()
    };
    let client = match name {
        "hyper" => client(server.url(), max_retries, hyper(None)),
        _ => client(server.url(), max_retries, reqwest(None)),
    };
    let (outcome, keys) = orphan(&client, &keys);
    let is_shared = connections_of_two.get() == Some(&1);
    if is_shared {
        check(&format!("{name}, after {begun:?}"), max_retries, outcome, &keys);
    }
    is_shared
}

#[test]
fn call_on_a_connection_whose_runtime_ends_is_retried_over_http1() {
    let in_the_headers = "HTTP/1.1 200 OK\r\nContent-Le";
    let in_the_body = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{";
    for name in ["hyper", "reqwest"] {
        for max_retries in [0, 2] {
            for begun in ["", in_the_headers, in_the_body, "HTTP/1.1 200 OK\r\n\r\n{"] {
                assert!((0..20).any(|_| check_over_http1(name, max_retries, begun)), "{name}, after {begun:?}");
            }
        }
    }
}

#[test]
fn call_on_a_connection_whose_runtime_ends_is_retried_over_http2() {
    for name in ["hyper", "reqwest"] {
        for max_retries in [0, 2] {
            for act in [Act::SayNothing, Act::DripTheBody] {
                let server = Http2Server::start([Act::Respond, act, Act::Respond]);
                let client = match name {
                    "hyper" => client(&server.url, max_retries, hyper(Some(&server.certificate))),
                    _ => client(&server.url, max_retries, reqwest(Some(&server.certificate))),
                };
                let (outcome, keys) = orphan(&client, &|| server.keys.lock().unwrap().clone());
                check(name, max_retries, outcome, &keys);
            }
        }
    }
}

#[test]
fn client_outlives_a_runtime() {
    let (plain, tls) =
        (RawServer::start(|exchange| exchange.respond("200 OK", SESSION)), Http2Server::start([Act::Respond]));
    let plain = plain.unwrap();
    let clients = [
        client(plain.url(), 2, hyper(None)),
        client(plain.url(), 2, reqwest(None)),
        client(&tls.url, 2, hyper(Some(&tls.certificate))),
        client(&tls.url, 2, reqwest(Some(&tls.certificate))),
    ];
    for (number, client) in clients.iter().enumerate() {
        for _ in 0..5 {
            let runtime = runtime();
            for _ in 0..2 {
                assert_eq!(create(&runtime, client).unwrap(), 1, "{number}");
            }
        }
    }
}
