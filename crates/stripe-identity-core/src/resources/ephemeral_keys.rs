//! Ephemeral keys: short-lived keys with which a mobile app reaches one object.

use stripe_identity_types::{CreateEphemeralKey, EphemeralKey, EphemeralKeyId};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// The endpoint that creates an ephemeral key.
    Create {
        method: POST,
        path: "/v1/ephemeral_keys",
        params: CreateEphemeralKey,
        response: EphemeralKey,
    }
    /// The endpoint that deletes an ephemeral key.
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
///
/// ```
/// # use stripe_identity_core::bytes::Bytes;
/// # use stripe_identity_core::{BlockingClient, Error};
/// use stripe_identity_core::types::CreateEphemeralKey;
///
/// /// Returns the body to send to the app. `sdk_version` is the API version that the app asked for.
/// fn key_for_app(client: &BlockingClient, session: &str, sdk_version: &str) -> Result<Bytes, Error> {
///     let params = CreateEphemeralKey::verification_session(session);
///     let key = client.ephemeral_keys().create(sdk_version, params).send()?;
///     Ok(key.meta().body().clone())
/// }
/// ```
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
    /// `api_version` is the version that the SDK asks for, since the SDK parses the response. Pass the
    /// [body](crate::Meta::body) on to the app as it arrived. A blank version is invalid.
    pub fn create(&self, api_version: impl Into<String>, params: CreateEphemeralKey) -> Call<C, Create> {
        Call::new(&self.caller, Create::new(params)).api_version(api_version)
    }

    /// Deletes a key before it expires.
    ///
    /// Returns the key that was deleted. A v1 `DELETE` carries no idempotency key by default. If the
    /// response to an attempt that took effect is lost, the retry fails with status 404, and
    /// [`attempts`](crate::Error::attempts) is more than one.
    pub fn delete(&self, key: impl Into<EphemeralKeyId>) -> Call<C, Delete> {
        Call::new(&self.caller, Delete::new(key))
    }
}
