use std::time::Duration;

use stripe_identity_core::types::Sensitive;

/// Options of a [`Server`](crate::Server): who can reach its control API, and how long and how many connections last.
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
    /// Creates options with the defaults: no other hosts, a token if other machines can reach the server, 60 s, and
    /// 4,096 connections.
    pub fn new() -> Self {
        Self { hosts: Vec::new(), control_token: None, timeout: Duration::from_secs(60), connections: 4096 }
    }

    /// Lets the control API accept requests under this host name, such as `simulator` in a network of containers. May
    /// be called several times.
    ///
    /// Requests to a loopback address, to the address that the server listens on, and to the host of the [public
    /// URL](crate::SimulatorBuilder::public_url) are always accepted. All others are refused with the status 403, so
    /// that a page in a browser cannot reach the control API through a name that it points to this machine.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Sets the token that requests to the control API need in the header `Simulator-Token`.
    ///
    /// Defaults to no token if the server listens on a loopback address, and otherwise to a random token:
    /// [`Server::control_token`](crate::Server::control_token) returns it.
    pub fn control_token(self, token: impl Into<String>) -> Self {
        Self { control_token: Some(Sensitive::new(token.into())), ..self }
    }

    /// Sets the time for a client to begin a request, to send its body, and to read a response. Defaults to 60 s.
    ///
    /// A connection that is idle or stalls for longer is closed, after at most twice this time. A timeout of less than
    /// 1 ms counts as 1 ms.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the maximum number of concurrent connections, from 1 to 1,048,576. Further connections wait until one ends.
    /// Defaults to 4,096.
    pub fn max_connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self::new()
    }
}
