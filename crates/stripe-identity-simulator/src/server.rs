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

/// Few, since requests are short work and those to one world wait for each other.
const WORKERS: usize = 4;
/// The time for a world to become idle. Clients wait no longer for a response.
const LONGEST_RUN: Duration = Duration::from_secs(60);
const LARGEST_HEAD: usize = 128 * 1024;
/// The number of concurrent streams of an HTTP/2 connection.
const MOST_STREAMS: u32 = 100;
/// The upper bound of [`ServerOptions::max_connections`].
const MOST_CONNECTIONS: u32 = 1 << 20;
/// The time for a connection that has expired, or a delivery that is cut, to end.
const GRACE: Duration = Duration::from_millis(200);

/// A [`Simulator`] behind a socket, for clients in any language.
///
/// The server speaks HTTP/1.1, and HTTP/2 with prior knowledge, without TLS, on threads of its own. It also delivers
/// webhooks to the endpoints that its clients create and that [`Simulator::add_webhook`] adds. It stops when it is
/// dropped, or by [`stop`](Self::stop), which gives requests and deliveries in progress time to end.
///
/// It dereferences to its [`Simulator`], whose methods do what users and time do at Stripe.
///
/// ```
/// use stripe_identity_simulator::{Server, Simulator};
///
/// let server = Server::start("127.0.0.1:0", Simulator::new())?;
/// println!("the base URL for clients is {}", server.url());
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
    /// Starts a server that listens on an address, such as `127.0.0.1:12111`. With port 0, the system chooses a port.
    ///
    /// # Errors
    /// Returns an error if the server cannot listen on the address, if no thread can be started, or if the system
    /// returns no random bytes for a control token.
    pub fn start(address: impl ToSocketAddrs, simulator: Simulator) -> io::Result<Self> {
        Self::start_with(address, simulator, ServerOptions::new())
    }

    /// Starts a server with options other than the defaults.
    ///
    /// # Errors
    /// Returns the errors of [`start`](Self::start).
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
        // Before the first request, whose webhooks would otherwise go unnoticed.
        let sender = Sender::new(simulator.clone());
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::new(Shared {
            simulator: simulator.clone(),
            guard: Guard::new(&options, address, simulator.public_url())?,
            room: Room::new(),
            response_room: Room::new(),
            // With no time at all, no request could arrive.
            timeout: options.timeout.max(Duration::from_millis(1)),
        });
        let control_token = shared.guard.token().cloned();
        let limit =
            u32::try_from(options.connections).map_or(MOST_CONNECTIONS, |limit| limit.clamp(1, MOST_CONNECTIONS));
        let connections = Arc::new(Semaphore::new(limit as usize));
        let thread = std::thread::Builder::new().name("stripe-identity-simulator".into()).spawn(move || {
            runtime.block_on(async {
                let (closing, closes) = watch::channel(());
                // On a separate task, since the sender waits for worlds that are busy.
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
                    // Each connection holds a permit until it ends.
                    let _ = connections.acquire_many(limit).await;
                })
                .await;
                // Deliveries that are cut report it, unless their world is busy for long.
                let _ = tokio::time::timeout(GRACE, deliveries.shutdown()).await;
            });
            // Tasks that are cut release the simulator, which may have a file to close. The timeout skips pending name
            // lookups.
            runtime.shutdown_timeout(GRACE);
        })?;
        Ok(Self { address, simulator, control_token, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base URL for clients on this machine, such as `http://127.0.0.1:12111`.
    ///
    /// If the server listens on an unspecified address, such as `0.0.0.0`, the URL has the loopback address.
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// Returns the token that requests to the control API need in the header `Simulator-Token`, or `None` if they need
    /// none: see [`ServerOptions::control_token`].
    pub fn control_token(&self) -> Option<&str> {
        self.control_token.as_ref().map(|token| token.expose().as_str())
    }

    /// Stops the server, and gives requests and deliveries in progress the time `grace` to end.
    ///
    /// The server accepts no more connections and begins no more deliveries. Requests in progress get their responses.
    /// After `grace`, the rest is cut: a delivery counts as an attempt without a response, and is due again later.
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
        // The thread may have ended already.
        let _ = self.stop.take().map(|stop| stop.send(grace));
        if let Some(thread) = self.thread.take() {
            // A panic of a connection's task does not end the thread, so its result has no information.
            let _ = thread.join();
        }
    }

    /// Blocks for as long as the server runs, which is until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

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

/// Returns the address under which clients on this machine reach the server.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The state that all connections share.
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
        // The semaphore is never closed.
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Mostly because there are no file descriptors left: some connections must end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Otherwise a small response may wait for an acknowledgement. It also works without.
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
        // The client notices a broken connection by itself.
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
    // HTTP/2 has an authority in place of `Host`.
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

/// Responds to a request whose body is not read.
fn refuse(shared: &Shared, parts: Parts, refusal: Refusal) -> http::Response<Body> {
    shared.simulator.refuse(&http::Request::from_parts(parts, Bytes::new()), refusal).map(Body::whole)
}

/// Responds to a request. A request to run until idle first waits for the webhooks in progress, since a failed one is
/// due again.
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
    fn busy_world_keeps_no_requests_to_other_worlds_waiting() {
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
