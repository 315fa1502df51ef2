use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use http::Method;
use serde::Serialize;
use tracing::Instrument as _;

use crate::call::{Call, Caller, private};
use crate::config::Config;
use crate::endpoint::{Endpoint, FromResponse};
use crate::error::Error;
use crate::resources::ephemeral_keys::EphemeralKeys;
use crate::resources::events::Events;
use crate::resources::file_links::FileLinks;
use crate::resources::files::Files;
use crate::resources::raw::Raw;
use crate::resources::thin_events::ThinEvents;
use crate::resources::verification_reports::VerificationReports;
use crate::resources::verification_sessions::VerificationSessions;
use crate::response::Response;
use crate::step::{CallState, Step};
use crate::transport::{BlockingHttpTransport, HttpTransport};

/// An asynchronous client: a [`Config`] and a transport.
///
/// Create one client and share it: clones are cheap and share the transport. A client runs on any
/// runtime that its transport runs on.
///
/// Dropping the future of a call stops its attempts and waits. Whether a request that was already
/// sent took effect is then unknown; repeating the call with the same idempotency key is safe. If the
/// future may be dropped, set the key: a random key is lost with the future.
///
/// ```
/// use stripe_identity_core::types::{CreateVerificationSession, VerificationSession};
/// use stripe_identity_core::{Client, Config, Error, HttpTransport, Response};
///
/// /// Creates the client once, when the program starts.
/// fn stripe(key: &str, transport: impl HttpTransport + 'static) -> Result<Client, Error> {
///     Ok(Client::new(Config::new(key)?, transport))
/// }
///
/// /// `attempt` is the id of a record that was written before this call.
/// async fn create(stripe: &Client, attempt: &str) -> Result<Response<VerificationSession>, Error> {
///     let params = CreateVerificationSession::document().client_reference_id(attempt);
///     stripe.verification_sessions().create(params).idempotency_key(attempt).await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    config: Config,
    transport: Arc<dyn HttpTransport>,
}

impl Client {
    /// Creates a client that sends its requests over a transport.
    pub fn new(config: Config, transport: impl HttpTransport + 'static) -> Self {
        Self { config, transport: Arc::new(transport) }
    }
}

/// A blocking client: a [`Config`] and a transport. It has the methods of [`Client`], without async.
///
/// Create one client and share it: clones are cheap and share the transport.
///
/// ```
/// use stripe_identity_core::{BlockingClient, BlockingHttpTransport, Config, Error};
///
/// /// Creates the client once, when the program starts.
/// fn stripe(key: &str, transport: impl BlockingHttpTransport + 'static) -> Result<BlockingClient, Error> {
///     Ok(BlockingClient::new(Config::new(key)?, transport))
/// }
///
/// /// Returns whether the verification has ended, whatever its result.
/// fn is_decided(stripe: &BlockingClient, session: &str) -> Result<bool, Error> {
///     Ok(stripe.verification_sessions().retrieve(session).send()?.is_decided())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct BlockingClient {
    config: Config,
    transport: Arc<dyn BlockingHttpTransport>,
}

impl BlockingClient {
    /// Creates a client that sends its requests over a transport.
    pub fn new(config: Config, transport: impl BlockingHttpTransport + 'static) -> Self {
        Self { config, transport: Arc::new(transport) }
    }
}

// A macro rather than a trait, which callers would have to import.
macro_rules! callers {
    ($($caller:ident)+) => { $(
        impl $caller {
            /// Returns the calls on verification sessions.
            pub fn verification_sessions(&self) -> VerificationSessions<Self> {
                VerificationSessions::new(self)
            }

            /// Returns the calls on verification reports.
            pub fn verification_reports(&self) -> VerificationReports<Self> {
                VerificationReports::new(self)
            }

            /// Returns the calls on files.
            pub fn files(&self) -> Files<Self> {
                Files::new(self)
            }

            /// Returns the calls on file links.
            pub fn file_links(&self) -> FileLinks<Self> {
                FileLinks::new(self)
            }

            /// Returns the calls on events.
            pub fn events(&self) -> Events<Self> {
                Events::new(self)
            }

            /// Returns the calls that fetch thin events and the objects that they refer to.
            pub fn thin_events(&self) -> ThinEvents<Self> {
                ThinEvents::new(self)
            }

            /// Returns the calls on ephemeral keys.
            pub fn ephemeral_keys(&self) -> EphemeralKeys<Self> {
                EphemeralKeys::new(self)
            }

            /// Returns a call to any path of Stripe's API. Its response is the JSON of the body.
            ///
            /// `path` is absolute, in plain or percent-encoded segments, and has no query. Parameters
            /// are passed in `params`, where `()` means none. A `POST` sends them as JSON below `/v2/`
            /// and as a form elsewhere. A `GET` and a `DELETE` send them in the query. Any other method
            /// is refused before anything is sent. So is a path that could lead to another host or up
            /// the tree.
            ///
            /// ```
            /// # use stripe_identity_core::{BlockingClient, Error};
            /// use stripe_identity_core::http::Method;
            ///
            /// # fn example(client: &BlockingClient) -> Result<(), Error> {
            /// let balance = client.raw(Method::GET, "/v1/balance", ()).send()?;
            /// println!("{:?}", balance.expose().get("livemode"));
            /// # Ok(())
            /// # }
            /// ```
            pub fn raw<P: Serialize>(&self, method: Method, path: impl Into<String>, params: P) -> Call<Self, Raw<P>> {
                Call::new(self, Raw::new(method, path, params))
            }

            /// Returns a call to an endpoint: one of [`resources`](crate::resources), or any other type
            /// that implements [`Endpoint`].
            pub fn call<E: Endpoint>(&self, endpoint: E) -> Call<Self, E> {
                Call::new(self, endpoint)
            }
        }
    )+ };
}
callers! { Client BlockingClient Config }

macro_rules! callers_with_transport {
    ($($client:ident)+) => { $(
        impl private::Sealed for $client {}

        impl Caller for $client {
            fn config(&self) -> &Config {
                &self.config
            }
        }

        impl $client {
            /// Returns a client with other settings, which shares the transport of this one.
            #[must_use]
            pub fn with_config(&self, config: Config) -> Self {
                Self { config, transport: self.transport.clone() }
            }

            /// Returns the settings.
            pub fn config(&self) -> &Config {
                &self.config
            }
        }
    )+ };
}
callers_with_transport! { Client BlockingClient }

/// Makes the call when it is awaited. The time of the call counts from the first poll of the future.
///
/// The result is an [`Error`] of any [kind](crate::ErrorKind) if an option is invalid, no response
/// arrived, or the response is an error or does not parse.
impl<E> IntoFuture for Call<Client, E>
where
    E: Endpoint,
    E::Response: Send + 'static,
{
    type Output = Result<Response<E::Response>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let transport = self.caller.transport.clone();
        Box::pin(drive(self.into_state(), transport))
    }
}

impl<E: Endpoint> Call<BlockingClient, E> {
    /// Makes the call, and blocks until it succeeds or fails.
    ///
    /// # Errors
    ///
    /// [`Error`], of any [kind](crate::ErrorKind): an option is invalid, no response arrived, or the
    /// response is an error or does not parse.
    pub fn send(self) -> Result<Response<E::Response>, Error> {
        let transport = self.caller.transport.clone();
        drive_blocking(self.into_state(), &*transport)
    }
}

// An `async fn` does nothing before its first poll, so the time of the call counts from there.
async fn drive<T: FromResponse>(
    state: Result<Box<CallState<T>>, Error>,
    transport: Arc<dyn HttpTransport>,
) -> Result<Response<T>, Error> {
    let mut step = state?.begin(transport.now());
    loop {
        step = match step {
            Step::Send(request, sent) => {
                // Through the trait object, and not through the `Arc`, whose own `send` takes one
                // more box.
                let outcome = (*transport).send(request).instrument(sent.span().clone()).await;
                sent.reply(outcome, transport.now())
            }
            Step::Wait(duration, waiting) => {
                transport.sleep(duration).await;
                waiting.resume(transport.now())
            }
            Step::Done(result) => return result,
        };
    }
}

fn drive_blocking<T: FromResponse>(
    state: Result<Box<CallState<T>>, Error>,
    transport: &dyn BlockingHttpTransport,
) -> Result<Response<T>, Error> {
    let mut step = state?.begin(transport.now());
    loop {
        step = match step {
            Step::Send(request, sent) => {
                let outcome = sent.span().in_scope(|| transport.send(request));
                sent.reply(outcome, transport.now())
            }
            Step::Wait(duration, waiting) => {
                transport.sleep(duration);
                waiting.resume(transport.now())
            }
            Step::Done(result) => return result,
        };
    }
}
