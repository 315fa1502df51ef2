//! Passes a request to its handler, and turns the result into a response.

use bytes::Bytes;
use http::header::ORIGIN;
use http::{Method, Request, Response};
use stripe_identity_core::headers::{IDEMPOTENCY_KEY, STRIPE_VERSION};
use stripe_identity_core::resources::verification_sessions::Retrieve;
use stripe_identity_core::types::{EventRequest, Sensitive};

use crate::form::Form;
use crate::journal::trace::{IdempotencyUse, KeyHash, Trace};
use crate::key::{EPHEMERAL_PREFIX, KeyKind};
use crate::parameters::{Parameters, account, header};
use crate::refusal::Refusal;
use crate::time::Time;
use crate::world::admission;
use crate::world::call::Call;
use crate::world::endpoints::{Access, Target};
use crate::world::expand::Expanded;
use crate::world::faults::Strike;
use crate::world::idempotency::{self, Entry, Fingerprint};
use crate::world::ids;
use crate::world::queue::DueThing;
use crate::world::record::response::StoredResponse;
use crate::world::state::State;

/// A request to a world.
pub(crate) struct Incoming<'a> {
    pub(crate) request: &'a Request<Bytes>,
    /// The endpoint of the request, or `None` if there is no such endpoint.
    pub(crate) target: Option<Target>,
    pub(crate) caller: Caller,
    /// The base of URLs: the server as the client sees it.
    pub(crate) base_url: &'a str,
    /// The machine's time.
    pub(crate) real: Time,
}

/// The caller of a request.
pub(crate) enum Caller {
    Key(KeyKind),
    /// An ephemeral key, by its secret.
    Ephemeral(String),
    /// The test or the person that runs the simulator.
    Control,
    /// A caller with a link.
    Link,
}

/// Executes a request, unless a fault prevents it. Its idempotency key is checked before its endpoint and its
/// parameters.
pub(crate) fn perform(
    state: &mut State,
    incoming: Incoming<'_>,
    request_id: &str,
    strike: &mut Strike,
    trace: &mut Trace,
) -> Result<Response<Bytes>, Refusal> {
    let Incoming { request, target, caller, base_url, real } = incoming;
    let (key, account) = match caller {
        Caller::Key(KeyKind::Publishable) => return Err(Refusal::secret_key_required()),
        Caller::Key(kind) => (kind, account(request.headers())?),
        Caller::Ephemeral(secret) => (KeyKind::Secret, account_of_ephemeral_key(state, secret, target.as_ref())?),
        Caller::Control | Caller::Link => (KeyKind::Secret, None),
    };
    trace.account.clone_from(&account);
    let is_stripes = target.as_ref().is_none_or(|target| target.row.access == Access::Key);
    let idempotency_key = match request.method() {
        &Method::POST if is_stripes => header(request.headers(), &IDEMPOTENCY_KEY),
        _ => None,
    };
    trace.idempotency = idempotency_key.as_deref().map(|key| (KeyHash::of(key), IdempotencyUse::New));
    if idempotency_key.as_ref().is_some_and(|key| !(1..=255).contains(&key.chars().count())) {
        trace.used(IdempotencyUse::Invalid);
        return Err(Refusal::invalid_idempotency_key());
    }
    let idempotency_key = idempotency_key.map(Sensitive::new);
    let entry = idempotency_key.as_ref().map(|it| Entry::new(account.as_deref(), key, it.expose()));
    if is_stripes {
        *strike = admission::admit(state, request, entry.as_ref(), real)
            .inspect_err(|_| trace.used(IdempotencyUse::InProgress))?;
        if let Some(response) = strike.instead() {
            return Ok(response);
        }
    }
    let parameters = Parameters::of(request)?;
    trace.form = Some(parameters.form.clone());
    let fingerprint = Fingerprint::of(request, &parameters);
    if let Some(replay) = entry.as_ref().and_then(|entry| state.responses.replay(entry, fingerprint)) {
        trace.used(if replay.is_ok() { IdempotencyUse::Replayed } else { IdempotencyUse::Mismatch });
        return replay;
    }

    let target = target.ok_or_else(|| Refusal::unknown_url(request.method(), request.uri().path()))?;
    // In the control API, only the calls about a session can grow the world without another limit.
    let is_growing = request.method() == Method::POST && (is_stripes || !target.id.is_empty());
    if is_growing && state.is_full() {
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
        images: parameters.images,
        account: account.as_deref(),
        key,
        origin: header(request.headers(), &ORIGIN),
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
    let (object, response) = if let Some(response) = strike.stored() {
        (None, response)
    } else {
        let mut body = (target.row.handler)(state, &mut call)?;
        trace.took_effect = true;
        if is_growing {
            state.taken_bytes = state.taken_bytes.saturating_add(parameters.form.len());
        }
        (body.take_object(), body.into_response())
    };
    if let Some(entry) = entry {
        let stored = StoredResponse::new(entry, state.now(), fingerprint, object, &response);
        let response = state.responses.insert(stored);
        state.schedule(idempotency::LIFE, DueThing::IdempotencyKeyLapses { response });
    }
    Ok(response)
}

/// Returns the account of an ephemeral key. Refuses a request that does not retrieve the key's session.
fn account_of_ephemeral_key(state: &State, secret: String, target: Option<&Target>) -> Result<Option<String>, Refusal> {
    let id = secret.strip_prefix(EPHEMERAL_PREFIX).and_then(|token| ids::id_of("ephkey_", token));
    let stored = id.and_then(|id| state.keys.get(&id)).filter(|stored| stored.secret == Sensitive::new(secret));
    let stored = stored.ok_or_else(Refusal::ephemeral_key_gone)?;
    let is_own = target.is_some_and(|target| target.row.route == Retrieve::ROUTE && target.id == stored.session);
    if is_own { Ok(stored.account.as_deref().map(str::to_owned)) } else { Err(Refusal::ephemeral_key()) }
}
