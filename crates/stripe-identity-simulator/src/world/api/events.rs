use stripe_identity_core::types::EventType;

use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::deliveries;
use crate::world::page::Page;
use crate::world::pattern::matches;
use crate::world::record::event::StoredEvent;
use crate::world::record::webhook_endpoint::StoredEndpoint;
use crate::world::state::State;
use crate::world::store::Record as _;
use crate::world::thin_events;

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(Body::of(&call.id, &state.events.find(&call.id, call.account)?.snapshot(&state.base_url)))
}

pub(crate) fn retrieve_thin(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let snapshot = thin_events::snapshot_id(&call.id);
    let stored = snapshot.and_then(|snapshot| state.events.get_of(&snapshot, call.account));
    let stored = stored.ok_or_else(|| Refusal::not_found(StoredEvent::PARAM, StoredEvent::NAME, &call.id))?;
    Ok(thin_events::fetched(stored).into())
}

/// Delivers an event again, with the parameters that the Stripe CLI sends.
pub(crate) fn retry(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let (account, endpoint) = (call.form.text("account")?, call.form.text("webhook_endpoint")?);
    // The simulator has no other receivers than endpoints.
    call.form.boolean("for_stripecli")?;
    call.form.finish()?;
    // The header takes precedence over the parameter.
    let account = call.account.or(account.as_deref());
    let place = state.events.find_place(&call.id, account)?;
    let event = state.events.find(&call.id, account)?;
    let endpoints: Vec<_> = if let Some(id) = endpoint {
        let endpoint = state.webhook_endpoints.get(&id).filter(|endpoint| endpoint.may_resend(account));
        let endpoint = endpoint.ok_or_else(|| Refusal::no_such("webhook_endpoint", StoredEndpoint::NAME, &id))?;
        if endpoint.disabled {
            return Err(Refusal::invalid("webhook_endpoint", "The webhook endpoint is disabled. Enable it first."));
        }
        vec![id]
    } else {
        deliveries::receivers(state, event)
    };
    for endpoint in endpoints {
        deliveries::resend(state, place, &endpoint);
    }
    Ok(Body::of(&call.id, &state.events.find(&call.id, account)?.snapshot(&state.base_url)))
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let mut page = Page::parse(&mut call.form)?;
    let delivery_success = call.form.boolean("delivery_success")?;
    let pattern = call.form.text("type")?;
    let types = call.form.texts("types")?;
    call.form.finish()?;
    if pattern.is_some() && types.is_some() {
        return Err(Refusal::exclusive("type", "types"));
    }
    if types.as_ref().is_some_and(|types| types.len() > 20) {
        return Err(Refusal::invalid("types", "Invalid types: must be at most 20"));
    }
    page.only("delivery_success", delivery_success.map(|success| success.to_string()));
    let of_pattern = |pattern: String| {
        let known = EventType::KNOWN.iter().map(EventType::as_str);
        known.filter(|type_| matches(&pattern, type_)).map(str::to_owned).collect()
    };
    if let Some(types) = types.or(pattern.map(of_pattern)) {
        page.only_any("type", types);
    }
    let (records, has_more) = state.events.page(&page, call.account)?;
    Ok(call.list((records.into_iter().map(|stored| stored.snapshot(&state.base_url)).collect(), has_more)))
}
