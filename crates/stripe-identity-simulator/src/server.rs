mod post;
mod sender;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::ops::Deref;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Method};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::sync::oneshot;

use self::sender::Sender;
use crate::refusal::Refusal;
use crate::simulator::Simulator;

const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// Requests are short work, and those to one world wait for each other.
const WORKERS: usize = 4;
/// As long as a client waits for a response.
const LONGEST_RUN: Duration = Duration::from_secs(60);
const LONGEST_HEADER_WAIT: Duration = Duration::from_secs(30);

/// A [`Simulator`] behind a socket, on threads of its own, for clients in any language. It stops when it is dropped.
///
/// HTTP/1.1, and HTTP/2 with prior knowledge; no TLS. It sends the webhooks of the endpoints that are
/// [added](Simulator::add_webhook).
///
/// ```
/// use stripe_identity_simulator::{Server, Simulator};
///
/// let server = Server::start("127.0.0.1:0", Simulator::new())?;
/// println!("point a client at {}", server.url());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    simulator: Simulator,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that listens on an address; port 0 lets the system choose a port.
    ///
    /// # Errors
    /// If the address cannot be listened on, or the thread cannot be started.
    pub fn start(address: impl ToSocketAddrs, simulator: Simulator) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        simulator.set_listening_url(&format!("http://{}", reachable(address)));
        simulator.restrict_receivers();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("stripe-identity-simulator")
            .enable_all()
            .build()?;
        let listener = {
            let _guard = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        // Before the first request comes, or what becomes due by it would go unnoticed.
        let sender = Sender::new(simulator.clone());
        let (stop, stopped) = oneshot::channel();
        let shared = simulator.clone();
        let thread = std::thread::Builder::new().name("stripe-identity-simulator".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, shared.clone()) => {}
                    () = sender.run() => {}
                    _ = stopped => {}
                }
            });
            // A name that is still looked up is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Self { address, simulator, stop: Some(stop), thread: Some(thread) })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the server ends, which it does not do by itself.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // The thread catches what a connection's task panics with; its own end says nothing.
            let _ = thread.join();
        }
    }
}

/// What stands in for the person and for time is done to the simulator.
impl Deref for Server {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is not received if the thread has ended already.
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns an address that leads to the server from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn serve(listener: tokio::net::TcpListener, simulator: Simulator) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, mostly: let some connections end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Without it a small response may wait for an acknowledgement; a socket that refuses it is none the worse.
        let _ = stream.set_nodelay(true);
        let simulator = simulator.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(simulator.clone(), request));
            let mut connection = auto::Builder::new(TokioExecutor::new());
            connection.http1().timer(TokioTimer::new()).header_read_timeout(LONGEST_HEADER_WAIT);
            connection.http2().timer(TokioTimer::new());
            // A connection that breaks is the client's to notice.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(
    simulator: Simulator,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (mut parts, body) = request.into_parts();
    // HTTP/2 has no `Host`, but an authority in its place.
    if let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::try_from(authority.as_str())
    {
        parts.headers.entry(HOST).or_insert(host);
    }
    let response = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => handle(&simulator, http::Request::from_parts(parts, body.to_bytes())).await,
        Err(_) => Refusal::too_large().into_response(),
    };
    Ok(response.map(Full::new))
}

/// Responds to a request. One that runs a world until it is idle is repeated while webhooks are under way: what comes of
/// them may be due again.
async fn handle(simulator: &Simulator, request: http::Request<Bytes>) -> http::Response<Bytes> {
    let runs = request.method() == Method::POST && request.uri().path() == "/_simulator/clock/run_until_idle";
    let end = Instant::now() + LONGEST_RUN;
    loop {
        let response = simulator.handle(request.clone());
        if !runs || !response.status().is_success() || simulator.is_settled(&request) || Instant::now() > end {
            return response;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
