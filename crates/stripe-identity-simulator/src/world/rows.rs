//! The rows that a world is written to and read from.

use std::borrow::Cow;
use std::fmt;

/// All places are below this number. No world can have that many, and a state file has room for them in its keys.
pub(crate) const END_OF_PLACES: u64 = 1 << 39;

/// The kind of the contents of a row. Each kind has its own sequence of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The world's name, clock, settings and generators. This kind and the following ones up to `Disorder` have one
    /// row, at the place 0.
    World,
    Plans,
    Faults,
    Disorder,
    WebhookEndpoint,
    Session,
    Report,
    File,
    /// The bytes of a file, at the place of the file. All other kinds are JSON.
    FileContents,
    FileLink,
    Event,
    EphemeralKey,
    Delivery,
    /// A scheduled action. Its place is the number of actions that were scheduled before it.
    Due,
    /// A stored response for an idempotency key.
    Response,
}

impl Kind {
    /// All kinds, in the order in which a world is read.
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

    /// Returns whether a world has exactly one row of this kind, at the place 0.
    pub(crate) fn is_single(self) -> bool {
        matches!(self, Self::World | Self::Plans | Self::Faults | Self::Disorder)
    }
}

/// A row to write at its place, or to delete.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) kind: Kind,
    pub(crate) place: u64,
    /// `None` to delete it.
    pub(crate) value: Option<Cow<'a, [u8]>>,
}

impl Row<'static> {
    /// Creates the row of a value. Every type of value serializes without fail, since the keys of its maps are strings.
    pub(crate) fn new(kind: Kind, place: u64, value: &impl serde::Serialize) -> Self {
        Self { kind, place, value: Some(serde_json::to_vec(value).unwrap_or_default().into()) }
    }

    pub(crate) fn deleted(kind: Kind, place: u64) -> Self {
        Self { kind, place, value: None }
    }
}

/// The error when a row cannot be read. It quotes nothing of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidRow(pub(crate) String);

impl InvalidRow {
    /// Creates the error for a place, or a number that becomes a place, beyond [`END_OF_PLACES`].
    pub(crate) fn beyond_places(kind: Kind) -> Self {
        Self(format!("invalid {}: expected places, and numbers of places, below {END_OF_PLACES}", kind.name()))
    }

    /// Creates the error for a value that cannot be parsed, without the parts of serde's message that quote the value.
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

/// Removes the quoted value from a message of serde, such as `invalid type: string "…", expected u64`.
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
