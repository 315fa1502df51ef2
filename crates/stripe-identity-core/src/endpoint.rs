//! The vocabulary of calls: what an endpoint is, and where it is.

mod declare;
mod list;
mod route;

use serde::Serialize;

pub(crate) use self::declare::endpoints;
pub use self::list::ListEndpoint;
pub use self::route::{Host, Route};
pub use crate::decode::FromResponse;
pub use crate::encode::FilePart;

/// An endpoint of Stripe's API: its route, its parameters and its response.
///
/// A value is one request to the endpoint. The endpoints of this crate are in
/// [`resources`](crate::resources). With an endpoint of your own,
/// [`Client::call`](crate::Client::call) reaches a part of the API that this crate does not cover. A
/// single request is shorter with [`Client::raw`](crate::Client::raw).
///
/// ```
/// use stripe_identity_core::endpoint::{Endpoint, Route};
///
/// struct RetrieveBalance;
///
/// impl Endpoint for RetrieveBalance {
///     type Params = ();
///     type Response = serde_json::Value;
///     type Expand = &'static str;
///
///     fn route(&self) -> Route {
///         Route::get("/v1/balance")
///     }
///
///     fn params(&self) -> &() {
///         &()
///     }
/// }
/// ```
pub trait Endpoint {
    /// The prefix of a path to expand: `data.` for lists.
    const EXPAND_PREFIX: &'static str = "";

    /// The parameters; `()` for none.
    type Params: Serialize;

    /// The model of a success.
    type Response: FromResponse;

    /// The parts of the response that can be expanded.
    type Expand: AsRef<str>;

    /// Returns the method, the host and the path.
    fn route(&self) -> Route;

    /// Returns the id for the path, or `None` if the path has none.
    fn id(&self) -> Option<&str> {
        None
    }

    /// Returns the parameters. A `POST` sends them in its body, other methods in the query.
    fn params(&self) -> &Self::Params;

    /// Returns a file to upload, which makes the body `multipart/form-data`, or `None`.
    fn file(&self) -> Option<FilePart<'_>> {
        None
    }
}
