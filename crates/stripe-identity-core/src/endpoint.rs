//! What can be called.

pub mod verification_sessions;

use std::fmt::Write as _;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, InvalidInput};
use crate::form::escape;

/// One thing that can be called: its method, path, parameters and response, said once.
///
/// Clients, the simulator and checks all read it from here. The endpoints of this crate are in the modules beside it;
/// with an endpoint of your own, [`Client::call`](crate::Client::call) reaches a part of Stripe's API that this crate
/// does not know.
///
/// ```
/// use stripe_identity_core::Endpoint;
/// use stripe_identity_core::http::Method;
///
/// struct RetrieveBalance;
///
/// impl Endpoint for RetrieveBalance {
///     const METHOD: Method = Method::GET;
///     const PATH: &'static str = "/v1/balance";
///     type Params = ();
///     type Response = serde_json::Value;
///     type Expand = &'static str;
///
///     fn params(&self) -> Option<&()> {
///         None
///     }
/// }
/// ```
pub trait Endpoint {
    /// The HTTP method: `POST` for what changes something, with the parameters in the body; else they go to the query.
    const METHOD: Method;

    /// The path, with `{name}` in place of the segment that is an id, if there is one.
    const PATH: &'static str;

    /// What comes before a path to expand: `data.` for lists.
    const EXPAND_PREFIX: &'static str = "";

    /// The parameters.
    type Params: Serialize;

    /// What a successful response holds.
    type Response: DeserializeOwned;

    /// What of the response can be expanded.
    type Expand: AsRef<str>;

    /// The id for the path, if the path has one.
    fn id(&self) -> Option<&str> {
        None
    }

    /// The parameters, if there are any.
    fn params(&self) -> Option<&Self::Params>;
}

/// An endpoint that changes something, whose calls carry an idempotency key.
pub trait WriteEndpoint: Endpoint {}

/// The path with the id in it. An id stays one segment, whatever it holds.
pub(crate) fn path(template: &str, id: Option<&str>) -> Result<String, Error> {
    let mut path = String::new();
    let mut id_is_due = id.is_some();
    for segment in template.strip_prefix('/').ok_or(InvalidInput::Path)?.split('/') {
        let is_placeholder = segment.starts_with('{') && segment.ends_with('}');
        let text = match id {
            Some(id) if is_placeholder && id_is_due => {
                id_is_due = false;
                if matches!(id, "" | "." | "..") {
                    return Err(InvalidInput::Id.into());
                }
                id
            }
            _ if is_placeholder || matches!(segment, "" | "." | "..") => return Err(InvalidInput::Path.into()),
            _ if segment.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b"-._~".contains(&byte)) => {
                return Err(InvalidInput::Path.into());
            }
            _ => segment,
        };
        // Writing to a String cannot fail.
        let _ = write!(path, "/{}", escape(text));
    }
    if id_is_due { Err(InvalidInput::Path.into()) } else { Ok(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        for (id, segment) in [
            ("vs_123", "vs_123"),
            ("a/b", "a%2Fb"),
            ("a?b=c", "a%3Fb%3Dc"),
            ("a#b", "a%23b"),
            ("a%2Fb", "a%252Fb"),
            ("a b\r\n", "a%20b%0D%0A"),
            ("é", "%C3%A9"),
            ("../x", "..%2Fx"),
            ("...", "..."),
            ("a\\b", "a%5Cb"),
        ] {
            assert_eq!(path("/v1/x/{id}/cancel", Some(id)).unwrap(), format!("/v1/x/{segment}/cancel"));
        }
    }

    #[test]
    fn an_id_that_would_leave_the_path_is_refused() {
        for id in ["", ".", ".."] {
            assert!(path("/v1/x/{id}", Some(id)).is_err(), "{id:?}");
        }
    }

    #[test]
    fn a_template_must_be_a_plain_path() {
        for template in ["", "v1/x", "//host/x", "/v1/../x", "/v1/x?y", "/v1/x/", "/v1/\\x", "https://host/x"] {
            assert!(path(template, None).is_err(), "{template:?}");
        }
        assert!(path("/v1/x/{id}", None).is_err());
        assert!(path("/v1/x", Some("vs_1")).is_err());
        assert!(path("/v1/{a}/{b}", Some("vs_1")).is_err());
    }
}
