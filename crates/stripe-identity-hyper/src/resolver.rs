use std::collections::HashMap;
use std::error::Error as StdError;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::{fmt, io, thread};

use tokio::sync::{Semaphore, oneshot};

/// How many lookups run at a time. Further ones wait, so that lookups that hang occupy a bounded
/// number of threads.
const MOST_LOOKUPS: usize = 32;

/// Looks names up through the system, on its own threads. Its failures are [`ResolveError`]s.
///
/// A runtime that shuts down waits for its blocking tasks, and a lookup may hang for far longer
/// than its call. The transport over reqwest has the same code: tokio's semaphore and channel bind
/// it to a runtime, and the two crates share nothing that has one.
#[derive(Clone)]
pub(crate) struct Resolver {
    known: Arc<HashMap<String, Vec<SocketAddr>>>,
    lookups: Arc<Semaphore>,
    look_up: fn(&str) -> io::Result<Vec<SocketAddr>>,
}

impl Resolver {
    /// Creates a resolver that does not look up the `known` names, which are in lower case.
    pub(crate) fn new(known: HashMap<String, Vec<SocketAddr>>) -> Self {
        Self {
            known: Arc::new(known),
            lookups: Arc::new(Semaphore::new(MOST_LOOKUPS)),
            look_up: |name| Ok((name, 0).to_socket_addrs()?.collect()),
        }
    }

    pub(crate) async fn resolve(self, name: String) -> Result<Vec<SocketAddr>, ResolveError> {
        if let Some(addresses) = self.known.get(&name.to_ascii_lowercase()) {
            return Ok(addresses.clone());
        }
        let place = self.lookups.acquire_owned().await.map_err(ResolveError::other)?;
        let (result, found) = oneshot::channel();
        let look_up = move || {
            let found = (self.look_up)(&name);
            drop(place);
            // Fails if the call has ended meanwhile.
            let _ = result.send(found);
        };
        thread::Builder::new().name("stripe-identity-dns".to_owned()).spawn(look_up).map_err(ResolveError)?;
        found.await.map_err(ResolveError::other)?.map_err(ResolveError)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

/// A failed lookup.
#[derive(Debug)]
pub(crate) struct ResolveError(io::Error);

impl ResolveError {
    fn other(error: impl StdError + Send + Sync + 'static) -> Self {
        Self(io::Error::other(error))
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host name could not be resolved")
    }
}

impl StdError for ResolveError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    const A_WHILE: Duration = Duration::from_secs(600);

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    fn hanging(look_up: fn(&str) -> io::Result<Vec<SocketAddr>>) -> Resolver {
        Resolver { look_up, ..Resolver::new(HashMap::new()) }
    }

    #[test]
    fn runtime_shutdown_does_not_wait_for_a_lookup() {
        let (ended, end) = mpsc::channel();
        thread::spawn(move || {
            let runtime = runtime();
            let resolver = hanging(|_| {
                thread::sleep(A_WHILE);
                Err(io::ErrorKind::TimedOut.into())
            });
            let lookup = resolver.clone().resolve("x.test".to_owned());
            let outcome = runtime.block_on(async { tokio::time::timeout(Duration::from_millis(10), lookup).await });
            assert!(outcome.is_err());
            drop(runtime);
            ended.send(()).unwrap();
        });
        end.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn hanging_lookups_occupy_a_bounded_number_of_threads() {
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
        let resolver = hanging(|_| {
            BEGUN.fetch_add(1, Ordering::SeqCst);
            thread::sleep(A_WHILE);
            Err(io::ErrorKind::TimedOut.into())
        });
        let runtime = runtime();
        for _ in 0..2 * MOST_LOOKUPS {
            let lookup = resolver.clone().resolve("x.test".to_owned());
            let outcome = runtime.block_on(async { tokio::time::timeout(Duration::from_millis(5), lookup).await });
            assert!(outcome.is_err());
        }
        assert!(BEGUN.load(Ordering::SeqCst) <= MOST_LOOKUPS);
    }
}
