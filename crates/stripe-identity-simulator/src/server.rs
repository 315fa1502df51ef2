mod connection;
mod guard;
mod options;
mod post;
mod request_body;
mod response_body;
mod sender;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::{HeaderValue, Method};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use stripe_identity_core::types::Sensitive;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use self::connection::{Activity, Socket};
use self::guard::Guard;
pub use self::options::ServerOptions;
use self::request_body::Room;
use self::response_body::{Body, Broken};
use self::sender::Sender;
use crate::disruption::{Damage, Disruption, RealTime};
use crate::patience;
use crate::refusal::Refusal;
use crate::simulator::Simulator;

/// Requests are short work, and those to one world wait for each other.
const WORKERS: usize = 4;
/// As long as a client waits for a response.
const LONGEST_RUN: Duration = Duration::from_secs(60);
const LARGEST_HEAD: usize = 128 * 1024;
/// At one connection over HTTP/2.
const MOST_STREAMS: u32 = 100;
/// Whatever the options say.
const MOST_CONNECTIONS: u32 = 1 << 20;
/// How long a connection that has expired, or a delivery that is cut, has to end.
const GRACE: Duration = Duration::from_millis(200);

/// A [`Simulator`] behind a socket, on threads of its own, for clients in any language. It stops when it is dropped, or,
/// with time for what is under way, by [`stop`](Self::stop).
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
    control_token: Option<Sensitive<String>>,
    stop: Option<oneshot::Sender<Duration>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that listens on an address; port 0 lets the system choose a port.
    ///
    /// # Errors
    /// If the address cannot be listened on, or the thread cannot be started.
    pub fn start(address: impl ToSocketAddrs, simulator: Simulator) -> io::Result<Self> {
        Self::start_with(address, simulator, ServerOptions::new())
    }

    /// Starts a server with other options than the defaults.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    #[expect(clippy::needless_pass_by_value, reason = "options are made for one server")]
    pub fn start_with(address: impl ToSocketAddrs, simulator: Simulator, options: ServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        simulator.set_listening_url(&format!("http://{}", reachable(address)));
        simulator.restrict_receivers();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .on_thread_start(patience::begin)
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
        let shared = Arc::new(Shared {
            simulator: simulator.clone(),
            guard: Guard::new(&options, address, simulator.public_url())?,
            room: Room::new(),
            response_room: Room::new(),
            // None at all would leave a request no time to arrive.
            timeout: options.timeout.max(Duration::from_millis(1)),
        });
        let control_token = shared.guard.token().cloned();
        let limit =
            u32::try_from(options.connections).map_or(MOST_CONNECTIONS, |limit| limit.clamp(1, MOST_CONNECTIONS));
        let connections = Arc::new(Semaphore::new(limit as usize));
        let thread = std::thread::Builder::new().name("stripe-identity-simulator".into()).spawn(move || {
            runtime.block_on(async {
                let (closing, closes) = watch::channel(());
                // On a task of its own: the sender waits for worlds that are at work.
                let serving = tokio::spawn(serve(listener, shared, connections.clone(), closes));
                let mut deliveries = JoinSet::new();
                let grace = tokio::select! {
                    () = sender.run(&mut deliveries) => Duration::ZERO,
                    // Without a sender, the server has been dropped.
                    grace = stopped => grace.unwrap_or_default(),
                };
                serving.abort();
                let _ = closing.send(());
                let _ = tokio::time::timeout(grace, async {
                    while deliveries.join_next().await.is_some() {}
                    // All connections have ended once none of them holds a permit.
                    let _ = connections.acquire_many(limit).await;
                })
                .await;
                // Those that are cut report so, unless a world is at work for long.
                let _ = tokio::time::timeout(GRACE, deliveries.shutdown()).await;
            });
            // What is cut lets go of the simulator, which may have a file to close. A name that is still looked up is not
            // waited for.
            runtime.shutdown_timeout(GRACE);
        })?;
        Ok(Self { address, simulator, control_token, stop: Some(stop), thread: Some(thread) })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for clients on this machine.
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// Returns what the control API wants to see in the header `Simulator-Token`, if it does: see
    /// [`ServerOptions::control_token`].
    pub fn control_token(&self) -> Option<&str> {
        self.control_token.as_ref().map(|token| token.expose().as_str())
    }

    /// Stops the server, and gives what is under way so much time to end.
    ///
    /// It takes no more connections and begins no more deliveries. Requests under way get their responses. What has not
    /// ended by then is cut: a delivery counts as one without a response, and is due again later.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use stripe_identity_simulator::{Server, Simulator};
    /// let server = Server::start("127.0.0.1:0", Simulator::new())?;
    /// server.stop(Duration::from_millis(500));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn stop(mut self, grace: Duration) {
        self.end(grace);
    }

    fn end(&mut self, grace: Duration) {
        // It is not received if the thread has ended already.
        let _ = self.stop.take().map(|stop| stop.send(grace));
        if let Some(thread) = self.thread.take() {
            // The thread catches what a connection's task panics with; its own end says nothing.
            let _ = thread.join();
        }
    }

    /// Waits until the server ends, which it does not do by itself.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
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
        self.end(Duration::ZERO);
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

/// What all connections share.
struct Shared {
    simulator: Simulator,
    guard: Guard,
    room: Room,
    response_room: Room,
    timeout: Duration,
}

async fn serve(
    listener: tokio::net::TcpListener,
    shared: Arc<Shared>,
    connections: Arc<Semaphore>,
    closes: watch::Receiver<()>,
) {
    loop {
        // It is never closed.
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, mostly: let some connections end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Without it a small response may wait for an acknowledgement; a socket that refuses it is none the worse.
        let _ = stream.set_nodelay(true);
        let (shared, closes) = (shared.clone(), closes.clone());
        tokio::spawn(async move {
            serve_connection(stream, shared, closes).await;
            drop(permit);
        });
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>, mut closes: watch::Receiver<()>) {
    let (activity, timeout) = (Activity::new(), shared.timeout);
    let socket = Socket { stream, activity: activity.clone() };
    let service = {
        let activity = activity.clone();
        service_fn(move |request| respond(shared.clone(), activity.clone(), request))
    };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(LARGEST_HEAD).header_read_timeout(None);
    builder.http2().max_concurrent_streams(MOST_STREAMS);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
    tokio::select! {
        // A connection that breaks is the client's to notice.
        _ = connection.as_mut() => return,
        () = activity.is_reset() => return,
        () = activity.expires(timeout) => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(GRACE, connection).await;
            return;
        }
        _ = closes.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = activity.is_reset() => {}
    }
}

async fn respond(
    shared: Arc<Shared>,
    activity: Arc<Activity>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, Broken> {
    let _busy = activity.busy();
    let (mut parts, body) = request.into_parts();
    // HTTP/2 has no `Host`, but an authority in its place.
    if let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::try_from(authority.as_str())
    {
        parts.headers.entry(HOST).or_insert(host);
    }
    if let Err(refusal) = shared.guard.check(&parts) {
        return Ok(refuse(&shared, parts, refusal));
    }
    let body = match shared.room.read(body, parts.uri.path(), shared.timeout).await {
        Ok(Some(body)) => body,
        Ok(None) => return Err(Broken),
        Err(refusal) => return Ok(refuse(&shared, parts, refusal)),
    };
    parts.extensions.insert(RealTime);
    let mut response = handle(&shared.simulator, http::Request::from_parts(parts, body.bytes.clone())).await;
    drop(body);
    let mut response = match shared.response_room.hold(std::mem::take(response.body_mut())) {
        Ok(body) => response.map(|_| body),
        Err(refusal) => return Ok(refusal.into_response().map(Body::whole)),
    };
    let Disruption { latency, damage } = response.extensions_mut().remove().unwrap_or_default();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match damage {
        None => Ok(response.map(Body::whole)),
        Some(Damage::Lost) => Err(Broken),
        Some(Damage::Cut) => Ok(response.map(Body::cut)),
        Some(Damage::Slow(duration)) => {
            activity.extend(duration);
            Ok(response.map(|bytes| Body::slow(bytes, duration)))
        }
        Some(Damage::Reset) => {
            activity.reset();
            std::future::pending().await
        }
    }
}

/// Responds to a request whose body is not looked at.
fn refuse(shared: &Shared, parts: Parts, refusal: Refusal) -> http::Response<Body> {
    shared.simulator.refuse(&http::Request::from_parts(parts, Bytes::new()), refusal).map(Body::whole)
}

/// Responds to a request. Before one that runs a world until it is idle, webhooks that are under way end: what comes of
/// them may be due again.
async fn handle(simulator: &Simulator, request: http::Request<Bytes>) -> http::Response<Bytes> {
    if request.method() == Method::POST && request.uri().path() == "/_simulator/clock/run_until_idle" {
        let end = Instant::now() + LONGEST_RUN;
        while !simulator.settle(&request) && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    simulator.handle(request)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::sync::mpsc;

    use super::*;

    fn send(server: &Server, key: &str) -> TcpStream {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n").unwrap();
        stream
    }

    fn is_ok(mut stream: TcpStream) -> bool {
        let mut status = [0; 12];
        stream.read_exact(&mut status).is_ok() && &status == b"HTTP/1.1 200"
    }

    #[test]
    fn requests_to_a_world_at_work_keep_no_others_waiting() {
        let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
        let (sender, places) = mpsc::channel();
        server.on_activity(move |place| sender.send(place.clone()).is_ok());
        assert!(is_ok(send(&server, "sk_test_a")));
        let place = places.recv().unwrap();
        let guard = place.lock();
        let slow: Vec<_> = (0..2 * WORKERS).map(|_| send(&server, "sk_test_a")).collect();
        for _ in 0..20 {
            assert!(is_ok(send(&server, "sk_test_b")));
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(guard);
        assert!(slow.into_iter().all(is_ok));
    }
}
