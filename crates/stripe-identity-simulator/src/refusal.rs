use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use stripe_identity_core::types::{ApiError, ApiErrorType, ErrorCode, VerificationSessionStatus};

use crate::import_error::ImportError;
use crate::journal::error::RequestError;
use crate::response;

/// The refusal of a request: an HTTP status and Stripe's error object.
///
/// The messages are the simulator's own. Where Stripe's are widely known in public, they resemble them. The crate's
/// documentation lists the guesses.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: Box<ApiError>,
    /// The id of the object that does not exist, if that is the reason.
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

    pub(crate) fn invalid_string(name: &str) -> Self {
        Self::invalid(name, &format!("Invalid string for '{name}': must be a string, without parameters below it"))
    }

    pub(crate) fn invalid_object(name: &str) -> Self {
        Self::invalid(name, &format!("Invalid object: must have parameters below it, such as {name}[name]"))
    }

    /// Creates the refusal for a name that contradicts another one, or whose index is too large.
    pub(crate) fn contradiction(name: &str) -> Self {
        let message = "Invalid value: a parameter has either a value or parameters below it, with indexes up to 65535";
        Self::invalid(name, message)
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

    /// Creates the refusal for a path with the id of an object that does not exist.
    pub(crate) fn not_found(param: &str, object: &str, id: &str) -> Self {
        let message = format!("No such {object}: '{id}'");
        Self::new(StatusCode::NOT_FOUND, message).code(ErrorCode::ResourceMissing).about(param).missing(id)
    }

    /// Creates the refusal for a parameter with the id of an object that does not exist.
    pub(crate) fn no_such(param: &str, object: &str, id: &str) -> Self {
        Self::with_code(ErrorCode::ResourceMissing, param, format!("No such {object}: '{id}'")).missing(id)
    }

    pub(crate) fn illegal_state(action: &str, status: &VerificationSessionStatus) -> Self {
        let message = format!("This VerificationSession cannot be {action} in its present status ({status}).");
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn redacted(action: &str) -> Self {
        let message = format!("This VerificationSession cannot be {action}, because its redaction was requested.");
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn another_site() -> Self {
        let message = "The control API refuses requests from the pages of other sites. Send the request from a program \
                       that is not a browser.";
        Self::new(StatusCode::FORBIDDEN, message)
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
            "You did not provide an API key. Send one as 'Authorization: Bearer sk_test_…', or as the user name of \
             HTTP Basic authentication.",
        )
    }

    // The message does not quote the key, which its sender knows.
    pub(crate) fn invalid_key() -> Self {
        let message = "Invalid API Key provided. The simulator takes test keys only, such as sk_test_NAME. NAME \
                       is 1 to 100 ASCII characters without spaces, and ends at the first '_': sk_test_NAME_more is \
                       another key of the same world.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn invalid_publishable_key() -> Self {
        let message = "Invalid API Key provided. This endpoint takes a publishable key, such as pk_test_NAME for the \
                       world of sk_test_NAME.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn used_secret() -> Self {
        let message = "This client secret has been used, has expired, or is not one of its VerificationSession. While \
                       the session requires input, retrieve it to get a new one.";
        Self::with_code(ErrorCode::ResourceMissing, "client_secret", message)
    }

    pub(crate) fn opener() -> Self {
        let message = "A dialog can only be opened from a page of http or https. Send its origin in the Origin header, \
                       as a browser does.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn permission() -> Self {
        let message = "The provided key does not have the required permissions: sensitive fields and images require a \
                       restricted key, such as rk_test_NAME for the world of sk_test_NAME.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// Creates the refusal for a restricted key that the settings of the world keep from reading.
    pub(crate) fn sensitive_reads() -> Self {
        let message = "The provided key does not have the required permissions: the setting sensitive_reads of the \
                       simulator does not allow restricted keys to read these sensitive fields and images. Set it \
                       to all to allow it.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn secret_key_required() -> Self {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key.";
        Self::new(StatusCode::UNAUTHORIZED, message).code(ErrorCode::SecretKeyRequired)
    }

    pub(crate) fn ephemeral_key_gone() -> Self {
        let message =
            "The ephemeral key has expired, was deleted, or was not created by this simulator. Create a new one.";
        Self::new(StatusCode::UNAUTHORIZED, message).code(ErrorCode::ApiKeyExpired)
    }

    pub(crate) fn ephemeral_key() -> Self {
        let message = "An ephemeral key can only retrieve the VerificationSession that it was created for.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn two_accounts() -> Self {
        let message = "Received both the Stripe-Account and the Stripe-Context header. Please pass in only one.";
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn long_account() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The id of the account is too long: must be at most 255 bytes.")
    }

    pub(crate) fn too_many_webhook_endpoints(most: usize) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("You have reached the maximum of {most} test webhook endpoints."))
    }

    pub(crate) fn too_many_worlds(most: usize) -> Self {
        let message = format!(
            "The simulator holds {most} worlds, one for each name in a key, and cannot create another. Use a key of \
             one of them, or wait: a world that is not used for a day is removed."
        );
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn full_world() -> Self {
        let message = "This world of the simulator holds as much as it can. Use a key with another name.";
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn no_world() -> Self {
        let message = "The request names no world. Send the key of one, as 'Authorization: Bearer sk_test_NAME' or as \
                       the user name of HTTP Basic authentication.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn too_many_parameters() -> Self {
        let message = "The request has too many or too large parameters: must be at most 1000, with 1 MiB in multipart \
                       or JSON.";
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn too_long_name() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The name of a parameter is too long: must be at most 500 bytes.")
    }

    pub(crate) fn content_type() -> Self {
        let message = "Invalid request (check that your POST content type is application/x-www-form-urlencoded).";
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn malformed_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request body is not valid: must be a JSON object.")
    }

    pub(crate) fn too_large_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request body is too large: JSON must be at most 1 MiB.")
    }

    #[cfg(feature = "server")]
    pub(crate) fn foreign_host() -> Self {
        let message = "The Host header does not name this machine. The control API, and Stripe's API for pages in a \
                       browser, accept only requests whose Host is an address of this machine. To allow another name, \
                       start the simulator with --allow-host NAME.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn no_control_token() -> Self {
        let message = "The control API requires the token that the simulator printed when it started, in the \
                       Simulator-Token header.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn wrong_control_token() -> Self {
        let message = "The Simulator-Token header has another token than the one that the simulator printed when it \
                       started.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn overview_token() -> Self {
        let message = "The overview requires the token that the simulator printed when it started: as the password \
                       that the browser asks for, with any user name, or in the Simulator-Token header.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn slow_body() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "The request body did not arrive in time.")
    }

    #[cfg(feature = "server")]
    pub(crate) fn no_room() -> Self {
        let message =
            "The simulator handles too many large requests or responses at the moment. Retry the request later.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    #[cfg(feature = "server")]
    pub(crate) fn too_large() -> Self {
        let message = "The request body is too large: must be at most 16 MiB, or 128 MiB for an import.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub(crate) fn idempotency_mismatch(key: &str) -> Self {
        let message = format!(
            "The idempotency key was first used with other parameters. Repeat the request with those parameters, or use \
             a key other than '{key}'."
        );
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, message);
        refusal.error.type_ = ApiErrorType::IdempotencyError;
        refusal
    }

    pub(crate) fn idempotency_key_in_use(key: &str) -> Self {
        let message =
            format!("Another request with this idempotency key is in progress: {key}. Repeat the request later.");
        Self::new(StatusCode::CONFLICT, message).code(ErrorCode::IdempotencyKeyInUse)
    }

    /// Creates the refusal for a valid request that cannot be executed.
    pub(crate) fn failed(error: &impl std::fmt::Display) -> Self {
        let mut refusal = Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}."));
        refusal.error.type_ = ApiErrorType::ApiError;
        refusal
    }

    pub(crate) fn bad_import(error: &ImportError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{error}."))
    }

    pub(crate) fn too_many_faults() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "The world has 1000 faults, and cannot have more. Delete some of them first.",
        )
    }

    pub(crate) fn invalid_idempotency_key() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Idempotency keys are 1 to 255 characters long.")
    }

    #[cfg(test)]
    pub(crate) fn param(&self) -> Option<&str> {
        self.error.param.as_deref()
    }

    /// Returns the id of the object that does not exist, if that is why the request is refused.
    pub(crate) fn missing_id(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Returns the error as the journal shows it.
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
