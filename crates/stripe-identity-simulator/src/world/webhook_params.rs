//! The parameters of webhook endpoints that Stripe's v1 and v2 APIs have in common.

use http::Uri;
use stripe_identity_core::types::{ErrorCode, EventType, Patch, Sensitive};
use stripe_identity_webhook::DeliveryKind;

use crate::form::Form;
use crate::receiver::{self, InvalidUrl};
use crate::refusal::Refusal;
use crate::world::record::webhook_endpoint::StoredEndpoint;
use crate::world::state::State;

const MOST_ENDPOINTS: usize = 16;
/// The largest number of endpoints of all accounts together.
const MOST_IN_WORLD: usize = 1000;

/// Refuses another endpoint if the account or the world has no room for it.
pub(crate) fn must_have_room(state: &State, account: Option<&str>) -> Result<(), Refusal> {
    if state.webhook_endpoints.len() >= MOST_IN_WORLD {
        return Err(Refusal::full_world());
    }
    if state.webhook_endpoints.of(account).count() < MOST_ENDPOINTS {
        Ok(())
    } else {
        Err(Refusal::too_many_webhook_endpoints(MOST_ENDPOINTS))
    }
}

/// Replaces an endpoint by its new version.
pub(crate) fn put(state: &mut State, endpoint: StoredEndpoint) {
    let place = state.webhook_endpoints.place(&endpoint.id);
    if let Some(mut stored) = place.and_then(|place| state.webhook_endpoints.edit(place)) {
        *stored = endpoint;
    }
}

/// Parses the URL of a receiver.
pub(crate) fn url(form: &mut Form, state: &State) -> Result<Option<Sensitive<Uri>>, Refusal> {
    let Some(text) = form.text("url")? else { return Ok(None) };
    let refuse = |message: &str| Refusal::with_code(ErrorCode::UrlInvalid, &form.full_name("url"), message);
    let url = receiver::parse(&text).map_err(|error| match error {
        InvalidUrl::NoScheme => refuse("Invalid URL: An explicit scheme (such as https) must be provided."),
        InvalidUrl::Other => refuse("Invalid URL: must be http://host[:port][/path] or https://…"),
    })?;
    let host = receiver::host(&url);
    if state.receivers.allow(host) {
        return Ok(Some(Sensitive::new(url)));
    }
    Err(refuse(&format!(
        "Invalid URL: the simulator delivers to this machine only, such as http://localhost:4242/webhook. To let it \
         deliver to this host, start it with --webhook-host {host}"
    )))
}

/// Parses the types of the events that an endpoint receives.
pub(crate) fn enabled_events(form: &mut Form, kind: DeliveryKind) -> Result<Option<Vec<String>>, Refusal> {
    let name = form.full_name("enabled_events");
    let Some(types) = form.texts("enabled_events")? else { return Ok(None) };
    if let Some(index) = types.iter().position(|type_| !is_event_type(type_, kind)) {
        let name = format!("{name}[{index}]");
        let example = match kind {
            DeliveryKind::Event => "identity.verification_session.verified",
            DeliveryKind::ThinEvent => "v1.identity.verification_session.verified",
        };
        return Err(Refusal::invalid(
            &name,
            &format!("Invalid {name}: must be * or the type of an event, such as {example}"),
        ));
    }
    Ok(Some(types))
}

/// Applies a parameter to an optional text.
pub(crate) fn set(text: &mut Option<String>, change: Patch<String>) {
    match change {
        Patch::Keep => {}
        Patch::Clear => *text = None,
        Patch::Set(new) => *text = Some(new),
    }
}

/// Returns whether there is such a type of event. Of types that are not part of Identity, only the form is checked.
fn is_event_type(type_: &str, kind: DeliveryKind) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
    };
    let is_v1 = |type_: &str| {
        let is_known = EventType::KNOWN.iter().any(|known| known.as_str() == type_);
        let is_others =
            !type_.contains("verification") && !["identity.", "v1.", "v2."].iter().any(|it| type_.starts_with(it));
        is_known || (is_others && type_.contains('.') && type_.split('.').all(is_word))
    };
    let is_v2 =
        |type_: &str| type_.starts_with("v2.") && type_.split(['.', '[', ']']).filter(|it| !it.is_empty()).all(is_word);
    type_ == "*"
        || match kind {
            DeliveryKind::Event => is_v1(type_),
            DeliveryKind::ThinEvent => is_v2(type_) || type_.strip_prefix("v1.").is_some_and(is_v1),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_event_type_of_identity_or_of_another_form_is_refused() {
        for type_ in ["*", "identity.verification_session.redacted", "file.created", "checkout.session.completed"] {
            assert!(is_event_type(type_, DeliveryKind::Event), "{type_}");
        }
        for type_ in [
            "",
            "identity",
            "identity.*",
            "identity.verification_session.success",
            "verification_session.verified",
            "v1.identity.verification_session.verified",
            "a..b",
            "A.b",
            "a.b ",
        ] {
            assert!(!is_event_type(type_, DeliveryKind::Event), "{type_}");
        }
        for type_ in ["*", "v1.identity.verification_session.verified", "v2.core.account[requirements].updated"] {
            assert!(is_event_type(type_, DeliveryKind::ThinEvent), "{type_}");
        }
        for type_ in ["identity.verification_session.verified", "v1.identity.verification_session.x", "v1.", "v3.a.b"] {
            assert!(!is_event_type(type_, DeliveryKind::ThinEvent), "{type_}");
        }
    }
}
