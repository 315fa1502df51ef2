//! Connections below TLS to Stripe: direct, or through a proxy.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use stripe_identity_core::http::Uri;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::proxy::Proxy;
use crate::tcp::TcpConnector;

type BoxError = Box<dyn StdError + Send + Sync>;
/// Plain TCP, or TLS to an `https` proxy.
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Connects within a timeout, through the proxy if one applies.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) direct: TcpConnector,
    pub(crate) to_proxy: HttpsConnector<TcpConnector>,
    pub(crate) proxy: Proxy,
    pub(crate) timeout: Duration,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let timeout = self.timeout;
        let connecting: Self::Future = match self.proxy.for_uri(&uri) {
            None => {
                let connecting = self.direct.call(uri);
                Box::pin(async { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            Some(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
                if let Some(credentials) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                Box::pin(async move { Ok(tunnel.call(uri).await?) })
            }
        };
        Box::pin(async move {
            let timed_out = |_| io::Error::new(io::ErrorKind::TimedOut, "connecting took too long");
            tokio::time::timeout(timeout, connecting).await.map_err(timed_out)?
        })
    }
}
