//! Encodes parameters as a form in Stripe's style: `a=1&b[c]=2&d[0][e]=3`.

use std::fmt::{self, Display, Write as _};

use serde::Serialize;
use serde::ser::{self, Impossible, Serializer};
use serde_json::Value;

use super::percent::push_escaped;

/// Appends the parameters to a form.
///
/// A struct or a map becomes one pair for each field. A nested field becomes `name[field]`, an
/// element of a list `name[index]`. `None` becomes an empty value, with which Stripe clears a field,
/// so a field that is to stay unchanged must be skipped. Empty structs, maps and lists add nothing.
pub(crate) fn append(form: &mut String, params: &(impl Serialize + ?Sized)) -> Result<(), Unrepresentable> {
    params.serialize(&mut Form { text: form, name: String::with_capacity(64), is_key: false })
}

/// The parameters hold a value that a form cannot: one without a name, bytes, or a number that is not
/// finite.
#[derive(Debug)]
pub(crate) struct Unrepresentable;

impl Display for Unrepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not representable as a form")
    }
}

impl std::error::Error for Unrepresentable {}

impl ser::Error for Unrepresentable {
    fn custom<T: Display>(_message: T) -> Self {
        Self
    }
}

type Written = Result<(), Unrepresentable>;

/// The name of the struct, and of its only field, that `serde_json` passes for a number to another
/// serializer if any crate of the program enables the feature `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";
/// The same for a `RawValue`.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A position in the form.
struct Form<'a> {
    text: &'a mut String,
    /// The escaped name of the position; empty at the top. One buffer is used for all positions: it
    /// grows on the way down and is cut on the way up.
    name: String,
    /// Whether the value is written without a name, as the key of a map.
    is_key: bool,
}

/// Returns a string or a number as text.
fn text_of<T: Serialize + ?Sized>(value: &T) -> Result<String, Unrepresentable> {
    let mut text = String::new();
    value.serialize(&mut Form { text: &mut text, name: String::new(), is_key: true })?;
    let text = percent_encoding::percent_decode_str(&text).decode_utf8().map_err(|_| Unrepresentable)?;
    Ok(text.into_owned())
}

fn push_display(text: &mut String, value: impl Display) {
    // Writing to a String cannot fail.
    let _ = write!(text, "{value}");
}

impl Form<'_> {
    /// Writes a value at the position `name` below this one.
    fn child<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Written {
        let end = self.below(|text| {
            push_escaped(text, name);
            Ok(())
        })?;
        self.at_child(end, value)
    }

    /// Appends an escaped key to the name. Returns where the name ended before.
    ///
    /// A key that is empty or has brackets would name another position.
    fn below(&mut self, push_key: impl FnOnce(&mut String) -> Written) -> Result<usize, Unrepresentable> {
        let end = self.name.len();
        if self.is_key {
            return Err(Unrepresentable);
        }
        if end > 0 {
            self.name.push('[');
        }
        let start = self.name.len();
        push_key(&mut self.name)?;
        let key = &self.name[start..];
        let has_bracket = |key: &str| key.contains("%5B") || key.contains("%5D");
        if key.is_empty() || key.contains('%') && has_bracket(key) {
            return Err(Unrepresentable);
        }
        if end > 0 {
            self.name.push(']');
        }
        Ok(end)
    }

    /// Writes a value under the present name, and cuts the name at `end`.
    fn at_child<T: Serialize + ?Sized>(&mut self, end: usize, value: &T) -> Written {
        let written = value.serialize(&mut *self);
        self.name.truncate(end);
        written
    }

    /// Writes a JSON number. Stripe takes no exponent.
    fn number(&mut self, text: &str) -> Written {
        if text.contains(['e', 'E']) {
            self.serialize_f64(text.parse().map_err(|_| Unrepresentable)?)
        } else {
            self.value(|form| push_escaped(form, text))
        }
    }

    fn display(&mut self, value: impl Display) -> Written {
        self.value(|form| push_display(form, value))
    }

    fn value(&mut self, push: impl FnOnce(&mut String)) -> Written {
        if !self.is_key {
            if self.name.is_empty() {
                return Err(Unrepresentable);
            }
            if self.text.is_empty() {
                // Most forms fit, and need no further allocation.
                self.text.reserve(512);
            } else {
                self.text.push('&');
            }
            self.text.push_str(&self.name);
            self.text.push('=');
        }
        push(self.text);
        Ok(())
    }
}

macro_rules! plain_values {
    ($($method:ident: $type:ty,)+) => { $(
        fn $method(self, value: $type) -> Written {
            self.display(value)
        }
    )+ };
}

impl<'s, 'a> Serializer for &'s mut Form<'a> {
    type Ok = ();
    type Error = Unrepresentable;
    type SerializeSeq = Children<'s, 'a>;
    type SerializeTuple = Children<'s, 'a>;
    type SerializeTupleStruct = Children<'s, 'a>;
    type SerializeTupleVariant = Impossible<(), Unrepresentable>;
    type SerializeMap = Children<'s, 'a>;
    type SerializeStruct = Children<'s, 'a>;
    type SerializeStructVariant = Impossible<(), Unrepresentable>;

    plain_values! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
    }

    fn serialize_f32(self, value: f32) -> Written {
        if value.is_finite() { self.display(value) } else { Err(Unrepresentable) }
    }

    fn serialize_f64(self, value: f64) -> Written {
        if value.is_finite() { self.display(value) } else { Err(Unrepresentable) }
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        self.value(|form| push_escaped(form, value))
    }

    fn serialize_bytes(self, _value: &[u8]) -> Written {
        Err(Unrepresentable)
    }

    fn serialize_none(self) -> Written {
        self.value(|_| {})
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        // At the top, `()` means no parameters.
        if self.name.is_empty() { Ok(()) } else { self.value(|_| {}) }
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Written {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.child(variant, value)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Children<'s, 'a>, Unrepresentable> {
        Ok(Children { form: self, end: 0, index: 0 })
    }

    fn serialize_tuple(self, len: usize) -> Result<Children<'s, 'a>, Unrepresentable> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Children<'s, 'a>, Unrepresentable> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Unrepresentable> {
        Err(Unrepresentable)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Children<'s, 'a>, Unrepresentable> {
        self.serialize_seq(len)
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Children<'s, 'a>, Unrepresentable> {
        self.serialize_seq(Some(len))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Unrepresentable> {
        Err(Unrepresentable)
    }
}

/// The elements of a list, or the entries of a map or struct.
struct Children<'s, 'a> {
    form: &'s mut Form<'a>,
    /// Where the name ended before the key of a map's entry.
    end: usize,
    index: usize,
}

impl Children<'_, '_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        // A list at the top would become `0=…`, which names no parameter.
        if self.form.name.is_empty() {
            return Err(Unrepresentable);
        }
        let index = self.index;
        self.index += 1;
        let end = self.form.below(|name| {
            push_display(name, index);
            Ok(())
        })?;
        self.form.at_child(end, value)
    }
}

macro_rules! lists {
    ($($trait:ident::$method:ident,)+) => { $(
        impl ser::$trait for Children<'_, '_> {
            type Ok = ();
            type Error = Unrepresentable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.element(value)
            }

            fn end(self) -> Written {
                Ok(())
            }
        }
    )+ };
}
lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
}

impl ser::SerializeMap for Children<'_, '_> {
    type Ok = ();
    type Error = Unrepresentable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.end = self.form.below(|text| key.serialize(&mut Form { text, name: String::new(), is_key: true }))?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.form.at_child(self.end, value)
    }

    fn end(self) -> Written {
        Ok(())
    }
}

impl ser::SerializeStruct for Children<'_, '_> {
    type Ok = ();
    type Error = Unrepresentable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        match name {
            NUMBER => self.form.number(&text_of(value)?),
            RAW_VALUE => {
                let json: Value = serde_json::from_str(&text_of(value)?).map_err(|_| Unrepresentable)?;
                json.serialize(&mut *self.form)
            }
            name => self.form.child(name, value),
        }
    }

    fn end(self) -> Written {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stripe_identity_types::{
        CreateVerificationSession, CreatedFilter, DocumentType, ListVerificationSessions, Timestamp,
        UpdateVerificationSession,
    };

    use super::*;

    fn form(params: impl Serialize) -> String {
        let mut form = String::new();
        append(&mut form, &params).unwrap();
        form
    }

    #[test]
    fn nested_values_are_written_in_brackets() {
        let params = json!({"a": {"b": [true, {"c": 1}, ["x"]]}, "d": ""});
        assert_eq!(form(params), "a[b][0]=true&a[b][1][c]=1&a[b][2][0]=x&d=");
    }

    #[test]
    fn names_and_values_are_escaped() {
        let params = json!({"k é": "a b+c&d=é/%*[]"});
        assert_eq!(form(params), "k%20%C3%A9=a%20b%2Bc%26d%3D%C3%A9%2F%25%2A%5B%5D");
    }

    #[test]
    fn create_session_is_written_with_all_fields() {
        let params = CreateVerificationSession::document()
            .allowed_types([DocumentType::Passport, "visa".into()])
            .require_live_capture(false)
            .client_reference_id("user 42")
            .metadata("b", "2")
            .metadata("a", "")
            .provided_email("robin@example.test")
            .related_person("acct_1", "person_1");
        assert_eq!(
            form(params),
            "client_reference_id=user%2042&metadata[a]=&metadata[b]=2&options[document][allowed_types][0]=passport\
             &options[document][allowed_types][1]=visa&options[document][require_live_capture]=false\
             &provided_details[email]=robin%40example.test&related_person[account]=acct_1\
             &related_person[person]=person_1&type=document"
        );
    }

    #[test]
    fn patch_fields_are_skipped_cleared_or_set() {
        assert_eq!(form(UpdateVerificationSession::new()), "");
        assert_eq!(form(UpdateVerificationSession::new().clear_document_options()), "options[document]=");
        let set = UpdateVerificationSession::new().require_id_number(true).unset_metadata("k");
        assert_eq!(form(set), "metadata[k]=&options[document][require_id_number]=true");
    }

    #[test]
    fn list_filters_are_written() {
        let span = CreatedFilter::new().gte(Timestamp::from_secs(1)).lt(Timestamp::from_secs(-2));
        assert_eq!(
            form(ListVerificationSessions::new().created(span).limit(3)),
            "created[gte]=1&created[lt]=-2&limit=3"
        );
        assert_eq!(form(ListVerificationSessions::new().created(Timestamp::from_secs(5))), "created=5");
    }

    #[test]
    fn numbers_are_written_without_exponent() {
        assert_eq!(
            form(json!({"a": i64::MIN, "b": u64::MAX, "c": 1e21, "d": 0.1})),
            format!("a={}&b={}&c=1{}&d=0.1", i64::MIN, u64::MAX, "0".repeat(21))
        );
        assert_eq!(form(std::collections::BTreeMap::from([(7, "x")])), "7=x");
    }

    /// A number as `serde_json` passes it with `arbitrary_precision`, which a single test cannot
    /// enable.
    #[derive(Serialize)]
    #[serde(rename = "$serde_json::private::Number")]
    struct PreciseNumber {
        #[serde(rename = "$serde_json::private::Number")]
        text: &'static str,
    }

    #[test]
    fn number_of_any_precision_is_written_as_it_is() {
        let form = |text| form(std::collections::BTreeMap::from([("limit", [PreciseNumber { text }])]));
        assert_eq!(form("3"), "limit[0]=3");
        assert_eq!(form("-0.10"), "limit[0]=-0.10");
        assert_eq!(form("123456789012345678901234567890"), "limit[0]=123456789012345678901234567890");
        assert_eq!(form("1e21"), format!("limit[0]=1{}", "0".repeat(21)));
        let refused =
            |text| append(&mut String::new(), &json!({}).as_object().map(|_| PreciseNumber { text })).is_err();
        assert!(refused("3"), "a bare number is not a form");
        let beyond = std::collections::BTreeMap::from([("a", PreciseNumber { text: "1e400" })]);
        assert!(append(&mut String::new(), &beyond).is_err());
    }

    #[test]
    fn raw_json_is_written_like_any_other() {
        let raw = serde_json::value::RawValue::from_string(r#"{"b": [1, {"c": "d e"}]}"#.to_owned()).unwrap();
        assert_eq!(form(&*raw), "b[0]=1&b[1][c]=d%20e");
        assert_eq!(form(std::collections::BTreeMap::from([("a", &*raw)])), "a[b][0]=1&a[b][1][c]=d%20e");
    }

    #[test]
    fn empty_collections_add_nothing() {
        assert_eq!(form(()), "");
        assert_eq!(form(json!({"a": [], "b": {}, "c": {"d": []}})), "");
    }

    #[test]
    fn unrepresentable_params_are_refused() {
        let refused = |params: &dyn Fn(&mut String) -> Written| assert!(params(&mut String::new()).is_err());
        refused(&|form| append(form, "text"));
        refused(&|form| append(form, &[1, 2]));
        refused(&|form| append(form, &std::collections::BTreeMap::from([("a", f64::NAN)])));
        refused(&|form| append(form, &std::collections::BTreeMap::from([("a", f32::INFINITY)])));
        refused(&|form| append(form, &json!({"": "empty name"})));
        refused(&|form| append(form, &json!({"": {"type": "moved up"}})));
        refused(&|form| append(form, &json!({"metadata": {"": "no name"}})));
        refused(&|form| append(form, &json!({"metadata": {"a][b": "moved down"}})));
    }
}
