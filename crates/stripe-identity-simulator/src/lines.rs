//! Worlds as lines of JSON: see `docs/guide/state.md`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::import_error::ImportError;
use crate::key;
use crate::world::{InvalidRow, Kind, Part, Row};

const FORMAT: &str = "stripe-identity-simulator";
const VERSION: u64 = 1;

/// The media type of lines.
pub(crate) const MEDIA_TYPE: &str = "application/x-ndjson";

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    format: Cow<'a, str>,
    version: u64,
}

/// Any other line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<u64>,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// A world as lines describe it.
pub(crate) struct Described {
    pub(crate) name: String,
    /// The number of its first line.
    pub(crate) line: u64,
    /// For each line its number, the place and the part.
    pub(crate) parts: Vec<(u64, u64, Part)>,
}

/// The number of worlds and records that were imported: the result of [`Simulator::import`](crate::Simulator::import).
///
/// ```
/// use stripe_identity_simulator::Simulator;
///
/// let lines = concat!(
///     r#"{"format":"stripe-identity-simulator","version":1}"#,
///     "\n",
///     r#"{"kind":"world","value":{"name":"123"}}"#,
/// );
/// let imported = Simulator::new().import(lines.as_bytes())?;
/// assert_eq!(imported.worlds, 1);
/// # Ok::<(), stripe_identity_simulator::ImportError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The number of worlds.
    pub worlds: usize,
    /// The number of lines that describe the worlds and their contents: all but the first line and empty ones.
    pub records: usize,
}

/// Appends the first line.
pub(crate) fn write_header(to: &mut Vec<u8>) {
    write_line(to, &Header { format: FORMAT.into(), version: VERSION });
}

/// Appends the line of a row.
pub(crate) fn write_row(to: &mut Vec<u8>, row: &Row<'_>) {
    let Some(value) = &row.value else { return };
    let contents = (row.kind == Kind::FileContents).then(|| format!("\"{}\"", STANDARD.encode(value)));
    let json = contents.as_deref().or_else(|| std::str::from_utf8(value).ok()).unwrap_or("null");
    // The value of a row is JSON on one line.
    let Ok(value) = serde_json::from_str(json) else { return };
    let place = (!row.kind.is_single()).then_some(row.place);
    write_line(to, &Line { kind: row.kind.name().into(), place, value });
}

fn write_line(to: &mut Vec<u8>, line: &impl Serialize) {
    // Writing to a Vec cannot fail.
    let _ = serde_json::to_writer(&mut *to, line);
    to.push(b'\n');
}

/// Reads all lines.
pub(crate) fn read(mut lines: impl BufRead) -> Result<Vec<Described>, ImportError> {
    let mut reader = Reader::default();
    let (mut number, mut line) = (0, Vec::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(ImportError::Read)? == 0 {
            return if reader.has_header { Ok(reader.worlds) } else { Err(no_header(1)) };
        }
        number += 1;
        if !line.trim_ascii().is_empty() {
            reader.read(number, &line)?;
        }
    }
}

fn no_header(number: u64) -> ImportError {
    let expected = format!("missing header: expected {{\"format\":\"{FORMAT}\",\"version\":{VERSION}}} first");
    ImportError::at(number, expected)
}

#[derive(Default)]
struct Reader {
    has_header: bool,
    worlds: Vec<Described>,
    /// For each kind, the place of its last line in the last world.
    last: HashMap<Kind, u64>,
}

impl Reader {
    fn read(&mut self, number: u64, line: &[u8]) -> Result<(), ImportError> {
        if !self.has_header {
            let header: Header<'_> = serde_json::from_slice(line).map_err(|_| no_header(number))?;
            if header.format != FORMAT {
                return Err(no_header(number));
            }
            if header.version != VERSION {
                let problem = format!("version {} is unknown: expected {VERSION}", header.version);
                return Err(ImportError::at(number, problem));
            }
            self.has_header = true;
            return Ok(());
        }
        let Line { kind, place, value } = serde_json::from_slice(line).map_err(|_| {
            ImportError::at(
                number,
                "invalid line: expected a JSON object with `kind`, `value` and, optionally, `place`",
            )
        })?;
        let kind = Kind::of(&kind).ok_or_else(|| {
            let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            ImportError::at(number, format!("unknown kind: expected one of {}", known.join(", ")))
        })?;
        let part = part(kind, value.get()).map_err(|error| ImportError::at(number, error.to_string()))?;
        if let Part::World(stored) = &part {
            self.begin(number, stored.name.clone())?;
        }
        let place = match kind {
            _ if kind.is_single() => 0,
            Kind::FileContents => place.or_else(|| self.last.get(&Kind::File).copied()).unwrap_or_default(),
            _ => place.unwrap_or_else(|| self.last.get(&kind).map_or(0, |last| last.saturating_add(1))),
        };
        let last = self.last.insert(kind, place);
        if last.is_some() && kind.is_single() {
            let problem = format!("second line of the kind {}: expected one in a world", kind.name());
            return Err(ImportError::at(number, problem));
        }
        if kind == Kind::Due && last.is_some_and(|last| place <= last) {
            return Err(ImportError::at(number, "invalid due: expected a place greater than that of the line before"));
        }
        let world = self.worlds.last_mut();
        let world = world.ok_or_else(|| {
            ImportError::at(number, "no world: expected a line of the kind world before the lines of its contents")
        })?;
        world.parts.push((number, place, part));
        Ok(())
    }

    fn begin(&mut self, line: u64, name: String) -> Result<(), ImportError> {
        if key::named(&format!("sk_test_{name}")).is_none_or(|(_, named)| named != name) {
            let problem = "invalid name of a world: expected 1 to 100 ASCII characters, without spaces and `_`";
            return Err(ImportError::at(line, problem));
        }
        if self.worlds.iter().any(|world| world.name == name) {
            return Err(ImportError::at(line, "a world of that name comes before: expected all of its lines together"));
        }
        self.last.clear();
        self.worlds.push(Described { name, line, parts: Vec::new() });
        Ok(())
    }
}

fn part(kind: Kind, value: &str) -> Result<Part, InvalidRow> {
    if kind != Kind::FileContents {
        return Part::read(kind, value.as_bytes());
    }
    let text: Result<Cow<'_, str>, _> = serde_json::from_str(value);
    let contents = text.ok().and_then(|text| STANDARD.decode(text.as_bytes()).ok());
    contents
        .map(|contents| Part::FileContents(Bytes::from(contents)))
        .ok_or_else(|| InvalidRow(format!("invalid {}: expected base64", kind.name())))
}
