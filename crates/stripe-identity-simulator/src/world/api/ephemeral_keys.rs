use std::time::Duration;

use stripe_identity_core::types::{EphemeralKey, Sensitive};

use crate::key::EPHEMERAL_PREFIX;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::queue::DueThing;
use crate::world::record::ephemeral_key::StoredKey;
use crate::world::record::session::StoredSession;
use crate::world::state::State;
use crate::world::store::Record as _;

const LIFE: Duration = Duration::from_secs(60 * 60);

pub(crate) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let session = call.form.text("verification_session")?;
    for other in ["customer", "issuing_card", "nonce"] {
        if call.form.text(other)?.is_some() {
            return Err(Refusal::invalid(
                other,
                "The simulator creates ephemeral keys only for a verification_session.",
            ));
        }
    }
    call.form.finish()?;
    if !call.has_version {
        return Err(Refusal::invalid(
            "Stripe-Version",
            "Creating an ephemeral key requires an explicit Stripe-Version header.",
        ));
    }
    let session = session.ok_or_else(|| Refusal::missing_parameter("verification_session"))?;
    if state.sessions.get_of(&session, call.account).is_none() {
        return Err(Refusal::no_such("verification_session", StoredSession::NAME, &session));
    }
    let id = state.ids.id("ephkey_");
    let secret = Sensitive::new(format!("{EPHEMERAL_PREFIX}{}", state.ids.token(&id)));
    let mut key = EphemeralKey::new(id.clone());
    key.created = Some(call.now);
    key.expires = Some(state.clock.now().after(LIFE).timestamp());
    key.livemode = Some(false);
    let mut shown = key.clone();
    shown.secret = Some(secret.clone());
    let key = state.keys.insert(StoredKey { account: call.account.map(Into::into), key, secret, session });
    state.schedule(LIFE, DueThing::EphemeralKeyExpires { key });
    Ok(Body::of(&id, &shown))
}

pub(crate) fn delete(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let place = state.keys.find_place(&call.id, call.account)?;
    let stored = state.keys.remove(place);
    let mut key = stored.ok_or_else(|| Refusal::not_found(StoredKey::PARAM, StoredKey::NAME, &call.id))?.key;
    key.expires = Some(call.now);
    Ok(Body::of(&call.id, &key))
}
