//! Event destinations: webhook endpoints in Stripe's v2 API, for snapshot or thin events.

use serde_json::{Value, json};
use stripe_identity_core::types::{Metadata, Patch, Sensitive};
use stripe_identity_webhook::DeliveryKind;

use crate::form::Form;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::deliveries;
use crate::world::metadata;
use crate::world::page::Page;
use crate::world::record::webhook_endpoint::{Counts, Destination, Secrets, Sources, StoredEndpoint};
use crate::world::show::v2_time;
use crate::world::state::State;
use crate::world::store::Record as _;
use crate::world::webhook_params::{enabled_events, must_have_room, put, set, url};

const PATH: &str = "/v2/core/event_destinations";
const NAME: &str = "event destination";
const SECRET: &str = "webhook_endpoint.signing_secret";
const URL: &str = "webhook_endpoint.url";

pub(crate) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let form = &mut call.form;
    let include = include(form, &[SECRET, URL])?;
    let (name, type_) = (form.text("name")?, form.one_of("type", &["webhook_endpoint"])?);
    let kind = match form.one_of("event_payload", &["snapshot", "thin"])? {
        Some("snapshot") => DeliveryKind::Event,
        Some(_) => DeliveryKind::ThinEvent,
        None => return Err(Refusal::missing_parameter("event_payload")),
    };
    let (events, sources) = (enabled_events(form, kind)?, sources(form)?);
    let (api_version, text) = (form.text("snapshot_api_version")?, form.clearable_text("description")?);
    let (pairs, url) = (metadata::parse(form)?, receiver_url(form, state)?);
    form.finish()?;
    let missing = |name| move || Refusal::missing_parameter(name);
    let name = name.ok_or_else(missing("name"))?;
    type_.ok_or_else(missing("type"))?;
    let enabled_events = events.ok_or_else(missing("enabled_events"))?;
    let url = url.ok_or_else(missing("webhook_endpoint"))?;
    let (mut metadata, mut description) = (Metadata::default(), None);
    metadata::change(&mut metadata, pairs)?;
    set(&mut description, text);
    must_have_room(state, call.account)?;
    let now = state.clock.now();
    let endpoint = StoredEndpoint {
        id: state.outbox.ids.id("ed_test_"),
        account: call.account.map(str::to_owned),
        url,
        secrets: Secrets::new(state.outbox.ids.webhook_secret()),
        kind,
        enabled_events,
        sources,
        api_version,
        description,
        metadata,
        disabled: false,
        created: call.now,
        counts: Counts::default(),
        destination: Some(Destination { name, updated: now }),
    };
    let shown = shown(&endpoint, &include);
    deliveries::add_endpoint(state, endpoint);
    Ok(shown.into())
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let include = include(&mut call.form, &[URL])?;
    call.form.finish()?;
    Ok(shown(find(state, call)?, &include).into())
}

pub(crate) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let kind = find(state, call)?.kind;
    let form = &mut call.form;
    let include = include(form, &[URL])?;
    let (name, events, text) = (form.text("name")?, enabled_events(form, kind)?, form.clearable_text("description")?);
    let (pairs, url) = (metadata::parse(form)?, receiver_url(form, state)?);
    form.finish()?;
    change(state, call, &include, |endpoint| {
        if let (Some(destination), Some(name)) = (&mut endpoint.destination, name) {
            destination.name = name;
        }
        endpoint.enabled_events = events.unwrap_or(std::mem::take(&mut endpoint.enabled_events));
        if let Some(url) = url {
            endpoint.url = url;
        }
        set(&mut endpoint.description, text);
        metadata::change(&mut endpoint.metadata, pairs)
    })
}

pub(crate) fn disable(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    set_disabled(state, call, true)
}

pub(crate) fn enable(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    set_disabled(state, call, false)
}

fn set_disabled(state: &mut State, call: &mut Call<'_>, disabled: bool) -> Result<Body, Refusal> {
    call.form.finish()?;
    change(state, call, &[], |endpoint| {
        endpoint.disabled = disabled;
        Ok(())
    })
}

pub(crate) fn delete(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    call.form.finish()?;
    find(state, call)?;
    deliveries::remove_endpoint(state, &call.id);
    Ok(json!({ "id": call.id, "object": "v2.core.event_destination" }).into())
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let include = include(&mut call.form, &[URL])?;
    let start = call.form.text("page")?;
    let mut page = Page::parse_cursors(&mut call.form)?;
    call.form.finish()?;
    if let Some((name, _)) = [("starting_after", &page.starting_after), ("ending_before", &page.ending_before)]
        .into_iter()
        .find(|(_, cursor)| cursor.is_some())
    {
        return Err(Refusal::unknown_parameter(name));
    }
    page.starting_after = start;
    page.only("api", Some("v2"));
    let (records, has_more) = state.webhook_endpoints.page(&page, call.account)?;
    let last = records.last().filter(|_| has_more);
    let next = last.map(|last| format!("{PATH}?limit={}&page={}", page.limit, last.id()));
    let data: Vec<_> = records.into_iter().map(|endpoint| shown(endpoint, &include)).collect();
    Ok(json!({ "data": data, "next_page_url": next, "previous_page_url": null }).into())
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a StoredEndpoint, Refusal> {
    let endpoint = state.webhook_endpoints.get_of(&call.id, call.account);
    let endpoint = endpoint.filter(|endpoint| endpoint.destination.is_some());
    endpoint.ok_or_else(|| Refusal::not_found("id", NAME, &call.id))
}

fn change(
    state: &mut State,
    call: &Call<'_>,
    include: &[&str],
    change: impl FnOnce(&mut StoredEndpoint) -> Result<(), Refusal>,
) -> Result<Body, Refusal> {
    let mut endpoint = find(state, call)?.clone();
    change(&mut endpoint)?;
    if let Some(destination) = &mut endpoint.destination {
        destination.updated = state.clock.now();
    }
    let shown = shown(&endpoint, include);
    put(state, endpoint);
    Ok(shown.into())
}

/// Parses the fields that the response is to include. They are a single text in a query, and a list in a body.
fn include<'a>(form: &mut Form, allowed: &[&'a str]) -> Result<Vec<&'a str>, Refusal> {
    if form.has_fields("include") {
        return Ok(form.list_of("include", allowed)?.unwrap_or_default());
    }
    Ok(form.one_of("include", allowed)?.into_iter().collect())
}

fn receiver_url(form: &mut Form, state: &State) -> Result<Option<Sensitive<http::Uri>>, Refusal> {
    let Patch::Set(mut below) = form.object("webhook_endpoint")? else { return Ok(None) };
    let url = url(&mut below, state)?;
    below.finish()?;
    Ok(url)
}

fn sources(form: &mut Form) -> Result<Sources, Refusal> {
    // The current name of each source, followed by an older one.
    let names = ["@self", "self", "@accounts", "other_accounts"];
    let Some(sources) = form.list_of("events_from", &names)? else {
        return Ok(Sources { own: true, connected: false });
    };
    let has = |index: usize| sources.contains(&names[index]) || sources.contains(&names[index + 1]);
    Ok(Sources { own: has(0), connected: has(2) })
}

fn shown(endpoint: &StoredEndpoint, include: &[&str]) -> Value {
    let sources = [(endpoint.sources.own, "@self"), (endpoint.sources.connected, "@accounts")];
    let destination = endpoint.destination.as_ref();
    let mut shown = json!({
        "id": endpoint.id,
        "object": "v2.core.event_destination",
        "created": v2_time(endpoint.created),
        "description": endpoint.description.as_deref().unwrap_or_default(),
        "enabled_events": endpoint.enabled_events,
        "event_payload": if endpoint.kind == DeliveryKind::Event { "snapshot" } else { "thin" },
        "events_from": sources.iter().filter(|(is_one, _)| *is_one).map(|(_, name)| name).collect::<Vec<_>>(),
        "livemode": false,
        "metadata": endpoint.metadata,
        "name": destination.map(|destination| destination.name.as_str()),
        "status": if endpoint.disabled { "disabled" } else { "enabled" },
        "type": "webhook_endpoint",
        "updated": destination.map(|destination| v2_time(destination.updated.timestamp())),
    });
    if let Some(version) = &endpoint.api_version {
        shown["snapshot_api_version"] = json!(version);
    }
    if endpoint.disabled {
        shown["status_details"] = json!({ "disabled": { "reason": "user" } });
    }
    if include.contains(&URL) {
        shown["webhook_endpoint"]["url"] = json!(endpoint.url.expose().to_string());
    }
    if include.contains(&SECRET) {
        shown["webhook_endpoint"]["signing_secret"] = json!(endpoint.secrets.current());
    }
    shown
}
