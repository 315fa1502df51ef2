use serde_json::{Value, json};
use stripe_identity_core::types::Metadata;
use stripe_identity_webhook::DeliveryKind;

use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::deliveries;
use crate::world::metadata;
use crate::world::page::Page;
use crate::world::record::webhook_endpoint::{Counts, Secrets, Sources, StoredEndpoint};
use crate::world::state::State;
use crate::world::store::Record as _;
use crate::world::webhook_params::{enabled_events, must_have_room, put, set, url};

pub(crate) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let form = &mut call.form;
    let (url, events) = (url(form, state)?, enabled_events(form, DeliveryKind::Event)?);
    let (connect, api_version) = (form.boolean("connect")?.unwrap_or(false), form.text("api_version")?);
    let (text, pairs) = (form.clearable_text("description")?, metadata::parse(form)?);
    form.finish()?;
    let url = url.ok_or_else(|| Refusal::missing_parameter("url"))?;
    let enabled_events = events.ok_or_else(|| Refusal::missing_parameter("enabled_events"))?;
    let mut metadata = Metadata::default();
    metadata::change(&mut metadata, pairs)?;
    let mut description = None;
    set(&mut description, text);
    must_have_room(state, call.account)?;
    let endpoint = StoredEndpoint {
        id: state.outbox.ids.id("we_"),
        account: call.account.map(str::to_owned),
        url,
        secrets: Secrets::new(state.outbox.ids.webhook_secret()),
        kind: DeliveryKind::Event,
        enabled_events,
        sources: Sources { own: !connect, connected: connect },
        api_version,
        description,
        metadata,
        disabled: false,
        created: call.now,
        counts: Counts::default(),
        destination: None,
    };
    let mut shown = shown(&endpoint);
    shown["secret"] = Value::from(endpoint.secrets.current());
    deliveries::add_endpoint(state, endpoint);
    Ok(shown.into())
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(shown(find(state, call)?).into())
}

pub(crate) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let form = &mut call.form;
    let (url, events) = (url(form, state)?, enabled_events(form, DeliveryKind::Event)?);
    let (disabled, description) = (form.boolean("disabled")?, form.clearable_text("description")?);
    let pairs = metadata::parse(form)?;
    form.finish()?;
    let mut endpoint = find(state, call)?.clone();
    endpoint.url = url.unwrap_or(endpoint.url);
    endpoint.enabled_events = events.unwrap_or(endpoint.enabled_events);
    endpoint.disabled = disabled.unwrap_or(endpoint.disabled);
    set(&mut endpoint.description, description);
    metadata::change(&mut endpoint.metadata, pairs)?;
    let shown = shown(&endpoint);
    put(state, endpoint);
    Ok(shown.into())
}

pub(crate) fn delete(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    find(state, call)?;
    deliveries::remove_endpoint(state, &call.id);
    Ok(json!({ "id": call.id, "object": "webhook_endpoint", "deleted": true }).into())
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let mut page = Page::parse_cursors(&mut call.form)?;
    call.form.finish()?;
    page.only("api", Some("v1"));
    let (records, has_more) = state.webhook_endpoints.page(&page, call.account)?;
    Ok(call.list((records.into_iter().map(shown).collect(), has_more)))
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a StoredEndpoint, Refusal> {
    let endpoint = state.webhook_endpoints.find(&call.id, call.account)?;
    if endpoint.destination.is_none() {
        Ok(endpoint)
    } else {
        Err(Refusal::not_found(StoredEndpoint::PARAM, StoredEndpoint::NAME, &call.id))
    }
}

/// Returns an endpoint without its secret, which only the response to its creation shows.
pub(crate) fn shown(endpoint: &StoredEndpoint) -> Value {
    json!({
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": null,
        "created": endpoint.created,
        "description": endpoint.description,
        "enabled_events": endpoint.enabled_events,
        "livemode": false,
        "metadata": endpoint.metadata,
        "status": if endpoint.disabled { "disabled" } else { "enabled" },
        "url": endpoint.url.expose().to_string(),
    })
}
