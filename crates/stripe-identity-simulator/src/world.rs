//! One world: everything that the keys of one name see.
//!
//! A world is a deterministic, synchronous value. It takes a request, and produces a response, changes and scheduled
//! work. It performs no I/O, and its caller passes the machine's time to it.

mod admission;
mod api;
mod call;
#[cfg(feature = "metrics")]
mod census;
mod checks;
mod clock;
mod control;
mod deliveries;
mod due;
mod endpoints;
mod events;
mod expand;
mod faults;
mod idempotency;
mod ids;
mod life;
mod metadata;
mod notes;
mod outbox;
mod overview;
mod page;
mod parts;
mod pattern;
mod perform;
mod plans;
mod queue;
mod rate;
mod record;
mod redact;
mod responses;
mod rows;
mod session_params;
mod show;
mod state;
mod store;
mod thin_events;
mod users;
mod webhook_control;
mod webhook_params;
mod webhook_request;
mod wholes;
mod written;

use std::time::Duration;

use bytes::Bytes;
use http::{Response, Uri};
use stripe_identity_core::types::Timestamp;

pub(crate) use self::clock::WorldClock;
pub(crate) use self::deliveries::Outgoing;
pub(crate) use self::endpoints::{Access, Target};
use self::faults::Strike;
pub(crate) use self::ids::{Ids, tag_of};
pub(crate) use self::outbox::AttemptId;
pub(crate) use self::parts::{Generators, Part};
pub(crate) use self::perform::{Caller, Incoming};
pub(crate) use self::rows::{InvalidRow, Kind, Row};
use self::state::State;
use self::wholes::Written;
use crate::control_error::ControlError;
use crate::delivery::{AttemptResult, WebhookDelivery};
use crate::disorder::DisorderRule;
use crate::face::overview::{self as face, DeliveryRow, SessionPage};
use crate::fault::{Fault, FaultRule};
use crate::journal::trace::Trace;
use crate::plan::Plan;
use crate::receiver::Receivers;
use crate::refusal::Refusal;
use crate::response;
use crate::settings::{Clock, Settings};
use crate::submission::Submission;
use crate::time::Time;
use crate::webhook_endpoint::WebhookEndpoint;

/// Everything that the keys of one name see.
#[derive(Debug)]
pub(crate) struct World {
    state: State,
    /// Separate from other ids, so that a refused request does not change the ids of later objects.
    request_ids: Ids,
    noted: Option<Noted>,
    written: Written,
    /// Whether it was read from a file or from lines. The endpoints of every world may be in it already then.
    is_restored: bool,
}

/// The time at which the next action is due, and how far the clock is ahead of the machine's if it runs.
type Noted = (Option<Time>, Option<Duration>);

/// The result of a request.
pub(crate) struct Reply {
    pub(crate) response: Response<Bytes>,
    /// The id of the object that this world does not have, if that is why the request is refused.
    pub(crate) missing_id: Option<String>,
    /// The request id, or `None` if the response does not come from Stripe.
    pub(crate) request_id: Option<String>,
    /// The facts for the journal.
    pub(crate) trace: Trace,
}

impl World {
    pub(crate) fn new(ids: Ids, clock: WorldClock, settings: Settings, base_url: String) -> Self {
        Self {
            request_ids: ids.fork(),
            state: State::new(ids, clock, settings, base_url),
            noted: None,
            written: Written::default(),
            is_restored: false,
        }
    }

    /// Executes a request.
    pub(crate) fn handle(&mut self, incoming: Incoming<'_>) -> Reply {
        let request = incoming.request;
        let access = Access::of(incoming.target.as_ref());
        let request_id = self.request_ids.id("req_");
        let (mut strike, mut trace) = (Strike::default(), Trace::default());
        let result = perform::perform(&mut self.state, incoming, &request_id, &mut strike, &mut trace);
        trace.error = result.as_ref().err().map(Refusal::shown).or_else(|| strike.error());
        trace.faults = strike.take_applied();
        let missing_id = result.as_ref().err().and_then(Refusal::missing_id).map(str::to_owned);
        let mut response = access.respond(result);
        if !strike.is_foreign() {
            response::complete(&mut response, request, &request_id);
        }
        if let Some(disruption) = strike.disruption() {
            response.extensions_mut().insert(disruption);
        }
        let request_id = (!strike.is_foreign()).then_some(request_id);
        Reply { response, missing_id, request_id, trace }
    }

    /// Returns whether this world has an object with this id.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.state.contains(id)
    }

    pub(crate) fn submit(&mut self, session: &str, submission: &Submission) -> Result<(), ControlError> {
        let session = self.state.session(session)?;
        life::submit(&mut self.state, session, submission)
    }

    pub(crate) fn start_processing(&mut self, session: &str) -> Result<(), ControlError> {
        let session = self.state.session(session)?;
        life::start_processing(&mut self.state, session)
    }

    pub(crate) fn finish_processing(&mut self, session: &str, submission: &Submission) -> Result<(), ControlError> {
        let session = self.state.session(session)?;
        life::finish_processing(&mut self.state, session, submission)
    }

    pub(crate) fn finish_redaction(&mut self, session: &str) -> Result<(), ControlError> {
        let session = self.state.session(session)?;
        life::finish_redaction(&mut self.state, session)
    }

    pub(crate) fn plan(&mut self, plan: Plan) {
        self.state.plans.add(plan);
    }

    pub(crate) fn clear_plans(&mut self) {
        self.state.plans.clear();
    }

    pub(crate) fn now(&self) -> Time {
        self.state.clock.now()
    }

    /// Executes everything that is due by the machine's time.
    pub(crate) fn catch_up(&mut self, real: Time) {
        deliveries::resume(&mut self.state);
        due::catch_up(&mut self.state, real);
    }

    pub(crate) fn advance(&mut self, duration: Duration) {
        due::advance(&mut self.state, duration);
    }

    pub(crate) fn advance_to_next(&mut self) -> bool {
        due::advance_to_next(&mut self.state)
    }

    pub(crate) fn run_until_idle(&mut self) -> bool {
        due::run_until_idle(&mut self.state)
    }

    pub(crate) fn set_clock(&mut self, clock: Clock, real: Time) -> Result<(), ControlError> {
        due::set_clock(&mut self.state, clock, real)
    }

    /// Returns the real time until something is due, or `None` if nothing is scheduled or the clock stands still.
    #[cfg(feature = "server")]
    pub(crate) fn next_due(&self, real: Time) -> Option<Duration> {
        self.state.queue.next().and_then(|next| self.state.clock.until(next, real))
    }

    /// Returns whether a webhook is ready, or whether the time of the next scheduled action has changed since the last
    /// call.
    pub(crate) fn takes_note(&mut self) -> bool {
        let next = (self.state.queue.next(), self.state.clock.ahead());
        let is_new = self.noted.replace(next) != Some(next);
        is_new || self.state.outbox.has_ready()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.state.settings
    }

    pub(crate) fn set_settings(&mut self, settings: Settings) {
        self.state.settings = settings;
    }

    /// Sets the base of the URLs that no request determines, such as those in events.
    #[cfg(feature = "server")]
    pub(crate) fn set_base_url(&mut self, base_url: String) {
        self.state.base_url = base_url;
    }

    /// Sets the hosts that webhooks may be delivered to.
    pub(crate) fn set_receivers(&mut self, receivers: Receivers) {
        self.state.receivers = receivers;
    }

    pub(crate) fn add_fault(&mut self, fault: Fault) {
        self.state.faults.add(fault);
    }

    pub(crate) fn faults(&self) -> &[FaultRule] {
        self.state.faults.rules()
    }

    pub(crate) fn remove_fault(&mut self, id: &str) -> bool {
        self.state.faults.remove(id)
    }

    pub(crate) fn clear_faults(&mut self) {
        self.state.faults.clear();
    }

    /// Adds an endpoint. If the world was restored with the same endpoint, that endpoint stays and gets the secret.
    pub(crate) fn add_webhook_endpoint(&mut self, endpoint: WebhookEndpoint) {
        if !self.is_restored || !webhook_control::adopt(&mut self.state, &endpoint) {
            webhook_control::insert(&mut self.state, endpoint);
        }
    }

    /// Gives a webhook endpoint a new secret. Returns `false` if there is no such endpoint.
    pub(crate) fn roll_webhook_secret(&mut self, endpoint: &str, secret: String, expires_in: Duration) -> bool {
        webhook_control::roll(&mut self.state, endpoint, secret, expires_in)
    }

    pub(crate) fn add_disorder(&mut self, rule: DisorderRule) {
        webhook_control::add_rule(&mut self.state, rule);
    }

    /// Takes the next webhook that is ready, signed at `signed_at`. Skips endpoints that have `most_under_way` requests
    /// under way.
    pub(crate) fn take_webhook(&mut self, signed_at: Timestamp, most_under_way: usize) -> Option<Outgoing> {
        deliveries::take(&mut self.state, signed_at, most_under_way)
    }

    /// Records the result of an attempt to deliver a webhook.
    pub(crate) fn report_webhook(&mut self, attempt: &AttemptId, latency: Duration, result: AttemptResult) {
        deliveries::report(&mut self.state, attempt, latency, result);
    }

    /// Returns the event type, the URL and the time of the next attempt of the delivery that an attempt belongs to, or
    /// `None` if the delivery is no longer kept.
    pub(crate) fn webhook_of(&self, attempt: &AttemptId) -> Option<(String, Uri, Option<Timestamp>)> {
        let stored = self.state.deliveries.at(attempt.delivery).filter(|stored| stored.delivery.id == attempt.id)?;
        let endpoint = self.state.webhook_endpoints.get(&attempt.endpoint)?;
        let delivery = &stored.delivery;
        Some((delivery.event_type.as_str().to_owned(), endpoint.url.expose().clone(), delivery.next_attempt))
    }

    /// Returns whether no webhook is ready or under way, and no work is scheduled.
    #[cfg(feature = "server")]
    pub(crate) fn is_settled(&self) -> bool {
        self.state.outbox.is_idle() && self.state.queue.next_work().is_none()
    }

    /// Returns the deliveries, oldest first.
    pub(crate) fn deliveries(&self) -> impl Iterator<Item = &WebhookDelivery> {
        self.state.deliveries.iter().map(|stored| &stored.delivery)
    }

    /// Returns the summary that a page shows: at most `most` sessions, starting after the session `after` in the list,
    /// which is newest first. `name` is the name of the world as it may be shown.
    pub(crate) fn overview(&self, name: &str, after: Option<&str>, most: usize) -> face::World {
        overview::world(&self.state, name, after, most)
    }

    /// Returns the rows that a page shows of the newest deliveries.
    pub(crate) fn latest_deliveries(&self, most: usize) -> Vec<DeliveryRow> {
        overview::deliveries(&self.state, most)
    }

    /// Returns the page of a session without its requests, and the ids of the requests that caused its events.
    pub(crate) fn page_of_session<'a>(&'a self, id: &str, name: &'a str) -> Option<(SessionPage<'a>, Vec<String>)> {
        overview::session(&self.state, id, name)
    }

    /// Calls `add` with the name of each gauge, the value of its label, and the count in this world.
    #[cfg(feature = "metrics")]
    pub(crate) fn count(&self, add: impl FnMut(&'static str, &'static str, usize)) {
        census::count(&self.state, add);
    }

    /// Ends an attempt that was taken but not sent, and makes another one like it ready.
    pub(crate) fn give_up_webhook(&mut self, attempt: &AttemptId) {
        deliveries::give_up(&mut self.state, attempt);
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::key::KeyKind;
    use crate::person::Person;

    const SESSIONS: &str = "/v1/identity/verification_sessions";

    fn world() -> World {
        let clock = WorldClock::new(Clock::FrozenAt(Timestamp::from_secs(1_793_000_000)), Time::of_system());
        World::new(Ids::new(0, "a"), clock, Settings::default(), "http://x".to_owned())
    }

    fn handle(world: &mut World, method: &str, path: &str, body: &str) -> (u16, serde_json::Value) {
        let request =
            Request::builder().method(method).uri(path).body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let response = world.handle(Incoming {
            request: &request,
            target: Target::of(request.method(), path),
            caller: Caller::Key(KeyKind::Secret),
            base_url: "http://x",
            real: Time::of_system(),
        });
        let body = serde_json::from_slice(response.response.body()).unwrap();
        (response.response.status().as_u16(), body)
    }

    fn changes(world: &mut World) -> Vec<(Kind, bool)> {
        let changes = world.changes("a").iter().map(|row| (row.kind, row.value.is_some())).collect();
        world.are_written();
        changes
    }

    #[test]
    fn each_row_that_is_written_or_deleted_is_a_change() {
        let mut world = world();
        handle(&mut world, "POST", SESSIONS, "type=document");
        changes(&mut world);
        world.note_changes();
        let (_, session) = handle(&mut world, "POST", SESSIONS, "type=document");
        let id = session["id"].as_str().unwrap();
        let due = (Kind::Due, true);
        let of_create = [(Kind::Session, true), (Kind::Event, true), due, due, due, (Kind::World, true)];
        assert_eq!(changes(&mut world), of_create);

        handle(&mut world, "GET", &format!("{SESSIONS}/{id}"), "");
        handle(&mut world, "GET", SESSIONS, "");
        handle(&mut world, "POST", &format!("{SESSIONS}/{id}"), "bogus=1");
        assert_eq!(changes(&mut world), [], "nothing was changed");
        world.note_passing();
        assert_eq!(changes(&mut world), [(Kind::World, true)], "only the ids of requests");
        assert_eq!(changes(&mut world), []);

        world.submit(id, &Submission::verified()).unwrap();
        let kinds = changes(&mut world);
        for kind in [Kind::Session, Kind::Report, Kind::File, Kind::Event, Kind::World] {
            assert!(kinds.contains(&(kind, true)), "{kind:?}");
        }
        world.advance(Duration::from_secs(31 * 24 * 60 * 60));
        let gone = |kind| move |change: &&(Kind, bool)| **change == (kind, false);
        let changes = changes(&mut world);
        assert_eq!(changes.iter().filter(gone(Kind::Event)).count(), 4);
    }

    #[test]
    fn note_is_taken_only_of_a_ready_webhook_or_a_new_time() {
        let mut world = world();
        assert!(world.takes_note() && !world.takes_note(), "the first call reports the time");
        handle(&mut world, "POST", SESSIONS, "type=document");
        assert!(world.takes_note(), "its client secret expires before anything else");
        handle(&mut world, "POST", SESSIONS, "type=document");
        handle(&mut world, "GET", SESSIONS, "");
        assert!(!world.takes_note());
        world.advance(Duration::from_secs(60));
        assert!(!world.takes_note(), "the clock stands, and nothing was due");
        world.set_clock(Clock::Real, Time::of_system()).unwrap();
        assert!(world.takes_note() && !world.takes_note());
        world.add_webhook_endpoint(WebhookEndpoint::new("http://localhost/webhook", "whsec_made_up").unwrap());
        handle(&mut world, "POST", SESSIONS, "type=document");
        assert!(world.takes_note() && world.takes_note(), "a webhook is ready");
        assert!(world.take_webhook(Timestamp::from_secs(0), 1).is_some());
        assert!(!world.takes_note());
    }

    #[test]
    fn redacted_session_forgets_its_user() {
        let mut world = world();
        let (_, session) = handle(&mut world, "POST", SESSIONS, "type=document");
        let id = session["id"].as_str().unwrap();
        let remembered = |world: &World| world.state.sessions.get(id).unwrap().person.is_some();
        world.submit(id, &Submission::verified().person(Person::from_seed(7))).unwrap();
        assert!(remembered(&world));
        handle(&mut world, "POST", &format!("{SESSIONS}/{id}/redact"), "");
        world.finish_redaction(id).unwrap();
        assert!(!remembered(&world));
    }

    #[test]
    fn full_world_refuses_new_objects_and_shows_existing_ones() {
        let fill: [fn(&mut State); 2] = [|state| state.file_bytes = usize::MAX, |state| state.taken_bytes = usize::MAX];
        for fill in fill {
            let mut world = world();
            let (_, session) = handle(&mut world, "POST", SESSIONS, "type=document");
            let submit =
                format!("/_simulator/verification_sessions/{}/submit", session["id"].as_str().unwrap_or_default());
            fill(&mut world.state);
            for path in [SESSIONS, &submit] {
                let (status, error) = handle(&mut world, "POST", path, "type=document");
                assert_eq!((status, error["error"]["type"].as_str()), (400, Some("invalid_request_error")));
                assert!(error["error"]["message"].as_str().is_some_and(|it| it.contains("holds as much")), "{error}");
            }
            let (status, list) = handle(&mut world, "GET", SESSIONS, "");
            assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 1));
            assert_eq!(handle(&mut world, "POST", "/_simulator/clock/advance", "seconds=1").0, 200);
        }
    }

    #[test]
    fn parameters_and_their_snapshots_count_towards_the_limit() {
        let mut world = world();
        let grown = |world: &mut World, client_reference_id: usize| {
            let before = world.state.taken_bytes;
            let body = format!("type=document&client_reference_id={}", "x".repeat(client_reference_id));
            let (_, session) = handle(world, "POST", SESSIONS, &body);
            let created = world.state.taken_bytes;
            handle(world, "POST", SESSIONS, "type=x");
            handle(world, "GET", SESSIONS, "");
            assert_eq!(world.state.taken_bytes, created);
            world.submit(session["id"].as_str().unwrap(), &Submission::verified()).unwrap();
            (created - before, world.state.taken_bytes - created)
        };
        let (small, large) = (grown(&mut world, 1), grown(&mut world, 1001));
        // Once in the parameters and once in an event, then in two events.
        assert_eq!((large.0 - small.0, large.1 - small.1), (2000, 2000));
    }
}
