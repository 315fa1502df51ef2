//! Durations as text.

use std::fmt;
use std::time::Duration;

/// Displays a duration in the form that [`duration`] parses, without rounding.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if nanos == 0 {
            return write!(f, "{whole}s");
        }
        write!(f, "{whole}.{}s", format!("{nanos:09}").trim_end_matches('0'))
    }
}

/// Parses a number of seconds, minutes, hours or days: `30s`, `0.5s`, `5m`, `24h`, `4d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let number = text.strip_suffix(['s', 'm', 'h', 'd'])?;
    let unit = match text.as_bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 60 * 60,
        _ => 24 * 60 * 60,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // Unlike the parser of floats, this takes no sign, no exponent, and neither `inf` nor `NaN`.
    if number.len() == number.matches('.').count() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    let digits = fraction.get(..9).unwrap_or(fraction);
    let nanos = format!("{digits:0<9}").parse::<u64>().ok()?.checked_mul(unit)?;
    Duration::from_secs(whole.checked_mul(unit)?).checked_add(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_as_text_reads_back() {
        assert_eq!(duration("4d"), Some(Duration::from_secs(345_600)));
        assert_eq!(duration("1.5m"), Some(Duration::from_secs(90)));
        for exact in [Duration::MAX, Duration::from_nanos(1), Duration::new(1_793_000_000, 123_456_789)] {
            assert_eq!(duration(&Seconds(exact).to_string()), Some(exact));
        }
    }

    #[test]
    fn text_of_another_form_is_not_a_duration() {
        for text in ["", "s", ".s", "3", "1.2.3s", "-1s", "1e9s", "infs", "NaNs", "99999999999999999999999d", "1w", "é"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
