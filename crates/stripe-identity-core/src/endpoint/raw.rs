//! Requests to parts of Stripe's API that this crate does not know.

use http::Method;
use serde::Serialize;
use stripe_identity_types::{Json, Sensitive};

use super::{Endpoint, Route, WriteEndpoint};

/// Any request to Stripe's API. From `raw()` of a client, or of a [`Config`](crate::Config), or made by hand for
/// [`call`](crate::Client::call).
///
/// ```
/// use stripe_identity_core::endpoint::raw::Raw;
/// use stripe_identity_core::http::Method;
/// # use stripe_identity_core::{BlockingClient, Error};
///
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let balance = client.call(Raw::new(Method::GET, "/v1/balance", ())).send()?;
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
    /// Makes a request from its method, its path and its parameters, on the terms of
    /// [`Client::raw`](crate::Client::raw).
    pub fn new(method: Method, path: impl Into<String>, params: P) -> Self {
        Self { method, path: path.into(), query: None, params }
    }
}

impl Raw<()> {
    /// A `GET` of a path and query that Stripe named.
    pub(crate) fn get(path_and_query: &str) -> Self {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (path_and_query, None),
        };
        Self { method: Method::GET, path: path.to_owned(), query, params: () }
    }
}

impl<P: Serialize> Endpoint for Raw<P> {
    /// Stands for nothing: each request says its own.
    const ROUTE: Route = Route::get("/");
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

impl<P: Serialize> WriteEndpoint for Raw<P> {}

impl<P> std::fmt::Debug for Raw<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").field("method", &self.method).finish_non_exhaustive()
    }
}
