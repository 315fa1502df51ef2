use http::Uri;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use stripe_identity_core::types::{EventType, Metadata, Sensitive, Timestamp};
use stripe_identity_webhook::{DeliveryKind, Signer};

use crate::serial;
use crate::time::Time;
use crate::world::record::event::StoredEvent;
use crate::world::rows::Kind;
use crate::world::store::{Record, fill_time, unknown_time};

/// The largest number of old secrets that are valid at a time.
const MOST_OLD_SECRETS: usize = 4;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredEndpoint {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) account: Option<String>,
    #[serde(with = "serial::url")]
    pub(crate) url: Sensitive<Uri>,
    pub(crate) secrets: Secrets,
    #[serde(with = "serial::payload", default = "snapshot")]
    pub(crate) kind: DeliveryKind,
    #[serde(default = "all_events")]
    pub(crate) enabled_events: Vec<String>,
    /// The accounts whose events it receives.
    #[serde(default)]
    pub(crate) sources: Sources,
    #[serde(default)]
    pub(crate) api_version: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) disabled: bool,
    #[serde(default = "unknown_time")]
    pub(crate) created: Timestamp,
    /// The fields of an event destination, if it was created as one.
    #[serde(default)]
    pub(crate) destination: Option<Destination>,
    #[serde(default)]
    pub(crate) counts: Counts,
}

fn snapshot() -> DeliveryKind {
    DeliveryKind::Event
}

fn all_events() -> Vec<String> {
    vec!["*".to_owned()]
}

/// The numbers of deliveries by their result, including those that are no longer kept.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Counts {
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    /// Events that are not delivered, since too many deliveries are pending.
    pub(crate) dropped: u64,
}

/// The accounts whose events an endpoint receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sources {
    /// The account that the endpoint belongs to.
    pub(crate) own: bool,
    /// The accounts that are connected to it.
    pub(crate) connected: bool,
}

impl Counts {
    /// Counts a delivery that has ended. `is_repair` is `true` if it was counted as failed before a resend succeeded.
    pub(crate) fn count(&mut self, is_delivered: bool, is_repair: bool) {
        let count = if is_delivered { &mut self.delivered } else { &mut self.failed };
        *count += 1;
        if is_repair {
            self.failed = self.failed.saturating_sub(1);
        }
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self { own: true, connected: false }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destination {
    pub(crate) name: String,
    pub(crate) updated: Time,
}

impl Record for StoredEndpoint {
    const KIND: Kind = Kind::WebhookEndpoint;
    const NAME: &'static str = "webhook endpoint";
    const PARAM: &'static str = "webhook_endpoint";

    fn id(&self) -> &str {
        &self.id
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn complete(&mut self, now: Timestamp) {
        fill_time(&mut self.created, now);
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("api", if self.destination.is_some() { "v2" } else { "v1" });
    }
}

impl StoredEndpoint {
    /// Returns whether it receives this event.
    pub(crate) fn receives(&self, event: &StoredEvent) -> bool {
        let account = event.account();
        let is_own = account == self.account.as_deref();
        let is_connected = self.account.is_none() && account.is_some();
        let is_source = (self.sources.own && is_own) || (self.sources.connected && is_connected);
        is_source && self.enables(&event.type_)
    }

    /// Returns whether an event of this account can be resent to it, no matter the type of the event.
    pub(crate) fn may_resend(&self, account: Option<&str>) -> bool {
        self.account.is_none() || self.account.as_deref() == account
    }

    fn enables(&self, type_: &EventType) -> bool {
        let needs_naming = *type_ == EventType::VerificationSessionRedacted;
        self.enabled_events.iter().any(|enabled| match self.kind {
            _ if enabled == "*" => !needs_naming,
            DeliveryKind::Event => enabled == type_.as_str(),
            DeliveryKind::ThinEvent => enabled.strip_prefix("v1.") == Some(type_.as_str()),
        })
    }
}

/// The secrets of an endpoint: the current one, and those that were rolled and still sign until they expire.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secrets {
    #[serde(deserialize_with = "not_blank")]
    current: Sensitive<String>,
    /// The old secrets, with the times at which they expire, newest first.
    #[serde(default)]
    old: Vec<(Sensitive<String>, Time)>,
}

fn not_blank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sensitive<String>, D::Error> {
    let secret = Sensitive::<String>::deserialize(deserializer)?;
    Signer::new(secret.expose()).map(|_| secret.clone()).map_err(D::Error::custom)
}

impl Secrets {
    pub(crate) fn new(secret: String) -> Self {
        Self { current: Sensitive::new(secret), old: Vec::new() }
    }

    pub(crate) fn current(&self) -> &str {
        self.current.expose()
    }

    /// Returns whether a secret is the current one or an old one.
    pub(crate) fn contain(&self, secret: &str) -> bool {
        std::iter::once(&self.current).chain(self.old.iter().map(|(old, _)| old)).any(|known| known.expose() == secret)
    }

    /// Replaces the current secret, which remains valid until `expires`.
    pub(crate) fn roll(&mut self, secret: String, expires: Time) {
        let old = std::mem::replace(&mut self.current, Sensitive::new(secret));
        self.old.insert(0, (old, expires));
        self.old.truncate(MOST_OLD_SECRETS);
    }

    /// Returns the secrets that are valid at this time, the current one first.
    pub(crate) fn valid(&self, now: Time) -> impl Iterator<Item = &str> {
        let old = self.old.iter().filter(move |(_, expires)| *expires > now).map(|(secret, _)| secret);
        std::iter::once(&self.current).chain(old).map(|secret| secret.expose().as_str())
    }
}
