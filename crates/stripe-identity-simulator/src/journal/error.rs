//! The error of a refused request, as the journal shows it.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use stripe_identity_core::types::{ApiError, ApiErrorType, ErrorCode};

use super::names::Names;

/// The placeholder for a text of a client that must not be shown.
pub(super) const HIDDEN: &str = "…";

/// The error of a refused request, as the journal shows it.
///
/// A type, a code or a parameter that the simulator does not know is shown as `…`. Faults can respond with such types
/// and codes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestError {
    /// The `type` of the error, such as `invalid_request_error`.
    pub type_: &'static str,
    /// The `code` of the error, such as `parameter_unknown`, or `None` if it has none.
    pub code: Option<&'static str>,
    /// The name of the parameter that the error is about, or `None` if it is not about one.
    pub param: Option<String>,
}

impl RequestError {
    /// Creates the error that may be shown.
    pub(crate) fn of(error: &ApiError) -> Self {
        Self::new(
            &error.type_,
            error.code.as_ref(),
            error
                .param
                .as_deref()
                .map(|param| Names::one(param).map_or_else(|| HIDDEN.to_owned(), |it| it.to_string())),
        )
    }

    pub(crate) fn new(type_: &ApiErrorType, code: Option<&ErrorCode>, param: Option<String>) -> Self {
        let type_ = ApiErrorType::KNOWN.iter().find(|known| *known == type_).map_or(HIDDEN, ApiErrorType::as_str);
        let code =
            code.map(|code| ErrorCode::KNOWN.iter().find(|known| *known == code).map_or(HIDDEN, ErrorCode::as_str));
        Self { type_, code, param }
    }
}

impl Serialize for RequestError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("type", self.type_)?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("param", &self.param)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_code_and_parameter_that_are_unknown_are_not_shown() {
        let mut error = ApiError::new(ApiErrorType::from("P1234567"), "P1234567");
        (error.code, error.param) = (Some("P1234567".into()), Some("metadata[P1234567]".to_owned()));
        let shown = RequestError::of(&error);
        assert_eq!((shown.type_, shown.code, shown.param.as_deref()), (HIDDEN, Some(HIDDEN), Some("metadata[…]")));
        error.param = Some("P1234567".to_owned());
        assert_eq!(RequestError::of(&error).param.as_deref(), Some(HIDDEN));
    }
}
