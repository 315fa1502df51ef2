use serde::{Deserialize, Serialize};

use crate::id::{AccountId, PersonId};
use crate::sensitive::Sensitive;

/// The details of a user that were provided in advance.
///
/// In Stripe's API, this is the field `provided_details` of a session.
///
/// ```
/// use stripe_identity_types::{ProvidedDetails, VerificationSession};
///
/// let session: VerificationSession =
///     serde_json::from_str(r#"{"id": "vs_1", "provided_details": {"email": "robin@example.test"}}"#)?;
/// let ProvidedDetails { email, phone, .. } = session.provided_details.unwrap_or_default();
/// assert_eq!(email.as_ref().map(|email| email.expose().as_str()), Some("robin@example.test"));
/// assert_eq!(phone, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ProvidedDetails {
    /// The user's email address. Absent if it was not provided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Sensitive<String>>,
    /// The user's phone number. Absent if it was not provided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sensitive<String>>,
}

/// The person on a connected account that a session is about.
///
/// In Stripe's API, this is the field `related_person` of a session.
///
/// ```
/// use stripe_identity_types::VerificationSession;
///
/// let session: VerificationSession =
///     serde_json::from_str(r#"{"id": "vs_1", "related_person": {"account": "acct_1", "person": "person_1"}}"#)?;
/// let person = session.related_person.and_then(|related| related.person);
/// assert_eq!(person.unwrap(), "person_1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct RelatedPerson {
    /// The connected account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The person on the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}
