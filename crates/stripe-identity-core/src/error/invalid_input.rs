use std::error::Error as StdError;
use std::fmt;

/// Why a request was refused before it was sent. `Display` and `Debug` quote no input.
///
/// [`Error::invalid_input`](crate::Error::invalid_input) returns it.
///
/// ```
/// use stripe_identity_core::{Config, InvalidInput};
///
/// let error = Config::new("").unwrap_err();
/// assert_eq!(error.invalid_input(), Some(InvalidInput::EmptyApiKey));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidInput {
    /// The API key is empty.
    EmptyApiKey,
    /// The API key has a character that is not visible ASCII.
    MalformedApiKey,
    /// The API key is not marked as a test key, and the base URL is one
    /// [without TLS](crate::ConfigBuilder::base_url_without_tls).
    NotATestKey,
    /// The base URL is not `http(s)://host[:port][/path]`.
    MalformedBaseUrl,
    /// The base URL would send the API key to another machine without TLS.
    InsecureBaseUrl,
    /// The application's name, the API version, the account or the context is blank.
    BlankName,
    /// Both an account and a context are set, which Stripe refuses.
    AccountAndContext,
    /// A header's name or value has a character that HTTP does not allow, or there are too many
    /// headers.
    MalformedHeader,
    /// The extra header is one that another option of the call sets, or that the transport sets.
    ReservedHeader,
    /// The idempotency key is not 1 to 255 visible ASCII characters.
    MalformedIdempotencyKey,
    /// An idempotency key was set on a `GET`, which changes nothing.
    IdempotencyKeyOnGet,
    /// The random source returned no bytes for an idempotency key or for the boundary of an upload.
    NoRandomness,
    /// An id is empty, `.` or `..`.
    UnusableId,
    /// The path is not `/` and plain segments joined by `/`.
    MalformedPath,
    /// The parameters cannot be encoded as a form or as JSON.
    UnrepresentableParams,
    /// `expand` is both among the parameters and set on the call.
    DuplicateExpand,
    /// `expand` is set on a v2 `POST`, which does not support it.
    ExpandInV2,
    /// The method is not `GET`, `POST` or `DELETE`.
    UnsupportedMethod,
    /// A timeout, a deadline or a time limit is zero.
    ZeroDuration,
    /// The URL is malformed, most often because it is too long.
    MalformedUrl,
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyApiKey => "the API key is empty: it must be a secret or restricted key",
            Self::MalformedApiKey => {
                "the API key has a space, a line break or another character that is not visible ASCII: pass the key \
                 alone"
            }
            Self::NotATestKey => {
                "the API key is not marked as a test key: with `base_url_without_tls`, it must begin with \
                 `sk_test_` or `rk_test_`"
            }
            Self::MalformedBaseUrl => {
                "the base URL must be `http(s)://host[:port][/path]`, without user, query or fragment"
            }
            Self::InsecureBaseUrl => {
                "the base URL must begin with https, unless its host is this machine or the URL is given to \
                 `base_url_without_tls`"
            }
            Self::BlankName => {
                "the application's name, the API version, the account or the context is blank: leave it out, or \
                 fill it in"
            }
            Self::AccountAndContext => {
                "an account and a context are both set: set one, since a context names the account too"
            }
            Self::MalformedHeader => {
                "a header is malformed, or there are too many: use visible ASCII without line breaks, and fewer \
                 headers"
            }
            Self::ReservedHeader => "this header cannot be set as an extra header: use the call's own option for it",
            Self::MalformedIdempotencyKey => "an idempotency key must be 1 to 255 visible ASCII characters",
            Self::IdempotencyKeyOnGet => "a GET takes no idempotency key: leave it out",
            Self::NoRandomness => {
                "the random source returned no bytes for an idempotency key or an upload: try again, or set another \
                 `random_source`"
            }
            Self::UnusableId => "an id must not be empty, `.` or `..`",
            Self::MalformedPath => {
                "the path is malformed: it must be `/` and plain segments joined by `/`, with one `{name}` if \
                 there is an id"
            }
            Self::UnrepresentableParams => {
                "the parameters cannot be encoded: they must be a struct or a map, names must not be empty or have \
                 brackets, and numbers must be finite"
            }
            Self::DuplicateExpand => "`expand` is set both among the parameters and on the call: set it once",
            Self::ExpandInV2 => "a v2 POST does not support `expand`: leave it out",
            Self::UnsupportedMethod => "the method must be GET, POST or DELETE",
            Self::ZeroDuration => "a timeout, a deadline or a time limit is zero: it must be longer",
            Self::MalformedUrl => "the URL is malformed, most often too long: shorten the id or the parameters",
        })
    }
}

impl StdError for InvalidInput {}
