use std::time::Duration;

use stripe_identity_core::types::Sensitive;

/// How a [`Server`](crate::Server) protects itself.
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_simulator::{Server, ServerOptions, Simulator};
///
/// let options = ServerOptions::new().allow_host("simulator").timeout(Duration::from_secs(10));
/// let server = Server::start_with("127.0.0.1:0", Simulator::new(), options)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a server is started with them"]
pub struct ServerOptions {
    pub(super) hosts: Vec<String>,
    pub(super) control_token: Option<Sensitive<String>>,
    pub(super) timeout: Duration,
    pub(super) connections: usize,
}

impl ServerOptions {
    /// Creates options with their defaults.
    pub fn new() -> Self {
        Self { hosts: Vec::new(), control_token: None, timeout: Duration::from_secs(60), connections: 4096 }
    }

    /// Lets the control API obey requests to a host of this name, such as `simulator` in a network of containers.
    ///
    /// It obeys requests to this machine's loopback addresses, to the address that the server listens on, and to the
    /// host of the [public URL](crate::SimulatorBuilder::public_url) in any case, and no others. So a page in a browser
    /// cannot reach it through a name that it points here.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Sets what the control API wants to see in the header `Simulator-Token`.
    ///
    /// Defaults to no token if the server listens on a loopback address, and otherwise to one that is made: see
    /// [`Server::control_token`](crate::Server::control_token).
    pub fn control_token(self, token: impl Into<String>) -> Self {
        Self { control_token: Some(Sensitive::new(token.into())), ..self }
    }

    /// Sets how long a client may take to begin a request, to send its body, and to read a response. Defaults to 60 s.
    ///
    /// A connection that is idle or stalls for longer is closed, after at most twice the time.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets how many connections there may be at a time. Others wait until one ends. Defaults to 4,096.
    pub fn max_connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self::new()
    }
}
