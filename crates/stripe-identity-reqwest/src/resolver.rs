use std::collections::HashMap;
use std::error::Error as StdError;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, io, thread};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

/// How many lookups run at a time. Further ones wait, so that lookups that hang occupy a bounded
/// number of threads.
const MOST_LOOKUPS: usize = 32;

/// Looks up names for a [`reqwest::Client`].
///
/// The client of [`client_builder`](crate::ReqwestTransport::client_builder) has one by default.
/// Cloning is cheap, and clones share their state.
///
/// A client tries the addresses of a host in order. If a host has several, each further lookup
/// begins with the next address of each family, IPv6 and IPv4, so that one silent address does not
/// delay every retry.
///
/// The lookups of the system run on separate threads, at most 32 at a time, and not in the runtime:
/// a runtime that shuts down does not wait for a lookup.
///
/// ```no_run
/// use stripe_identity_reqwest::{Resolver, ReqwestTransport, reqwest};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let addresses = ["192.0.2.1:443".parse()?, "192.0.2.2:443".parse()?];
/// let resolver = Resolver::new().resolve_to_addrs("stripe.example", addresses);
/// let http = ReqwestTransport::client_builder().dns_resolver(resolver).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Resolver {
    known: HashMap<String, Vec<SocketAddr>>,
    lookups: Arc<Semaphore>,
    turns: Arc<Turns>,
    // A runtime that shuts down waits for its blocking tasks, and a lookup may hang for far longer
    // than its call.
    look_up: fn(&str) -> io::Result<Vec<SocketAddr>>,
}

impl Resolver {
    /// Creates a resolver that looks names up through the system.
    pub fn new() -> Self {
        Self::with(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }

    fn with(look_up: fn(&str) -> io::Result<Vec<SocketAddr>>) -> Self {
        let lookups = Arc::new(Semaphore::new(MOST_LOOKUPS));
        Self { known: HashMap::new(), lookups, turns: Arc::default(), look_up }
    }

    /// Sets the addresses of a host or a proxy, which is then not looked up.
    ///
    /// [`resolve_to_addrs`](reqwest::ClientBuilder::resolve_to_addrs) of the client does the same,
    /// but begins with the same address each time.
    #[must_use]
    pub fn resolve_to_addrs(mut self, host: &str, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.known.insert(host.to_ascii_lowercase(), addresses.into_iter().collect());
        self
    }

    async fn find(self, name: Name) -> Result<Addrs, Box<dyn StdError + Send + Sync>> {
        let known = self.known.get(&name.as_str().to_ascii_lowercase()).cloned();
        let addresses = match known {
            Some(addresses) => addresses,
            None => self.ask(name.as_str().to_owned()).await?,
        };
        let turn = if addresses.len() > 1 { self.turns.next(name.as_str()) } else { 0 };
        Ok(Box::new(rotate(addresses, turn).into_iter()))
    }

    async fn ask(&self, name: String) -> Result<Vec<SocketAddr>, Box<dyn StdError + Send + Sync>> {
        let place = self.lookups.clone().acquire_owned().await?;
        let look_up = self.look_up;
        let (result, found) = oneshot::channel();
        thread::Builder::new().name("stripe-identity-dns".to_owned()).spawn(move || {
            let found = look_up(&name);
            drop(place);
            // Fails if the call has ended meanwhile.
            let _ = result.send(found);
        })?;
        Ok(found.await??)
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new()
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(self.clone().find(name))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("known", &self.known).finish_non_exhaustive()
    }
}

/// Counts lookups by name. Names that share a counter skip a turn at times, which does no harm.
#[derive(Default)]
struct Turns([AtomicUsize; 32]);

impl Turns {
    fn next(&self, name: &str) -> usize {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % 32).unwrap_or_default();
        self.0[place].fetch_add(1, Ordering::Relaxed)
    }
}

/// Rotates the addresses of each family by `turn` places. The client tries one family after the
/// other, and the first family stays the first.
fn rotate(addresses: Vec<SocketAddr>, turn: usize) -> Vec<SocketAddr> {
    let is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|it| it.is_ipv6() == is_ipv6);
    for family in [&mut first, &mut second] {
        let places = turn.checked_rem(family.len()).unwrap_or_default();
        family.rotate_left(places);
    }
    first.append(&mut second);
    first
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn runtime_shutdown_does_not_wait_for_a_lookup() {
        let (ended, end) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let resolver = Resolver::with(|_| {
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
    fn hanging_lookups_occupy_a_bounded_number_of_threads() {
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let resolver = Resolver::with(|_| {
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

    #[test]
    fn each_lookup_of_a_name_begins_with_the_next_address_of_each_family() {
        let [v6, w6, v4, w4, x4] =
            ["[::1]:0", "[::2]:0", "127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"].map(|it| it.parse().unwrap());
        let rotated = |addresses: &[SocketAddr], turn| rotate(addresses.to_vec(), turn);
        assert_eq!(rotated(&[v6, v4, w6, w4, x4], 0), [v6, w6, v4, w4, x4]);
        assert_eq!(rotated(&[v6, v4, w6, w4, x4], 1), [w6, v6, w4, x4, v4]);
        assert_eq!(rotated(&[v4, v6, w4], usize::MAX), [w4, v4, v6]);
        assert_eq!(rotated(&[v4], 7), [v4]);
        assert_eq!(rotated(&[], 7), []);

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let asked = |_: &str| Ok(["127.0.0.1:0", "127.0.0.2:0"].map(|it| it.parse().unwrap()).to_vec());
        for resolver in [Resolver::with(asked), Resolver::new().resolve_to_addrs("Two.test", [v4, w4])] {
            let find = |resolver: &Resolver| {
                runtime.block_on(resolver.resolve("two.test".parse().unwrap())).unwrap().collect::<Vec<_>>()
            };
            // Clones share the turn.
            assert_eq!([find(&resolver), find(&resolver.clone()), find(&resolver)], [[v4, w4], [w4, v4], [v4, w4]]);
        }
    }
}
