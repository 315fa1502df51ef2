use std::fmt;
use std::sync::Arc;

use stripe_identity_core::types::Timestamp;

use super::base_url;
use crate::journal::RequestEntry;
use crate::note::Note;
use crate::settings::{Clock, Settings};
#[cfg(feature = "server")]
use crate::tls::{InvalidCertificate, Roots};

/// Where the clock of a new simulator stands: 2026-10-26T07:33:20Z.
const BEGINNING: Timestamp = Timestamp::from_secs(1_793_000_000);

pub(super) type NoteHook = Box<dyn Fn(&Note) + Send + Sync>;
pub(super) type RequestHook = Box<dyn Fn(&RequestEntry) + Send + Sync>;

const JOURNAL: usize = 1000;

/// Builds a [`Simulator`](crate::Simulator).
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
    /// What there is from the start, as lines.
    pub(super) initial: Option<Arc<[u8]>>,
}

/// How a server sends webhooks.
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

    /// Sets what ids and secrets are made from: the same ones for the same seed. Defaults to 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets where worlds have their time from. Defaults to a clock that stands at 2026-10-26T07:33:20Z.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Sets how worlds behave.
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// Sets the base of the URLs of sessions, files and links.
    ///
    /// Defaults to `http://` and the `Host` that a client asks a [`Server`](crate::Server) for; in events, to where the
    /// server listens; without a server, to `https://simulator.test`.
    ///
    /// # Errors
    /// If it is not `http://host[:port][/path]` or `https://…`.
    pub fn public_url(self, url: &str) -> Result<Self, InvalidPublicUrl> {
        let url = base_url::public(url).ok_or(InvalidPublicUrl(()))?;
        Ok(Self { public_url: Some(url), ..self })
    }

    /// Sets whether webhooks are signed at the time of their world and not at that of the machine.
    ///
    /// Defaults to `true` for those that are [taken](crate::Simulator::take_webhooks) in process, where a receiver can be given
    /// the world's clock, and to `false` for those that a [`Server`](crate::Server) sends: a receiver that checks the age
    /// of a signature would refuse them.
    pub fn virtual_signatures(self, signs_virtually: bool) -> Self {
        Self { signs_virtually: Some(signs_virtually), ..self }
    }

    /// Lets a [`Server`](crate::Server) deliver webhooks to a host, such as `app` in a network of containers. May be given
    /// several times.
    ///
    /// Without it, webhooks go to this machine only: to `localhost`, names below it, and loopback addresses.
    #[cfg(feature = "server")]
    pub fn webhook_host(mut self, host: impl Into<String>) -> Self {
        self.sending.hosts.push(host.into());
        self
    }

    /// Adds a root certificate, in PEM or DER form, that vouches for receivers of webhooks under `https`. In PEM form, it
    /// may be several. Those of webpki are trusted already.
    ///
    /// # Errors
    /// If it is no certificate.
    #[cfg(feature = "server")]
    pub fn webhook_root(mut self, certificate: &[u8]) -> Result<Self, InvalidCertificate> {
        self.sending.roots.add(certificate)?;
        Ok(self)
    }

    /// Calls a function with each [`Note`].
    pub fn on_note(self, hook: impl Fn(&Note) + Send + Sync + 'static) -> Self {
        Self { on_note: Some(Box::new(hook)), ..self }
    }

    /// Calls a function with each request that the journal takes up, after its response is made and before it leaves. Requests
    /// that are done at the same time may come in any order; their numbers say which one was first.
    pub fn on_request(self, hook: impl Fn(&RequestEntry) + Send + Sync + 'static) -> Self {
        Self { on_request: Some(Box::new(hook)), ..self }
    }

    /// Sets how many requests the journal of each world keeps, and that of the requests that find no world. A request takes
    /// about 300 bytes. Defaults to 1,000; 0 turns the journal off.
    pub fn journal(self, requests: usize) -> Self {
        Self { journal: requests, ..self }
    }
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// The public URL is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPublicUrl(());

impl fmt::Display for InvalidPublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid public URL: expected `http://host[:port][/path]` or `https://…`")
    }
}

impl std::error::Error for InvalidPublicUrl {}
