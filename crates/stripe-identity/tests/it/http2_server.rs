//! A faulty HTTP/2 server: connections that end or fall silent, refused streams, bodies that break off, drip or go on
//! without end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use h2::Reason;
use h2::server::SendResponse;
use stripe_identity::bytes::Bytes;
use stripe_identity::http::Response;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::faults::SESSION;
use crate::tls::Certified;

const A_MOMENT: Duration = Duration::from_millis(30);

/// How the server treats a request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    Respond,
    GoAwayInstead,
    RespondAndGoAway,
    RefuseStream,
    SayNothing,
    ResetTheBody,
    DripTheBody,
    SendWithoutEnd,
    /// The connection stays open, and later requests get no response.
    RespondAndFallSilent,
}

/// A server that speaks only HTTP/2. It treats each request by the next act, and all further requests by the last. It
/// ends with the test.
pub(crate) struct Http2Server {
    pub(crate) url: String,
    pub(crate) certificate: Vec<u8>,
    /// The idempotency keys of the requests.
    pub(crate) keys: Arc<Mutex<Vec<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Http2Server {
    pub(crate) fn start<const N: usize>(acts: [Act; N]) -> Self {
        let certified = Certified::new();
        let acceptor = TlsAcceptor::from(Arc::new(certified.server_config(&["h2"])));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        let keys = Arc::new(Mutex::new(Vec::new()));
        let seen = keys.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), seen.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                    let mut held = Vec::new();
                    while let Some(Ok((request, mut respond))) = connection.accept().await {
                        let key = request.headers()["idempotency-key"].to_str().unwrap().to_owned();
                        let act = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(key);
                            acts[seen.len().min(N) - 1]
                        };
                        match act {
                            Act::GoAwayInstead => connection.abrupt_shutdown(Reason::NO_ERROR),
                            Act::RefuseStream => respond.send_reset(Reason::REFUSED_STREAM),
                            // The stream stays open while this is held.
                            Act::SayNothing => held.push(respond),
                            Act::ResetTheBody => {
                                let mut body = respond.send_response(Response::new(()), false).unwrap();
                                body.send_data(Bytes::from(&SESSION[..9]), false).unwrap();
                                tokio::spawn(async move {
                                    tokio::time::sleep(A_MOMENT).await;
                                    body.send_reset(Reason::INTERNAL_ERROR);
                                });
                            }
                            Act::DripTheBody => drop(tokio::spawn(send(respond, " ", A_MOMENT))),
                            Act::SendWithoutEnd => drop(tokio::spawn(send(respond, SPACES, Duration::ZERO))),
                            Act::Respond | Act::RespondAndGoAway | Act::RespondAndFallSilent => {
                                let mut body = respond.send_response(Response::new(()), false).unwrap();
                                body.send_data(Bytes::from(SESSION), true).unwrap();
                            }
                        }
                        if matches!(act, Act::RespondAndGoAway) {
                            connection.graceful_shutdown();
                        }
                        if matches!(act, Act::RespondAndFallSilent) {
                            // Drives the connection until the response is sent.
                            let _ = tokio::time::timeout(A_MOMENT, connection.accept()).await;
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        });
        Self { url, certificate: certified.certificate.to_vec(), keys, _runtime: runtime }
    }
}

const SPACES: &str = match std::str::from_utf8(&[b' '; 10_000]) {
    Ok(text) => text,
    Err(_) => "",
};

/// Sends a piece again and again, as fast as the client reads, until the client ends the stream.
async fn send(mut respond: SendResponse<Bytes>, piece: &'static str, pause: Duration) {
    let Ok(mut body) = respond.send_response(Response::new(()), false) else { return };
    loop {
        body.reserve_capacity(piece.len());
        while body.capacity() < piece.len() {
            let Some(Ok(_)) = std::future::poll_fn(|context| body.poll_capacity(context)).await else { return };
        }
        if body.send_data(Bytes::from(piece), false).is_err() {
            return;
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}
