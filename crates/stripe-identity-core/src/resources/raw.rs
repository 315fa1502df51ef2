//! Requests to parts of Stripe's API that this crate does not cover.

use http::Method;
use serde::Serialize;
use stripe_identity_types::{Json, Sensitive};

use crate::endpoint::{Endpoint, Route};

/// Any request to Stripe's API.
///
/// [`Client::raw`](crate::Client::raw) creates one and makes a call of it. With
/// [`Client::call`](crate::Client::call), the request can be created elsewhere:
///
/// ```
/// use stripe_identity_core::resources::raw::Raw;
/// use stripe_identity_core::http::Method;
/// # use stripe_identity_core::{BlockingClient, Error};
///
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let request = Raw::new(Method::GET, "/v1/balance", ());
/// let balance = client.call(request).send()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Raw<P> {
    method: Method,
    path: String,
    query: Option<String>,
    params: P,
}

impl<P> Raw<P> {
    /// Creates a request. The method, the path and the parameters are those of
    /// [`Client::raw`](crate::Client::raw).
    pub fn new(method: Method, path: impl Into<String>, params: P) -> Self {
        Self { method, path: path.into(), query: None, params }
    }
}

impl Raw<()> {
    /// Creates a `GET` for a path and query that an event names.
    pub(crate) fn get(path_and_query: &str) -> Self {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (path_and_query, None),
        };
        Self { method: Method::GET, path: path.to_owned(), query, params: () }
    }
}

impl<P: Serialize> Endpoint for Raw<P> {
    type Params = P;
    type Response = Sensitive<Json>;
    type Expand = String;

    fn route(&self) -> Route {
        Route::raw(self.method.clone(), self.path.clone(), self.query.clone())
    }

    fn params(&self) -> &P {
        &self.params
    }
}

impl<P> std::fmt::Debug for Raw<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").field("method", &self.method).finish_non_exhaustive()
    }
}
