//! The handlers of the control API for webhooks: what users do in Stripe's dashboard, and what goes wrong on the
//! network.
#![expect(clippy::unnecessary_wraps, reason = "all handlers have the same type")]

use std::time::Duration;

use serde_json::{Value, json};
use stripe_identity_core::types::{EventType, Metadata, Sensitive};
use stripe_identity_webhook::{DeliveryKind, Signer};

use crate::delivery::{AttemptResult, DeliveryAttempt, DeliveryStatus, WebhookDelivery};
use crate::disorder::{Disorder, DisorderRule};
use crate::form::Form;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::webhook_endpoint::WebhookEndpoint;
use crate::world::api::webhook_endpoints;
use crate::world::call::Call;
use crate::world::deliveries;
use crate::world::page::Page;
use crate::world::pattern::matches;
use crate::world::record::webhook_endpoint::{Counts, Secrets, Sources, StoredEndpoint};
use crate::world::state::State;
use crate::world::store::Record as _;
use crate::world::webhook_params::{enabled_events, must_have_room, url};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MOST_RULES: usize = 100;

/// Adds an endpoint, with the given secret or a new one. It replaces an endpoint of the same kind with the same URL, so
/// that a program can add its endpoint whenever it starts.
pub(crate) fn add(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let form = &mut call.form;
    let kind = if form.boolean("thin")? == Some(true) { DeliveryKind::ThinEvent } else { DeliveryKind::Event };
    let (url, secret) = (url(form, state)?, secret(form)?);
    let (events, connect) = (enabled_events(form, kind)?, form.boolean("connect")?.unwrap_or(false));
    let in_disorder = form.boolean("in_disorder")?.unwrap_or(false);
    form.finish()?;
    let url = url.ok_or_else(|| Refusal::missing_parameter("url"))?;
    let is_former = |endpoint: &&StoredEndpoint| {
        endpoint.url == url && endpoint.kind == kind && endpoint.sources.connected == connect
    };
    let endpoints = &state.webhook_endpoints;
    let former = endpoints.of(None).filter_map(|place| endpoints.at(place)).find(is_former);
    match former.map(|endpoint| endpoint.id.clone()) {
        Some(former) => deliveries::remove_endpoint(state, &former),
        None => must_have_room(state, None)?,
    }
    let endpoint = WebhookEndpoint {
        url: url.into_inner(),
        secret: Sensitive::new(secret.unwrap_or_else(|| state.outbox.ids.webhook_secret())),
        kind,
        enabled_events: events.unwrap_or_else(|| vec!["*".to_owned()]),
        connect,
        disorder: if in_disorder { vec![Disorder::Doubled, Disorder::Reordered] } else { Vec::new() },
    };
    let id = insert(state, endpoint);
    Ok(shown_with_secret(state, &id).into())
}

/// Gives the secret of an endpoint to the existing endpoint of the same kind with the same URL. Returns `false` if
/// there is none.
pub(crate) fn adopt(state: &mut State, endpoint: &WebhookEndpoint) -> bool {
    let same = state.webhook_endpoints.places().find(|(_, stored)| {
        stored.account.is_none()
            && *stored.url.expose() == endpoint.url
            && stored.kind == endpoint.kind
            && stored.sources.connected == endpoint.connect
    });
    let Some((place, stored)) = same else { return false };
    if !stored.secrets.contain(endpoint.secret.expose())
        && let Some(mut stored) = state.webhook_endpoints.edit(place)
    {
        stored.secrets = Secrets::new(endpoint.secret.expose().clone());
    }
    true
}

/// Adds an endpoint, and returns its id.
pub(crate) fn insert(state: &mut State, endpoint: WebhookEndpoint) -> String {
    let id = state.outbox.ids.id("we_");
    for disorder in endpoint.disorder {
        add_rule(state, DisorderRule::new(disorder).webhook_endpoint(id.clone()));
    }
    let endpoint = StoredEndpoint {
        id: id.clone(),
        account: None,
        url: Sensitive::new(endpoint.url),
        secrets: Secrets::new(endpoint.secret.into_inner()),
        kind: endpoint.kind,
        enabled_events: endpoint.enabled_events,
        sources: Sources { own: !endpoint.connect, connected: endpoint.connect },
        api_version: None,
        description: None,
        metadata: Metadata::default(),
        disabled: false,
        created: state.now(),
        counts: Counts::default(),
        destination: None,
    };
    deliveries::add_endpoint(state, endpoint);
    id
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let data: Vec<_> = state.webhook_endpoints.iter().map(|endpoint| shown(state, endpoint)).collect();
    Ok(call.list((data, false)))
}

pub(crate) fn roll_secret(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let (secret, expires_in) = (secret(&mut call.form)?, call.form.duration("expires_in")?.unwrap_or(DAY));
    call.form.finish()?;
    if expires_in > DAY {
        return Err(Refusal::invalid("expires_in", "Invalid expires_in: must be at most one day"));
    }
    let secret = secret.unwrap_or_else(|| state.outbox.ids.webhook_secret());
    if !roll(state, &call.id, secret, expires_in) {
        return Err(Refusal::not_found(StoredEndpoint::PARAM, StoredEndpoint::NAME, &call.id));
    }
    Ok(shown_with_secret(state, &call.id).into())
}

/// Gives an endpoint a new secret. Returns `false` if there is no such endpoint.
pub(crate) fn roll(state: &mut State, endpoint: &str, secret: String, expires_in: Duration) -> bool {
    let expires = state.clock.now().after(expires_in);
    let place = state.webhook_endpoints.place(endpoint);
    let endpoint = place.and_then(|place| state.webhook_endpoints.edit(place));
    endpoint.map(|mut endpoint| endpoint.secrets.roll(secret, expires)).is_some()
}

fn secret(form: &mut Form) -> Result<Option<String>, Refusal> {
    let Some(secret) = form.text("secret")? else { return Ok(None) };
    match Signer::new(&secret) {
        Ok(_) => Ok(Some(secret)),
        Err(_) => Err(Refusal::invalid("secret", "Invalid secret: must not be blank")),
    }
}

fn shown_with_secret(state: &State, id: &str) -> Value {
    let Some(endpoint) = state.webhook_endpoints.get(id) else { return Value::Null };
    let mut shown = shown(state, endpoint);
    shown["secret"] = json!(endpoint.secrets.current());
    shown
}

/// Returns an endpoint as Stripe shows it, plus its account, its payload and the numbers of its deliveries.
fn shown(state: &State, endpoint: &StoredEndpoint) -> Value {
    let mut shown = webhook_endpoints::shown(endpoint);
    shown["account"] = json!(endpoint.account);
    shown["event_payload"] = json!(if endpoint.kind == DeliveryKind::Event { "snapshot" } else { "thin" });
    shown["connect"] = json!(endpoint.sources.connected);
    if let Some(lane) = state.outbox.lanes.get(&endpoint.id) {
        shown["deliveries"] = json!({
            "pending": lane.pending,
            "delivered": endpoint.counts.delivered,
            "failed": endpoint.counts.failed,
            "dropped": endpoint.counts.dropped,
        });
    }
    shown
}

pub(crate) fn list_deliveries(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let mut page = Page::parse(&mut call.form)?;
    page.only("webhook_endpoint", call.form.text("webhook_endpoint")?);
    page.only("event", call.form.text("event")?);
    page.only("status", call.form.one_of("status", &DeliveryStatus::ALL)?);
    call.form.finish()?;
    let (records, has_more) = state.deliveries.page(&page, None)?;
    Ok(call.list((records.into_iter().map(|stored| shown_delivery(&stored.delivery)).collect(), has_more)))
}

fn shown_delivery(delivery: &WebhookDelivery) -> Value {
    json!({
        "id": delivery.id,
        "webhook_endpoint": delivery.webhook_endpoint,
        "event": delivery.event,
        "event_type": delivery.event_type,
        "created": delivery.created.to_string(),
        "status": delivery.status.as_ref(),
        "next_attempt": delivery.next_attempt.map(|at| at.to_string()),
        "attempts": delivery.attempts.iter().map(shown_attempt).collect::<Vec<_>>(),
    })
}

fn shown_attempt(attempt: &DeliveryAttempt) -> Value {
    let (status, body, failure) = match &attempt.result {
        None => (None, None, None),
        Some(AttemptResult::Response { status, body }) => (Some(status.as_u16()), Some(body.expose().as_str()), None),
        Some(AttemptResult::Failure(failure)) => (None, None, Some(failure.as_ref())),
    };
    json!({
        "number": attempt.number,
        "at": attempt.at.to_string(),
        "trigger": attempt.trigger.as_ref(),
        "disorder": attempt.disorder.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "latency_ms": attempt.latency.map(milliseconds),
        "status": status,
        "failure": failure,
        "body": body,
    })
}

/// Returns a duration in milliseconds, with microsecond precision.
fn milliseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}

pub(crate) fn add_disorder(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let form = &mut call.form;
    let disorder = form.parsed("disorder")?.ok_or_else(|| Refusal::missing_parameter("disorder"))?;
    let (endpoint, event_type) = (form.text("webhook_endpoint")?, form.text("event_type")?);
    let (probability, times) = (form.probability("probability")?, form.count("times")?);
    form.finish()?;
    if event_type.as_deref().is_some_and(|pattern| !is_pattern_of_events(pattern)) {
        return Err(Refusal::invalid(
            "event_type",
            "Invalid event_type: must be the type of an event, such as identity.verification_session.verified, or a \
             pattern, such as *.verified",
        ));
    }
    if let Some(id) = endpoint.as_ref().filter(|id| state.webhook_endpoints.get(id).is_none()) {
        return Err(Refusal::no_such("webhook_endpoint", StoredEndpoint::NAME, id));
    }
    if state.outbox.rules.len() >= MOST_RULES {
        return Err(Refusal::invalid(
            "disorder",
            &format!("The world has {MOST_RULES} rules, and cannot have more. Delete one first."),
        ));
    }
    let probability = probability.unwrap_or(1.0);
    let rule = DisorderRule { disorder, webhook_endpoint: endpoint, event_type, probability, times };
    let shown = shown_rule(&add_rule(state, rule.clone()), &rule);
    Ok(shown.into())
}

/// Returns whether an event or a thin event can have a type that matches the pattern.
fn is_pattern_of_events(pattern: &str) -> bool {
    EventType::KNOWN
        .iter()
        .any(|known| matches(pattern, known.as_str()) || matches(pattern, &format!("v1.{}", known.as_str())))
}

/// Adds a rule, and returns its id.
pub(crate) fn add_rule(state: &mut State, rule: DisorderRule) -> String {
    let id = state.outbox.ids.id("dis_");
    state.outbox.rules.push((id.clone(), rule));
    id
}

pub(crate) fn list_disorder(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let data: Vec<_> = state.outbox.rules.iter().map(|(id, rule)| shown_rule(id, rule)).collect();
    Ok(call.list((data, false)))
}

pub(crate) fn delete_disorder(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let rules = &mut state.outbox.rules;
    let before = rules.len();
    rules.retain(|(id, _)| *id != call.id && !call.id.is_empty());
    if rules.len() == before && !call.id.is_empty() {
        return Err(Refusal::not_found("disorder", "disorder", &call.id));
    }
    Ok(json!({ "deleted": true }).into())
}

fn shown_rule(id: &str, rule: &DisorderRule) -> Value {
    json!({
        "id": id,
        "disorder": rule.disorder.to_string(),
        "webhook_endpoint": rule.webhook_endpoint,
        "event_type": rule.event_type,
        "probability": rule.probability,
        "times": rule.times,
    })
}
