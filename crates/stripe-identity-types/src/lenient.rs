use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use crate::json::Json;

/// Parses `null` as the default, for fields whose default means "absent".
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Parses a field that holds personal data, and hides serde's own error, which quotes a value of an
/// unexpected type.
pub(crate) fn hiding_errors<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
        .map_err(|_| D::Error::custom("invalid personal data: expected the form of the field; the value is hidden"))
}

/// Parses a field without which its object is still useful: if the field does not parse, it is
/// absent.
pub(crate) fn invalid_as_absent<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(Json::deserialize(deserializer)?.parse().ok().flatten())
}
