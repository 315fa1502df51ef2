use stripe_identity_core::types::{EventType, ListEvents};

use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::page::Page;
use crate::world::record::event::StoredEvent;
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
            // No event knows of its deliveries.
            && filter.delivery_success != Some(false)
            && filter.type_.as_deref().is_none_or(|pattern| matches(pattern, event.type_.as_str()))
            && filter.types.as_ref().is_none_or(|types| types.contains(&event.type_))
    })?;
    Ok(call.list((records.into_iter().map(|stored| stored.snapshot(&state.base_url)).collect(), has_more)))
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let text = "identity.verification_session.verified";
        for pattern in [text, "*", "identity.*", "*.verified", "identity.*.verified", "*session*", "**"] {
            assert!(matches(pattern, text), "{pattern}");
        }
        for pattern in
            ["", "identity", "*.canceled", "identity.*.x", "verified*", "identity.verification_session.verified.*"]
        {
            assert!(!matches(pattern, text), "{pattern}");
        }
    }
}
