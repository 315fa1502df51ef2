use serde::{Deserialize, Serialize};

use crate::expandable::HasId;
use crate::id::{CustomerId, EphemeralKeyId, VerificationSessionId};
use crate::object_type::{ObjectType, own};
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// A key that lives for an hour and that one app on one device may have, to drive one session with Stripe's mobile SDKs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct EphemeralKey {
    /// The key's id, `ephkey_…`.
    pub id: EphemeralKeyId,
    /// Always [`ObjectType::EphemeralKey`].
    #[serde(default, deserialize_with = "own::ephemeral_key", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the key was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When the key stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// The key itself, to hand to the app. Only ever in the answer to its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Sensitive<String>>,
}

impl EphemeralKey {
    /// A key of which nothing but the id is known, to start from in tests and servers.
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

impl HasId for EphemeralKey {
    type Id = EphemeralKeyId;

    fn id(&self) -> &EphemeralKeyId {
        &self.id
    }
}

impl From<&EphemeralKey> for EphemeralKeyId {
    fn from(key: &EphemeralKey) -> Self {
        key.id.clone()
    }
}

/// An ephemeral key to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CreateEphemeralKey {
    /// The customer whom the key is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The issued card that the key is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_card: Option<String>,
    /// A number used once, from Stripe's browser SDK, for an issued card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Sensitive<String>>,
    /// The session that the key is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_session: Option<VerificationSessionId>,
}

impl CreateEphemeralKey {
    /// A key to drive a session with.
    pub fn verification_session(session: impl Into<VerificationSessionId>) -> Self {
        Self { verification_session: Some(session.into()), ..Self::default() }
    }
}
