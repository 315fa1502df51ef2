//! Ephemeral keys: keys for one app on one device.

use stripe_identity_types::{CreateEphemeralKey, EphemeralKey, EphemeralKeyId};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// Creates an ephemeral key.
    Create {
        method: POST,
        path: "/v1/ephemeral_keys",
        params: CreateEphemeralKey,
        response: EphemeralKey,
    }
    /// Deletes an ephemeral key.
    Delete {
        method: DELETE,
        path: "/v1/ephemeral_keys/{key}",
        id: EphemeralKeyId,
        response: EphemeralKey,
    }
}

/// The calls on ephemeral keys.
///
/// `ephemeral_keys()` of a client or of a [`Config`](crate::Config) returns it.
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
    /// The SDK parses the response, so the API version is the one that the SDK asks for. Pass the
    /// [body](crate::Meta::body) on to the app as it arrived.
    pub fn create(&self, api_version: impl Into<String>, params: CreateEphemeralKey) -> Call<C, Create> {
        Call::new(&self.caller, Create::new(params)).api_version(api_version)
    }

    /// Deletes a key before it expires.
    ///
    /// A v1 `DELETE` takes no idempotency key. If the response to the first attempt is lost, the retry
    /// fails with status 404 and more than one attempt.
    pub fn delete(&self, key: impl Into<EphemeralKeyId>) -> Call<C, Delete> {
        Call::new(&self.caller, Delete::new(key))
    }
}
