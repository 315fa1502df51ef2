use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

/// How many lookups run at a time. More wait, so that a resolver that hangs does not gather threads without end.
const MOST_LOOKUPS: usize = 32;

/// Asks the system on threads of its own. A runtime that shuts down waits for its blocking tasks, and a lookup may hang for
/// far longer than its call.
pub(crate) struct DetachedResolver {
    lookups: Arc<Semaphore>,
    look_up: fn(&str) -> io::Result<Vec<SocketAddr>>,
}

impl DetachedResolver {
    pub(crate) fn new() -> Self {
        Self::with(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }

    fn with(look_up: fn(&str) -> io::Result<Vec<SocketAddr>>) -> Self {
        Self { lookups: Arc::new(Semaphore::new(MOST_LOOKUPS)), look_up }
    }
}

impl Resolve for DetachedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookups, look_up) = (self.lookups.clone(), self.look_up);
        Box::pin(async move {
            let place = lookups.acquire_owned().await?;
            let (result, found) = oneshot::channel();
            thread::Builder::new().name("stripe-identity-dns".to_owned()).spawn(move || {
                let found = look_up(name.as_str());
                drop(place);
                // The call may have ended meanwhile.
                let _ = result.send(found);
            })?;
            Ok(Box::new(found.await??.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_runtime_that_ends_does_not_wait_for_a_lookup() {
        let (ended, end) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let resolver = DetachedResolver::with(|_| {
                thread::sleep(Duration::from_secs(600));
                Err(io::ErrorKind::TimedOut.into())
            });
            let found = async {
                tokio::time::timeout(Duration::from_millis(10), resolver.resolve("x.test".parse().unwrap())).await
            };
            assert!(runtime.block_on(found).is_err());
            drop(runtime);
            ended.send(()).unwrap();
        });
        end.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn lookups_that_hang_are_limited_in_number() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let resolver = DetachedResolver::with(|_| {
            BEGUN.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_secs(600));
            Err(io::ErrorKind::TimedOut.into())
        });
        for _ in 0..2 * MOST_LOOKUPS {
            let lookup = resolver.resolve("x.test".parse().unwrap());
            let outcome = runtime.block_on(async { tokio::time::timeout(Duration::from_millis(5), lookup).await });
            assert!(outcome.is_err());
        }
        assert!(BEGUN.load(Ordering::SeqCst) <= MOST_LOOKUPS);
    }
}
