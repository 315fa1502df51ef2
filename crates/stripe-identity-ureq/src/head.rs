//! Parses the heads of responses as bytes. Heads with a status of 1xx precede the final one.

/// The length of a status line up to the status: `HTTP/1.1 200`.
const STATUS_END: usize = 12;

/// Returns whether the final response has begun, after any with a status of 1xx.
pub(crate) fn has_response(input: &[u8]) -> bool {
    let rest = &input[interim(input)..];
    rest.len() >= STATUS_END && !is_interim(rest)
}

/// Returns whether the head of the final response is complete.
pub(crate) fn is_complete(input: &[u8]) -> bool {
    length(&input[interim(input)..]).is_some()
}

/// Joins folded lines of heads with spaces, or returns `None` if no line is folded. The number of
/// bytes and the body stay the same.
pub(crate) fn unfold(input: &[u8]) -> Option<Vec<u8>> {
    let start = interim(input);
    let end = start + length(&input[start..]).unwrap_or(input.len() - start);
    let folds = |at: &usize| input[*at] == b'\n' && matches!(input[*at + 1], b' ' | b'\t');
    let folds: Vec<_> = (0..end.saturating_sub(1)).filter(folds).collect();
    let mut unfolded = (!folds.is_empty()).then(|| input.to_vec())?;
    for at in folds {
        unfolded[at] = b' ';
        if let Some(before) = at.checked_sub(1).filter(|before| input[*before] == b'\r') {
            unfolded[before] = b' ';
        }
    }
    Some(unfolded)
}

/// Returns the length of the complete heads with a status of 1xx at the beginning.
fn interim(input: &[u8]) -> usize {
    let mut end = 0;
    while let Some(length) = length(&input[end..]).filter(|_| is_interim(&input[end..])) {
        end += length;
    }
    end
}

fn is_interim(head: &[u8]) -> bool {
    head.starts_with(b"HTTP/1.") && head.get(STATUS_END - 3) == Some(&b'1')
}

/// Returns the length of the head at the beginning, including its empty line, if it is complete.
fn length(input: &[u8]) -> Option<usize> {
    let mut ends = input.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.find_map(|end| match &input[end..] {
        [b'\n', ..] => Some(end + 1),
        [b'\r', b'\n', ..] => Some(end + 2),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINTS: &str = "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n";

    #[test]
    fn response_begins_with_the_first_status_that_is_not_1xx() {
        for (input, expected) in [
            ("", false),
            ("HTTP/1.1 41", false),
            ("HTTP/1.1 413", true),
            ("HTTP/1.1 100", false),
            ("HTTP/1.1 100 Continue\r\n\r\n", false),
            ("HTTP/1.0 100 Continue\n\nHTTP/1.0 200", true),
            ("SSH-2.0-OpenSSH_9.2", true),
        ] {
            assert_eq!(has_response(input.as_bytes()), expected, "{input:?}");
            assert_eq!(has_response(format!("{HINTS}{HINTS}{input}").as_bytes()), expected, "{input:?}");
        }
    }

    #[test]
    fn folded_lines_of_a_head_are_joined_and_the_body_is_unchanged() {
        let unfolded = |input: &str| unfold(input.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        for (input, expected) in [
            ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc\r\n\r\n{\n }", "HTTP/1.1 200 OK\r\nX: a   b  \tc\r\n\r\n{\n }"),
            ("HTTP/1.1 200 OK\nX:\n a\n\n{\n }", "HTTP/1.1 200 OK\nX:  a\n\n{\n }"),
            ("HTTP/1.1 200 OK\r\nX: a\r\n", ""),
            ("HTTP/1.1 200 OK\r\nX: a\r\n b", "HTTP/1.1 200 OK\r\nX: a   b"),
            ("HTTP/1.1 200 OK\r\n\r\n{\r\n \"a\": 1}", ""),
            ("\n ", "  "),
            ("", ""),
        ] {
            let expected = (!expected.is_empty()).then(|| expected.to_owned());
            assert_eq!(unfolded(input), expected, "{input:?}");
            let after_hints = expected.map(|expected| format!("{HINTS}{expected}"));
            assert_eq!(unfolded(&format!("{HINTS}{input}")), after_hints, "{input:?}");
        }
    }

    #[test]
    fn head_is_complete_with_its_empty_line() {
        for (input, expected) in [
            (HINTS, false),
            ("HTTP/1.1 200 OK\r\nX: y\r\n", false),
            ("HTTP/1.1 200 OK\r\nX: y\r\n\r", false),
            ("HTTP/1.1 200 OK\r\nX: y\r\n\r\n", true),
            ("HTTP/1.1 200 OK\n\nbody", true),
        ] {
            assert_eq!(is_complete(input.as_bytes()), expected, "{input:?}");
        }
    }
}
