//! One world: what a key sees.
//!
//! It is a deterministic, synchronous value. A request goes in; a response, changes and things that are due come out. It
//! performs no I/O, and learns the machine's time from whoever calls it.

mod api;
mod call;
mod checks;
mod clock;
mod control;
mod deliveries;
mod due;
mod endpoints;
mod events;
mod expand;
mod idempotency;
mod ids;
mod life;
mod metadata;
mod page;
mod person;
mod queue;
mod record;
mod redact;
mod session_params;
mod show;
mod state;
mod store;
mod thin_events;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use stripe_identity_core::headers::{IDEMPOTENCY_KEY, STRIPE_VERSION};
use stripe_identity_core::resources::verification_sessions::Retrieve;
use stripe_identity_core::types::{EventRequest, Sensitive, Timestamp};

use self::call::Call;
pub(crate) use self::clock::WorldClock;
pub(crate) use self::deliveries::{Attempt, Outgoing};
pub(crate) use self::endpoints::{Access, Target};
use self::expand::Expanded;
use self::idempotency::{Entry, Fingerprint, Stored};
pub(crate) use self::ids::{Ids, tag_of};
use self::queue::DueThing;
use self::state::State;
pub(crate) use self::store::Change;
use crate::control_error::ControlError;
use crate::form::Form;
use crate::key::KeyKind;
use crate::outcome::Outcome;
use crate::parameters::{self, Parameters, header};
use crate::refusal::Refusal;
use crate::response::{self, Body};
use crate::settings::{Clock, Settings};
use crate::time::Time;
use crate::webhook_endpoint::WebhookEndpoint;

/// All that the keys of one name see.
#[derive(Debug)]
pub(crate) struct World {
    state: State,
    /// Apart from other ids, so that a refused request does not change which ones come next.
    request_ids: Ids,
}

/// Who makes a request.
pub(crate) enum Caller {
    Key(KeyKind),
    /// An ephemeral key, by its secret.
    Ephemeral(String),
    /// The test or the person that runs the simulator.
    Control,
    /// Who has a link.
    Link,
}

/// What comes of a request.
pub(crate) struct Reply {
    pub(crate) response: Response<Bytes>,
    /// The id that names nothing in this world, if that is why the request is refused.
    pub(crate) missing_id: Option<String>,
}

impl World {
    pub(crate) fn new(ids: Ids, clock: WorldClock, settings: Settings, base_url: String) -> Self {
        Self { request_ids: ids.fork(), state: State::new(ids, clock, settings, base_url) }
    }

    /// Does what a request asks for. The base URL is the server's as the client sees it.
    pub(crate) fn handle(
        &mut self,
        request: &Request<Bytes>,
        target: Option<Target>,
        caller: Caller,
        base_url: &str,
        real: Time,
    ) -> Reply {
        let request_id = self.request_ids.id("req_");
        let result = self.perform(request, target, caller, base_url, real, &request_id);
        let missing_id = result.as_ref().err().and_then(Refusal::missing_id).map(str::to_owned);
        let mut response = result.unwrap_or_else(Refusal::into_response);
        response::complete(&mut response, request, &request_id);
        Reply { response, missing_id }
    }

    /// What the idempotency key says comes before the endpoint.
    fn perform(
        &mut self,
        request: &Request<Bytes>,
        target: Option<Target>,
        caller: Caller,
        base_url: &str,
        real: Time,
        request_id: &str,
    ) -> Result<Response<Bytes>, Refusal> {
        let state = &mut self.state;
        let account = parameters::account(request.headers())?;
        let (key, account) = match caller {
            Caller::Key(KeyKind::Publishable) => return Err(Refusal::secret_key_required()),
            Caller::Key(kind) => (kind, account),
            Caller::Control | Caller::Link => (KeyKind::Secret, None),
            Caller::Ephemeral(secret) => (KeyKind::Secret, account_of_ephemeral_key(state, secret, target.as_ref())?),
        };
        let is_stripes = target.as_ref().is_none_or(|target| target.row.access == Access::Key);
        let idempotency_key = match request.method() {
            &Method::POST if is_stripes => header(request.headers(), &IDEMPOTENCY_KEY),
            _ => None,
        };
        if idempotency_key.as_ref().is_some_and(|key| !(1..=255).contains(&key.chars().count())) {
            return Err(Refusal::invalid_idempotency_key());
        }
        let parameters = Parameters::of(request)?;
        let fingerprint = Fingerprint::of(request, &parameters);
        let idempotency_key = idempotency_key.map(Sensitive::new);
        let entry =
            idempotency_key.clone().map(|idempotency_key| Entry { account: account.clone(), key, idempotency_key });
        if let Some(entry) = &entry
            && let Some(stored) = state.responses.get(entry)
        {
            let replay = stored.replay(fingerprint);
            return replay.ok_or_else(|| Refusal::idempotency_mismatch(entry.idempotency_key.expose()));
        }

        let target = target.ok_or_else(|| Refusal::unknown_url(request.method(), request.uri().path()))?;
        if request.method() == Method::POST && is_stripes && state.is_full() {
            return Err(Refusal::full_world());
        }
        let mut event_request = EventRequest::default();
        event_request.id = Some(request_id.to_owned());
        event_request.idempotency_key = idempotency_key;
        let mut form = Form::parse(&parameters.form)?;
        let paths = if is_stripes { form.texts("expand")?.unwrap_or_default() } else { Vec::new() };
        let mut call = Call {
            route: &target.row.route,
            expanded: Expanded::parse(paths, target.row.expand_prefix, &target.row.expansions)?,
            id: target.id,
            form,
            upload: parameters.file,
            account: account.as_deref(),
            key,
            sensitive_reads: state.settings.sensitive_reads,
            has_version: request.headers().contains_key(STRIPE_VERSION),
            request: &event_request,
            base_url,
            now: state.now(),
            real,
        };
        if call.expanded.is_sensitive() {
            call.must_read_sensitive(state.collected(&call.id))?;
        }
        if !target.row.has_params {
            call.form.finish()?;
        }
        let body = (target.row.handler)(state, &mut call)?;
        let object = if let Body::Json(object) = &body { Some(object.clone()) } else { None };
        let response = body.into_response();
        if let Some(entry) = entry {
            let lapses = state.clock.now().after(idempotency::LIFE);
            state.schedule(idempotency::LIFE, DueThing::IdempotencyKeyLapses(entry.clone()));
            let stored = Stored { lapses, fingerprint, response: response.clone() };
            state.responses.insert(entry, object.as_ref(), stored);
        }
        Ok(response)
    }

    /// Whether an object of this world has this id.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.state.contains(id)
    }

    pub(crate) fn submit(&mut self, session: &str, outcome: &Outcome) -> Result<(), ControlError> {
        life::submit(&mut self.state, session, outcome)
    }

    pub(crate) fn start_processing(&mut self, session: &str) -> Result<(), ControlError> {
        life::start_processing(&mut self.state, session)
    }

    pub(crate) fn finish_processing(&mut self, session: &str, outcome: &Outcome) -> Result<(), ControlError> {
        life::finish_processing(&mut self.state, session, outcome)
    }

    pub(crate) fn finish_redaction(&mut self, session: &str) -> Result<(), ControlError> {
        life::finish_redaction(&mut self.state, session)
    }

    pub(crate) fn now(&self) -> Time {
        self.state.clock.now()
    }

    /// Lets everything happen that is due at the machine's time.
    pub(crate) fn catch_up(&mut self, real: Time) {
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
    pub(crate) fn next_due(&self, real: Time) -> Option<Duration> {
        self.state.queue.next().and_then(|next| self.state.clock.until(next, real))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.state.settings
    }

    pub(crate) fn set_settings(&mut self, settings: Settings) {
        self.state.settings = settings;
    }

    /// Sets the base of URLs where no client is there to see it.
    pub(crate) fn set_base_url(&mut self, base_url: String) {
        self.state.base_url = base_url;
    }

    pub(crate) fn add_webhook_endpoint(&mut self, endpoint: WebhookEndpoint) {
        deliveries::add_endpoint(&mut self.state, endpoint);
    }

    /// Takes the deliveries that are due, signed at this time.
    pub(crate) fn take_deliveries(&mut self, signed_at: Timestamp) -> Vec<Outgoing> {
        deliveries::take(&mut self.state, signed_at)
    }

    /// Notes what came of a delivery.
    pub(crate) fn delivered(&mut self, delivery: u64, attempt: Attempt) {
        deliveries::delivered(&mut self.state, delivery, attempt);
    }

    /// Returns the records that were put or removed since this was last called.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        self.state.take_changes()
    }
}

/// Returns the account of an ephemeral key, if the request is for the session that it was made for.
fn account_of_ephemeral_key(state: &State, secret: String, target: Option<&Target>) -> Result<Option<String>, Refusal> {
    let id = secret.strip_prefix(crate::key::EPHEMERAL_PREFIX).and_then(|token| ids::id_of("ephkey_", token));
    let stored = id.and_then(|id| state.keys.get(&id)).filter(|stored| stored.secret == Sensitive::new(secret));
    let stored = stored.ok_or_else(Refusal::ephemeral_key_gone)?;
    let is_own = target.is_some_and(|target| target.row.route == Retrieve::ROUTE && target.id == stored.session);
    if is_own { Ok(stored.account.clone()) } else { Err(Refusal::ephemeral_key()) }
}
