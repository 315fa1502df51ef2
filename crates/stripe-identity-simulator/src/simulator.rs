mod base_url;
mod builder;
mod controls;
mod faults;
mod handle;
mod index;
mod overview;
mod requests;
#[cfg(feature = "metrics")]
mod scrape;
#[cfg(feature = "server")]
mod serving;
#[cfg(feature = "state")]
mod state;
mod transfer;
pub(crate) mod webhooks;
mod whole;
mod worlds;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, HOST, ORIGIN};

pub use self::builder::{InvalidPublicUrl, SimulatorBuilder};
use self::builder::{NoteHook, RequestHook};
pub(crate) use self::worlds::Place;
use self::worlds::{MOST_WORLDS, Worlds};
use crate::journal::Ring;
use crate::key::{self, Credentials};
#[cfg(feature = "metrics")]
use crate::metrics::Metrics;
use crate::note::Note;
use crate::refusal::Refusal;
use crate::router::is_control;
use crate::time::Time;
use crate::unwritten::Unwritten;
use crate::world::{Access, Caller, Ids, Target, World, WorldClock, tag_of};

/// A Stripe Identity that keeps state: requests go in, responses come out.
///
/// Clones share the same state, which is made of worlds. The key of a request names its world: see the
/// [crate's documentation](crate#worlds). Requests to different worlds run in parallel. The same seed, the same clock and
/// the same requests give the same responses, ids included.
///
/// What a person or time would do is done by its methods, in all worlds or, on a handle from [`world`](Self::world), in
/// one.
///
/// ```
/// use stripe_identity_simulator::Simulator;
/// use stripe_identity_core::bytes::Bytes;
/// use stripe_identity_core::http::{Request, StatusCode};
///
/// let simulator = Simulator::new();
/// let request = Request::post("/v1/identity/verification_sessions")
///     .header("authorization", "Bearer sk_test_123")
///     .body(Bytes::from("type=document"))?;
/// let response = simulator.handle(request);
/// assert_eq!(response.status(), StatusCode::OK);
/// # Ok::<(), stripe_identity_core::http::Error>(())
/// ```
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
    /// The world that this handle is to, or `None` if it is to all of them.
    scope: Option<Arc<Place>>,
}

struct Shared {
    worlds: Mutex<Worlds>,
    /// For the responses to requests that find no world.
    request_ids: Mutex<Ids>,
    public_url: Option<String>,
    signs_virtually: Option<bool>,
    #[cfg(feature = "server")]
    sending: builder::Sending,
    on_note: Option<NoteHook>,
    on_request: Option<RequestHook>,
    /// How many requests there were.
    requests: AtomicU64,
    /// Of the requests that find no world, or concern all of them.
    journal: Mutex<Ring>,
    #[cfg(feature = "metrics")]
    metrics: Metrics,
    /// What there is from the start, as lines.
    initial: Option<Arc<[u8]>>,
    activity_hooks: Mutex<Vec<ActivityHook>>,
}

/// Learns of a world in which something may have become due; returns whether it wants to go on.
type ActivityHook = Box<dyn Fn(&Arc<Place>) -> bool + Send>;

/// Writes what was not worth a transaction before.
impl Drop for Shared {
    fn drop(&mut self) {
        let worlds = lock(&self.worlds);
        // If they cannot be written, request ids go on elsewhere, as after a crash.
        if worlds.write_passing().is_ok() {
            worlds.write_whole(Some(lock(&self.request_ids).seed()));
        }
    }
}

impl Simulator {
    /// Creates an empty simulator with seed 0. Its clock stands at 2026-10-26T07:33:20Z until it is
    /// [advanced](Self::advance).
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Creates an empty simulator whose ids follow from a seed.
    pub fn with_seed(seed: u64) -> Self {
        Self::builder().seed(seed).build()
    }

    /// Returns a builder for a simulator with another clock or other settings.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::new()
    }

    /// Returns a handle to the world of a key, which sees and moves no other.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use stripe_identity_simulator::Simulator;
    /// let stripe = Simulator::new();
    /// let world = stripe.world("sk_test_checkout")?;
    /// world.advance(Duration::from_secs(60));
    /// assert_eq!(world.time().as_secs() - stripe.time().as_secs(), 60);
    /// # Ok::<(), stripe_identity_simulator::WorldError>(())
    /// ```
    ///
    /// # Errors
    /// If the key is not one of the simulator's, or the world is new and there are too many of them.
    pub fn world(&self, key: &str) -> Result<Self, WorldError> {
        let (_, name) = key::named(key).ok_or(WorldError::InvalidKey)?;
        let place = self.worlds().named(&name, Time::of_system()).ok_or(WorldError::TooManyWorlds)?;
        Ok(Self { shared: self.shared.clone(), scope: Some(place) })
    }

    /// Finds the world that a request is for, and who makes it.
    fn find(
        &self,
        request: &Request<Bytes>,
        target: Option<&Target>,
        real: Time,
    ) -> Result<(Arc<Place>, Caller), Refusal> {
        let unknown = || Refusal::unknown_url(request.method(), request.uri().path());
        let access = Access::of(target);
        let of_id = || {
            let id = target.map(|target| target.id.as_str()).unwrap_or_default();
            self.place_of(id, real).ok_or_else(|| id.to_owned())
        };
        if let Access::Link | Access::Page = access {
            return Ok((of_id().map_err(|_| unknown())?, Caller::Link));
        }
        if access == Access::Opener {
            let world = key::publishable_in(request.body()).ok_or_else(Refusal::invalid_publishable_key)?;
            return Ok((self.named(&world, real)?, Caller::Link));
        }
        if is_control(request.uri().path()) {
            if !is_same_origin(request) {
                return Err(Refusal::another_site());
            }
            if target.is_none() {
                return Err(Refusal::unknown_control(request.method(), request.uri().path()));
            }
        }
        let credentials = key::credentials(request.headers().get(AUTHORIZATION))?;
        match (access, credentials) {
            (Access::Control, None) if target.is_some_and(|target| !target.id.is_empty()) => {
                let of_id = of_id().map_err(|id| Refusal::not_found("session", "VerificationSession", &id))?;
                Ok((of_id, Caller::Control))
            }
            (Access::Control, None) => Err(Refusal::no_world()),
            (_, None) => Err(Refusal::missing_key()),
            (Access::Control, Some(Credentials::Key { world, .. })) => Ok((self.named(&world, real)?, Caller::Control)),
            (Access::Control, Some(Credentials::Ephemeral(_))) => Err(Refusal::ephemeral_key()),
            (_, Some(Credentials::Key { kind, world })) => Ok((self.named(&world, real)?, Caller::Key(kind))),
            (_, Some(Credentials::Ephemeral(secret))) => {
                let place = self.place_of(&secret, real).ok_or_else(Refusal::ephemeral_key_gone)?;
                Ok((place, Caller::Ephemeral(secret)))
            }
        }
    }

    /// Finds the world that made an id, a token or a secret: it has the world's tag in it.
    fn place_of(&self, id: &str, real: Time) -> Option<Arc<Place>> {
        self.worlds().tagged(tag_of(id)?, real)
    }

    fn named(&self, world: &str, real: Time) -> Result<Arc<Place>, Refusal> {
        self.worlds().named(world, real).ok_or_else(|| Refusal::too_many_worlds(MOST_WORLDS))
    }

    fn base_url(&self, request: &Request<Bytes>) -> String {
        match &self.shared.public_url {
            Some(url) => url.clone(),
            None => base_url::of_request(request).unwrap_or_else(|| self.worlds().base_url.clone()),
        }
    }

    /// Says so if what a request did not find in its world is in another one.
    fn note_other_world(&self, place: &Arc<Place>, id: &str, real: Time) {
        let Some(on_note) = &self.shared.on_note else { return };
        if let Some(other) =
            self.place_of(id, real).filter(|other| !Arc::ptr_eq(other, place) && other.look(|world| world.contains(id)))
        {
            on_note(&Note::ObjectOfAnotherWorld {
                id: id.to_owned(),
                world: key::shown(&place.name),
                other: key::shown(&other.name),
            });
        }
    }

    /// Does something in a world, after everything that is due there, and writes what that changes.
    fn with<T>(&self, place: &Arc<Place>, real: Time, action: impl FnOnce(&mut World) -> T) -> Result<T, Unwritten> {
        let done = place.change(|world| {
            world.catch_up(real);
            (action(world), world.takes_note())
        });
        if done.as_ref().map_or(true, |(_, is_news)| *is_news) {
            self.is_active(place);
        }
        done.map(|(result, _)| result)
    }

    /// The same where no error can be returned: what cannot be written now is written before anything else is.
    fn with_anyway<T>(&self, place: &Arc<Place>, real: Time, action: impl FnOnce(&mut World) -> T) -> T {
        let (result, is_news) = place.change_anyway(|world| {
            world.catch_up(real);
            (action(world), world.takes_note())
        });
        if is_news {
            self.is_active(place);
        }
        result
    }

    /// Says that something may have become due in a world.
    fn is_active(&self, place: &Arc<Place>) {
        lock(&self.shared.activity_hooks).retain(|hook| hook(place));
    }

    fn worlds(&self) -> MutexGuard<'_, Worlds> {
        lock(&self.shared.worlds)
    }

    /// Returns the worlds that this handle is to. If it is to all of them, those that are still to come begin with a
    /// change: in none of them it is made twice or never.
    fn places_and(&self, change: impl FnOnce(&mut Worlds)) -> Vec<Arc<Place>> {
        if let Some(place) = &self.scope {
            return vec![place.clone()];
        }
        self.all_and(change)
    }

    /// The same for all worlds, whatever this handle is to.
    fn all_and(&self, change: impl FnOnce(&mut Worlds)) -> Vec<Arc<Place>> {
        let mut worlds = self.worlds();
        change(&mut worlds);
        worlds.write_whole(None);
        worlds.all()
    }

    /// Returns the worlds that this handle is to.
    fn places(&self) -> Vec<Arc<Place>> {
        self.scope.as_ref().map_or_else(|| self.worlds().all(), |place| vec![place.clone()])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks panics, but for a user's hook, which leaves them as they were.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a request does not come from the page of another site in a browser on this machine, which says where it is
/// from.
fn is_same_origin(request: &Request<Bytes>) -> bool {
    let host = request.headers().get(HOST).map_or(&b""[..], |host| host.as_bytes());
    let mut origins = request.headers().get_all(ORIGIN).iter();
    origins.all(|origin| origin.as_bytes().strip_prefix(b"http://").is_some_and(|origin| origin == host))
}

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("scope", &self.scope.as_ref().map(|place| key::shown(&place.name)))
            .finish_non_exhaustive()
    }
}

impl SimulatorBuilder {
    /// Creates the simulator.
    pub fn build(self) -> Simulator {
        let simulator = self.assemble();
        // The lines were imported before, where an error is returned.
        let _ = simulator.begin();
        simulator
    }

    /// Creates the simulator without anything in it.
    fn assemble(self) -> Simulator {
        let real = Time::of_system();
        let clock = WorldClock::new(self.clock, real);
        let base_url = self.public_url.clone().unwrap_or_else(|| base_url::IN_PROCESS.to_owned());
        let mut worlds = Worlds::new(self.seed, clock, self.settings, base_url, real);
        worlds.journal = self.journal;
        let shared = Shared {
            worlds: Mutex::new(worlds),
            request_ids: Mutex::new(Ids::new(self.seed, "").fork()),
            public_url: self.public_url,
            signs_virtually: self.signs_virtually,
            #[cfg(feature = "server")]
            sending: self.sending,
            on_note: self.on_note,
            on_request: self.on_request,
            requests: AtomicU64::new(0),
            journal: Mutex::new(Ring::new(self.journal)),
            #[cfg(feature = "metrics")]
            metrics: Metrics::new(),
            initial: self.initial,
            activity_hooks: Mutex::new(Vec::new()),
        };
        Simulator { shared: Arc::new(shared), scope: None }
    }
}

/// Why there is no handle to a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorldError {
    /// The key is not a test key with a name.
    InvalidKey,
    /// The simulator holds as many worlds as it can.
    TooManyWorlds,
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => "the key names no world: expected a test key such as `sk_test_NAME`",
            Self::TooManyWorlds => "the simulator holds too many worlds: expected the key of one of them",
        })
    }
}

impl std::error::Error for WorldError {}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn request(key: &str) -> Request<Bytes> {
        let request = Request::get("/v1/events").header(AUTHORIZATION, format!("Bearer {key}"));
        request.body(Bytes::new()).unwrap()
    }

    #[test]
    fn request_in_one_world_does_not_wait_for_another_world() {
        let stripe = Simulator::new();
        let place = stripe.world("sk_test_a").unwrap().scope.unwrap();
        let guard = place.lock();
        let (sender, receiver) = mpsc::channel();
        let other = stripe.clone();
        std::thread::spawn(move || sender.send(other.handle(request("sk_test_b")).status()));
        assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(http::StatusCode::OK));
        drop(guard);
        assert_eq!(stripe.handle(request("sk_test_a")).status(), http::StatusCode::OK);
    }

    #[test]
    fn world_too_many_is_refused_with_an_error() {
        let stripe = Simulator::new();
        for number in 0..MOST_WORLDS {
            assert!(stripe.worlds().named(&number.to_string(), Time::of_system()).is_some());
        }
        let response = stripe.handle(request("sk_test_new"));
        let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((response.status().as_u16(), error["error"]["type"].as_str()), (400, Some("invalid_request_error")));
        assert!(response.headers().contains_key("request-id"));
        assert_eq!(stripe.world("sk_test_new").unwrap_err(), WorldError::TooManyWorlds);
        assert_eq!(stripe.handle(request("sk_test_0")).status().as_u16(), 200);

        // Nothing is left of an import that is refused.
        let lines = |names: [&str; 2]| {
            let worlds = names.map(|name| format!(r#"{{"kind":"world","value":{{"name":"{name}"}}}}"#)).join("\n");
            format!("{{\"format\":\"stripe-identity-simulator\",\"version\":1}}\n{worlds}")
        };
        stripe.worlds().forget("1");
        assert!(stripe.import(lines(["new", "newer"]).as_bytes()).is_err());
        assert!(stripe.import(lines(["0", "new"]).as_bytes()).is_ok());
    }
}
