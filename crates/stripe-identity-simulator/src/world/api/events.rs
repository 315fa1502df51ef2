use stripe_identity_core::types::{EventType, ListEvents};

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
    Ok(state.events.find(&call.id, call.account)?.snapshot(&state.base_url).into())
}

pub(crate) fn retrieve_thin(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let snapshot = thin_events::snapshot_id(&call.id);
    let stored = snapshot.and_then(|snapshot| state.events.get_of(&snapshot, call.account));
    let stored = stored.ok_or_else(|| Refusal::not_found(StoredEvent::PARAM, StoredEvent::NAME, &call.id))?;
    Ok(stored.thin().into())
}

/// Delivers an event once more, as the Stripe CLI asks for it.
pub(crate) fn retry(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let (account, endpoint) = (call.form.text("account")?, call.form.text("webhook_endpoint")?);
    // All of its listeners are endpoints here.
    call.form.boolean("for_stripecli")?;
    call.form.finish()?;
    // A request for a connected account names no other.
    let account = call.account.or(account.as_deref());
    let event = &state.events.find(&call.id, account)?.event;
    let endpoints: Vec<_> = if let Some(id) = endpoint {
        let endpoint = state.webhook_endpoints.get(&id).filter(|endpoint| endpoint.may_resend(account));
        let endpoint = endpoint.ok_or_else(|| Refusal::no_such("webhook_endpoint", StoredEndpoint::NAME, &id))?;
        if endpoint.disabled {
            return Err(Refusal::invalid("webhook_endpoint", "The webhook endpoint is disabled."));
        }
        vec![id]
    } else {
        let endpoints = state.webhook_endpoints.iter();
        let endpoints = endpoints.filter(|endpoint| !endpoint.disabled && endpoint.hears(event));
        endpoints.map(|endpoint| endpoint.id.clone()).collect()
    };
    for endpoint in endpoints {
        deliveries::resend(state, &call.id, &endpoint);
    }
    Ok(state.events.find(&call.id, account)?.snapshot(&state.base_url).into())
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let page = Page::parse(&mut call.form)?;
    let mut filter = ListEvents::new();
    filter.delivery_success = call.form.boolean("delivery_success")?;
    filter.type_ = call.form.text("type")?;
    filter.types = call.form.texts("types")?.map(|types| types.into_iter().map(EventType::from).collect());
    call.form.finish()?;
    if filter.type_.is_some() && filter.types.is_some() {
        return Err(Refusal::exclusive("type", "types"));
    }
    if filter.types.as_ref().is_some_and(|types| types.len() > 20) {
        return Err(Refusal::invalid("types", "Invalid types: at most 20"));
    }
    let (records, has_more) = state.events.page(&page, call.account, |stored| {
        let event = &stored.event;
        page.is_created(stored.created())
            && filter.delivery_success.is_none_or(|success| success == stored.is_delivered())
            && filter.type_.as_deref().is_none_or(|pattern| matches(pattern, event.type_.as_str()))
            && filter.types.as_ref().is_none_or(|types| types.contains(&event.type_))
    })?;
    Ok(call.list((records.into_iter().map(|stored| stored.snapshot(&state.base_url)).collect(), has_more)))
}
