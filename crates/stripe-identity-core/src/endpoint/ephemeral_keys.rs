//! Keys for one app on one device.

use stripe_identity_types::{CreateEphemeralKey, EphemeralKey, EphemeralKeyId};

use super::{Endpoint, Host, Route, WriteEndpoint};
use crate::call::{Call, Caller};

/// Creates an ephemeral key.
#[derive(Clone, Debug)]
pub struct Create {
    params: CreateEphemeralKey,
}

impl Endpoint for Create {
    const ROUTE: Route = Route::new(http::Method::POST, Host::Api, "/v1/ephemeral_keys");
    type Params = CreateEphemeralKey;
    type Response = EphemeralKey;
    type Expand = String;

    fn params(&self) -> &CreateEphemeralKey {
        &self.params
    }
}

impl WriteEndpoint for Create {}

by_id! {
    /// Deletes an ephemeral key.
    Delete(EphemeralKeyId) = DELETE Api "/v1/ephemeral_keys/{key}" -> EphemeralKey, expand String;
}

/// Calls on ephemeral keys. From `ephemeral_keys()` of a client, or of a [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub struct EphemeralKeys<C> {
    caller: C,
}

impl<C: Caller> EphemeralKeys<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Creates a key for an app that uses one of Stripe's mobile SDKs.
    ///
    /// The API version is the one that the app's SDK names, since the app reads the answer, not you: hand it the
    /// [body](crate::Response::body) as it came. A call cannot be made without it.
    pub fn create(&self, api_version: impl Into<String>, params: CreateEphemeralKey) -> Call<C, Create> {
        Call::new(&self.caller, Create { params }).api_version(api_version)
    }

    /// Deletes a key before it expires by itself.
    ///
    /// The request has no idempotency key, which Stripe's first API does not know on a `DELETE`: if the first attempt was lost on
    /// its way back, the next one finds no such key, and the error is of status 404 with more than one attempt.
    pub fn delete(&self, key: impl Into<EphemeralKeyId>) -> Call<C, Delete> {
        Call::new(&self.caller, Delete::new(key))
    }
}
