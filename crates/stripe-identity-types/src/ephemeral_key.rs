use serde::{Deserialize, Serialize};

use crate::expandable::has_id;
use crate::id::{CustomerId, EphemeralKeyId, VerificationSessionId};
use crate::object_type::{ObjectType, own};
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// A key for one session, with which one of Stripe's mobile SDKs shows that session in an app. It is
/// valid for an hour.
///
/// In Stripe's API, this is the object `ephemeral_key`.
///
/// The SDK parses the response that creates the key, so pass its body on to the app as it arrived.
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
    /// The key itself. Absent except in the response that creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Sensitive<String>>,
}

impl EphemeralKey {
    /// Creates a key that has only an id, for tests and for servers that stand in for Stripe.
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

/// The parameters of `POST /v1/ephemeral_keys`, which creates an ephemeral key.
///
/// The header `Stripe-Version` of the request must be the API version of the SDK that gets the key.
///
/// ```
/// use stripe_identity_types::CreateEphemeralKey;
///
/// let params = CreateEphemeralKey::verification_session("vs_123");
/// assert_eq!(serde_json::to_string(&params)?, r#"{"verification_session":"vs_123"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateEphemeralKey {
    /// The customer that the key is for. Not used by Identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The id of the issued card that the key is for. Not used by Identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_card: Option<String>,
    /// A token from Stripe's browser SDK that works once, for an issued card. Not used by Identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Sensitive<String>>,
    /// The session that the key gives access to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_session: Option<VerificationSessionId>,
}

impl CreateEphemeralKey {
    /// Creates parameters for a key that gives access to a session.
    pub fn verification_session(session: impl Into<VerificationSessionId>) -> Self {
        Self { verification_session: Some(session.into()), ..Self::default() }
    }
}
