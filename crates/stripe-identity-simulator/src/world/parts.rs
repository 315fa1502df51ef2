//! The parts of a world that are not records, and the parts that rows are parsed into.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::disorder::DisorderRule;
use crate::plan::Plan;
use crate::serial;
use crate::settings::Settings;
use crate::world::clock::WorldClock;
use crate::world::faults::StoredFaults;
use crate::world::queue::StoredDue;
use crate::world::record::delivery::StoredDelivery;
use crate::world::record::ephemeral_key::StoredKey;
use crate::world::record::event::StoredEvent;
use crate::world::record::file::StoredFile;
use crate::world::record::file_link::StoredLink;
use crate::world::record::report::StoredReport;
use crate::world::record::response::StoredResponse;
use crate::world::record::session::StoredSession;
use crate::world::record::webhook_endpoint::StoredEndpoint;
use crate::world::rows::{InvalidRow, Kind};

/// The world itself. A field that an imported line leaves out has the value of a new world.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredWorld {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) clock: Option<WorldClock>,
    #[serde(default)]
    pub(crate) settings: Option<Settings>,
    #[serde(default)]
    pub(crate) generators: Option<Generators>,
    #[serde(default)]
    pub(crate) numbers: Numbers,
}

/// The states of the generators of ids, secrets and random choices.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Generators {
    /// The text that each id of the world contains.
    #[serde(deserialize_with = "tag")]
    pub(crate) tag: String,
    #[serde(with = "serial::hex")]
    pub(crate) objects: u64,
    #[serde(with = "serial::hex")]
    pub(crate) requests: u64,
    #[serde(with = "serial::hex")]
    pub(crate) webhooks: u64,
    #[serde(with = "serial::hex")]
    pub(crate) disorder: u64,
    #[serde(with = "serial::hex")]
    pub(crate) faults: u64,
}

fn tag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let tag = String::deserialize(deserializer)?;
    if crate::world::ids::is_tag(&tag) {
        Ok(tag)
    } else {
        Err(serde::de::Error::custom("expected a tag of ten ASCII letters or digits"))
    }
}

/// For each kind, the number of records that were created, which is the place of the next one, and the bytes that they
/// took.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Numbers {
    pub(crate) webhook_endpoint: u64,
    pub(crate) verification_session: u64,
    pub(crate) verification_report: u64,
    pub(crate) file: u64,
    pub(crate) file_link: u64,
    pub(crate) event: u64,
    pub(crate) ephemeral_key: u64,
    pub(crate) webhook_delivery: u64,
    pub(crate) due: u64,
    pub(crate) response: u64,
    /// The number of places of ready attempts and ended deliveries.
    pub(crate) lanes: u64,
    pub(crate) taken_bytes: usize,
}

impl Numbers {
    /// Returns the numbers that become places.
    pub(crate) fn of_places(&self) -> [u64; 11] {
        [
            self.webhook_endpoint,
            self.verification_session,
            self.verification_report,
            self.file,
            self.file_link,
            self.event,
            self.ephemeral_key,
            self.webhook_delivery,
            self.due,
            self.response,
            self.lanes,
        ]
    }
}

/// The parsed contents of a row.
#[derive(Debug)]
pub(crate) enum Part {
    World(Box<StoredWorld>),
    Plans(Vec<Plan>),
    Faults(Box<StoredFaults>),
    /// The rules, with their ids.
    Disorder(Vec<(String, DisorderRule)>),
    WebhookEndpoint(Box<StoredEndpoint>),
    Session(Box<StoredSession>),
    Report(Box<StoredReport>),
    File(Box<StoredFile>),
    FileContents(Bytes),
    FileLink(Box<StoredLink>),
    Event(Box<StoredEvent>),
    EphemeralKey(Box<StoredKey>),
    Delivery(Box<StoredDelivery>),
    Due(StoredDue),
    Response(Box<StoredResponse>),
}

impl Part {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::World(_) => Kind::World,
            Self::Plans(_) => Kind::Plans,
            Self::Faults(_) => Kind::Faults,
            Self::Disorder(_) => Kind::Disorder,
            Self::WebhookEndpoint(_) => Kind::WebhookEndpoint,
            Self::Session(_) => Kind::Session,
            Self::Report(_) => Kind::Report,
            Self::File(_) => Kind::File,
            Self::FileContents(_) => Kind::FileContents,
            Self::FileLink(_) => Kind::FileLink,
            Self::Event(_) => Kind::Event,
            Self::EphemeralKey(_) => Kind::EphemeralKey,
            Self::Delivery(_) => Kind::Delivery,
            Self::Due(_) => Kind::Due,
            Self::Response(_) => Kind::Response,
        }
    }

    pub(crate) fn read(kind: Kind, value: &[u8]) -> Result<Self, InvalidRow> {
        let read = || {
            Ok(match kind {
                Kind::World => Self::World(serde_json::from_slice(value)?),
                Kind::Plans => Self::Plans(serde_json::from_slice(value)?),
                Kind::Faults => Self::Faults(serde_json::from_slice(value)?),
                Kind::Disorder => Self::Disorder(serde_json::from_slice(value)?),
                Kind::WebhookEndpoint => Self::WebhookEndpoint(serde_json::from_slice(value)?),
                Kind::Session => Self::Session(serde_json::from_slice(value)?),
                Kind::Report => Self::Report(serde_json::from_slice(value)?),
                Kind::File => Self::File(serde_json::from_slice(value)?),
                Kind::FileContents => Self::FileContents(Bytes::copy_from_slice(value)),
                Kind::FileLink => Self::FileLink(serde_json::from_slice(value)?),
                Kind::Event => Self::Event(serde_json::from_slice(value)?),
                Kind::EphemeralKey => Self::EphemeralKey(serde_json::from_slice(value)?),
                Kind::Delivery => Self::Delivery(serde_json::from_slice(value)?),
                Kind::Due => Self::Due(serde_json::from_slice(value)?),
                Kind::Response => Self::Response(serde_json::from_slice(value)?),
            })
        };
        read().map_err(|error: serde_json::Error| InvalidRow::of(kind, &error))
    }
}
