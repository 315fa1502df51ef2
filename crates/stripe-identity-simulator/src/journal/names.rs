//! The names of parameters, as the journal shows them.

use std::fmt;

/// The segments of the names of all parameters, sorted. In debug builds, [`Form`](crate::form::Form) checks that every
/// name that an endpoint takes is here.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "account", "after", "allowed_types", "api_version", "at_least", "back", "body", "city", "client_reference_id",
    "client_secret", "clock", "code", "connect", "country", "create", "created", "customer", "delivery_success",
    "description", "disabled", "disorder", "dob", "document", "duration", "effect", "email", "enabled_events",
    "ending_before", "event", "event_payload", "event_type", "events_from", "expand", "expiration_date", "expired",
    "expires_at", "expires_in", "fault", "file", "file_link", "file_link_data", "first_name", "for_stripecli", "front",
    "gt", "gte", "headers", "id", "id_number", "idempotency_key", "in_disorder", "include", "issued_date",
    "issuing_card", "issuing_country", "key", "last_name", "latency", "limit", "line1", "line2", "lt", "lte", "message",
    "metadata", "method", "name", "no_other", "nonce", "number", "options", "outcome", "page", "parameters", "path",
    "person", "phone", "place_of_birth", "postal_code", "probability", "processing", "provided_details", "purpose",
    "rate_limit", "redacting", "related_customer", "related_customer_account", "related_person", "rendering", "report",
    "require_id_number", "require_live_capture", "require_matching_selfie", "return_url", "seconds", "secret", "seed",
    "selfie", "sensitive_reads", "session", "sessions", "sex", "show", "snapshot_api_version", "starting_after",
    "state", "status", "stored", "thin", "times", "tries", "type", "types", "url", "verification_flow",
    "verification_session", "webhook_endpoint", "webhook_timeout", "without_parameters",
];

/// The parameters below which a client chooses the names.
const OPEN: &[&str] = &["headers", "metadata"];

/// The code of the end of a name.
const END: u8 = 0;
/// The code of `[]` or an index.
const INDEX: u8 = 1;
/// The code of a name that a client has chosen.
const CHOSEN: u8 = 2;
/// The code of the first word.
const FIRST: u8 = 3;

/// The largest number of names that are kept of a request.
const MOST: usize = 32;
const LONGEST: usize = 200;
const DEEPEST: usize = 8;

/// The distinct names of a request's parameters, in the order of their first occurrence. Names that no endpoint knows
/// are only counted, since they are arbitrary texts of the client.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// The codes of the segments of each name, with an end after each name.
    codes: Box<[u8]>,
    others: u16,
}

/// Returns whether a segment is one of the known words.
pub(crate) fn is_known(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

impl Names {
    /// Reads the names of an encoded form.
    pub(crate) fn of(form: &[u8]) -> Self {
        if form.is_empty() {
            return Self::default();
        }
        let (mut codes, mut others, mut count) = (Vec::with_capacity(32), 0_u16, 0);
        let mut start = 0;
        for end in memchr::memchr_iter(b'&', form).chain([form.len()]) {
            let pair = &form[start..end];
            start = end + 1;
            if pair.is_empty() {
                continue;
            }
            let name = &pair[..memchr::memchr(b'=', pair).unwrap_or(pair.len())];
            let before = codes.len();
            let mut decoded = [0; LONGEST];
            let is_known =
                count < MOST && decode(name, &mut decoded).is_some_and(|name| push(&mut codes, name).is_some());
            if !is_known {
                codes.truncate(before);
                others = others.saturating_add(1);
                continue;
            }
            codes.push(END);
            let is_new = !each(&codes[..before]).any(|earlier| earlier == &codes[before..codes.len() - 1]);
            if is_new { count += 1 } else { codes.truncate(before) }
        }
        Self { codes: codes.into(), others }
    }

    /// Reads one name. Returns `None` if no endpoint knows it.
    pub(crate) fn one(name: &str) -> Option<Self> {
        let mut codes = Vec::new();
        push(&mut codes, name.as_bytes())?;
        codes.push(END);
        Some(Self { codes: codes.into(), others: 0 })
    }

    /// Returns the number of parameters that no endpoint knows, or that are beyond the limit.
    pub(crate) fn others(&self) -> u16 {
        self.others
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = String> {
        each(&self.codes).map(|codes| Shown(codes).to_string())
    }

    /// Returns whether each of `others` is one of these names, or has one of these names below it.
    pub(crate) fn contain(&self, others: &Self) -> bool {
        each(&others.codes).all(|wanted| each(&self.codes).any(|codes| codes.starts_with(wanted)))
    }
}

/// Writes the names, and the number of others: `type,metadata[…]+2`.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, codes) in each(&self.codes).enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { "," }, Shown(codes))?;
        }
        match self.others {
            0 => Ok(()),
            others => write!(f, "+{others}"),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn each(codes: &[u8]) -> impl Iterator<Item = &[u8]> {
    codes.split(|code| *code == END).filter(|name| !name.is_empty())
}

/// A name, by the codes of its segments.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, code) in self.0.iter().enumerate() {
            let segment = match *code {
                INDEX => "",
                CHOSEN => "…",
                word => WORDS.get(usize::from(word - FIRST)).copied().unwrap_or_default(),
            };
            if index == 0 { f.write_str(segment)? } else { write!(f, "[{segment}]")? }
        }
        Ok(())
    }
}

/// Decodes a name. Returns `None` if it is longer than any known name.
fn decode<'a>(name: &[u8], decoded: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let (mut length, mut rest) = (0, name);
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (16 * digit(*high) + digit(*low), after)
            }
            // No known name has a space.
            (b'+', after) => (b' ', after),
            (byte, after) => (*byte, after),
        };
        *decoded.get_mut(length)? = byte;
        length += 1;
        rest = after;
    }
    decoded.get(..length)
}

fn digit(hexadecimal: u8) -> u8 {
    match hexadecimal {
        b'0'..=b'9' => hexadecimal - b'0',
        letter => (letter | 0x20) - b'a' + 10,
    }
}

/// Appends the codes of a name's segments. Returns `None` if a segment is unknown. It may have appended some codes
/// then.
fn push(codes: &mut Vec<u8>, name: &[u8]) -> Option<()> {
    let (first, mut rest) = name.split_at(memchr::memchr(b'[', name).unwrap_or(name.len()));
    codes.push(word(first)?);
    let mut is_open = is_open(first);
    for _ in 1..DEEPEST {
        if rest.is_empty() {
            break;
        }
        if is_open {
            codes.push(CHOSEN);
            return Some(());
        }
        let inner = rest.strip_prefix(b"[")?;
        let (segment, after) = inner.split_at(memchr::memchr(b']', inner)?);
        let is_index = segment.len() <= 5 && segment.iter().all(u8::is_ascii_digit);
        codes.push(if is_index { INDEX } else { word(segment)? });
        is_open = self::is_open(segment);
        rest = &after[1..];
    }
    rest.is_empty().then_some(())
}

fn is_open(segment: &[u8]) -> bool {
    OPEN.iter().any(|open| open.as_bytes() == segment)
}

fn word(segment: &[u8]) -> Option<u8> {
    let index = WORDS.binary_search_by(|word| word.as_bytes().cmp(segment)).ok()?;
    u8::try_from(index).ok()?.checked_add(FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(form: &str) -> String {
        Names::of(form.as_bytes()).to_string()
    }

    #[test]
    fn words_are_sorted_and_each_has_a_code() {
        assert!(WORDS.is_sorted_by(|one, other| one < other));
        for known in WORDS {
            assert!(word(known.as_bytes()).is_some() && shown(known) == *known, "{known}");
        }
        assert!(OPEN.iter().all(|open| is_known(open)));
    }

    #[test]
    fn names_are_shown_once_and_without_indexes() {
        assert_eq!(shown("type=document&return_url=x&type=y"), "type,return_url");
        assert_eq!(
            shown(
                "options%5Bdocument%5D%5Ballowed_types%5D%5B0%5D=a&options[document][allowed_types][]=b&expand[17]=c"
            ),
            "options[document][allowed_types][],expand[]"
        );
        assert_eq!(shown(""), "");
        assert_eq!(shown("&&type&=&"), "type+1");
    }

    #[test]
    fn name_that_a_client_chooses_is_not_shown() {
        for (form, expected) in [
            ("metadata[P1234567]=x&metadata[Ada]=y", "metadata[…]"),
            ("metadata[a][b]=x&metadata[=x&metadata]=y", "metadata[…]+1"),
            ("file_link_data[metadata][P1234567]=x", "file_link_data[metadata][…]"),
            ("headers[P1234567]=x", "headers[…]"),
            ("P1234567=x&person[P1234567]=x", "+2"),
            ("person[123456]=x&person[12345]", "person[]+1"),
            ("type[]P1234567=1&type[=1&%ff=1", "+3"),
            ("type%00P1234567=1&Type=1&type =1&type+=1", "+4"),
            ("%74yp%65=1&type%5B0%5d=2&%74%=1&ty%g0pe=1&%=1", "type,type[]+3"),
        ] {
            assert_eq!(shown(form), expected, "{form}");
        }
    }

    #[test]
    fn number_depth_and_length_of_names_are_bounded() {
        let many: Vec<_> = WORDS.iter().map(|word| format!("{word}=1")).collect();
        let names = Names::of(many.join("&").as_bytes());
        assert_eq!((names.iter().count(), usize::from(names.others())), (MOST, WORDS.len() - MOST));
        let deep = |depth: usize| shown(&format!("person{}", "[person]".repeat(depth - 1)));
        assert!(deep(DEEPEST).starts_with("person[person]"));
        assert_eq!(deep(DEEPEST + 1), "+1");
        assert_eq!(shown(&format!("metadata[{}]=1", "x".repeat(LONGEST))), "+1");
        assert_eq!(Names::of("x&".repeat(100_000).as_bytes()).others(), u16::MAX);
    }

    #[test]
    fn names_contain_each_name_and_each_name_above_one() {
        let sent = Names::of(b"type=x&options[document][require_id_number]=true&metadata[a]=b");
        let contains = |name| sent.contain(&Names::one(name).unwrap());
        for name in ["type", "options", "options[document]", "metadata", "metadata[other]"] {
            assert!(contains(name), "{name}");
        }
        for name in ["return_url", "options[document][require_live_capture]", "type[document]", "document"] {
            assert!(!contains(name), "{name}");
        }
        assert_eq!((Names::one("P1234567"), Names::one(""), Names::one("type[x]")), (None, None, None));
    }
}
