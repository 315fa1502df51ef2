//! Makes actions happen when they are due, and sends webhooks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::post::Post;
use crate::delivery::{AttemptResult, DeliveryFailure};
use crate::simulator::{Place, Simulator};
use crate::world::{AttemptId, Outgoing};

/// The number of concurrent attempts at an endpoint.
const MOST_AT_A_TIME: usize = 8;

/// The worlds in which something may have become due.
#[derive(Default)]
struct Activity {
    worlds: Mutex<HashMap<String, Arc<Place>>>,
    notify: Notify,
}

impl Activity {
    fn add(&self, place: &Arc<Place>) -> bool {
        let mut worlds = self.worlds.lock().unwrap_or_else(PoisonError::into_inner);
        worlds.insert(place.name.clone(), place.clone());
        drop(worlds);
        self.notify.notify_one();
        true
    }

    fn take(&self) -> impl Iterator<Item = Arc<Place>> + use<> {
        std::mem::take(&mut *self.worlds.lock().unwrap_or_else(PoisonError::into_inner)).into_values()
    }
}

/// The times of the next action in each world, by the clock of the machine. They do not keep a world from being
/// removed.
#[derive(Default)]
struct Timers {
    by_time: BTreeMap<(Instant, String), Weak<Place>>,
    by_name: HashMap<String, Instant>,
}

impl Timers {
    fn set(&mut self, place: &Arc<Place>, time: Option<Instant>) {
        let old = match time {
            Some(time) => self.by_name.insert(place.name.clone(), time),
            None => self.by_name.remove(&place.name),
        };
        if let Some(old) = old {
            self.by_time.remove(&(old, place.name.clone()));
        }
        if let Some(time) = time {
            self.by_time.insert((time, place.name.clone()), Arc::downgrade(place));
        }
    }

    fn next(&self) -> Option<Instant> {
        self.by_time.keys().next().map(|(time, _)| *time)
    }

    fn take_due(&mut self, now: Instant) -> Option<Weak<Place>> {
        let entry = self.by_time.first_entry().filter(|entry| entry.key().0 <= now)?;
        self.by_name.remove(&entry.key().1);
        Some(entry.remove())
    }
}

/// Makes the actions that are due in the worlds of a simulator happen, and sends the webhooks that are due.
pub(super) struct Sender {
    simulator: Simulator,
    activity: Arc<Activity>,
}

impl Sender {
    /// Starts to record the worlds in which something may have become due.
    pub(super) fn new(simulator: Simulator) -> Self {
        let activity = Arc::new(Activity::default());
        let heard = Arc::downgrade(&activity);
        simulator.on_activity(move |place| heard.upgrade().is_some_and(|activity| activity.add(place)));
        Self { simulator, activity }
    }

    /// Runs for as long as it is polled, with a task for each delivery in progress.
    pub(super) async fn run(self, deliveries: &mut JoinSet<()>) {
        let Self { simulator, activity } = self;
        let mut timers = Timers::default();
        let post = Post { receivers: simulator.receivers(), tls: simulator.webhook_roots().config() };
        loop {
            // A finished task is kept until it is joined.
            while deliveries.try_join_next().is_some() {}
            let due = std::iter::from_fn(|| timers.take_due(Instant::now())).filter_map(|place| place.upgrade());
            let places: Vec<_> = due.chain(activity.take()).collect();
            for place in places {
                let (outgoing, next) = simulator.take_outgoing(&place, MOST_AT_A_TIME);
                timers.set(&place, next.and_then(|next| Instant::now().checked_add(next)));
                for Outgoing { attempt, request, hold, timeout, is_cut } in outgoing {
                    let mut under_way = UnderWay::new(simulator.clone(), place.clone(), attempt);
                    let post = post.clone();
                    deliveries.spawn(async move {
                        tokio::time::sleep(hold).await;
                        under_way.start = Instant::now();
                        let sent = tokio::time::timeout(timeout, post.send(request, is_cut)).await;
                        under_way.end(sent.unwrap_or(DeliveryFailure::TimedOut.into()));
                    });
                }
            }
            match timers.next() {
                None => activity.notify.notified().await,
                Some(next) => {
                    tokio::select! {
                        () = activity.notify.notified() => {}
                        () = tokio::time::sleep_until(next.into()) => {}
                    }
                }
            }
        }
    }
}

/// An attempt in progress. If it is dropped because the server ends, it counts as an attempt without a response.
struct UnderWay {
    simulator: Simulator,
    place: Arc<Place>,
    attempt: AttemptId,
    start: Instant,
    result: AttemptResult,
}

impl UnderWay {
    fn new(simulator: Simulator, place: Arc<Place>, attempt: AttemptId) -> Self {
        Self { simulator, place, attempt, start: Instant::now(), result: DeliveryFailure::Closed.into() }
    }

    fn end(mut self, result: AttemptResult) {
        self.result = result;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.simulator.report(&self.place, &self.attempt, self.start.elapsed(), self.result.clone());
    }
}
