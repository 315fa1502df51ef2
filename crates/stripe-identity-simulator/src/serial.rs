//! Serialization of the types of other crates in a state file and in exported lines, for `#[serde(with = "…")]`.
#![expect(clippy::ref_option, reason = "serde determines the signatures")]

/// Implements serialization as the text of `Display`, and deserialization by `FromStr`.
macro_rules! as_text {
    ($($type:ty),+ $(,)?) => { $(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+ };
}
pub(crate) use as_text;

/// A duration as a string such as `30s` or `0.5s`, without rounding.
pub(crate) mod duration {
    use std::borrow::Cow;
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::duration;

    pub(crate) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&duration::Seconds(*value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        duration::duration(&text).ok_or_else(|| D::Error::custom("expected a duration such as `30s`"))
    }
}

/// An optional duration, as [`duration`] serializes it.
pub(crate) mod optional_duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    #[derive(serde::Serialize, Deserialize)]
    struct Text(#[serde(with = "super::duration")] Duration);

    pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(Text).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
    }
}

/// Sensitive bytes in base64.
pub(crate) mod image {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserializer, Serializer};
    use stripe_identity_core::types::Sensitive;

    pub(crate) fn serialize<S: Serializer>(bytes: &Sensitive<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes.expose()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sensitive<Bytes>, D::Error> {
        super::bytes::base64(deserializer).map(Sensitive::new)
    }
}

/// Bytes as a string if they are valid UTF-8, and as `{"base64": …}` otherwise.
pub(crate) mod bytes {
    use std::borrow::Cow;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form<'a> {
        Text(Cow<'a, str>),
        Other { base64: Cow<'a, str> },
    }

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Form::Other { base64: STANDARD.encode(bytes).into() }.serialize(serializer),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Text(text) => Ok(text.into_owned().into()),
            Form::Other { base64 } => decode(&base64),
        }
    }

    pub(crate) fn base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        decode(&Cow::<'de, str>::deserialize(deserializer)?)
    }

    fn decode<E: serde::de::Error>(text: &str) -> Result<Bytes, E> {
        STANDARD.decode(text).map(Bytes::from).map_err(|_| E::custom("expected base64"))
    }
}

/// Optional bytes, as [`bytes`] serializes them.
pub(crate) mod optional_bytes {
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    #[derive(serde::Serialize, Deserialize)]
    struct Form(#[serde(with = "super::bytes")] Bytes);

    pub(crate) fn serialize<S: Serializer>(bytes: &Option<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.clone().map(Form).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
        Ok(Option::<Form>::deserialize(deserializer)?.map(|form| form.0))
    }
}

/// The status of a response as a number.
pub(crate) mod status {
    use http::StatusCode;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde determines the signature")]
    pub(crate) fn serialize<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(status.as_u16())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
        StatusCode::from_u16(u16::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Headers as pairs of strings. A byte that is not ASCII becomes the character with that number.
pub(crate) mod headers {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect::<String>();
        serializer.collect_seq(headers.iter().map(|(name, value)| (name.as_str(), text(value))))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in Vec::<(String, String)>::deserialize(deserializer)? {
            let bytes: Option<Vec<u8>> = value.chars().map(|it| u8::try_from(it).ok()).collect();
            let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
            let header = name.parse::<HeaderName>().ok().zip(value);
            let (name, value) =
                header.ok_or_else(|| D::Error::custom("expected the name and the value of a header"))?;
            headers.append(name, value);
        }
        Ok(headers)
    }
}

/// The optional method of a request.
pub(crate) mod optional_method {
    use std::borrow::Cow;

    use http::Method;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(crate) fn serialize<S: Serializer>(method: &Option<Method>, serializer: S) -> Result<S::Ok, S::Error> {
        method.as_ref().map(Method::as_str).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Method>, D::Error> {
        let text = Option::<Cow<'de, str>>::deserialize(deserializer)?;
        text.map(|text| text.parse()).transpose().map_err(|_| D::Error::custom("expected a method such as `POST`"))
    }
}

/// The URL of a receiver.
pub(crate) mod url {
    use std::borrow::Cow;

    use http::Uri;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};
    use stripe_identity_core::types::Sensitive;

    use crate::receiver;

    pub(crate) fn serialize<S: Serializer>(url: &Sensitive<Uri>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(url.expose())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sensitive<Uri>, D::Error> {
        let url = receiver::parse(&Cow::<'de, str>::deserialize(deserializer)?);
        url.map(Sensitive::new).map_err(|_| D::Error::custom("expected `http://host[:port][/path]` or `https://…`"))
    }
}

/// A probability. It is written as a number from 0 to 1, and `NaN` as 0.
pub(crate) mod probability {
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde determines the signature")]
    pub(crate) fn serialize<S: Serializer>(probability: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(if probability.is_nan() { 0.0 } else { probability.clamp(0.0, 1.0) })
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        f64::deserialize(deserializer)
    }
}

/// The payload of an endpoint: `snapshot` or `thin`.
pub(crate) mod payload {
    use std::borrow::Cow;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};
    use stripe_identity_webhook::DeliveryKind;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde determines the signature")]
    pub(crate) fn serialize<S: Serializer>(kind: &DeliveryKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match kind {
            DeliveryKind::Event => "snapshot",
            DeliveryKind::ThinEvent => "thin",
        })
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DeliveryKind, D::Error> {
        match &*Cow::<'de, str>::deserialize(deserializer)? {
            "snapshot" => Ok(DeliveryKind::Event),
            "thin" => Ok(DeliveryKind::ThinEvent),
            _ => Err(D::Error::custom("expected `snapshot` or `thin`")),
        }
    }
}

/// 64 bits in hexadecimal, since some JSON parsers would round a number of that size.
pub(crate) mod hex {
    use std::borrow::Cow;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde determines the signature")]
    pub(crate) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:016x}"))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(|_| D::Error::custom("expected a hexadecimal number"))
    }
}

/// An optional number, as [`hex`] serializes it.
pub(crate) mod optional_hex {
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    #[derive(serde::Serialize, Deserialize)]
    struct Text(#[serde(with = "super::hex")] u64);

    pub(crate) fn serialize<S: Serializer>(number: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        number.map(Text).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
    }
}
