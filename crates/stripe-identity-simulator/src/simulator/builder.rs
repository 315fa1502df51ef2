use std::fmt;
use std::sync::Arc;

use stripe_identity_core::types::Timestamp;

use super::base_url;
use crate::journal::RequestEntry;
use crate::note::Note;
use crate::settings::{Clock, Settings};
#[cfg(feature = "server")]
use crate::tls::{InvalidCertificate, Roots};

/// The time at which the clock of a new simulator is frozen: 2026-10-26T07:33:20Z.
const BEGINNING: Timestamp = Timestamp::from_secs(1_793_000_000);

pub(super) type NoteHook = Box<dyn Fn(&Note) + Send + Sync>;
pub(super) type RequestHook = Box<dyn Fn(&RequestEntry) + Send + Sync>;

const JOURNAL: usize = 1000;

/// A builder for a [`Simulator`](crate::Simulator).
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_simulator::{Clock, Processing, Settings, Simulator};
///
/// let mut settings = Settings::default();
/// settings.processing = Processing::After(Duration::from_secs(30));
/// let stripe = Simulator::builder()
///     .clock(Clock::Frozen)
///     .settings(settings)
///     .on_note(|note| eprintln!("{note}"))
///     .build();
/// ```
pub struct SimulatorBuilder {
    pub(super) seed: u64,
    pub(super) clock: Clock,
    pub(super) settings: Settings,
    pub(super) public_url: Option<String>,
    pub(super) signs_virtually: Option<bool>,
    #[cfg(feature = "server")]
    pub(super) sending: Sending,
    pub(super) on_note: Option<NoteHook>,
    pub(super) on_request: Option<RequestHook>,
    pub(super) journal: usize,
    /// The initial state, as lines.
    pub(super) initial: Option<Arc<[u8]>>,
}

/// The settings for a server that sends webhooks.
#[cfg(feature = "server")]
#[derive(Default)]
pub(super) struct Sending {
    pub(super) hosts: Vec<String>,
    pub(super) roots: Roots,
}

impl SimulatorBuilder {
    pub(super) fn new() -> Self {
        Self {
            seed: 0,
            clock: Clock::FrozenAt(BEGINNING),
            settings: Settings::default(),
            public_url: None,
            signs_virtually: None,
            #[cfg(feature = "server")]
            sending: Sending::default(),
            on_note: None,
            on_request: None,
            journal: JOURNAL,
            initial: None,
        }
    }

    /// Sets the number that ids, secrets and chances are derived from: the same seed gives the same ids. Defaults to 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the clock of new worlds. Defaults to [`Clock::FrozenAt`] 2026-10-26T07:33:20Z.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Sets the settings of new worlds. Defaults to [`Settings::default`].
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// Sets the base of the URLs of sessions, files and links.
    ///
    /// Defaults to `http://` and the `Host` of the request to a [`Server`](crate::Server); in events, to the address
    /// that the server listens on; without a server, to `https://simulator.test`.
    ///
    /// # Errors
    /// Returns an error if the URL is not `http://host[:port][/path]` or `https://…`.
    pub fn public_url(self, url: &str) -> Result<Self, InvalidPublicUrl> {
        let url = base_url::public(url).ok_or(InvalidPublicUrl(()))?;
        Ok(Self { public_url: Some(url), ..self })
    }

    /// Sets whether webhooks are signed at the time of their world instead of the time of the machine.
    ///
    /// Defaults to `true` in process, where a receiver can use the clock of the world: see
    /// [`deliver_to`](crate::Simulator::deliver_to) and [`take_webhooks`](crate::Simulator::take_webhooks). Defaults to
    /// `false` for a [`Server`](crate::Server), since receivers refuse signatures of another age.
    pub fn virtual_signatures(self, signs_virtually: bool) -> Self {
        Self { signs_virtually: Some(signs_virtually), ..self }
    }

    /// Lets a [`Server`](crate::Server) deliver webhooks to a host, such as `app` in a network of containers. May be
    /// called several times.
    ///
    /// By default, webhooks go to this machine only: to `localhost`, to names below it, and to loopback addresses.
    #[cfg(feature = "server")]
    pub fn webhook_host(mut self, host: impl Into<String>) -> Self {
        self.sending.hosts.push(host.into());
        self
    }

    /// Adds a root certificate in DER form, or one or more in PEM form, that a [`Server`](crate::Server) trusts for
    /// webhooks over `https`, in addition to those of webpki. May be called several times.
    ///
    /// # Errors
    /// Returns an error if the bytes are no certificate.
    #[cfg(feature = "server")]
    pub fn webhook_root(mut self, certificate: &[u8]) -> Result<Self, InvalidCertificate> {
        self.sending.roots.add(certificate)?;
        Ok(self)
    }

    /// Calls a function with each [`Note`], such as a failed delivery. Defaults to none. A second call replaces the
    /// first.
    pub fn on_note(self, hook: impl Fn(&Note) + Send + Sync + 'static) -> Self {
        Self { on_note: Some(Box::new(hook)), ..self }
    }

    /// Calls a function with each request that the journal records, before its response leaves. Defaults to none. A
    /// second call replaces the first.
    ///
    /// Concurrent requests may arrive in any order. [`RequestEntry::number`] has the order in which they took effect.
    pub fn on_request(self, hook: impl Fn(&RequestEntry) + Send + Sync + 'static) -> Self {
        Self { on_request: Some(Box::new(hook)), ..self }
    }

    /// Sets the number of requests that the journal of each world keeps, and the journal of the requests that find no
    /// world. A request takes about 300 bytes. Defaults to 1,000. With 0, the journal is off.
    pub fn journal(self, requests: usize) -> Self {
        Self { journal: requests, ..self }
    }
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// An error of [`SimulatorBuilder::public_url`]: the text is no public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPublicUrl(());

impl fmt::Display for InvalidPublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid public URL: expected `http://host[:port][/path]` or `https://…`")
    }
}

impl std::error::Error for InvalidPublicUrl {}
