use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A JSON value of any shape, kept as it came.
///
/// Most of the time it is read as a [`Value`]: see [`value`](Self::value) and [`get`](Self::get). JSON can hold what a
/// `Value` can't: a lone surrogate, a number beyond `f64`, deep nesting. Such JSON is kept too, as its
/// [bytes](Self::as_bytes), and a model can be [read](Self::parse) from it if the model has no use for that part.
///
/// `Debug` shows no content. Two values are equal if their `Value`s are, or their bytes where one of them has none.
///
/// ```
/// use stripe_identity_types::Json;
///
/// let json: Json = serde_json::from_str(r#"{"id": "vs_1", "n": 1}"#)?;
/// assert_eq!(json.get("id").and_then(|id| id.as_str()), Some("vs_1"));
///
/// let beyond: Json = serde_json::from_str(r#"{"id": "vs_1", "half": "\ud83d"}"#)?;
/// assert!(beyond.value().is_none());
/// assert_eq!(beyond.as_bytes(), br#"{"id": "vs_1", "half": "\ud83d"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Read with `serde_json`, it holds the text that came. Read from any other format, or out of one of serde's buffers
/// (`#[serde(flatten)]`, untagged and internally tagged enums), it holds the `Value`. It serializes as the `Value`, or as the
/// text that came where there is none.
#[derive(Clone)]
pub struct Json {
    // One of the two is there from the beginning, and the other follows from it.
    bytes: OnceLock<Box<[u8]>>,
    value: OnceLock<Option<Value>>,
}

impl Json {
    /// Returns the value, or `None` if a [`Value`] can't hold it: it has a lone surrogate, a number beyond `f64`, invalid
    /// UTF-8, or is nested too deeply. Parses it the first time.
    pub fn value(&self) -> Option<&Value> {
        self.value.get_or_init(|| serde_json::from_slice(self.bytes.get()?).ok()).as_ref()
    }

    /// Returns the value, taken out, or `None` as [`value`](Self::value) does.
    pub fn into_value(self) -> Option<Value> {
        self.value();
        self.value.into_inner().flatten()
    }

    /// Returns the value of a key, or `None` if this is not an object, has no such key, or has no [`value`](Self::value).
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.value()?.as_object()?.get(key)
    }

    /// Returns the JSON as it came, or as it is written if it was made from a [`Value`].
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.value().unwrap_or(&Value::Null).to_string().into_bytes().into())
    }

    /// Parses the bytes as a model. What the model ignores need not fit into a [`Value`].
    ///
    /// # Errors
    /// The error of `serde_json`, which may quote the JSON.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&escape_invalid_utf8(self.as_bytes()))
    }

    fn from_text(text: String) -> Self {
        let may_be_escaped = text.contains(r"\uDb") || text.contains(r"\uDc");
        let json = Self::from_bytes(text.into_bytes().into());
        if may_be_escaped && json.value().is_none() {
            return restore_invalid_utf8(json.as_bytes()).map_or(json, |bytes| Self::from_bytes(bytes.into()));
        }
        json
    }

    fn from_bytes(bytes: Box<[u8]>) -> Self {
        Self { bytes: bytes.into(), value: OnceLock::new() }
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self { bytes: OnceLock::new(), value: Some(value).into() }
    }
}

/// `null`.
impl Default for Json {
    fn default() -> Self {
        Value::Null.into()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        match (self.value(), other.value()) {
            (Some(value), Some(other)) => value == other,
            _ => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json").finish_non_exhaustive()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value() {
            Some(value) => value.serialize(serializer),
            None => RawValue::from_string(escape_invalid_utf8(self.as_bytes()).into_owned())
                .map_err(|_| S::Error::custom("JSON that can't be written"))?
                .serialize(serializer),
        }
    }
}

/// The name of a newtype struct for which `serde_json` gives the text of the value, as the only entry of a map under this
/// key. `RawValue` is read so, but from nothing except `serde_json`. If the name were another one day, all JSON would still
/// be read, as a `Value`.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW_VALUE, AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Value::deserialize(deserializer).map(Json::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == RAW_VALUE && fields.is_empty() {
                return map.next_value().map(Json::from_text);
            }
            fields.insert(key, map.next_value()?);
        }
        Ok(Value::Object(fields).into())
    }

    // The rest is for deserializers that know no newtype structs, and visit what they have.

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Json, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Json::from)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::default())
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::default())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Value::from(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Value::from(value).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Value::from(value).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Value::from(value).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Value::from(value).into())
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Value::from(value).into())
    }
}

/// Makes text of JSON, so that `serde_json` can skip what is not UTF-8, and keep it inside of a [`Json`].
///
/// Valid UTF-8 stays as it is. In anything else, each invalid byte becomes the escape of a lone surrogate, `\uDcNN` for the
/// byte 0xNN: within a string that is JSON, but no text, so that reading it into a `String` fails. `Json` turns it back into the byte.
pub fn escape_invalid_utf8(json: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(json) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(json.len() + 64);
    for chunk in json.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let is_escaped = backslashes_at_end(text.as_bytes()) % 2 == 1;
            if is_escaped {
                // There is no such escape, and none must come of it.
                text.push(char::REPLACEMENT_CHARACTER);
            } else {
                // After the first half of a pair the second half would make a character of the two; another first half
                // does not.
                let row = if ends_in_half_a_pair(text.as_bytes()) { 'b' } else { 'c' };
                text.extend(['\\', 'u', 'D', row]);
                text.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
            }
        }
    }
    Cow::Owned(text)
}

fn backslashes_at_end(text: &[u8]) -> usize {
    text.iter().rev().take_while(|&&byte| byte == b'\\').count()
}

/// Whether the last thing in a string is the escape of a leading surrogate.
fn ends_in_half_a_pair(text: &[u8]) -> bool {
    let Some((before, [b'\\', b'u', b'd' | b'D', row, column @ ..])) = text.split_last_chunk::<6>() else {
        return false;
    };
    let is_leading = matches!(row, b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    is_leading && column.iter().all(u8::is_ascii_hexdigit) && backslashes_at_end(before).is_multiple_of(2)
}

/// The bytes that this is the escaped form of, if any.
fn restore_invalid_utf8(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        (bytes, rest) = match rest {
            [b'\\', b'u', b'D', b'b' | b'c', high, low, after @ ..] if digit(*high)? >= 8 => {
                bytes.push(digit(*high)? << 4 | digit(*low)?);
                (bytes, after)
            }
            [b'\\', second, after @ ..] => {
                bytes.extend([first, *second]);
                (bytes, after)
            }
            _ => {
                bytes.push(first);
                (bytes, after)
            }
        };
    }
    // What came may have had such an escape of its own.
    (escape_invalid_utf8(&bytes).as_bytes() == text).then_some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

/// Reads a JSON object field by field, and its keys as bytes, since a key need not be text either.
///
/// # Errors
/// It is not an object, or it is no JSON from some point on; the fields before that point have been given.
#[doc(hidden)]
pub fn each_field<'a>(json: &'a str, each: impl FnMut(&[u8], &'a RawValue)) -> Result<(), serde_json::Error> {
    struct Object<F>(F);

    impl<'de, F: FnMut(&[u8], &'de RawValue)> Visitor<'de> for Object<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
            each_entry(map, self.0)
        }
    }

    serde_json::Deserializer::from_str(json).deserialize_map(Object(each))
}

/// As [`each_field`], within an object. Of a map of `serde_json`'s only.
pub(crate) fn each_entry<'de, A: MapAccess<'de>>(
    mut map: A,
    mut each: impl FnMut(&[u8], &'de RawValue),
) -> Result<(), A::Error> {
    while let Some(Bytes(key)) = map.next_key()? {
        each(&key, map.next_value()?);
    }
    Ok(())
}

/// A string of JSON, whether or not it is text.
pub(crate) struct Bytes<'de>(pub(crate) Cow<'de, [u8]>);

impl Bytes<'_> {
    /// Reads a string of JSON, or nothing if it is something else. What is not text in it becomes U+FFFD.
    pub(crate) fn text(json: &RawValue) -> Option<String> {
        let Bytes(bytes) = serde_json::from_str(json.get()).ok()?;
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // The JSON is UTF-8, so this can only be a surrogate: three bytes, each of them invalid by itself.
            text.extend(chunk.invalid().iter().filter(|&&byte| byte == 0xED).map(|_| char::REPLACEMENT_CHARACTER));
        }
        Some(text)
    }
}

impl<'de> Deserialize<'de> for Bytes<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyString;

        impl<'de> Visitor<'de> for AnyString {
            type Value = Bytes<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Borrowed(bytes)))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Bytes(Cow::Owned(bytes.to_owned())))
            }
        }

        deserializer.deserialize_bytes(AnyString)
    }
}
