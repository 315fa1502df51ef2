use serde::{Deserialize, Serialize};

/// A calendar date, any part of which may be absent, since a document need not state it.
///
/// After redaction, a date of birth is day 1 of month 1 of year 1.
///
/// The models hold a date inside [`Sensitive`](crate::Sensitive). The `Debug` form of the date
/// itself shows its parts.
///
/// ```
/// use stripe_identity_types::Date;
///
/// let date = Date::new(1990, 2, 28);
/// assert_eq!((date.year, date.month, date.day), (Some(1990), Some(2), Some(28)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct Date {
    /// The day of the month, from 1 to 31.
    pub day: Option<i64>,
    /// The month, from 1 to 12.
    pub month: Option<i64>,
    /// The year, such as 1990.
    pub year: Option<i64>,
}

impl Date {
    /// Creates a date with all of its parts, which are not checked.
    pub const fn new(year: i64, month: i64, day: i64) -> Self {
        Self { day: Some(day), month: Some(month), year: Some(year) }
    }
}
