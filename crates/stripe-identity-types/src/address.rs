use serde::{Deserialize, Serialize};

use crate::sensitive::Sensitive;

/// A postal address, as a check verified it or read it from a document.
///
/// A part that the check did not find is absent. After redaction, each part is the text
/// `[redacted]`, except the country, which stays.
///
/// ```
/// use stripe_identity_types::Address;
///
/// let address: Address = serde_json::from_str(r#"{"city": "Springfield", "country": "US"}"#)?;
/// assert_eq!(address.city.as_ref().map(|city| city.expose().as_str()), Some("Springfield"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct Address {
    /// The city, district, suburb, town or village.
    pub city: Option<Sensitive<String>>,
    /// The country, as a two-letter code of ISO 3166-1, such as `US`.
    pub country: Option<Sensitive<String>>,
    /// The first line: street, house, PO box.
    pub line1: Option<Sensitive<String>>,
    /// The second line: apartment, suite, unit.
    pub line2: Option<Sensitive<String>>,
    /// The ZIP or postal code.
    pub postal_code: Option<Sensitive<String>>,
    /// The state, county, province or region.
    pub state: Option<Sensitive<String>>,
}
