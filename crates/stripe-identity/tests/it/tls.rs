//! Real TLS handshakes, with certificates made on the spot.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use stripe_identity::TransportErrorKind;
use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_ureq::UreqTransport;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::backends::{Backend, get, over_hyper, over_ureq};

/// A server for `localhost` that answers with the HTTP version that it was asked in. It ends with the test.
pub(crate) struct TlsServer {
    pub(crate) url: String,
    pub(crate) certificate: CertificateDer<'static>,
    _runtime: tokio::runtime::Runtime,
}

impl TlsServer {
    pub(crate) fn start(alpn: &[&str]) -> Self {
        let certified = Certified::new();
        let tls = certified.server_config(alpn);

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
        Self { url, certificate: certified.certificate, _runtime: runtime }
    }

    fn backends(&self) -> [Backend; 2] {
        let mut config = trusting(&self.certificate);
        // Set by the transport, and no reason to panic if set already.
        config.alpn_protocols = vec![b"http/0.9".to_vec()];
        [
            over_hyper(HyperTransport::builder().tls_config(config).build().unwrap()),
            over_ureq(
                UreqTransport::builder().default_roots(false).root_certificate(&self.certificate).build().unwrap(),
            ),
        ]
    }
}

/// A client's configuration that trusts this certificate and no other.
pub(crate) fn trusting(certificate: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.to_vec().into()).unwrap();
    trusting_these(roots)
}

pub(crate) fn trusting_nobody() -> ClientConfig {
    trusting_these(RootCertStore::empty())
}

fn trusting_these(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

/// A certificate for `localhost`, made on the spot, and its key.
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
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_no_client_auth().with_single_cert(vec![self.certificate.clone()], key).unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

#[test]
fn the_server_chooses_the_http_version() {
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
fn a_certificate_that_nobody_vouches_for_stops_the_request() {
    let server = TlsServer::start(&["h2", "http/1.1"]);
    let defaults = [over_hyper(HyperTransport::new().unwrap()), over_ureq(UreqTransport::new().unwrap())];
    for backend in defaults {
        let error = (backend.send)(get(&server.url)).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (TransportErrorKind::Tls, false), "{}", backend.name);
    }
}

#[test]
fn a_certificate_for_another_name_stops_the_request() {
    let server = TlsServer::start(&["h2", "http/1.1"]);
    let by_address = server.url.replace("localhost", "127.0.0.1");
    for backend in server.backends() {
        let error = (backend.send)(get(&by_address)).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (TransportErrorKind::Tls, false), "{}", backend.name);
    }
}
