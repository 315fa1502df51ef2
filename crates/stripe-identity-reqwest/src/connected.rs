//! Observes whether a request opened a connection. Only then can a TLS alert refuse the handshake.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static HAS_CONNECTED: Arc<AtomicBool>;
}

/// Runs a request of a client with the layer [`NoteConnections`]. Also returns whether it opened a
/// connection.
pub(crate) async fn watch<F: Future>(request: F) -> (F::Output, bool) {
    let has_connected = Arc::new(AtomicBool::new(false));
    let outcome = HAS_CONNECTED.scope(has_connected.clone(), request).await;
    (outcome, has_connected.load(Ordering::Relaxed))
}

/// Records each new connection for the request that waits for it.
#[derive(Clone)]
pub(crate) struct NoteConnections;

impl<S> Layer<S> for NoteConnections {
    type Service = NoteConnectionsService<S>;

    fn layer(&self, connector: S) -> NoteConnectionsService<S> {
        NoteConnectionsService(connector)
    }
}

#[derive(Clone)]
pub(crate) struct NoteConnectionsService<S>(S);

impl<S, R> Service<R> for NoteConnectionsService<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let connecting = self.0.call(target);
        Box::pin(async {
            let connection = connecting.await?;
            // If no request waits for the connection any more, hyper completes it in another task.
            let _ = HAS_CONNECTED.try_with(|it| it.store(true, Ordering::Relaxed));
            Ok(connection)
        })
    }
}

#[cfg(all(test, feature = "rustls"))]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::ReqwestTransport;

    #[test]
    fn request_over_a_pooled_connection_has_opened_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        // The thread ends with the process.
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let mut bytes = [0; 4096];
                while let Ok(1..) = client.read(&mut bytes) {
                    client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                }
            }
        });
        let client = ReqwestTransport::client_builder().build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let has_connected = || {
            runtime.block_on(async {
                let (response, has_connected) = watch(client.get(&url).send()).await;
                response.unwrap().bytes().await.unwrap();
                // Gives the connection time to return to the pool.
                tokio::time::sleep(Duration::from_millis(1)).await;
                has_connected
            })
        };
        assert!(has_connected());
        assert!((0..20).any(|_| !has_connected()));
    }
}
