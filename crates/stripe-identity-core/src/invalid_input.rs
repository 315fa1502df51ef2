use std::error::Error as StdError;
use std::fmt;

/// Why a request was refused on this side, before anything was sent. It quotes nothing.
///
/// From [`Error::invalid_input`](crate::Error::invalid_input).
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
    /// The API key holds anything but visible ASCII.
    MalformedApiKey,
    /// The key is not marked as one for tests, and the request would go out
    /// [without TLS](crate::Config::base_url_without_tls).
    NotATestKey,
    /// The base URL is not `http(s)://host[:port][/path]`.
    MalformedBaseUrl,
    /// The base URL would send the API key to another machine without TLS.
    InsecureBaseUrl,
    /// A name, a version or an account is blank.
    Blank,
    /// Both an account and a context are set, which Stripe refuses.
    AccountAndContext,
    /// A header's name or value holds characters that no header may have, or there are too many headers.
    MalformedHeader,
    /// The header has an option of its own, or frames the message.
    ReservedHeader,
    /// The idempotency key is not 1 to 255 visible ASCII characters.
    MalformedIdempotencyKey,
    /// An idempotency key was set on a `GET`, which changes nothing.
    IdempotencyKeyOnGet,
    /// The operating system gave no randomness to make an idempotency key from.
    NoRandomness,
    /// An id is empty, `.` or `..`.
    UnusableId,
    /// The path is not a plain absolute path.
    MalformedPath,
    /// The parameters cannot be written as a form or as JSON.
    UnrepresentableParams,
    /// `expand` is among the parameters and set on the call.
    DuplicateExpand,
    /// `expand` is set on a v2 request, which does not know it.
    ExpandInV2,
    /// The method is not `GET`, `POST` or `DELETE`.
    UnsupportedMethod,
    /// A timeout, a deadline or a time to wait is zero.
    ZeroDuration,
    /// The URL is malformed, mostly too long.
    MalformedUrl,
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyApiKey => "the API key is empty",
            Self::MalformedApiKey => "the API key holds a space, a line break or another character that no key has",
            Self::NotATestKey => "without TLS only a test key (`sk_test_…` or `rk_test_…`) is sent",
            Self::MalformedBaseUrl => {
                "the base URL must be `http(s)://host[:port][/path]`, without user, query or fragment"
            }
            Self::InsecureBaseUrl => {
                "the base URL must begin with https, unless its host is this machine or the URL is given to \
                 `base_url_without_tls`"
            }
            Self::Blank => "a name, a version or an account is blank",
            Self::AccountAndContext => "an account and a context are both set: a context names the account too",
            Self::MalformedHeader => "a header's name or value holds characters that no header may have",
            Self::ReservedHeader => "this header is set through its own option, not as an extra header",
            Self::MalformedIdempotencyKey => "an idempotency key must be 1 to 255 visible ASCII characters",
            Self::IdempotencyKeyOnGet => "a GET takes no idempotency key",
            Self::NoRandomness => "the operating system gave no randomness for an idempotency key",
            Self::UnusableId => "an id must not be empty, `.` or `..`",
            Self::MalformedPath => {
                "a path begins with one `/`, goes on in plain segments, and has one `{name}` if there is an id"
            }
            Self::UnrepresentableParams => {
                "the parameters cannot be written: a name is empty or has brackets, or a number is not finite"
            }
            Self::DuplicateExpand => "`expand` is given twice: among the parameters and on the call",
            Self::ExpandInV2 => "a v2 request does not support `expand`",
            Self::UnsupportedMethod => "the method must be GET, POST or DELETE",
            Self::ZeroDuration => "a timeout, a deadline or the time to wait is zero",
            Self::MalformedUrl => "the URL is too long or otherwise malformed",
        })
    }
}

impl StdError for InvalidInput {}
