use std::sync::Arc;

use ureq::config::Config;
use ureq::unversioned::resolver::Resolver;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, Either, RustlsConnector, Transport,
};
use ureq::{Agent, Error};

use crate::connection::Connection;
use crate::phase::{ConnectError, ResolveError};
use crate::resolver::NoResolver;
use crate::tcp::{self, Deadline, Link};

/// Returns an agent that uses [`Connection`]s, and whose errors say in which phase it failed: while
/// it connects, nothing of a request has been sent.
///
/// It looks a host or a proxy up only when it connects to it.
pub(crate) fn agent(config: Config, resolver: impl Resolver) -> Agent {
    let connector = PhaseMarkingConnector {
        resolver: Arc::new(resolver),
        tunnels: ConnectProxyConnector::default(),
        tls: Arc::default(),
    };
    Agent::with_parts(config, connector, NoResolver)
}

#[derive(Debug)]
struct PhaseMarkingConnector {
    resolver: Arc<dyn Resolver>,
    tunnels: ConnectProxyConnector,
    tls: Arc<RustlsConnector>,
}

impl Connector for PhaseMarkingConnector {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        let link = Arc::new(Link::new(Deadline::of(details.timeout)));
        let transport = self.establish(details, &link).map_err(mark)?;
        link.establish();
        Ok(Some(Connection::new(transport, link)))
    }
}

impl PhaseMarkingConnector {
    fn establish(&self, details: &ConnectionDetails<'_>, link: &Arc<Link>) -> Result<Box<dyn Transport>, Error> {
        let (resolver, tls, to_proxy) = (self.resolver.clone(), self.tls.clone(), link.clone());
        let details = ConnectionDetails {
            uri: details.uri,
            addrs: details.addrs.clone(),
            config: details.config,
            // Requests differ in proxy and timeout only, which do not concern TLS. So it is
            // configured once.
            request_level: false,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            // ureq alone would grant the whole timeout to each part of the proxy's response.
            run_connector: Arc::new(move |details| {
                in_tls(&tls, details, tcp::open(details, &*resolver, to_proxy.clone())?.boxed())
            }),
            register_shutdown: details.register_shutdown.clone(),
        };
        let tunnel = Connector::<Box<dyn Transport>>::connect(&self.tunnels, &details, None)?;
        let stream = match tunnel {
            Some(Either::A(stream) | Either::B(stream)) => stream,
            None => tcp::open(&details, &*self.resolver, link.clone())?.boxed(),
        };
        in_tls(&self.tls, &details, stream)
    }
}

/// Marks an error of connecting. A lookup error is already marked.
fn mark(error: Error) -> Error {
    match error {
        Error::Other(error) if error.is::<ResolveError>() => Error::Other(error),
        error => Error::Other(ConnectError(error).into()),
    }
}

/// Wraps a stream in TLS if the URL is `https`.
fn in_tls(
    tls: &RustlsConnector,
    details: &ConnectionDetails<'_>,
    stream: Box<dyn Transport>,
) -> Result<Box<dyn Transport>, Error> {
    Ok(tls.connect(details, Some(stream))?.ok_or(Error::ConnectionFailed)?.boxed())
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufRead as _, BufReader, Write as _};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::sync::Mutex;
    use std::time::Duration;
    use std::{mem, thread};

    use ureq::http::Uri;
    use ureq::unversioned::resolver::ResolvedSocketAddrs;
    use ureq::unversioned::transport::NextTimeout;
    use ureq::{Proxy, Timeout};

    use super::*;

    const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    const LAST_RESPONSE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";

    /// Returns the address of a server that sends these responses over each of its connections.
    fn server(responses: &'static [&str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client may go away at any time.
                let _ = respond(stream, responses);
            }
        });
        address
    }

    fn respond(mut stream: TcpStream, responses: &[&str]) -> io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        for response in responses {
            while !lines.next().ok_or(io::ErrorKind::UnexpectedEof)??.is_empty() {}
            stream.write_all(response.as_bytes())?;
        }
        Ok(())
    }

    /// Finds the same address for every host, and records which it was asked for.
    #[derive(Clone, Debug)]
    struct Recording {
        address: SocketAddr,
        hosts: Arc<Mutex<Vec<String>>>,
        /// Whether a lookup takes all of its time.
        is_slow: bool,
    }

    impl Recording {
        fn new(address: SocketAddr) -> Self {
            Self { address, hosts: Arc::default(), is_slow: false }
        }

        fn take(&self) -> Vec<String> {
            mem::take(&mut *self.hosts.lock().unwrap())
        }
    }

    impl Resolver for Recording {
        fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
            self.hosts.lock().unwrap().push(uri.host().unwrap().to_owned());
            if self.is_slow {
                thread::sleep((*timeout.after).min(Duration::from_secs(5)));
            }
            let mut found = self.empty();
            found.push(self.address);
            Ok(found)
        }
    }

    fn direct() -> Config {
        Agent::config_builder().proxy(None).build()
    }

    fn through_proxy() -> Config {
        Agent::config_builder().proxy(Some(Proxy::new("http://proxy.test").unwrap())).build()
    }

    fn send(agent: &Agent) {
        assert_eq!(agent.get("http://host.test/").call().unwrap().body_mut().read_to_string().unwrap(), "{}");
    }

    #[test]
    fn host_is_looked_up_for_each_connection_and_not_for_each_request() {
        let resolver = Recording::new(server(&[RESPONSE, LAST_RESPONSE]));
        let agent = agent(direct(), resolver.clone());
        for _ in 0..2 {
            for looked_up in [&["host.test"][..], &[]] {
                send(&agent);
                assert_eq!(resolver.take(), looked_up);
            }
        }
    }

    #[test]
    fn proxy_is_looked_up_for_each_connection_and_the_host_behind_it_never() {
        let resolver = Recording::new(server(&["HTTP/1.1 200 OK\r\n\r\n", RESPONSE, LAST_RESPONSE]));
        let agent = agent(through_proxy(), resolver.clone());
        for _ in 0..2 {
            for looked_up in [&["proxy.test"][..], &[]] {
                send(&agent);
                assert_eq!(resolver.take(), looked_up);
            }
        }
    }

    #[test]
    fn lookup_takes_its_time_from_that_for_connecting() {
        let address = server(&[RESPONSE]);
        for config in [direct(), through_proxy()] {
            for reason in [Timeout::Connect, Timeout::Global] {
                let resolver = Recording { is_slow: true, ..Recording::new(address) };
                let agent = agent(config.clone(), resolver);
                let time = |limit| Some(Duration::from_millis(300)).filter(|_| limit == reason);
                let request = agent.get("http://host.test/").config();
                let request = request.timeout_connect(time(Timeout::Connect)).timeout_global(time(Timeout::Global));
                let Err(Error::Other(error)) = request.build().call() else { panic!("{reason:?}: it connected") };
                let Some(ConnectError(Error::Timeout(timeout))) = error.downcast_ref() else { panic!("{error:?}") };
                assert_eq!(*timeout, reason);
            }
        }
    }
}
