use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use stripe_identity_core::types::{ApiError, ApiErrorType, ErrorCode, VerificationSessionStatus};

use crate::import_error::ImportError;
use crate::journal::error::RequestError;
use crate::response;

/// Why a request is refused: an HTTP status and Stripe's error object.
///
/// The texts are ours. Where Stripe's own are widely seen in public, they follow them; the crate's docs list what is a
/// guess.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: Box<ApiError>,
    /// The id that names nothing here, if that is why.
    missing: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, error: Box::new(ApiError::new(ApiErrorType::InvalidRequestError, message)), missing: None }
    }

    fn code(mut self, code: ErrorCode) -> Self {
        self.error.doc_url = Some(format!("https://stripe.com/docs/error-codes/{}", code.as_str().replace('_', "-")));
        self.error.code = Some(code);
        self
    }

    fn about(mut self, param: &str) -> Self {
        self.error.param = Some(param.to_owned());
        self
    }

    fn missing(mut self, id: &str) -> Self {
        self.missing = Some(id.to_owned());
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn message(&self) -> &str {
        self.error.message.as_ref().map_or("", |message| message.expose())
    }

    pub(crate) fn invalid(param: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).about(param)
    }

    pub(crate) fn with_code(code: ErrorCode, param: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).code(code).about(param)
    }

    pub(crate) fn unknown_parameter(name: &str) -> Self {
        Self::with_code(ErrorCode::ParameterUnknown, name, format!("Received unknown parameter: {name}"))
    }

    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::with_code(ErrorCode::ParameterMissing, name, format!("Missing required param: {name}."))
    }

    pub(crate) fn exclusive(one: &str, other: &str) -> Self {
        let message = format!("Received both {one} and {other} parameters. Please pass in only one.");
        Self::with_code(ErrorCode::ParametersExclusive, one, message)
    }

    /// No such object at the path.
    pub(crate) fn not_found(param: &str, object: &str, id: &str) -> Self {
        let message = format!("No such {object}: '{id}'");
        Self::new(StatusCode::NOT_FOUND, message).code(ErrorCode::ResourceMissing).about(param).missing(id)
    }

    /// No such object in a parameter.
    pub(crate) fn no_such(param: &str, object: &str, id: &str) -> Self {
        Self::with_code(ErrorCode::ResourceMissing, param, format!("No such {object}: '{id}'")).missing(id)
    }

    pub(crate) fn illegal_state(action: &str, status: &VerificationSessionStatus) -> Self {
        let message = format!("This VerificationSession cannot be {action} in its present status ({status}).");
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn redacted(action: &str) -> Self {
        let message = format!("This VerificationSession cannot be {action}, since its redaction was asked for.");
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn another_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "The control API is closed to the pages of other sites.")
    }

    pub(crate) fn unknown_url(method: &http::Method, path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Unrecognized request URL ({method}: {path})."))
    }

    pub(crate) fn unknown_control(method: &http::Method, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). GET /_simulator lists the requests of the control API, with \
             their methods."
        );
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn missing_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "You did not provide an API key. Send one as 'Authorization: Bearer sk_test_…', or as the user name of HTTP \
             Basic authentication.",
        )
    }

    /// Says no more of the key than that it is wrong: its sender knows it.
    pub(crate) fn invalid_key() -> Self {
        let message = "Invalid API Key provided. The simulator takes test keys only, such as sk_test_NAME. NAME \
                       is 1 to 100 ASCII characters without spaces, and ends at the first '_': sk_test_NAME_more is \
                       another key of the same world.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn invalid_publishable_key() -> Self {
        let message = "Invalid API Key provided. The simulator takes the publishable key pk_test_NAME of the world of \
                       sk_test_NAME here.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn used_secret() -> Self {
        let message = "This client secret is used up, has expired or was never one of its VerificationSession. Retrieve \
                       the session for a fresh one, while it requires input.";
        Self::with_code(ErrorCode::ResourceMissing, "client_secret", message)
    }

    pub(crate) fn opener() -> Self {
        Self::new(StatusCode::FORBIDDEN, "A dialog is opened by a page of http or https only, which its browser names.")
    }

    pub(crate) fn permission() -> Self {
        let message = "The provided key does not have the required permissions: sensitive fields and images take a \
                       restricted key. The simulator takes rk_test_NAME for those of sk_test_NAME.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// For a restricted key.
    pub(crate) fn sensitive_reads() -> Self {
        let message = "The provided key does not have the required permissions: the simulator's setting sensitive_reads \
                       keeps restricted keys from these sensitive fields and images. To let them read all, set it to all.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn secret_key_required() -> Self {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key.";
        Self::new(StatusCode::UNAUTHORIZED, message).code(ErrorCode::SecretKeyRequired)
    }

    pub(crate) fn ephemeral_key_gone() -> Self {
        let message = "The ephemeral key has expired, was deleted, or is not one of this simulator's.";
        Self::new(StatusCode::UNAUTHORIZED, message).code(ErrorCode::ApiKeyExpired)
    }

    pub(crate) fn ephemeral_key() -> Self {
        let message = "An ephemeral key can only retrieve the VerificationSession that it was made for.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn two_accounts() -> Self {
        let message = "Received both the Stripe-Account and the Stripe-Context header. Please pass in only one.";
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn long_account() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The id of the account is longer than 255 bytes.")
    }

    pub(crate) fn too_many_webhook_endpoints(most: usize) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("You have reached the maximum of {most} test webhook endpoints."))
    }

    pub(crate) fn too_many_worlds(most: usize) -> Self {
        let message = format!(
            "The simulator holds {most} worlds, one for each name in a key, and takes no more. Use a key of one of \
             them, or wait: a world that is not used for a day is removed."
        );
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn full_world() -> Self {
        let message = "This world of the simulator holds as much as it can. Use a key with another name.";
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn no_world() -> Self {
        let message = "The request names no world. Send the key of one, as 'Authorization: Bearer sk_test_NAME' or as the \
                       user name of HTTP Basic authentication.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn too_many_parameters() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request has more than 1000 parameters.")
    }

    pub(crate) fn too_long_name() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The name of a parameter is longer than 500 bytes.")
    }

    pub(crate) fn content_type() -> Self {
        let message = "Invalid request (check that your POST content type is application/x-www-form-urlencoded).";
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn malformed_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request body is no JSON object.")
    }

    pub(crate) fn too_large_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request body is larger than 1 MiB.")
    }

    #[cfg(feature = "server")]
    pub(crate) fn foreign_host() -> Self {
        let message = "The control API, and Stripe's API for pages in a browser, obey requests to this machine's own \
                       addresses. To reach them by another name, start the simulator with --allow-host NAME.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn no_control_token() -> Self {
        let message = "The control API wants the token that the simulator printed when it started, in the header \
                       Simulator-Token.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn wrong_control_token() -> Self {
        let message = "The header Simulator-Token has another token than the one that the simulator printed when it \
                       started.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn overview_token() -> Self {
        let message = "The overview wants the token that the simulator printed when it started: as the password that the \
                       browser asks for, with any user name, or in the header Simulator-Token.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn slow_body() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "The request body did not arrive in time.")
    }

    #[cfg(feature = "server")]
    pub(crate) fn no_room() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "The simulator has too many large requests or responses at a time.")
    }

    #[cfg(feature = "server")]
    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large.")
    }

    pub(crate) fn idempotency_mismatch(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using \
             a key other than '{key}' if you meant to execute a different request."
        );
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, message);
        refusal.error.type_ = ApiErrorType::IdempotencyError;
        refusal
    }

    pub(crate) fn idempotency_key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this idempotency key (that probably means you submitted \
             twice, and the other request is still going through): {key}. Please try again later."
        );
        Self::new(StatusCode::CONFLICT, message).code(ErrorCode::IdempotencyKeyInUse)
    }

    /// What was asked for is right, and cannot be done.
    pub(crate) fn failed(error: &impl std::fmt::Display) -> Self {
        let mut refusal = Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}."));
        refusal.error.type_ = ApiErrorType::ApiError;
        refusal
    }

    pub(crate) fn bad_import(error: &ImportError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{error}."))
    }

    pub(crate) fn too_many_faults() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The world has too many faults. Delete some of them first.")
    }

    pub(crate) fn invalid_idempotency_key() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Idempotency keys are 1 to 255 characters long.")
    }

    #[cfg(test)]
    pub(crate) fn param(&self) -> Option<&str> {
        self.error.param.as_deref()
    }

    /// Returns the id that names nothing here, if that is why the request is refused.
    pub(crate) fn missing_id(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Returns its error as the journal shows it.
    pub(crate) fn shown(&self) -> RequestError {
        RequestError::of(&self.error)
    }

    pub(crate) fn into_response(self) -> http::Response<Bytes> {
        let mut response = response::json(self.status, &serde_json::json!({ "error": self.error }));
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"Stripe\"");
            response.headers_mut().insert(http::header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
