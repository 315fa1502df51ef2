//! An `https` request leaves over TLS or not at all.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use http::Method;
use stripe_identity_core::TransportErrorKind as Kind;

use super::harness::{Harness, PATIENCE, Setup, at, checks, ensure, failed_as, started};
use super::report::Failure;

checks! {
    All "an https request never leaves in plain text, with or without a proxy" => nothing_in_plain_text,
}

/// Treats any bytes as a request without TLS, and responds to each read with status 200. So it is
/// both a server without TLS and a proxy that forwards anything.
struct Obliging {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<u8>>,
    stopped: AtomicBool,
}

impl Obliging {
    fn start() -> Result<Self, Failure> {
        let listener = started(TcpListener::bind("127.0.0.1:0"))?;
        let address = started(listener.local_addr())?;
        let shared = Arc::new(Shared::default());
        let server = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if server.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let server = server.clone();
                thread::spawn(move || server.serve(client));
            }
        });
        Ok(Self { address, shared })
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Drop for Obliging {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts connections. If that fails, it has ended.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) {
        if client.set_read_timeout(Some(PATIENCE)).is_err() {
            return;
        }
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = client.read(&mut bytes) {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes[..read]);
            if client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").is_err() {
                return;
            }
        }
    }
}

async fn nothing_in_plain_text(harness: &Harness<'_>) -> Result<(), Failure> {
    let trusted = harness.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let certificate = trusted.certificate().map(<[u8]>::to_vec);
    for is_through_proxy in [false, true] {
        let obliging = Obliging::start()?;
        // No request to this machine goes through a proxy. The other name resolves nowhere, so it
        // takes one.
        let (proxy, base) = if is_through_proxy {
            (Some(format!("http://{}", obliging.address)), "https://stripe.test".to_owned())
        } else {
            (None, format!("https://localhost:{}", obliging.address.port()))
        };
        let with = if is_through_proxy { "with a proxy" } else { "without a proxy" };
        let transport = (harness.make)(&Setup { proxy, ..harness.setup(certificate.as_deref()) });
        let outcome = transport.send(at(&base, Method::POST, "/v1/path-secret", "body=secret")).await;
        let heard = obliging.heard();
        ensure!(!heard.contains("secret"), "{with}: the request was sent in plain text");
        // A transport that sent nothing has no TLS, no proxies, or both. A failure that another
        // attempt cannot mend must have a kind that is not retried.
        let kinds: &[Kind] = match (heard.is_empty(), is_through_proxy) {
            (true, false) => &[Kind::Tls, Kind::Other],
            (true, true) => &[Kind::Tls, Kind::Other, Kind::Dns, Kind::Connect, Kind::Timeout],
            (false, _) => &[Kind::Tls, Kind::Connect],
        };
        failed_as(outcome, kinds).map_err(|failure| failure.context(with))?;
    }
    Ok(())
}
