//! The target of a call: an endpoint with its route, its parameters and its response.
//!
//! [`resources`](crate::resources) has the endpoints of this crate. Implement [`Endpoint`] to reach
//! another part of the API with your own types.

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
/// [`resources`](crate::resources). With your own endpoint,
/// [`Client::call`](crate::Client::call) reaches a part of the API that this crate does not cover.
/// For a single request, [`Client::raw`](crate::Client::raw) is shorter.
///
/// ```
/// use stripe_identity_core::endpoint::{Endpoint, Route};
/// # use stripe_identity_core::{BlockingClient, Error};
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
///
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let balance = client.call(RetrieveBalance).send()?;
/// println!("{:?}", balance.get("livemode"));
/// # Ok(())
/// # }
/// ```
pub trait Endpoint {
    /// The prefix of each part to expand: `data.` for lists. Defaults to none.
    const EXPAND_PREFIX: &'static str = "";

    /// The type of the parameters: `()` if there are none.
    type Params: Serialize;

    /// The type that a successful response is parsed into.
    type Response: FromResponse;

    /// The type of the arguments of [`Call::expand`](crate::Call::expand), such as `&'static str`:
    /// the parts of the response that can be expanded.
    type Expand: AsRef<str>;

    /// Returns the method, the host and the path.
    fn route(&self) -> Route;

    /// Returns the id for the `{name}` in the path, or `None` if the path has none. Defaults to `None`.
    fn id(&self) -> Option<&str> {
        None
    }

    /// Returns the parameters. A `POST` sends them in its body, other methods in the query.
    fn params(&self) -> &Self::Params;

    /// Returns a file to upload, which makes the body of a v1 `POST` `multipart/form-data`. Defaults to
    /// `None`.
    fn file(&self) -> Option<FilePart<'_>> {
        None
    }
}
