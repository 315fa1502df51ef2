use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::sensitive::Hidden;

/// A JSON value of any shape, kept as Stripe sent it.
///
/// [`value`](Self::value) and [`get`](Self::get) read it as a [`Value`], and [`parse`](Self::parse)
/// as a model. JSON can hold what a `Value` can't: a lone surrogate, a number beyond `f64`, deep
/// nesting. Such JSON is kept too, as its [bytes](Self::as_bytes), and a model parses from it if the
/// model does not have that part.
///
/// `Debug` shows no content. Two values are equal if their `Value`s are equal, or their bytes if
/// one of them has no `Value`.
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
/// Parsed with `serde_json`, it holds the original text. Parsed from any other format, or from one
/// of serde's buffers (`#[serde(flatten)]`, untagged and internally tagged enums), it holds the
/// `Value`.
///
/// It serializes as the `Value`. Without one, it serializes as a map with the single key
/// `$stripe_identity::Json`, since few formats could hold the JSON itself. The value of the key is
/// the JSON as text, or as an array of bytes if it is not UTF-8. A `Json` that is parsed from such
/// a map, in any format, holds the JSON that the map stands for. To pass on the original JSON, use
/// [`as_bytes`](Self::as_bytes).
#[derive(Clone)]
pub struct Json {
    // One of the two is set from the start, and the other is derived from it.
    bytes: OnceLock<Box<[u8]>>,
    value: OnceLock<Option<Value>>,
}

impl Json {
    /// Returns the value, or `None` if a [`Value`] can't hold it, since it has a lone surrogate, a
    /// number beyond `f64`, invalid UTF-8, or too much nesting. The first call parses it.
    pub fn value(&self) -> Option<&Value> {
        let parse = || {
            let mut json = serde_json::Deserializer::from_slice(self.bytes.get()?);
            AnyValue(None).deserialize(&mut json).ok().filter(|_| json.end().is_ok())
        };
        self.value.get_or_init(parse).as_ref()
    }

    /// Returns the owned value, or `None` if [`value`](Self::value) returns `None`.
    pub fn into_value(self) -> Option<Value> {
        self.value();
        self.value.into_inner().flatten()
    }

    /// Returns the value of a key, or `None` if this is not an object, has no such key, or has no
    /// [`value`](Self::value).
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.value()?.as_object()?.get(key)
    }

    /// Returns the original JSON, or the serialized value if this was created from a [`Value`].
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.value().unwrap_or(&Value::Null).to_string().into_bytes().into())
    }

    /// Parses the bytes as a model. The parts that the model ignores need not fit into a [`Value`].
    ///
    /// If parsing fails, it is repeated without the keys of the outermost object that are not text,
    /// since no model has such a key, and with only the last of several values of the same key.
    ///
    /// # Errors
    /// Returns the error of `serde_json`, which may quote the JSON. Do not log it if the JSON may
    /// have personal data.
    ///
    /// ```
    /// use stripe_identity_types::{Json, VerificationSession};
    ///
    /// let json = Json::from(serde_json::json!({"id": "vs_1", "status": "verified"}));
    /// let session: VerificationSession = json.parse()?;
    /// assert_eq!(session.id, "vs_1");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let json = escape_invalid_utf8(self.as_bytes());
        serde_json::from_str(&json).or_else(|error| {
            let mut fields = BTreeMap::new();
            let walked = each_field(&json, |key, value| {
                if let Ok(key) = std::str::from_utf8(key) {
                    fields.insert(key.to_owned(), value);
                }
            });
            let fields = walked.ok().and_then(|()| serde_json::to_string(&fields).ok());
            fields.and_then(|fields| serde_json::from_str(&fields).ok()).ok_or(error)
        })
    }

    fn from_text(text: String) -> Self {
        if let Some(bytes) = restore_invalid_utf8(&text) {
            return Self::from_bytes(bytes);
        }
        let key = text.trim_start().strip_prefix('{').and_then(|text| text.trim_start().strip_prefix('"'));
        let may_stand_in = key.is_some_and(|text| text.starts_with(STAND_IN));
        let json = Self::from_bytes(text.into_bytes());
        if may_stand_in && let Some(original) = json.value().and_then(Self::from_stand_in) { original } else { json }
    }

    fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into_boxed_slice().into(), value: OnceLock::new() }
    }

    /// Returns the JSON that a value stands for, or `None` if it stands for itself.
    fn from_stand_in(value: &Value) -> Option<Self> {
        let fields = value.as_object().filter(|fields| fields.len() == 1)?;
        let byte = |byte: &Value| byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
        let bytes = match fields.get(STAND_IN)? {
            Value::String(text) => text.clone().into_bytes(),
            Value::Array(bytes) => bytes.iter().map(byte).collect::<Option<_>>()?,
            _ => return None,
        };
        let is_json = serde_json::from_str::<IgnoredAny>(&escape_invalid_utf8(&bytes)).is_ok();
        let json = Self::from_bytes(bytes);
        (is_json && json.plain_value().is_none()).then_some(json)
    }

    /// Returns the value if it can be written unchanged: it exists, and would not be taken for a
    /// stand-in.
    fn plain_value(&self) -> Option<&Value> {
        self.value().filter(|value| Self::from_stand_in(value).is_none())
    }
}

/// The key of the map that stands for JSON without a `Value`.
const STAND_IN: &str = "$stripe_identity::Json";

/// Creates JSON from a value. Its bytes are the compact form of the value.
impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self { bytes: OnceLock::new(), value: Some(value).into() }
    }
}

/// Returns the JSON `null`.
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
        f.debug_tuple("Json").field(&Hidden).finish()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(value) = self.plain_value() {
            return value.serialize(serializer);
        }
        let mut stand_in = serializer.serialize_map(Some(1))?;
        match std::str::from_utf8(self.as_bytes()) {
            Ok(text) => stand_in.serialize_entry(STAND_IN, text)?,
            Err(_) => stand_in.serialize_entry(STAND_IN, self.as_bytes())?,
        }
        stand_in.end()
    }
}

/// The name of a newtype struct for which `serde_json` returns the text of the value, as a map with
/// this single key. `RawValue` is parsed so, but only by `serde_json`. If a later version changes
/// the name, all JSON still parses, as a `Value`.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The single key of the map as which `serde_json` returns a number if its feature
/// `arbitrary_precision` is on.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut raw = None;
        let value = deserializer.deserialize_newtype_struct(RAW_VALUE, AnyValue(Some(&mut raw)))?;
        Ok(raw.map_or_else(|| Self::from_stand_in(&value).unwrap_or_else(|| value.into()), Self::from_text))
    }
}

/// Parses a `Value` from any format, or its text if the format offers it and there is a place for
/// it.
///
/// `Value` itself would misinterpret a map with one of `serde_json`'s private keys, which anyone
/// may send.
struct AnyValue<'a>(Option<&'a mut Option<String>>);

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            match self.0 {
                Some(raw) if key == RAW_VALUE && fields.is_empty() => {
                    *raw = Some(map.next_value()?);
                    return Ok(Value::Null);
                }
                _ => fields.insert(key, map.next_value_seed(AnyValue(None))?),
            };
        }
        Ok(any_precision(&fields).map_or(Value::Object(fields), Value::Number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(AnyValue(None))? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue(None))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
}

fn any_precision(fields: &Map<String, Value>) -> Option<Number> {
    let number = fields.get(NUMBER).filter(|_| fields.len() == 1)?.as_str()?;
    // A `Number` can hold this one only if the feature is on.
    let is_on = "1e400".parse::<Number>().is_ok();
    number.parse().ok().filter(|_| is_on)
}

/// The number of invalid bytes that are kept. The escape of each takes space, and a text with more
/// of them is not meant to be JSON.
const MOST_INVALID_BYTES: usize = 8192;

/// Follows the escape of each invalid byte. It is random, so that no document contains it, whatever
/// escapes it has.
static MARK: OnceLock<String> = OnceLock::new();

/// Turns JSON into text, so that `serde_json` can skip what is not UTF-8, or keep it in a [`Json`].
///
/// Valid UTF-8 is returned unchanged, without a byte order mark at its beginning. Otherwise each
/// invalid byte becomes the escape of a lone surrogate, `\uDcNN` for the byte 0xNN, and a mark.
/// Within a string, that is valid JSON but not text, so that parsing it as a `String` fails. `Json`
/// restores the byte. After some thousands of invalid bytes the text is cut off, so that it is not
/// JSON.
#[doc(hidden)]
pub fn escape_invalid_utf8(json: &[u8]) -> Cow<'_, str> {
    let json = json.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(json);
    if let Ok(text) = std::str::from_utf8(json) {
        return Cow::Borrowed(text);
    }
    let mark = MARK.get_or_init(|| format!("{:016x}", RandomState::new().hash_one(())));
    let chunks = json.utf8_chunks().scan(0, |invalid, chunk| {
        let is_kept = *invalid <= MOST_INVALID_BYTES;
        *invalid += chunk.invalid().len();
        is_kept.then_some(chunk)
    });
    let escaped = 6 + mark.len();
    let capacity = chunks.clone().map(|chunk| chunk.valid().len() + chunk.invalid().len() * escaped).sum();
    let mut text = String::with_capacity(capacity);
    for chunk in chunks {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            if backslashes_at_end(text.as_bytes()) % 2 == 1 {
                // There is no such escape. A text that ends in a backslash is not JSON.
                return Cow::Owned(text);
            }
            // After a leading surrogate, a trailing one would form a character; another leading one
            // does not.
            let row = if ends_in_leading_surrogate(text.as_bytes()) { 'b' } else { 'c' };
            text.extend(['\\', 'u', 'D', row]);
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
            text.push_str(mark);
        }
    }
    Cow::Owned(text)
}

fn backslashes_at_end(text: &[u8]) -> usize {
    text.iter().rev().take_while(|&&byte| byte == b'\\').count()
}

/// Returns whether a string ends with the escape of a leading surrogate.
fn ends_in_leading_surrogate(text: &[u8]) -> bool {
    let Some((before, [b'\\', b'u', b'd' | b'D', row, column @ ..])) = text.split_last_chunk::<6>() else {
        return false;
    };
    let is_leading = matches!(row, b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    is_leading && column.iter().all(u8::is_ascii_hexdigit) && backslashes_at_end(before).is_multiple_of(2)
}

/// Returns the bytes that a text is the escaped form of, or `None` if it has no escaped bytes.
fn restore_invalid_utf8(text: &str) -> Option<Vec<u8>> {
    let mark = MARK.get()?.as_str();
    let (escaped, rest) = text.rsplit_once(mark)?;
    let mut bytes = Vec::with_capacity(text.len());
    for piece in escaped.split(mark) {
        let (before, digits) = piece.as_bytes().split_last_chunk::<2>()?;
        let valid = before.strip_suffix(br"\uDc").or_else(|| before.strip_suffix(br"\uDb"))?;
        bytes.extend(valid);
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
    }
    bytes.extend(rest.as_bytes());
    Some(bytes)
}

/// Passes each field of a JSON object to a function. A key is passed as bytes, since it need not be
/// text.
///
/// # Errors
/// Fails if the JSON is not an object, or from the point at which it is invalid. The fields before
/// that point are passed.
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

/// Passes each entry of a map to a function, as [`each_field`] does. Works only with maps of
/// `serde_json`.
pub(crate) fn each_entry<'de, A: MapAccess<'de>>(
    mut map: A,
    mut each: impl FnMut(&[u8], &'de RawValue),
) -> Result<(), A::Error> {
    while let Some(Bytes(key)) = map.next_key()? {
        each(&key, map.next_value()?);
    }
    Ok(())
}

/// A JSON string, which need not be text.
pub(crate) struct Bytes<'de>(pub(crate) Cow<'de, [u8]>);

impl Bytes<'_> {
    /// Returns the text of a JSON string, with U+FFFD for what is not text, or `None` if it is not
    /// a string.
    pub(crate) fn text(json: &RawValue) -> Option<String> {
        let Bytes(bytes) = serde_json::from_str(json.get()).ok()?;
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // The JSON is UTF-8, so this can only be a surrogate: three bytes, each of them invalid
            // on its own.
            text.extend(chunk.invalid().iter().filter(|&&byte| byte == 0xED).map(|_| char::REPLACEMENT_CHARACTER));
        }
        Some(match MARK.get() {
            Some(mark) => text.replace(mark, ""),
            None => text,
        })
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
