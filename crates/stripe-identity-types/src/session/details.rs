use serde::{Deserialize, Serialize};

use crate::id::{AccountId, PersonId};
use crate::sensitive::Sensitive;

/// What you told Stripe about the user in advance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ProvidedDetails {
    /// The user's email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Sensitive<String>>,
    /// The user's phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sensitive<String>>,
}

/// The person on a connected account that a session is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct RelatedPerson {
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The person on the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}
