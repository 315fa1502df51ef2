use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

/// A point in time, as whole seconds since 1970-01-01T00:00:00Z.
///
/// A number with a fraction reads as the last whole second at or before it. `Display` writes the time in UTC as RFC 3339 does;
/// years before 0 or after 9999, which that has no form for, get a sign.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stripe_identity_types::Timestamp;
///
/// let time = Timestamp::from_secs(1_793_000_001);
/// assert_eq!(time.to_system_time(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_000_001)));
/// assert_eq!(time.to_string(), "2026-10-26T07:33:21Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time that it is now, by the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// A time from its seconds since 1970; before then they are negative.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds since 1970.
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// The time as the standard library tells it, or `None` where the platform's clock does not reach that far.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let distance = Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        }
    }
}

/// Takes the last whole second at or before the time.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let seconds = |distance: Duration| i64::try_from(distance.as_secs()).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(seconds(after)),
            Err(before) => {
                let before = before.duration();
                Self(-seconds(before) - i64::from(before.subsec_nanos() > 0))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own error would quote what is no number.
        let number = Number::deserialize(deserializer).map_err(|_| D::Error::custom("a time that is not a number"))?;
        let seconds = number.as_i64().or_else(|| floor(number.as_f64()?));
        seconds.map(Self).ok_or_else(|| D::Error::custom("a time that is out of range"))
    }
}

fn floor(seconds: f64) -> Option<i64> {
    // Just beyond the last number of 64 bits, which has no exact form of its own here.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let is_in_range = (-BEYOND..BEYOND).contains(&seconds);
    #[allow(clippy::cast_possible_truncation, reason = "it is in range, and whole")]
    is_in_range.then(|| seconds.floor() as i64)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        // From 0000-03-01: years that begin in March have the leap day at their end.
        let days = days + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = 400 * era + year + i64::from(month <= 2);
        match year {
            0..=9999 => write!(f, "{year:04}")?,
            _ => write!(f, "{year:+05}")?,
        }
        write!(f, "-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339_has_it() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_793_265_060, "2026-10-29T09:11:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-2_203_891_200, "1900-03-01T00:00:00Z"),
            (-62_135_596_801, "0000-12-31T23:59:59Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (-62_167_219_201, "-0001-12-31T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "+10000-01-01T00:00:00Z"),
            (i64::MAX, "+292277026596-12-04T15:30:07Z"),
            (i64::MIN, "-292277022657-01-27T08:29:52Z"),
        ] {
            assert_eq!(Timestamp::from_secs(seconds).to_string(), text);
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (1600, 1, 1);
        for days in -135_140..60_000_i64 {
            let text = Timestamp::from_secs(days * 86_400 + 3661).to_string();
            assert_eq!(text, format!("{year:04}-{month:02}-{day:02}T01:01:01Z"));
            let last = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            day += 1;
            if day > last[month - 1] {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }

    #[test]
    fn a_number_of_any_form_is_read_and_floored() {
        let read = |json: &str| serde_json::from_str::<Timestamp>(json).ok().map(Timestamp::as_secs);
        for (json, seconds) in [
            ("1790000000", Some(1_790_000_000)),
            ("1790000000.25", Some(1_790_000_000)),
            ("1790000000.999999", Some(1_790_000_000)),
            ("1.79e9", Some(1_790_000_000)),
            ("1e9", Some(1_000_000_000)),
            ("1E+9", Some(1_000_000_000)),
            ("-0.5", Some(-1)),
            ("-1", Some(-1)),
            ("-0.0", Some(0)),
            ("1e-300", Some(0)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("1e19", None),
            ("-1e300", None),
            ("1e400", None),
            ("\"1790000000\"", None),
            ("\"2026-10-29T09:11:00Z\"", None),
            ("true", None),
            ("null", None),
            ("[]", None),
            ("{}", None),
        ] {
            assert_eq!(read(json), seconds, "{json}");
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(json) {
                let read = serde_json::from_value::<Timestamp>(value).ok();
                assert_eq!(read.map(Timestamp::as_secs), seconds, "{json}");
            }
        }
        let error = serde_json::from_str::<Timestamp>("\"robin\"").unwrap_err();
        assert!(!error.to_string().contains("robin"), "{error}");
    }

    #[test]
    fn a_system_time_is_floored_on_both_sides_of_1970() {
        let half = Duration::from_millis(500);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH + half).as_secs(), 0);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - half).as_secs(), -1);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - Duration::from_secs(2)).as_secs(), -2);
    }

    #[test]
    fn extremes_do_not_panic() {
        let _ = Timestamp::from_secs(i64::MIN).to_system_time();
        let _ = Timestamp::from_secs(i64::MAX).to_system_time();
    }
}
