use serde::{Deserialize, Serialize};

/// A calendar date of which each part may be missing: a document may not state it, and redaction clears it.
///
/// Fields hold it inside [`Sensitive`](crate::Sensitive); by itself its `Debug` shows the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct Date {
    /// Day of the month, from 1 to 31.
    pub day: Option<i64>,
    /// Month, from 1 to 12.
    pub month: Option<i64>,
    /// Year, in four digits.
    pub year: Option<i64>,
}

impl Date {
    /// A date with all of its parts.
    pub const fn new(year: i64, month: i64, day: i64) -> Self {
        Self { day: Some(day), month: Some(month), year: Some(year) }
    }
}
