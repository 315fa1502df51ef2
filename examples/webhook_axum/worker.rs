//! What is done with the events, after Stripe has its answer.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stripe_identity::webhook::{Delivery, Handlers, MemorySeen, WebhookError};
use stripe_identity::{ApiKey, Client, Error, EventType, KnownSession, SessionExpand, VerificationSessionId, reduce};
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

/// Takes events out of a queue, one after the other.
pub(crate) struct Worker {
    desk: Desk,
    queue: Receiver<Delivery>,
    again: Sender<Delivery>,
}

/// What it takes to deal with an event.
#[derive(Clone)]
struct Desk {
    client: Client,
    restricted_key: ApiKey,
    records: Records,
}

type Work = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

impl Worker {
    pub(crate) fn new(client: Client, restricted_key: ApiKey) -> (Self, Sender<Delivery>) {
        let (sender, queue) = channel(10_000);
        let desk = Desk { client, restricted_key, records: Records::default() };
        (Self { desk, queue, again: sender.clone() }, sender)
    }

    pub(crate) fn records(&self) -> Records {
        self.desk.records.clone()
    }

    pub(crate) async fn run(mut self) {
        let handlers = match handlers(&self.desk) {
            Ok(handlers) => handlers,
            Err(error) => return eprintln!("no events are handled: {error}"),
        };
        while let Some(delivery) = self.queue.recv().await {
            self.desk.records.lock().at_work = true;
            let (event, again) = (delivery.id().clone(), delivery.clone());
            if let Err(error) = handlers.try_handle_async(delivery).await {
                // It is safe to log. Stripe has had its answer and will not deliver the event again: it is this queue that does.
                eprintln!("{event} has to wait: {error}");
                self.later(again);
                continue;
            }
            let mut tables = self.desk.records.lock();
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
}

/// What each event asks for: to read a verified session's outputs, or no more than to be known.
fn handlers(desk: &Desk) -> Result<Handlers<Work>, WebhookError> {
    let (verified, others) = (desk.clone(), desk.clone());
    Handlers::builder()
        .on(EventType::VerificationSessionVerified, move |delivery| -> Work {
            let desk = verified.clone();
            Box::pin(async move {
                match desk.learn(&delivery) {
                    Some(session) => desk.read_outputs(&session).await,
                    None => Ok(()),
                }
            })
        })
        .fallback(move |delivery| -> Work {
            others.learn(&delivery);
            Box::pin(async { Ok(()) })
        })
        .once(MemorySeen::default())
        .build()
}

impl Desk {
    /// Takes in an event, whenever it comes. Gives the session that it is about.
    fn learn(&self, delivery: &Delivery) -> Option<VerificationSessionId> {
        // Its endpoint hears of no others.
        let Delivery::Event(event) = delivery else { return None };
        let id = event.verification_session()?.id;
        let mut tables = self.records.lock();
        if let Some(news) = reduce(tables.sessions.remove(&id), event) {
            tables.sessions.insert(id.clone(), news);
        }
        Some(id)
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
