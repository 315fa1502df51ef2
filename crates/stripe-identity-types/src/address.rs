use serde::{Deserialize, Serialize};

use crate::sensitive::Sensitive;

/// A postal address as the checks read it. After redaction each part reads `[redacted]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct Address {
    /// City, district, suburb, town or village.
    pub city: Option<Sensitive<String>>,
    /// Country as a two-letter code of ISO 3166-1.
    pub country: Option<Sensitive<String>>,
    /// First line: street, house, PO box.
    pub line1: Option<Sensitive<String>>,
    /// Second line: apartment, suite, unit.
    pub line2: Option<Sensitive<String>>,
    /// ZIP or postal code.
    pub postal_code: Option<Sensitive<String>>,
    /// State, county, province or region.
    pub state: Option<Sensitive<String>>,
}
