//! Servers that misbehave, and requests to them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::{AttemptTimeout, BlockingHttpTransport, TransportError};
use stripe_identity_ureq::{Proxy, UreqTransport, UreqTransportBuilder};

/// A timeout that only a hanging test reaches.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) type Outcome = Result<Response<Bytes>, TransportError>;

/// The server's end of a connection.
pub(crate) trait Stream: Read + Write + Send {
    fn tcp(&self) -> &TcpStream;

    /// Reads the head of a request, and nothing after it.
    fn read_head(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.read_exact(&mut byte)?;
            head.extend(byte);
        }
        String::from_utf8(head).map_err(io::Error::other)
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.write_all(text.as_bytes())?;
        self.flush()
    }

    /// Waits until the client has gone, without reading.
    fn wait_for_the_end(&self) {
        // A client that has gone leaves an error on the socket.
        let end = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < end && self.tcp().take_error().is_ok_and(|error| error.is_none()) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn tcp(&self) -> &TcpStream {
        &self.sock
    }
}

/// What to do with a connection.
pub(crate) type Act = fn(&mut dyn Stream) -> io::Result<()>;

type Behaviour = dyn Fn(&mut dyn Stream, usize) -> io::Result<()> + Send + Sync;

/// A server on loopback. Its threads end with their connections, or with the process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    certificate: Option<CertificateDer<'static>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server that calls `behave` for each connection, with its number from 1 on.
    pub(crate) fn start(
        tls: Option<(CertificateDer<'static>, Arc<ServerConfig>)>,
        behave: impl Fn(&mut dyn Stream, usize) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (certificate, tls) = tls.unzip();
        let (count, behave): (_, Arc<Behaviour>) = (connections.clone(), Arc::new(behave));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                let (tls, behave) = (tls.clone(), behave.clone());
                thread::spawn(move || serve(stream, tls, number, &*behave));
            }
        });
        Self { address, certificate, connections }
    }

    pub(crate) fn url(&self) -> String {
        match self.certificate {
            None => format!("http://{}/v1/x", self.address),
            Some(_) => format!("https://localhost:{}/v1/x", self.address.port()),
        }
    }

    pub(crate) fn transport(&self) -> UreqTransport {
        self.builder().build().unwrap()
    }

    pub(crate) fn builder(&self) -> UreqTransportBuilder {
        let builder = UreqTransport::builder().proxy(Proxy::none());
        match &self.certificate {
            None => builder,
            Some(certificate) => builder.without_default_roots().root_certificate(certificate.as_ref()),
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, number: usize, behave: &Behaviour) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match tls {
        None => behave(&mut { stream }, number),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            behave(&mut StreamOwned::new(connection, stream), number)
        }
    }
}

/// Returns [`tls_for`] `localhost`.
pub(crate) fn tls(
    versions: &[&'static SupportedProtocolVersion],
    demands_certificate: bool,
) -> (CertificateDer<'static>, Arc<ServerConfig>) {
    tls_for("localhost", versions, demands_certificate)
}

/// Returns a new certificate for a name, and a server's configuration with it. The server may
/// demand a certificate of the client.
pub(crate) fn tls_for(
    name: &str,
    versions: &[&'static SupportedProtocolVersion],
    demands_certificate: bool,
) -> (CertificateDer<'static>, Arc<ServerConfig>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let certificate = cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
    let config = if demands_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    let config = config.with_single_cert(vec![certificate.clone()], key.into()).unwrap();
    (certificate, Arc::new(config))
}

/// Returns configurations without TLS and with either version of it.
pub(crate) fn each_tls() -> [Option<(CertificateDer<'static>, Arc<ServerConfig>)>; 3] {
    [None, Some(tls(&[&rustls::version::TLS12], false)), Some(tls(&[&rustls::version::TLS13], false))]
}

pub(crate) fn get(url: &str) -> Request<Bytes> {
    Request::get(url).extension(AttemptTimeout(PATIENCE)).body(Bytes::new()).unwrap()
}

pub(crate) fn within(timeout: Duration, mut request: Request<Bytes>) -> Request<Bytes> {
    request.extensions_mut().insert(AttemptTimeout(timeout));
    request
}

pub(crate) fn post(url: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let body = body.into();
    let request = Request::post(url).header("content-length", body.len()).extension(AttemptTimeout(PATIENCE));
    request.body(body).unwrap()
}

pub(crate) fn send(transport: &UreqTransport, request: Request<Bytes>) -> Outcome {
    BlockingHttpTransport::send(transport, request)
}
