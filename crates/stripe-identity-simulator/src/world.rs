//! One world: what a key sees.
//!
//! It is a deterministic, synchronous value. A request goes in; a response, changes and things that are due come out. It
//! performs no I/O, and gets the machine's time from its caller.

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

/// All that the keys of one name see.
#[derive(Debug)]
pub(crate) struct World {
    state: State,
    /// Apart from other ids, so that a refused request does not change which ones come next.
    request_ids: Ids,
    noted: Option<Noted>,
    written: Written,
    /// Whether it was read: an endpoint that every world has may be there then.
    is_restored: bool,
}

/// When the next thing is due, and how far its clock is ahead of the machine's, if it runs.
type Noted = (Option<Time>, Option<Duration>);

/// What comes of a request.
pub(crate) struct Reply {
    pub(crate) response: Response<Bytes>,
    /// The id that names nothing in this world, if that is why the request is refused.
    pub(crate) missing_id: Option<String>,
    /// The request id, unless the response is not Stripe's.
    pub(crate) request_id: Option<String>,
    /// What the journal keeps of it.
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

    /// Does what a request asks for.
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

    /// Whether an object of this world has this id.
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

    /// Lets everything happen that is due at the machine's time.
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

    /// Returns how long it takes until something is due by itself, if something is.
    #[cfg(feature = "server")]
    pub(crate) fn next_due(&self, real: Time) -> Option<Duration> {
        self.state.queue.next().and_then(|next| self.state.clock.until(next, real))
    }

    /// Whether a webhook is ready, or something else is due next by itself than when this was last called.
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

    /// Sets the base of URLs where no client is there to see it.
    #[cfg(feature = "server")]
    pub(crate) fn set_base_url(&mut self, base_url: String) {
        self.state.base_url = base_url;
    }

    /// Sets where webhooks may go.
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

    /// Adds an endpoint. If the world was read and has one like it, that one stays, and has the secret.
    pub(crate) fn add_webhook_endpoint(&mut self, endpoint: WebhookEndpoint) {
        if !self.is_restored || !webhook_control::meet(&mut self.state, &endpoint) {
            webhook_control::insert(&mut self.state, endpoint);
        }
    }

    /// Gives a webhook endpoint a new secret. Returns whether there is such an endpoint.
    pub(crate) fn roll_webhook_secret(&mut self, endpoint: &str, secret: String, expires_in: Duration) -> bool {
        webhook_control::roll(&mut self.state, endpoint, secret, expires_in)
    }

    pub(crate) fn add_disorder(&mut self, rule: DisorderRule) {
        webhook_control::add_rule(&mut self.state, rule);
    }

    /// Takes the next webhook that is ready for an endpoint with less than so many under way, signed at this time.
    pub(crate) fn take_webhook(&mut self, signed_at: Timestamp, most_under_way: usize) -> Option<Outgoing> {
        deliveries::take(&mut self.state, signed_at, most_under_way)
    }

    /// Notes what came of a webhook.
    pub(crate) fn report_webhook(&mut self, attempt: &AttemptId, latency: Duration, result: AttemptResult) {
        deliveries::report(&mut self.state, attempt, latency, result);
    }

    /// Returns of the delivery that an attempt belongs to the type of its event, the URL that it goes to, and when the next
    /// attempt is due, or `None` if it is forgotten.
    pub(crate) fn webhook_of(&self, attempt: &AttemptId) -> Option<(String, Uri, Option<Timestamp>)> {
        let stored = self.state.deliveries.at(attempt.delivery).filter(|stored| stored.delivery.id == attempt.id)?;
        let endpoint = self.state.webhook_endpoints.get(&attempt.endpoint)?;
        let delivery = &stored.delivery;
        Some((delivery.event_type.as_str().to_owned(), endpoint.url.expose().clone(), delivery.next_attempt))
    }

    /// Whether no webhook is under way, and nothing is due that would be waited for.
    #[cfg(feature = "server")]
    pub(crate) fn is_settled(&self) -> bool {
        self.state.outbox.is_idle() && self.state.queue.next_work().is_none()
    }

    /// Returns the deliveries, the oldest first.
    pub(crate) fn deliveries(&self) -> impl Iterator<Item = &WebhookDelivery> {
        self.state.deliveries.iter().map(|stored| &stored.delivery)
    }

    /// Returns what a page shows of it: so many sessions, those before one if it is given. The name is as it may be shown.
    pub(crate) fn overview(&self, name: &str, after: Option<&str>, most: usize) -> face::World {
        overview::world(&self.state, name, after, most)
    }

    /// Returns what a page shows of the newest deliveries.
    pub(crate) fn latest_deliveries(&self, most: usize) -> Vec<DeliveryRow> {
        overview::deliveries(&self.state, most)
    }

    /// Returns the page of a session without its requests, and the ids of those that its events came of.
    pub(crate) fn page_of_session<'a>(&'a self, id: &str, name: &'a str) -> Option<(SessionPage<'a>, Vec<String>)> {
        overview::session(&self.state, id, name)
    }

    /// Adds how much there is of everything to what there is elsewhere.
    #[cfg(feature = "metrics")]
    pub(crate) fn count(&self, add: impl FnMut(&'static str, &'static str, usize)) {
        census::count(&self.state, add);
    }

    /// Gives up an attempt that was not sent after all, and makes it ready again.
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
    fn each_row_that_is_put_or_deleted_is_a_change() {
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
        assert_eq!(changes(&mut world), [(Kind::World, true)], "but for the ids of requests");
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
    fn note_is_taken_of_what_is_ready_or_due_next_and_of_nothing_else() {
        let mut world = world();
        assert!(world.takes_note() && !world.takes_note(), "at first, nobody knows when something is due");
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
    fn full_world_takes_nothing_new_and_shows_what_it_has() {
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
    fn parameters_and_snapshots_of_them_fill_a_world() {
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
        // In the parameters and in one event; then in two.
        assert_eq!((large.0 - small.0, large.1 - small.1), (2000, 2000));
    }
}
