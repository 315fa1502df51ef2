use serde::{Deserialize, Serialize};

use crate::expandable::has_id;
use crate::id::{CustomerId, EphemeralKeyId, VerificationSessionId};
use crate::object_type::{ObjectType, own};
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// A key for one app on one device, valid for an hour, with which Stripe's mobile SDKs show one
/// session.
///
/// ```
/// use stripe_identity_types::EphemeralKey;
///
/// let key: EphemeralKey = serde_json::from_str(r#"{"id": "ephkey_1", "secret": "ek_test_made_up"}"#)?;
/// assert_eq!(key.secret.as_ref().map(|secret| secret.expose().as_str()), Some("ek_test_made_up"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct EphemeralKey {
    /// The key's id, `ephkey_…`.
    pub id: EphemeralKeyId,
    /// Always [`ObjectType::EphemeralKey`].
    #[serde(default, deserialize_with = "own::ephemeral_key", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the key was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When the key expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// The key itself, to pass to the app. Only in the response that creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Sensitive<String>>,
}

impl EphemeralKey {
    /// Creates a key that has only an id, to start from in tests and servers.
    pub fn new(id: impl Into<EphemeralKeyId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::EphemeralKey,
            created: None,
            expires: None,
            livemode: None,
            secret: None,
        }
    }
}

has_id!(EphemeralKey, EphemeralKeyId);

/// The parameters to create an ephemeral key.
///
/// ```
/// use stripe_identity_types::CreateEphemeralKey;
///
/// let params = CreateEphemeralKey::verification_session("vs_123");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateEphemeralKey {
    /// The customer that the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The issued card that the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_card: Option<String>,
    /// A nonce from Stripe's browser SDK, for an issued card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Sensitive<String>>,
    /// The session that the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_session: Option<VerificationSessionId>,
}

impl CreateEphemeralKey {
    /// Creates parameters for the key of a session.
    pub fn verification_session(session: impl Into<VerificationSessionId>) -> Self {
        Self { verification_session: Some(session.into()), ..Self::default() }
    }
}
