//! Finds numbers that are not finite, which `serde_json` writes as `null` silently.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Serializer};

/// Checks that no number in the parameters is infinite or NaN.
pub(crate) fn check(params: &(impl Serialize + ?Sized)) -> Result<(), NotFinite> {
    params.serialize(Check)
}

/// The parameters hold a number that is not finite, or cannot be serialized at all.
#[derive(Debug)]
pub(crate) struct NotFinite;

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number is not finite")
    }
}

impl std::error::Error for NotFinite {}

impl ser::Error for NotFinite {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

type Checked = Result<(), NotFinite>;

/// A serializer that checks a value and writes nothing.
struct Check;

macro_rules! fine {
    ($($method:ident($($argument:ty),*);)+) => { $(
        fn $method(self, $(_: $argument),*) -> Checked {
            Ok(())
        }
    )+ };
}

macro_rules! compound {
    ($($method:ident($($argument:ty),*);)+) => { $(
        fn $method(self, $(_: $argument),*) -> Result<Self, NotFinite> {
            Ok(self)
        }
    )+ };
}

impl Serializer for Check {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn serialize_f32(self, value: f32) -> Checked {
        if value.is_finite() { Ok(()) } else { Err(NotFinite) }
    }

    fn serialize_f64(self, value: f64) -> Checked {
        if value.is_finite() { Ok(()) } else { Err(NotFinite) }
    }

    fine! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }

    compound! {
        serialize_seq(Option<usize>);
        serialize_tuple(usize);
        serialize_tuple_struct(&'static str, usize);
        serialize_tuple_variant(&'static str, u32, &'static str, usize);
        serialize_map(Option<usize>);
        serialize_struct(&'static str, usize);
        serialize_struct_variant(&'static str, u32, &'static str, usize);
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident($($key:ty)?);)+) => { $(
        impl ser::$trait for Check {
            type Ok = ();
            type Error = NotFinite;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Checked {
                value.serialize(Check)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        }
    )+ };
}
elements! {
    SerializeSeq::serialize_element();
    SerializeTuple::serialize_element();
    SerializeTupleStruct::serialize_field();
    SerializeTupleVariant::serialize_field();
    SerializeStruct::serialize_field(&'static str);
    SerializeStructVariant::serialize_field(&'static str);
}

impl ser::SerializeMap for Check {
    type Ok = ();
    type Error = NotFinite;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked {
        key.serialize(Self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        value.serialize(Self)
    }

    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Newtype(f64),
        Tuple(u8, f32),
        Struct { side: Option<f64> },
    }

    #[test]
    fn infinite_or_nan_is_found_at_any_depth() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(check(&number).is_err());
            assert!(check(&[1.0, number]).is_err());
            assert!(check(&(1, number)).is_err());
            assert!(check(&BTreeMap::from([("a", vec![Some(number)])])).is_err());
            assert!(check(&Shape::Newtype(number)).is_err());
            assert!(check(&Shape::Struct { side: Some(number) }).is_err());
        }
        assert!(check(&Shape::Tuple(1, f32::NAN)).is_err());
    }

    #[test]
    fn finite_values_pass() {
        assert!(check(&json!({"a": [1, -1.5, null, true, "NaN", {"b": 1e308}]})).is_ok());
        assert!(check(&(Shape::Newtype(0.0), Shape::Tuple(1, 2.0), Shape::Struct { side: None })).is_ok());
        assert!(check(&()).is_ok() && check("text").is_ok() && check(&BTreeMap::from([(7, 'x')])).is_ok());
    }
}
