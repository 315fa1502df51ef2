//! What is done with the events, after Stripe has its answer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stripe_identity::webhook::{Delivery, Handled, Handlers, MemorySeen};
use stripe_identity::{
    ApiKey, Client, Error, Event, EventType, KnownSession, SessionExpand, VerificationSessionId, reduce,
};
use tokio::sync::mpsc::{Receiver, Sender, channel};

const A_WHILE: Duration = Duration::from_secs(1);

/// What this program keeps. Of what a document says, it keeps only what it needs.
#[derive(Clone, Default)]
pub(crate) struct Records(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    sessions: HashMap<VerificationSessionId, KnownSession>,
    verified: HashSet<VerificationSessionId>,
    adults: HashSet<VerificationSessionId>,
    deliveries: usize,
    at_work: bool,
}

impl Records {
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in an event, whenever it comes. Gives the session that it is about.
    fn learn(&self, event: &Event) -> Option<VerificationSessionId> {
        let id = event.verification_session()?.id;
        let mut tables = self.lock();
        if let Some(news) = reduce(tables.sessions.remove(&id), event) {
            tables.sessions.insert(id.clone(), news);
        }
        Some(id)
    }

    pub(crate) fn known(&self, id: &VerificationSessionId) -> Option<KnownSession> {
        self.lock().sessions.get(id).cloned()
    }

    pub(crate) fn deliveries(&self) -> usize {
        self.lock().deliveries
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.lock().at_work
    }

    pub(crate) fn verified(&self) -> usize {
        self.lock().verified.len()
    }

    pub(crate) fn adults(&self) -> usize {
        self.lock().adults.len()
    }
}

pub(crate) struct Worker {
    client: Client,
    restricted_key: ApiKey,
    records: Records,
    queue: Receiver<Delivery>,
    again: Sender<Delivery>,
}

impl Worker {
    pub(crate) fn new(client: Client, restricted_key: ApiKey) -> (Self, Sender<Delivery>) {
        let (sender, queue) = channel(10_000);
        (Self { client, restricted_key, records: Records::default(), queue, again: sender.clone() }, sender)
    }

    pub(crate) fn records(&self) -> Records {
        self.records.clone()
    }

    pub(crate) async fn run(mut self) {
        let handlers = match handlers(&self.records) {
            Ok(handlers) => handlers,
            Err(error) => return eprintln!("no events are handled: {error}"),
        };
        while let Some(delivery) = self.queue.recv().await {
            self.records.lock().at_work = true;
            let (event, again) = (delivery.id().clone(), delivery.clone());
            if let Handled::By(Some(session)) = handlers.handle(delivery)
                && let Err(error) = self.read_outputs(&session).await
            {
                // It is safe to log. Stripe has had its answer and will not deliver the event again: it is this queue that does.
                eprintln!("{event} has to wait: {error}");
                handlers.give_back(&event);
                self.later(again);
                continue;
            }
            let mut tables = self.records.lock();
            tables.deliveries += 1;
            tables.at_work = false;
        }
    }

    /// Puts an event into the queue again, in a while.
    fn later(&self, delivery: Delivery) {
        let again = self.again.clone();
        tokio::spawn(async move {
            tokio::time::sleep(A_WHILE).await;
            // Where nobody reads the queue any more, the program is at its end.
            let _ = again.send(delivery).await;
        });
    }

    /// Dates of birth take a restricted key and an expansion of their own, and are not kept.
    async fn read_outputs(&self, id: &VerificationSessionId) -> Result<(), Error> {
        let retrieve = self.client.verification_sessions().retrieve(id);
        let session = retrieve
            .api_key(self.restricted_key.clone())
            .expand([SessionExpand::VerifiedOutputs, SessionExpand::Dob])
            .await?
            .into_inner();
        let birth = session.verified_outputs.and_then(|outputs| outputs.dob);
        let year = birth.as_ref().and_then(|date| date.expose().year);
        let mut tables = self.records.lock();
        tables.verified.insert(id.clone());
        if year.is_some_and(|year| year < 2005) {
            tables.adults.insert(id.clone());
        }
        Ok(())
    }
}

/// What each event asks for: to read a verified session's outputs, or no more than to be known.
fn handlers(
    records: &Records,
) -> Result<Handlers<Option<VerificationSessionId>>, stripe_identity::webhook::WebhookError> {
    let (verified, others) = (records.clone(), records.clone());
    Handlers::builder()
        .on(EventType::VerificationSessionVerified, move |delivery| match delivery {
            Delivery::Event(event) => verified.learn(&event),
            Delivery::ThinEvent(_) => None,
        })
        .fallback(move |delivery| {
            if let Delivery::Event(event) = delivery {
                others.learn(&event);
            }
            None
        })
        .once(MemorySeen::default())
        .build()
}
