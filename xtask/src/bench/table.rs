//! The table of bars: the subject, the greatest allowed value, the measured value, and whether it is within the bar.

pub(super) fn head() {
    println!("| what | bar | measured | within |\n|---|---|---|---|");
}

/// Prints a count.
pub(super) fn count(what: &str, bar: u32, measured: u32) {
    row(what, &grouped(bar), &grouped(measured), measured <= bar);
}

/// Prints a ratio. It is compared as it is shown, with two decimals.
pub(super) fn ratio(what: &str, bar: f64, measured: f64) {
    row(what, &format!("{bar:.2}x"), &format!("{measured:.2}x"), is_within(bar, measured));
}

/// Prints the ratio of two counts.
pub(super) fn against(what: &str, bar: f64, ours: u32, base: u32) {
    let measured = f64::from(ours) / f64::from(base);
    let shown = format!("{measured:.2}x: {} against {}", grouped(ours), grouped(base));
    row(what, &format!("{bar:.2}x"), &shown, is_within(bar, measured));
}

/// Prints why there is no figure.
pub(super) fn not_measured(what: &str, bar: u32, why: &str) {
    println!("| {what} | {bar} | not measured: {why} | – |");
}

fn row(what: &str, bar: &str, measured: &str, is_within: bool) {
    println!("| {what} | {bar} | {measured} | {} |", if is_within { "yes" } else { "no" });
}

pub(super) fn is_within(bar: f64, ratio: f64) -> bool {
    (100.0 * ratio).round() <= (100.0 * bar).round()
}

/// Returns a number with a comma between thousands.
pub(super) fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn ratio_is_compared_with_its_bar_to_two_decimals() {
        assert!(is_within(1.25, 1.254));
        assert!(!is_within(1.25, 1.256));
    }
}
