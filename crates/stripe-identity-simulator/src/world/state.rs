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

/// The largest number of objects and stored responses.
const MOST_RECORDS: usize = 2_000_000;
/// The largest number of scheduled actions. On average, an object schedules fewer than two.
const MOST_DUE: usize = 2 * MOST_RECORDS;
const MOST_BYTES: usize = 1024 * 1024 * 1024;
const MOST_FILE_BYTES: usize = 256 * 1024 * 1024;

/// The state of a world.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) clock: WorldClock,
    pub(crate) queue: Queue,
    pub(crate) ids: Ids,
    /// The base of the URLs that no request determines, such as those in events.
    pub(crate) base_url: String,
    /// The hosts that webhooks may be delivered to.
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
    /// The total size of all uploads.
    pub(crate) file_bytes: usize,
    /// The total size of all parameters and snapshots so far.
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

    /// Schedules something after a duration.
    pub(crate) fn schedule(&mut self, after: Duration, thing: DueThing) {
        self.queue.schedule(self.clock.now().after(after), thing);
    }

    /// Returns whether it holds nothing that depends on the time.
    pub(crate) fn is_empty(&self) -> bool {
        self.records() == 0 && self.webhook_endpoints.len() == 0 && self.queue.next().is_none()
    }

    /// Returns whether it has reached a limit of a world.
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

    /// Returns the place of the session with this id.
    pub(crate) fn session(&self, id: &str) -> Result<u64, ControlError> {
        self.sessions.place(id).ok_or(ControlError::NoSuchSession)
    }

    /// Returns whether one of the records with a path of their own has this id.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.sessions.get(id).is_some()
            || self.reports.get(id).is_some()
            || self.files.get(id).is_some()
            || self.links.get(id).is_some()
            || self.events.get(id).is_some()
            || self.keys.get(id).is_some()
            || self.webhook_endpoints.get(id).is_some()
    }

    /// Returns the time at which the sensitive data of a session or a report was collected, or `None` if there is none.
    pub(crate) fn collected(&self, id: &str) -> Option<Timestamp> {
        let of_session = self.sessions.get(id).and_then(|stored| stored.session.last_verification_report.as_ref());
        let report = of_session.map_or(id, |report| report.id().as_str());
        self.reports.get(report).map(Record::created)
    }
}
