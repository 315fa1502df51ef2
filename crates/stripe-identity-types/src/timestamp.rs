use std::str::FromStr;
use std::time::{Duration, SystemTime};
use std::{error, fmt};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

/// A point in time, as whole seconds since 1970-01-01T00:00:00Z.
///
/// It serializes as a number. A number with a fraction parses as the last whole second at or before
/// it. A number beyond 64 bits, or anything but a number, is an error.
///
/// `Display` formats the time in UTC by RFC 3339, and [`FromStr`] parses that form. Years before 0
/// or after 9999, which RFC 3339 does not cover, have a sign.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stripe_identity_types::Timestamp;
///
/// let time = Timestamp::from_secs(1_793_000_001);
/// assert_eq!(time.to_string(), "2026-10-26T07:33:21Z");
/// assert_eq!("2026-10-26T08:33:21.5+01:00".parse(), Ok(time));
/// assert_eq!(SystemTime::try_from(time), Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_000_001)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the current time of the system clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Creates a time from the seconds since 1970, which are negative before it.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the seconds since 1970, which are negative before it.
    pub const fn as_secs(self) -> i64 {
        self.0
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

/// Fails for a time that is beyond the range of [`SystemTime`] on this platform.
impl TryFrom<Timestamp> for SystemTime {
    type Error = SystemTimeRangeError;

    fn try_from(time: Timestamp) -> Result<Self, SystemTimeRangeError> {
        let distance = Duration::from_secs(time.0.unsigned_abs());
        let time =
            if time.0 < 0 { Self::UNIX_EPOCH.checked_sub(distance) } else { Self::UNIX_EPOCH.checked_add(distance) };
        time.ok_or(SystemTimeRangeError(()))
    }
}

/// The error for a [`Timestamp`] that is beyond the range of [`SystemTime`] on this platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemTimeRangeError(());

impl fmt::Display for SystemTimeRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time is out of range: expected one that this platform's clock can represent")
    }
}

impl error::Error for SystemTimeRangeError {}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own error would quote a value that is not a number.
        let number = Number::deserialize(deserializer)
            .map_err(|_| D::Error::custom("invalid time: expected a number of seconds since 1970"))?;
        let seconds = number.as_i64().or_else(|| floor(number.as_f64()?));
        seconds.map(Self).ok_or_else(|| D::Error::custom("invalid time: expected seconds that fit into 64 bits"))
    }
}

fn floor(seconds: f64) -> Option<i64> {
    // 2^63, since 2^63 - 1 has no exact form.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let is_in_range = (-BEYOND..BEYOND).contains(&seconds);
    #[allow(clippy::cast_possible_truncation, reason = "it is in range, and whole")]
    is_in_range.then(|| seconds.floor() as i64)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        // Days since 0000-03-01, since years that begin in March have the leap day at their end.
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

/// Parses a time in the form of RFC 3339: `2026-10-29T09:11:00.123Z` or
/// `2026-10-29T10:11:00+01:00`.
///
/// A fraction of a second is rounded down. A leap second, 23:59:60 in UTC, is the first second of
/// the next day.
impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        parse(text).map(Self).ok_or(ParseTimestampError(()))
    }
}

/// The error for a string that is not a time of RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTimestampError(());

impl fmt::Display for ParseTimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid time: expected the form of RFC 3339, such as 2026-10-29T09:11:00Z")
    }
}

impl error::Error for ParseTimestampError {}

fn parse(text: &str) -> Option<i64> {
    let (year, rest) = match text.as_bytes().first()? {
        b'+' | b'-' => {
            let end = 1 + text.get(1..)?.find('-')?;
            let (year, rest) = text.split_at(end);
            (digits(&year[1..], 4..=12).map(|number| if text.starts_with('-') { -number } else { number })?, rest)
        }
        _ => (digits(text.get(..4)?, 4..=4)?, text.get(4..)?),
    };
    let (month, rest) = field(rest, '-')?;
    let (day, rest) = field(rest, '-')?;
    let (hour, rest) = rest.strip_prefix(['T', 't', ' ']).and_then(two_digits)?;
    let (minute, rest) = field(rest, ':')?;
    let (second, rest) = field(rest, ':')?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            (rest.len() < fraction.len()).then_some(rest)?
        }
        None => rest,
    };
    let offset = match rest.strip_prefix(['+', '-']) {
        Some(offset) => {
            let (hours, minutes) = two_digits(offset)?;
            let (minutes, end) = field(minutes, ':')?;
            let is_offset = hours < 24 && minutes < 60 && end.is_empty();
            let seconds = is_offset.then_some(hours * 3600 + minutes * 60)?;
            if rest.starts_with('-') { -seconds } else { seconds }
        }
        None => matches!(rest, "Z" | "z").then_some(0)?,
    };
    let is_last_minute = (hour * 3600 + minute * 60 - offset).rem_euclid(86_400) == 86_340;
    let is_time = hour < 24 && minute < 60 && (second < 60 || second == 60 && is_last_minute);
    let is_date = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    // A year has at most 12 digits, so that every product but the seconds fits into 64 bits.
    let days = (is_date && is_time).then(|| days_until(year, month, day))?;
    let in_day = hour * 3600 + minute * 60 + second - offset;
    i64::try_from(i128::from(days) * 86_400 + i128::from(in_day)).ok()
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let is_number = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// Splits two digits off the beginning.
fn two_digits(text: &str) -> Option<(i64, &str)> {
    Some((digits(text.get(..2)?, 2..=2)?, text.get(2..)?))
}

fn field(text: &str, separator: char) -> Option<(i64, &str)> {
    text.strip_prefix(separator).and_then(two_digits)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the days from 1970-01-01 to a date.
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    // As in `Display`, years begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + day - 1;
    146_097 * era + 365 * year + year / 4 - year / 100 + day - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_formats_rfc_3339() {
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
            assert_eq!(text.parse(), Ok(Timestamp::from_secs(seconds)));
        }
    }

    #[test]
    fn display_and_parse_agree_with_the_calendar() {
        let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (1600, 1, 1);
        for days in -135_140..60_000_i64 {
            let text = Timestamp::from_secs(days * 86_400 + 3661).to_string();
            assert_eq!(text, format!("{year:04}-{month:02}-{day:02}T01:01:01Z"));
            assert_eq!(text.parse(), Ok(Timestamp::from_secs(days * 86_400 + 3661)));
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
    fn number_of_any_form_is_rounded_down() {
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
    fn system_time_is_rounded_down_on_both_sides_of_1970() {
        let half = Duration::from_millis(500);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH + half).as_secs(), 0);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - half).as_secs(), -1);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - Duration::from_secs(2)).as_secs(), -2);
    }

    #[test]
    fn conversion_to_system_time_is_exact_and_does_not_panic() {
        for seconds in [0, 1, -1, 1_793_000_000] {
            let time = Timestamp::from_secs(seconds);
            assert_eq!(SystemTime::try_from(time).map(Timestamp::from), Ok(time));
        }
        let _ = SystemTime::try_from(Timestamp::from_secs(i64::MIN));
        let _ = SystemTime::try_from(Timestamp::from_secs(i64::MAX));
    }

    #[test]
    fn parse_accepts_every_form_of_rfc_3339() {
        for (text, seconds) in [
            ("2026-10-29T09:11:00.123Z", 1_793_265_060),
            ("2026-10-29t09:11:00.999999999999z", 1_793_265_060),
            ("2026-10-29 10:11:00+01:00", 1_793_265_060),
            ("2026-10-28T21:41:00-11:30", 1_793_265_060),
            ("1969-12-31T23:59:59.5Z", -1),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("2017-01-01T05:29:60+05:30", 1_483_228_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn parse_rejects_other_strings() {
        for text in [
            "",
            "today",
            "1793265060",
            "2026-10-29",
            "2026-10-29T09:11:00",
            "2026-10-29T09:11Z",
            "2026-10-29T09:11:00.Z",
            "2026-10-29T09:11:00Z ",
            " 2026-10-29T09:11:00Z",
            "2026-10-29T09:11:00ZZ",
            "2026-10-29T24:00:00Z",
            "2026-10-29T09:60:00Z",
            "2026-10-29T09:11:60Z",
            "2026-10-29T23:59:60+01:00",
            "2026-10-29T23:59:61Z",
            "2026-00-29T09:11:00Z",
            "2026-13-29T09:11:00Z",
            "2026-10-00T09:11:00Z",
            "2026-02-29T09:11:00Z",
            "2100-02-29T09:11:00Z",
            "2026-04-31T09:11:00Z",
            "2026-10-29T09:11:00+1:00",
            "2026-10-29T09:11:00+24:00",
            "2026-10-29T09:11:00+01:60",
            "2026-10-29T09:11:00+01",
            "26-10-29T09:11:00Z",
            "+1-10-29T09:11:00Z",
            "+-10-29T09:11:00Z",
            "+999999999999-10-29T09:11:00Z",
            "+9999999999999-10-29T09:11:00Z",
            "2026-1\u{e9}-29T09:11:00Z",
            "202\u{e9}-10-29T09:11:00Z",
            "2026-10-29\u{e9}09:11:00Z",
            "\u{0661}026-10-29T09:11:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(ParseTimestampError(())), "{text}");
        }
    }
}
