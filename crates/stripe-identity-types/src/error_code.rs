use crate::open_enum::open_enum;

open_enum! {
    /// The code of an error that Stripe answered with. There are far more than have a name here.
    pub enum ErrorCode {
        /// The API key has expired.
        ApiKeyExpired = "api_key_expired",
        /// Another request with the same idempotency key is still running.
        IdempotencyKeyInUse = "idempotency_key_in_use",
        /// The object is live and the key is for tests, or the other way round.
        LivemodeMismatch = "livemode_mismatch",
        /// Something else holds the object; the request can be repeated.
        LockTimeout = "lock_timeout",
        /// A parameter that must not be empty is.
        ParameterInvalidEmpty = "parameter_invalid_empty",
        /// A parameter must be an integer and is not.
        ParameterInvalidInteger = "parameter_invalid_integer",
        /// A required parameter is missing.
        ParameterMissing = "parameter_missing",
        /// There is no such parameter.
        ParameterUnknown = "parameter_unknown",
        /// Parameters exclude each other.
        ParametersExclusive = "parameters_exclusive",
        /// Too many requests.
        RateLimit = "rate_limit",
        /// There is no such object.
        ResourceMissing = "resource_missing",
        /// The call takes a secret key.
        SecretKeyRequired = "secret_key_required",
        /// A URL is not one.
        UrlInvalid = "url_invalid",
    }
}
