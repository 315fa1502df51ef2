//! Requests to parts of Stripe's API that this crate does not know.

use http::Method;
use serde::Serialize;
use serde_json::Value;
use stripe_identity_types::Sensitive;

use super::{Endpoint, Route, WriteEndpoint};

/// Any request to Stripe's API. From `raw()` of a client, or of a [`Config`](crate::Config).
#[derive(Clone)]
pub struct Raw<P> {
    method: Method,
    path: String,
    params: P,
}

impl<P> Raw<P> {
    pub(crate) fn new(method: Method, path: String, params: P) -> Self {
        Self { method, path, params }
    }
}

impl<P: Serialize> Endpoint for Raw<P> {
    /// Stands for nothing: each request says its own.
    const ROUTE: Route = Route::get("/");
    type Params = P;
    type Response = Sensitive<Value>;
    type Expand = String;

    fn route(&self) -> Route {
        Route::raw(self.method.clone(), self.path.clone())
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
