use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::date::Date;
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;

/// What was verified about a person. After redaction each text reads `[redacted]`.
///
/// The fields marked *restricted* come only if they are expanded by name, in a call made with a
/// [restricted key](https://docs.stripe.com/identity/access-verification-results) that may read them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct VerifiedOutputs {
    /// The person's address, where the checks gave one.
    pub address: Option<Address>,
    /// The date of birth. *Restricted*: [`SessionExpand::Dob`](crate::SessionExpand::Dob).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<Sensitive<Date>>,
    /// The email address, where it was checked.
    pub email: Option<Sensitive<String>>,
    /// The first name.
    pub first_name: Option<Sensitive<String>>,
    /// The id number. *Restricted*: [`SessionExpand::IdNumber`](crate::SessionExpand::IdNumber).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Sensitive<String>>,
    /// The type of the id number, where one was checked.
    pub id_number_type: Option<IdNumberType>,
    /// The last name.
    pub last_name: Option<Sensitive<String>>,
    /// The phone number, where it was checked.
    pub phone: Option<Sensitive<String>>,
    /// The sex, as read. Comes with [`SessionExpand::Sex`](crate::SessionExpand::Sex).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sensitive<Sex>>,
    /// The place of birth, as the document spells it. Comes with
    /// [`SessionExpand::UnparsedPlaceOfBirth`](crate::SessionExpand::UnparsedPlaceOfBirth).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed_place_of_birth: Option<Sensitive<String>>,
    /// The sex, as the document spells it. Comes with
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
        /// What redaction leaves.
        Redacted = "[redacted]",
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// The document does not say, or says something else.
        Unspecified = "unknown",
    }
}
