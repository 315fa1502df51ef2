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

/// A local, stateful Stripe Identity: it turns requests into responses.
///
/// Clones share the same state, which consists of [worlds](crate::guide::worlds). The key of a request names its world.
/// Requests to different worlds run in parallel. The same seed, the same clock and the same requests give the same
/// responses, including ids.
///
/// The methods do what users and time do at Stripe. They apply to all worlds or, on a handle from
/// [`world`](Self::world), to one world.
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
    /// The world of this handle, or `None` for a handle to all worlds.
    scope: Option<Arc<Place>>,
}

struct Shared {
    worlds: Mutex<Worlds>,
    /// The request ids of responses that come from no world.
    request_ids: Mutex<Ids>,
    public_url: Option<String>,
    signs_virtually: Option<bool>,
    #[cfg(feature = "server")]
    sending: builder::Sending,
    on_note: Option<NoteHook>,
    on_request: Option<RequestHook>,
    /// The number of requests so far.
    requests: AtomicU64,
    /// The journal of the requests that find no world, or concern all worlds.
    journal: Mutex<Ring>,
    #[cfg(feature = "metrics")]
    metrics: Metrics,
    /// The initial state, as lines.
    initial: Option<Arc<[u8]>>,
    activity_hooks: Mutex<Vec<ActivityHook>>,
}

/// Is called with a world in which something may have become due. Returns `false` to be removed.
type ActivityHook = Box<dyn Fn(&Arc<Place>) -> bool + Send>;

/// Writes the changes that were not worth a transaction before.
impl Drop for Shared {
    fn drop(&mut self) {
        let worlds = lock(&self.worlds);
        // If they cannot be written, request ids skip ahead at the next start, as after a crash.
        if worlds.write_passing().is_ok() {
            worlds.write_whole(Some(lock(&self.request_ids).seed()));
        }
    }
}

impl Simulator {
    /// Creates an empty simulator with seed 0. Its clock is frozen at 2026-10-26T07:33:20Z until it is
    /// [advanced](Self::advance).
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Creates an empty simulator whose ids and secrets are derived from a seed. Its clock is that of
    /// [`new`](Self::new).
    pub fn with_seed(seed: u64) -> Self {
        Self::builder().seed(seed).build()
    }

    /// Returns a builder for a simulator with another clock, other settings or a state file.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::new()
    }

    /// Returns a handle to the world of a key. Its methods see and change no other world. A world that does not exist
    /// is created.
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
    /// Returns [`WorldError::InvalidKey`] if the key is not a test key with a name, and [`WorldError::TooManyWorlds`]
    /// if the world does not exist and the simulator holds 10,000 others.
    pub fn world(&self, key: &str) -> Result<Self, WorldError> {
        let (_, name) = key::named(key).ok_or(WorldError::InvalidKey)?;
        let place = self.worlds().named(&name, Time::of_system()).ok_or(WorldError::TooManyWorlds)?;
        Ok(Self { shared: self.shared.clone(), scope: Some(place) })
    }

    /// Finds the world and the caller of a request.
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

    /// Finds the world whose tag an id, a token or a secret contains.
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

    /// Passes on a note if an object that a request did not find in its world is in another world.
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

    /// Performs an action in a world, after everything that is due there, and writes the changes.
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

    /// Like [`with`](Self::with), where no error can be returned. Changes that cannot be written now are written before
    /// any others.
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

    /// Calls the hooks, since something may have become due in a world.
    fn is_active(&self, place: &Arc<Place>) {
        lock(&self.shared.activity_hooks).retain(|hook| hook(place));
    }

    fn worlds(&self) -> MutexGuard<'_, Worlds> {
        lock(&self.shared.worlds)
    }

    /// Returns the worlds of this handle. If the handle is to all worlds, the `change` also applies to future worlds,
    /// so that no world gets it twice or never.
    fn places_and(&self, change: impl FnOnce(&mut Worlds)) -> Vec<Arc<Place>> {
        if let Some(place) = &self.scope {
            return vec![place.clone()];
        }
        self.all_and(change)
    }

    /// Returns all worlds, also on a handle to one world, and applies the `change` to future worlds.
    fn all_and(&self, change: impl FnOnce(&mut Worlds)) -> Vec<Arc<Place>> {
        let mut worlds = self.worlds();
        change(&mut worlds);
        worlds.write_whole(None);
        worlds.all()
    }

    /// Returns the worlds of this handle.
    fn places(&self) -> Vec<Arc<Place>> {
        self.scope.as_ref().map_or_else(|| self.worlds().all(), |place| vec![place.clone()])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Only a user's hook can panic under these locks, and leaves the values intact.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns `false` for a request from a page of another site in a browser, which names its origin.
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
    ///
    /// ```
    /// use stripe_identity_simulator::{Clock, Simulator};
    ///
    /// let stripe = Simulator::builder().seed(7).clock(Clock::Real).build();
    /// ```
    pub fn build(self) -> Simulator {
        let simulator = self.assemble();
        // `initial_lines` has already returned the errors of the lines.
        let _ = simulator.begin();
        simulator
    }

    /// Creates an empty simulator.
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

/// An error of [`Simulator::world`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorldError {
    /// The key is not a test key with a name, such as `sk_test_NAME`.
    InvalidKey,
    /// The world does not exist, and the simulator holds 10,000 others.
    TooManyWorlds,
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => "the key names no world: expected a test key, such as `sk_test_NAME`",
            Self::TooManyWorlds => "the simulator holds too many worlds: expected the key of an existing world",
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
    fn new_world_beyond_the_limit_is_refused() {
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
