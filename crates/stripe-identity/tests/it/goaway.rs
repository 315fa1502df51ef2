//! HTTP/2 connections that end or fall silent, and streams that are refused.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use h2::Reason;
use stripe_identity::bytes::Bytes;
use stripe_identity::http::Response;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::faults::SESSION;
use crate::tls::Certified;

const A_MOMENT: Duration = Duration::from_millis(30);

/// What the server does with a request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    Answer,
    GoAwayInstead,
    AnswerAndGoAway,
    RefuseStream,
    /// The connection stays open, and nothing that it is asked later is answered.
    AnswerAndFallSilent,
}

/// A server for HTTP/2 only that does so with the first request, and so with all others. It ends with the test.
pub(crate) struct Http2Server {
    pub(crate) url: String,
    pub(crate) certificate: Vec<u8>,
    /// The idempotency keys of the requests.
    pub(crate) keys: Arc<Mutex<Vec<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Http2Server {
    pub(crate) fn start(first: Act, then: Act) -> Self {
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
                    while let Some(Ok((request, mut respond))) = connection.accept().await {
                        let key = request.headers()["idempotency-key"].to_str().unwrap().to_owned();
                        let act = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(key);
                            if seen.len() == 1 { first } else { then }
                        };
                        match act {
                            Act::GoAwayInstead => connection.abrupt_shutdown(Reason::NO_ERROR),
                            Act::RefuseStream => respond.send_reset(Reason::REFUSED_STREAM),
                            Act::Answer | Act::AnswerAndGoAway | Act::AnswerAndFallSilent => {
                                let mut body = respond.send_response(Response::new(()), false).unwrap();
                                body.send_data(Bytes::from(SESSION), true).unwrap();
                            }
                        }
                        if matches!(act, Act::AnswerAndGoAway) {
                            connection.graceful_shutdown();
                        }
                        if matches!(act, Act::AnswerAndFallSilent) {
                            // Until the answer is out, and not a moment longer.
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
