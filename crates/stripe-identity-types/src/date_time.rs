use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sensitive::Hidden;
use crate::timestamp::Timestamp;

/// A time as the v2 API sends it: text in the form of RFC 3339, such as `2026-10-29T09:11:00.123Z`.
///
/// The string is kept as Stripe sent it, and only [`timestamp`](Self::timestamp) parses it. A string of
/// another form therefore prevents no event from parsing.
///
/// ```
/// use stripe_identity_types::{DateTime, Timestamp};
///
/// let created = DateTime::from("2026-10-29T09:11:00.123Z");
/// assert_eq!(created.timestamp(), Some(Timestamp::from_secs(1_793_265_060)));
/// assert_eq!(created.as_str(), "2026-10-29T09:11:00.123Z");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateTime(String);

/// Shows the text only if it is a time.
impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("DateTime");
        match self.timestamp() {
            Some(_) => debug.field(&self.0),
            None => debug.field(&Hidden),
        }
        .finish()
    }
}

impl DateTime {
    /// Returns the text as Stripe sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the time in whole seconds, rounded down, or `None` if the text is not a time of RFC
    /// 3339.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }
}

impl From<String> for DateTime {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for DateTime {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Formats the time in UTC by RFC 3339.
impl From<Timestamp> for DateTime {
    fn from(time: Timestamp) -> Self {
        Self(time.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_text_that_is_not_a_time_hides_it() {
        assert_eq!(format!("{:?}", DateTime::from("2026-10-29T09:11:00Z")), r#"DateTime("2026-10-29T09:11:00Z")"#);
        assert_eq!(format!("{:?}", DateTime::from("robin@example.test")), "DateTime([hidden])");
    }
}
