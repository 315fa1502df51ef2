//! The details of a person and of a document, by their names in parameters and in text.

use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stripe_identity_core::types::{Address, Date, DocumentType, Sensitive, Sex};

use crate::document::Document;
use crate::person::Person;
use crate::serial;

/// The user of a session: a person and their document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) person: Person,
    pub(crate) document: Document,
}

impl User {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self { person: Person::from_seed(seed), document: Document::from_seed(seed) }
    }
}

/// The value of a detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Value {
    Text(Sensitive<String>),
    Image(#[serde(with = "serial::image")] Sensitive<Bytes>),
}

/// A detail that a try changes about the user who would submit otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detail {
    /// The index in [`KINDS`].
    kind: usize,
    value: Value,
}

/// The object that a detail belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Of {
    Person,
    Document,
}

/// The error when a detail cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidDetail {
    /// There is no detail of that name.
    Unknown,
    /// The detail does not take that value.
    Value { name: &'static str, expected: &'static str },
}

type Set = fn(&mut User, &Value) -> Result<(), &'static str>;

/// All details. They are applied in this order, since the first ones also set some of the others.
const KINDS: &[(Of, &str, Set)] = &[
    (Of::Person, "seed", |user, value| {
        let seed = text(value)?.parse().map_err(|_| "a whole number from 0")?;
        *user = User::from_seed(seed);
        Ok(())
    }),
    (Of::Person, "country", |user, value| {
        user.person = std::mem::take(&mut user.person).country(country(value)?);
        Ok(())
    }),
    (Of::Person, "first_name", |user, value| set(&mut user.person.first_name, optional(value))),
    (Of::Person, "last_name", |user, value| set(&mut user.person.last_name, optional(value))),
    (Of::Person, "dob", |user, value| set(&mut user.person.dob, date(value))),
    (Of::Person, "sex", |user, value| set(&mut user.person.sex, sex(value))),
    (Of::Person, "place_of_birth", |user, value| set(&mut user.person.place_of_birth, optional(value))),
    (Of::Person, "email", |user, value| set(&mut user.person.email, optional(value))),
    (Of::Person, "phone", |user, value| set(&mut user.person.phone, optional(value))),
    (Of::Person, "id_number", |user, value| set(&mut user.person.id_number, optional(value))),
    (Of::Person, "line1", |user, value| set(&mut address(user).line1, optional(value))),
    (Of::Person, "line2", |user, value| set(&mut address(user).line2, optional(value))),
    (Of::Person, "city", |user, value| set(&mut address(user).city, optional(value))),
    (Of::Person, "postal_code", |user, value| set(&mut address(user).postal_code, optional(value))),
    (Of::Person, "state", |user, value| set(&mut address(user).state, optional(value))),
    (Of::Document, "type", |user, value| set(&mut user.document.type_, document_type(value).map(Some))),
    (Of::Document, "number", |user, value| set(&mut user.document.number, optional(value))),
    (Of::Document, "issuing_country", |user, value| {
        set(&mut user.document.issuing_country, country(value).map(|country| Some(country.into())))
    }),
    (Of::Document, "issued_date", |user, value| set(&mut user.document.issued_date, date(value))),
    (Of::Document, "expiration_date", |user, value| set(&mut user.document.expiration_date, date(value))),
    (Of::Document, "first_name", |user, value| set(&mut user.document.first_name, optional(value))),
    (Of::Document, "last_name", |user, value| set(&mut user.document.last_name, optional(value))),
    (Of::Document, "front", |user, value| set(&mut user.document.front, image(value))),
    (Of::Document, "back", |user, value| set(&mut user.document.back, image(value))),
    (Of::Document, "selfie", |user, value| set(&mut user.document.selfie, image(value))),
];

impl Detail {
    /// Creates a detail, unless the value is not valid for it.
    pub(crate) fn new(of: Of, name: &str, value: Value) -> Result<Self, InvalidDetail> {
        let kind = KINDS.iter().position(|(whose, known, _)| *whose == of && *known == name);
        let detail = Self { kind: kind.ok_or(InvalidDetail::Unknown)?, value };
        let (_, name, _) = KINDS[detail.kind];
        detail.set(&mut User::from_seed(0)).map_err(|expected| InvalidDetail::Value { name, expected })?;
        Ok(detail)
    }

    fn set(&self, user: &mut User) -> Result<(), &'static str> {
        let (_, _, set) = KINDS[self.kind];
        set(user, &self.value)
    }
}

/// A detail as it is stored: by its name, since its index may differ in another version.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named<N, V> {
    of: Of,
    name: N,
    value: V,
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (of, name, _) = KINDS[self.kind];
        Named { of, name, value: &self.value }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Detail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Named::<String, Value> { of, name, value } = Named::deserialize(deserializer)?;
        Self::new(of, &name, value).map_err(|error| match error {
            InvalidDetail::Unknown => D::Error::custom("unknown detail of a person or a document"),
            InvalidDetail::Value { name, expected } => {
                D::Error::custom(format_args!("invalid {name}: expected {expected}"))
            }
        })
    }
}

/// Applies details to a user, in the order of [`KINDS`].
pub(crate) fn set_all(details: &[Detail], user: &mut User) {
    let mut details: Vec<_> = details.iter().collect();
    details.sort_by_key(|detail| detail.kind);
    for detail in details {
        // `Detail::new` has checked that it can be set.
        let _ = detail.set(user);
    }
}

fn set<T>(field: &mut T, value: Result<T, &'static str>) -> Result<(), &'static str> {
    *field = value?;
    Ok(())
}

fn address(user: &mut User) -> &mut Address {
    user.person.address.get_or_insert_default()
}

fn text(value: &Value) -> Result<&str, &'static str> {
    match value {
        Value::Text(text) => Ok(text.expose()),
        Value::Image(_) => Err("a text"),
    }
}

/// Reads a string. An empty one removes the detail.
fn optional(value: &Value) -> Result<Option<Sensitive<String>>, &'static str> {
    Ok(Some(text(value)?).filter(|text| !text.is_empty()).map(Into::into))
}

fn date(value: &Value) -> Result<Option<Sensitive<Date>>, &'static str> {
    const EXPECTED: &str = "a date such as 2012-05-01, or nothing";
    let text = text(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    // The parser of times knows the calendar.
    let is_date =
        text.len() == 10 && format!("{text}T00:00:00Z").parse::<stripe_identity_core::types::Timestamp>().is_ok();
    let parts: Vec<i64> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    match parts[..] {
        [year, month, day] if is_date => Ok(Some(Date::new(year, month, day).into())),
        _ => Err(EXPECTED),
    }
}

fn country(value: &Value) -> Result<&str, &'static str> {
    let code = text(value)?;
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code { Ok(code) } else { Err("a two-letter code such as DE") }
}

fn sex(value: &Value) -> Result<Option<Sensitive<Sex>>, &'static str> {
    match text(value)? {
        "" => Ok(None),
        "female" => Ok(Some(Sex::Female.into())),
        "male" => Ok(Some(Sex::Male.into())),
        "unknown" => Ok(Some(Sex::Unspecified.into())),
        _ => Err("female, male, unknown or nothing"),
    }
}

fn document_type(value: &Value) -> Result<DocumentType, &'static str> {
    let type_ = DocumentType::from(text(value)?);
    if type_.is_known() { Ok(type_) } else { Err("driving_license, id_card or passport") }
}

fn image(value: &Value) -> Result<Sensitive<Bytes>, &'static str> {
    match value {
        Value::Image(image) => Ok(image.clone()),
        Value::Text(_) => Err("an image, which only a call of the control API can set, by the id of an uploaded file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(of: Of, name: &str, value: &str) -> Result<Detail, InvalidDetail> {
        Detail::new(of, name, Value::Text(value.into()))
    }

    #[test]
    fn details_in_any_order_are_applied_in_the_order_of_the_table() {
        let details = ["first_name", "country", "seed"].into_iter().zip(["Ada", "SG", "7"]);
        let details: Vec<_> = details.map(|(name, value)| detail(Of::Person, name, value).unwrap()).collect();
        let mut user = User::from_seed(0);
        set_all(&details, &mut user);
        let mut expected = Person::from_seed(7).country("SG");
        expected.first_name = Some("Ada".into());
        assert_eq!((user.person, user.document), (expected, Document::from_seed(7)));
    }

    #[test]
    fn empty_text_removes_a_detail() {
        for (of, name, _) in KINDS.iter().filter(|(_, name, _)| {
            !["seed", "country", "type", "issuing_country", "front", "back", "selfie"].contains(name)
        }) {
            assert!(detail(*of, name, "").is_ok(), "{name}");
        }
        let mut user = User::from_seed(0);
        set_all(&[detail(Of::Person, "dob", "").unwrap()], &mut user);
        assert_eq!(user.person, Person::from_seed(0).without_dob());
    }

    #[test]
    fn each_detail_is_in_the_table_of_the_docs() {
        let docs = include_str!("../docs/guide/outcomes.md");
        for (of, name, _) in KINDS {
            let shown = match of {
                Of::Person => format!("`{name}=`"),
                Of::Document if matches!(*name, "front" | "back" | "selfie") => format!("`document[{name}]`"),
                Of::Document => format!("`document.{name}=`"),
            };
            assert!(docs.contains(&shown), "{shown}");
        }
    }

    #[test]
    fn value_of_another_form_is_refused() {
        for (of, name, value) in [
            (Of::Person, "seed", "-1"),
            (Of::Person, "country", "de"),
            (Of::Person, "country", "DEU"),
            (Of::Person, "country", "é"),
            (Of::Person, "dob", "2012-02-30"),
            (Of::Person, "dob", "2012-5-1"),
            (Of::Person, "dob", "1.5.2012"),
            (Of::Person, "dob", "+12012-05-01"),
            (Of::Person, "dob", "2012-05-01T00:00:00Z"),
            (Of::Person, "sex", "[redacted]"),
            (Of::Document, "type", "visa"),
            (Of::Document, "front", "file_1"),
        ] {
            assert!(matches!(detail(of, name, value), Err(InvalidDetail::Value { .. })), "{name}={value}");
        }
        let image = Value::Image(Bytes::new().into());
        let expected = InvalidDetail::Value { name: "email", expected: "a text" };
        assert_eq!(Detail::new(Of::Person, "email", image.clone()), Err(expected));
        assert!(Detail::new(Of::Document, "front", image).is_ok());
        assert_eq!(detail(Of::Person, "number", "1"), Err(InvalidDetail::Unknown));
        assert_eq!(detail(Of::Document, "dob", "2012-05-01"), Err(InvalidDetail::Unknown));
    }
}
