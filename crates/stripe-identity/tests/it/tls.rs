//! TLS handshakes with new self-signed certificates.

use std::convert::Infallible;
use std::io::{self, Read as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConnection, WantsServerCert, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, ServerConfig, SupportedProtocolVersion};
use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_reqwest::ReqwestTransport;
use stripe_identity_ureq::UreqTransport;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::backends::{Backend, PATIENCE, get, over_hyper, over_ureq};

/// A server for `localhost` that responds with the HTTP version of the request. It ends with the test.
pub(crate) struct TlsServer {
    pub(crate) url: String,
    pub(crate) certificate: CertificateDer<'static>,
    _runtime: tokio::runtime::Runtime,
}

impl TlsServer {
    pub(crate) fn start(alpn: &[&str]) -> Self {
        let certified = Certified::new();
        Self::start_with(certified.certificate.clone(), certified.server_config(alpn))
    }

    fn start_with(certificate: CertificateDer<'static>, tls: ServerConfig) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        runtime.spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(tls));
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(|request: Request<Incoming>| async move {
                        let version = format!("{:?}", request.version());
                        let length = request.headers().get("content-length").cloned();
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let mut response = Response::new(Full::new(Bytes::from(version)));
                        if let Some(length) = length {
                            assert_eq!(length, body.len().to_string());
                            response.headers_mut().insert("x-body", body.as_ref().try_into().unwrap());
                        }
                        Ok::<_, Infallible>(response)
                    });
                    let _ =
                        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, certificate, _runtime: runtime }
    }

    fn backends(&self) -> [Backend; 2] {
        let mut config = trusting(&self.certificate);
        // The transport overwrites the protocols.
        config.alpn_protocols = vec![b"http/0.9".to_vec()];
        [
            over_hyper(HyperTransport::builder().tls_config(config).build().unwrap()),
            over_ureq(
                UreqTransport::builder()
                    .without_default_roots()
                    .root_certificate(self.certificate.as_ref())
                    .build()
                    .unwrap(),
            ),
        ]
    }
}

/// Returns a configuration for clients that trusts only this certificate.
pub(crate) fn trusting(certificate: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.to_vec().into()).unwrap();
    trusting_these(roots)
}

pub(crate) fn trusting_none() -> ClientConfig {
    trusting_these(RootCertStore::empty())
}

fn trusting_these(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

/// A new certificate for `localhost`, and its key.
pub(crate) struct Certified {
    pub(crate) certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Certified {
    pub(crate) fn new() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        Self { certificate: cert.der().clone(), key: signing_key }
    }

    pub(crate) fn server_config(&self, alpn: &[&str]) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        self.serve(config.with_no_client_auth(), alpn)
    }

    /// Returns a configuration that demands a certificate of the client, which this one must have signed.
    fn server_config_for_clients(&self, version: &'static SupportedProtocolVersion, alpn: &[&str]) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap();
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        self.serve(config.with_client_cert_verifier(verifier), alpn)
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).unwrap()
    }

    fn serve(&self, config: ConfigBuilder<ServerConfig, WantsServerCert>, alpn: &[&str]) -> ServerConfig {
        let mut config = config.with_single_cert(vec![self.certificate.clone()], self.key()).unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

#[test]
fn server_chooses_the_http_version() {
    let table = [
        (&["h2", "http/1.1"][..], ["HTTP/2.0", "HTTP/1.1"]),
        (&["http/1.1"][..], ["HTTP/1.1", "HTTP/1.1"]),
        (&[][..], ["HTTP/1.1", "HTTP/1.1"]),
    ];
    for (alpn, versions) in table {
        let server = TlsServer::start(alpn);
        for (backend, version) in server.backends().iter().zip(versions) {
            for _ in 0..2 {
                let response = (backend.send)(get(&server.url)).unwrap();
                assert_eq!(response.body(), version, "{} {alpn:?}", backend.name);
            }
            for body in ["type=document", ""] {
                let post = Request::post(&server.url).header("content-length", body.len());
                let response = (backend.send)(post.body(Bytes::from(body)).unwrap()).unwrap();
                assert_eq!(response.body(), version, "{} {alpn:?}", backend.name);
                assert_eq!(response.headers()["x-body"], body, "{} {alpn:?}", backend.name);
            }
        }
    }
}

#[test]
fn untrusted_certificate_stops_the_request() {
    let server = TlsServer::start(&["h2", "http/1.1"]);
    let defaults = [over_hyper(HyperTransport::new().unwrap()), over_ureq(UreqTransport::new().unwrap())];
    for backend in defaults {
        let error = (backend.send)(get(&server.url)).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (TransportErrorKind::Tls, false), "{}", backend.name);
    }
}

#[test]
fn certificate_for_another_name_stops_the_request() {
    let server = TlsServer::start(&["h2", "http/1.1"]);
    let by_address = server.url.replace("localhost", "127.0.0.1");
    for backend in server.backends() {
        let error = (backend.send)(get(&by_address)).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (TransportErrorKind::Tls, false), "{}", backend.name);
    }
}

/// A server that refuses the client's part of the handshake only after a request has arrived, as may happen over a
/// network. It ends with the process.
pub(crate) struct RefusingServer {
    pub(crate) url: String,
    pub(crate) certified: Certified,
}

impl RefusingServer {
    pub(crate) fn start(version: &'static SupportedProtocolVersion, alpn: &[&str]) -> Self {
        let certified = Certified::new();
        let tls = Arc::new(certified.server_config_for_clients(version, alpn));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tls = tls.clone();
                thread::spawn(move || refuse(stream, tls));
            }
        });
        Self { url, certified }
    }
}

fn refuse(mut stream: TcpStream, tls: Arc<ServerConfig>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut connection = ServerConnection::new(tls).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let refused = loop {
        while connection.wants_write() {
            connection.write_tls(&mut stream)?;
        }
        if connection.read_tls(&mut stream)? == 0 {
            break false;
        }
        thread::sleep(Duration::from_millis(30));
        match connection.process_new_packets() {
            // Does not happen in these tests.
            Ok(_) if !connection.is_handshaking() => break connection.reader().read_to_end(&mut bytes).is_err(),
            Ok(_) => {}
            Err(_) => break true,
        }
    };
    if refused {
        while connection.wants_write() {
            connection.write_tls(&mut stream)?;
        }
        stream.shutdown(Shutdown::Write)?;
        io::copy(&mut stream, &mut io::sink())?;
    }
    Ok(())
}

/// Returns a configuration that trusts a server, and that has a client certificate if `own` is given.
fn client_with(own: Option<&Certified>, server: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(server.to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    match own {
        Some(own) => config.with_client_auth_cert(vec![own.certificate.clone()], own.key()).unwrap(),
        None => config.with_no_client_auth(),
    }
}

fn hyper_with(config: ClientConfig) -> HyperTransport {
    HyperTransport::builder().tls_config(config).build().unwrap()
}

fn reqwest_with(mut config: ClientConfig, alpn: &str) -> ReqwestTransport {
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    ReqwestTransport::new(ReqwestTransport::client_builder().tls_backend_preconfigured(config).build().unwrap())
}

/// Sends a request on a single thread, so that the end of a connection does not race with a request over it.
fn send(transport: &impl HttpTransport, url: &str, size: usize) -> Result<Response<Bytes>, TransportError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = Request::post(url).header("content-length", size).extension(AttemptTimeout(PATIENCE));
    runtime.block_on(transport.send(request.body(vec![b' '; size].into()).unwrap()))
}

fn assert_refused(case: &str, outcome: Result<Response<Bytes>, TransportError>) {
    let error = outcome.expect_err(case);
    assert_eq!((error.kind(), error.was_sent()), (TransportErrorKind::Tls, false), "{case}: {error:?}");
}

const VERSIONS: [(&SupportedProtocolVersion, &str); 4] =
    [(&TLS12, "http/1.1"), (&TLS12, "h2"), (&TLS13, "http/1.1"), (&TLS13, "h2")];

/// The server closes at once, so the size of the body and chance decide how much is written before the alert is read.
#[test]
fn server_that_refuses_the_client_at_once_is_tls_over_hyper() {
    let stranger = Certified::new();
    for (version, alpn) in VERSIONS {
        let certified = Certified::new();
        let tls = certified.server_config_for_clients(version, &[alpn]);
        let server = TlsServer::start_with(certified.certificate.clone(), tls);
        for own in [None, Some(&stranger)] {
            let transport = hyper_with(client_with(own, &server.certificate));
            for size in [0, 0, 0, 0, 10, 100_000, 10_000_000] {
                let case = format!("{version:?} {alpn} {size} {}", own.is_some());
                assert_refused(&case, send(&transport, &server.url, size));
            }
        }
        let known = hyper_with(client_with(Some(&certified), &server.certificate));
        assert_eq!(send(&known, &server.url, 0).unwrap().status(), 200);
    }
}

#[test]
fn server_that_refuses_the_client_after_its_request_is_tls() {
    let stranger = Certified::new();
    for (version, alpn) in VERSIONS {
        let server = RefusingServer::start(version, &[alpn]);
        for own in [None, Some(&stranger)] {
            let config = client_with(own, &server.certified.certificate);
            let case = format!("{version:?} {alpn} {}", own.is_some());
            assert_refused(&format!("hyper {case}"), send(&hyper_with(config.clone()), &server.url, 10));
            assert_refused(&format!("reqwest {case}"), send(&reqwest_with(config, alpn), &server.url, 10));
        }
    }
}
