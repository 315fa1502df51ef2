use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::date::Date;
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;

/// The verified data of a person.
///
/// In Stripe's API, this is the field `verified_outputs` of a session.
///
/// A detail that no check has verified is absent.
///
/// A field marked *restricted* is absent unless the request expands it by name and uses a
/// [restricted key](https://docs.stripe.com/identity/access-verification-results) that may read it.
/// A restricted key that is not limited to some IP addresses reads it only within 48 hours after the
/// session was processed.
///
/// After redaction, each string is `[redacted]` except the country of the address, which stays.
/// [`dob`](Self::dob) is then day 1 of month 1 of year 1, and [`id_number_type`](Self::id_number_type)
/// is absent.
///
/// ```
/// use stripe_identity_types::VerificationSession;
///
/// let session: VerificationSession = serde_json::from_str(
///     r#"{"id": "vs_1", "status": "verified", "verified_outputs": {"first_name": "Robin", "dob": {"year": 1990}}}"#,
/// )?;
/// let outputs = session.verified_outputs.expect("the request expanded them");
/// assert_eq!(outputs.first_name.as_ref().map(|name| name.expose().as_str()), Some("Robin"));
/// assert_eq!(outputs.dob.and_then(|dob| dob.expose().year), Some(1990));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct VerifiedOutputs {
    /// The person's address.
    pub address: Option<Address>,
    /// The date of birth. *Restricted*: [`SessionExpand::Dob`](crate::SessionExpand::Dob).
    ///
    /// After a redaction, it is 0001-01-01, at which everybody is of age, and the session is still
    /// verified. Before you decide by it, check that
    /// [`redaction_state`](crate::VerificationSession::redaction_state) is `NotRequested`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<Sensitive<Date>>,
    /// The email address.
    pub email: Option<Sensitive<String>>,
    /// The first name.
    pub first_name: Option<Sensitive<String>>,
    /// The id number. *Restricted*: [`SessionExpand::IdNumber`](crate::SessionExpand::IdNumber).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Sensitive<String>>,
    /// The type of the id number.
    pub id_number_type: Option<IdNumberType>,
    /// The last name.
    pub last_name: Option<Sensitive<String>>,
    /// The phone number.
    pub phone: Option<Sensitive<String>>,
    /// The sex that the document states. Absent unless the request expands
    /// [`SessionExpand::Sex`](crate::SessionExpand::Sex).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sensitive<Sex>>,
    /// The place of birth, as the document spells it. Absent unless the request expands
    /// [`SessionExpand::UnparsedPlaceOfBirth`](crate::SessionExpand::UnparsedPlaceOfBirth).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed_place_of_birth: Option<Sensitive<String>>,
    /// The sex, as the document spells it. Absent unless the request expands
    /// [`SessionExpand::UnparsedSex`](crate::SessionExpand::UnparsedSex).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed_sex: Option<Sensitive<String>>,
}

open_enum! {
    /// The type of an id number.
    pub enum IdNumberType {
        /// Brazil's Cadastro de Pessoas Físicas.
        BrCpf = "br_cpf",
        /// Singapore's National Registration Identity Card.
        SgNric = "sg_nric",
        /// The social security number of the United States.
        UsSsn = "us_ssn",
    }
}

open_enum! {
    /// A person's sex, as a document states it.
    pub enum Sex {
        /// The value after redaction.
        Redacted = "[redacted]",
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// The document does not state it, or states something else.
        Unspecified = "unknown",
    }
}
