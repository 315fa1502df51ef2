//! The rows that a world can be written as, and read back from.

use std::borrow::Cow;
use std::fmt;

/// Each place is below this: far more than a world can have, and few enough that the places of all worlds fit side by side
/// where rows are kept.
pub(crate) const END_OF_PLACES: u64 = 1 << 39;

/// What a row holds. Each kind has its places for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The world's name, clock, settings and generators. It, and the kinds up to the disorder, are at the place 0.
    World,
    Plans,
    Faults,
    Disorder,
    WebhookEndpoint,
    Session,
    Report,
    File,
    /// The bytes of a file, at its place. All others are JSON.
    FileContents,
    FileLink,
    Event,
    EphemeralKey,
    Delivery,
    /// What is due, at the number of those that were scheduled before.
    Due,
    /// What is responded again under an idempotency key.
    Response,
}

impl Kind {
    /// In the order in which a world is read.
    pub(crate) const ALL: [Self; 15] = [
        Self::World,
        Self::Plans,
        Self::Faults,
        Self::Disorder,
        Self::WebhookEndpoint,
        Self::Session,
        Self::Report,
        Self::File,
        Self::FileContents,
        Self::FileLink,
        Self::Event,
        Self::EphemeralKey,
        Self::Delivery,
        Self::Due,
        Self::Response,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::World => "world",
            Self::Plans => "plans",
            Self::Faults => "faults",
            Self::Disorder => "disorder",
            Self::WebhookEndpoint => "webhook_endpoint",
            Self::Session => "verification_session",
            Self::Report => "verification_report",
            Self::File => "file",
            Self::FileContents => "file_contents",
            Self::FileLink => "file_link",
            Self::Event => "event",
            Self::EphemeralKey => "ephemeral_key",
            Self::Delivery => "webhook_delivery",
            Self::Due => "due",
            Self::Response => "response",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether there is one in a world, at the place 0.
    pub(crate) fn is_single(self) -> bool {
        matches!(self, Self::World | Self::Plans | Self::Faults | Self::Disorder)
    }
}

/// A row that is to be put at its place, or deleted.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) kind: Kind,
    pub(crate) place: u64,
    /// `None` to delete it.
    pub(crate) value: Option<Cow<'a, [u8]>>,
}

impl Row<'static> {
    /// Returns the row of a value. Its types serialize without fail: their maps have texts for keys.
    pub(crate) fn new(kind: Kind, place: u64, value: &impl serde::Serialize) -> Self {
        Self { kind, place, value: Some(serde_json::to_vec(value).unwrap_or_default().into()) }
    }

    pub(crate) fn deleted(kind: Kind, place: u64) -> Self {
        Self { kind, place, value: None }
    }
}

/// Why a row cannot be read. It says nothing of what is in the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidRow(pub(crate) String);

impl InvalidRow {
    /// Returns the error of a place, or of a number that gives the next place, beyond [`END_OF_PLACES`].
    pub(crate) fn beyond_places(kind: Kind) -> Self {
        Self(format!("invalid {}: expected places and numbers of places below {END_OF_PLACES}", kind.name()))
    }

    /// Returns the error of a value, whose own text may quote it.
    pub(crate) fn of(kind: Kind, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let place = text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]);
        Self(format!("invalid {}: {}", kind.name(), without_quotes(place)))
    }
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes what was found out of a message of serde's, such as `invalid type: string "…", expected u64`.
fn without_quotes(message: &str) -> String {
    const QUOTING: [&str; 5] = ["invalid type", "invalid value", "invalid length", "unknown field", "unknown variant"];
    let Some(kind) = QUOTING.into_iter().find(|kind| message.starts_with(kind)) else { return message.to_owned() };
    if message[kind.len()..].starts_with(": expected ") {
        return message.to_owned();
    }
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}: expected {expected}"),
        None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.name()), Some(kind));
        }
        assert_eq!(Kind::of("sessions"), None);
    }

    #[test]
    fn error_of_a_row_quotes_nothing() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "it is only parsed")]
        struct Example {
            number: u64,
        }
        let error =
            |json: &str| InvalidRow::of(Kind::Session, &serde_json::from_str::<Example>(json).unwrap_err()).to_string();
        assert_eq!(error(r#"{"number": "secret"}"#), "invalid verification_session: invalid type: expected u64");
        assert_eq!(error("{}"), "invalid verification_session: missing field `number`");
        assert_eq!(error(r#"{"secret": 1}"#), "invalid verification_session: unknown field: expected `number`");
        assert_eq!(
            error(r#"{"number": ", expected secret"}"#),
            "invalid verification_session: invalid type: expected u64"
        );
        assert!(!error(r#"{"number": secret}"#).contains("secret"));
    }
}
