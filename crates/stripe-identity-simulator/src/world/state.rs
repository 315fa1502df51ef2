use std::time::Duration;

use stripe_identity_core::types::Timestamp;

use crate::control_error::ControlError;
use crate::receiver::Receivers;
use crate::settings::Settings;
use crate::world::clock::WorldClock;
use crate::world::faults::Faults;
use crate::world::ids::Ids;
use crate::world::outbox::Outbox;
use crate::world::plans::Plans;
use crate::world::queue::{DueThing, Queue};
use crate::world::record::delivery::StoredDelivery;
use crate::world::record::ephemeral_key::StoredKey;
use crate::world::record::event::StoredEvent;
use crate::world::record::file::StoredFile;
use crate::world::record::file_link::StoredLink;
use crate::world::record::report::StoredReport;
use crate::world::record::session::StoredSession;
use crate::world::record::webhook_endpoint::StoredEndpoint;
use crate::world::responses::Responses;
use crate::world::store::{Record, Store};

/// Also of stored responses.
const MOST_RECORDS: usize = 2_000_000;
/// An object with all that it schedules takes fewer.
const MOST_DUE: usize = 2 * MOST_RECORDS;
const MOST_BYTES: usize = 1024 * 1024 * 1024;
const MOST_FILE_BYTES: usize = 256 * 1024 * 1024;

/// All that a world is made of.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) clock: WorldClock,
    pub(crate) queue: Queue,
    pub(crate) ids: Ids,
    /// The base of URLs where no client is there to see it.
    pub(crate) base_url: String,
    /// Where webhooks may go.
    pub(crate) receivers: Receivers,
    pub(crate) sessions: Store<StoredSession>,
    pub(crate) reports: Store<StoredReport>,
    pub(crate) files: Store<StoredFile>,
    pub(crate) links: Store<StoredLink>,
    pub(crate) events: Store<StoredEvent>,
    pub(crate) keys: Store<StoredKey>,
    pub(crate) responses: Responses,
    pub(crate) plans: Plans,
    pub(crate) webhook_endpoints: Store<StoredEndpoint>,
    pub(crate) deliveries: Store<StoredDelivery>,
    pub(crate) outbox: Outbox,
    pub(crate) faults: Faults,
    /// How large all uploads are together.
    pub(crate) file_bytes: usize,
    /// How large all parameters were together, and the texts of all snapshots.
    pub(crate) taken_bytes: usize,
}

impl State {
    pub(crate) fn new(ids: Ids, clock: WorldClock, settings: Settings, base_url: String) -> Self {
        let outbox = Outbox::new(&ids);
        Self {
            faults: Faults::new(&ids),
            settings,
            clock,
            queue: Queue::default(),
            ids,
            base_url,
            receivers: Receivers::default(),
            sessions: Store::default(),
            reports: Store::default(),
            files: Store::default(),
            links: Store::default(),
            events: Store::default(),
            keys: Store::default(),
            responses: Responses::default(),
            plans: Plans::default(),
            webhook_endpoints: Store::default(),
            deliveries: Store::default(),
            outbox,
            file_bytes: 0,
            taken_bytes: 0,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().timestamp()
    }

    /// Schedules something for when so much time has passed.
    pub(crate) fn schedule(&mut self, after: Duration, thing: DueThing) {
        self.queue.schedule(self.clock.now().after(after), thing);
    }

    /// Whether nothing in it has a time.
    pub(crate) fn is_empty(&self) -> bool {
        self.records() == 0 && self.webhook_endpoints.len() == 0 && self.queue.next().is_none()
    }

    /// Whether it holds as much as a world can hold.
    pub(crate) fn is_full(&self) -> bool {
        self.records() >= MOST_RECORDS
            || self.queue.len() >= MOST_DUE
            || self.file_bytes >= MOST_FILE_BYTES
            || self.taken_bytes.saturating_add(self.responses.bytes()) >= MOST_BYTES
    }

    fn records(&self) -> usize {
        let records = [
            self.sessions.len(),
            self.reports.len(),
            self.files.len(),
            self.links.len(),
            self.events.len(),
            self.keys.len(),
            self.responses.len(),
        ];
        records.into_iter().sum()
    }

    /// Returns the place of a session.
    pub(crate) fn session(&self, id: &str) -> Result<u64, ControlError> {
        self.sessions.place(id).ok_or(ControlError::NoSuchSession)
    }

    /// Whether one of the records that have a path has this id.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.sessions.get(id).is_some()
            || self.reports.get(id).is_some()
            || self.files.get(id).is_some()
            || self.links.get(id).is_some()
            || self.events.get(id).is_some()
            || self.keys.get(id).is_some()
            || self.webhook_endpoints.get(id).is_some()
    }

    /// Returns when what is sensitive about a session or a report was collected, if it was.
    pub(crate) fn collected(&self, id: &str) -> Option<Timestamp> {
        let of_session = self.sessions.get(id).and_then(|stored| stored.session.last_verification_report.as_ref());
        let report = of_session.map_or(id, |report| report.id().as_str());
        self.reports.get(report).map(Record::created)
    }
}
