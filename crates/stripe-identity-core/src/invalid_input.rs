use std::error::Error as StdError;
use std::fmt;

/// What was wrong with a request that was not sent. It quotes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidInput {
    EmptyApiKey,
    MalformedApiKey,
    BaseUrl,
    InsecureBaseUrl,
    Blank,
    Header,
    ReservedHeader,
    IdempotencyKey,
    Id,
    Path,
    Params,
    Expand,
    Method,
    NoTime,
    Url,
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyApiKey => "the API key is empty",
            Self::MalformedApiKey => "the API key holds a space, a line break or another character that no key has",
            Self::BaseUrl => "the base URL is not `http(s)://host[:port][/path]`, or has a user, a query or a fragment",
            Self::InsecureBaseUrl => "the base URL must begin with https, unless its host is this machine",
            Self::Blank => "a name or a version is blank",
            Self::Header => "a header value or name holds characters that no header may have",
            Self::ReservedHeader => "this header is set through its own option, not as an extra header",
            Self::IdempotencyKey => "an idempotency key is 1 to 255 visible ASCII characters",
            Self::Id => "an id must not be empty, `.` or `..`",
            Self::Path => {
                "a path begins with one `/`, goes on in plain segments, and has one `{name}` if there is an id"
            }
            Self::Params => {
                "the parameters cannot be written as a form: a name is empty or has brackets, or a number is none"
            }
            Self::Expand => "what to expand is said twice, or in the second API, which does not know the word",
            Self::Method => "a method is GET, POST or DELETE, and an idempotency key does not go with GET",
            Self::NoTime => "there is no time for it: a timeout, a deadline or the time to wait for something is zero",
            Self::Url => "the URL is too long or otherwise malformed",
        })
    }
}

impl StdError for InvalidInput {}
