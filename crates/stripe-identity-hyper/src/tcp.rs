//! TCP connections: to the first address of a host that responds.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use stripe_identity_core::http::Uri;
use stripe_identity_core::transport_support::alternate_families;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower_service::Service;

use crate::resolver::Resolver;

type BoxError = Box<dyn StdError + Send + Sync>;

/// How long an address is tried before the next one is tried beside it. A round trip takes less.
const STAGGER: Duration = Duration::from_millis(500);

tokio::task_local! {
    /// The timeout of the attempt that a connection is made for.
    static ATTEMPT_TIMEOUT: Option<Duration>;
}

/// Runs an attempt whose timeout the addresses of a host share.
pub(crate) fn attempt<F: Future>(timeout: Option<Duration>, attempt: F) -> impl Future<Output = F::Output> {
    ATTEMPT_TIMEOUT.scope(timeout, attempt)
}

/// Connects to a host, whatever the scheme.
///
/// The next address is tried once the one before has failed or been silent for a while. The first
/// address that accepts is used.
#[derive(Clone)]
pub(crate) struct TcpConnector {
    pub(crate) resolver: Resolver,
    /// Shared by all addresses. Only decides when the next one is tried: the caller ends the
    /// connecting.
    pub(crate) timeout: Duration,
}

impl TcpConnector {
    async fn connect(self, uri: Uri, time: Duration) -> Result<TokioIo<TcpStream>, BoxError> {
        let host = uri.host().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the URL has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![(address, 0).into()],
            Err(_) => self.resolver.resolve(host.to_owned()).await?,
        };
        for address in &mut addresses {
            match (uri.port_u16(), uri.scheme_str()) {
                (Some(port), _) => address.set_port(port),
                (None, _) if address.port() != 0 => {}
                (None, scheme) => address.set_port(if scheme == Some("https") { 443 } else { 80 }),
            }
        }
        let stream = connect_to_any(&addresses, time).await?;
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(stream))
    }
}

impl Service<Uri> for TcpConnector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let attempt = ATTEMPT_TIMEOUT.try_with(|timeout| *timeout).ok().flatten();
        let time = attempt.map_or(self.timeout, |attempt| attempt.min(self.timeout));
        Box::pin(self.clone().connect(uri, time))
    }
}

/// Connects to one of the addresses, which share `time`. The shorter it is, the sooner the next
/// address is tried.
async fn connect_to_any(addresses: &[SocketAddr], time: Duration) -> io::Result<TcpStream> {
    // The last address gets two shares, since no other follows it.
    let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).saturating_add(1);
    let stagger = STAGGER.min(time / shares);
    let mut waiting = alternate_families(addresses).into_iter();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    // Dropping the set aborts the attempts that are still running.
    let mut tried = JoinSet::new();
    loop {
        if let Some(address) = waiting.next() {
            tried.spawn(TcpStream::connect(address));
        }
        let is_last = waiting.len() == 0;
        let next = if is_last { Ok(tried.join_next().await) } else { timeout(stagger, tried.join_next()).await };
        match next {
            Ok(Some(Ok(Ok(stream)))) => return Ok(stream),
            Ok(Some(Ok(Err(error)))) => failure = error,
            // The runtime is shutting down.
            Ok(Some(Err(error))) => failure = io::Error::other(error),
            Ok(None) => return Err(failure),
            // No address has responded yet.
            Err(_) => {}
        }
    }
}
