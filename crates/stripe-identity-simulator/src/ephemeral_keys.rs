//! Keys for one app on one device.

use serde_json::Value;
use stripe_identity_core::types::{EphemeralKey, Sensitive, Timestamp};

use crate::endpoints::View;
use crate::expand::to_json;
use crate::form::Form;
use crate::refusal::Refusal;
use crate::sessions::StoredSession;
use crate::store::{Record, Store};

const LIFE: i64 = 60 * 60;

#[derive(Debug)]
pub(crate) struct StoredKey {
    account: Option<String>,
    /// Without its secret, which is shown once.
    key: EphemeralKey,
}

impl Record for StoredKey {
    const NAME: &'static str = "ephemeral key";
    const PARAM: &'static str = "key";

    fn id(&self) -> &str {
        self.key.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

pub(crate) fn create(
    keys: &mut Store<StoredKey>,
    sessions: &Store<StoredSession>,
    mut form: Form,
    view: &mut View<'_>,
) -> Result<Value, Refusal> {
    let session = form.text("verification_session")?;
    let others = [form.text("customer")?, form.text("issuing_card")?, form.text("nonce")?];
    form.finish()?;
    if !view.has_version {
        return Err(Refusal::invalid("Stripe-Version", "An ephemeral key takes an explicit Stripe-Version header."));
    }
    if let Some(session) = &session
        && sessions.get(session, view.account).is_none()
    {
        return Err(Refusal::no_such("verification_session", StoredSession::NAME, session));
    }
    if session.is_none() && others.iter().all(Option::is_none) {
        return Err(Refusal::missing_parameter("verification_session"));
    }
    let mut key = EphemeralKey::new(view.ids.id("ephkey_"));
    key.created = Some(view.now);
    key.expires = Some(Timestamp::from_secs(view.now.as_secs().saturating_add(LIFE)));
    key.livemode = Some(false);
    let mut shown = key.clone();
    shown.secret = Some(Sensitive::new(format!("ek_test_{}", view.ids.text(40))));
    keys.insert(StoredKey { account: view.account.map(str::to_owned), key });
    Ok(to_json(&shown))
}

pub(crate) fn delete(keys: &mut Store<StoredKey>, id: &str, view: &View<'_>) -> Result<Value, Refusal> {
    let stored = keys.find_mut(id, view.account)?;
    if stored.key.expires.is_some_and(|expires| expires <= view.now) {
        return Err(Refusal::not_found(StoredKey::PARAM, StoredKey::NAME, id));
    }
    stored.key.expires = Some(view.now);
    Ok(to_json(&stored.key))
}
