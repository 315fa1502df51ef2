use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use crate::json::Json;

/// Reads `null` as the default, for fields where the default says "absent".
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads what holds personal data. serde's own error would quote a value that is of another type than expected.
pub(crate) fn private<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map_err(|_| D::Error::custom("personal data that cannot be decoded"))
}

/// Reads what is worth less than the object that it is in: whatever is wrong with it, it reads as absent.
pub(crate) fn unreadable_as_absent<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(Json::deserialize(deserializer)?.parse().ok().flatten())
}
