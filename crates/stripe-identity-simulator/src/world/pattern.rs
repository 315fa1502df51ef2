/// Returns whether a string matches a pattern in which `*` stands for any characters.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_in_a_pattern_matches_any_text() {
        let text = "identity.verification_session.verified";
        for pattern in [text, "*", "identity.*", "*.verified", "identity.*.verified", "*session*", "**"] {
            assert!(matches(pattern, text), "{pattern}");
        }
        for pattern in
            ["", "identity", "*.canceled", "identity.*.x", "verified*", "identity.verification_session.verified.*"]
        {
            assert!(!matches(pattern, text), "{pattern}");
        }
    }
}
