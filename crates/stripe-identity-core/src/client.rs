use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use http::Method;
use serde::Serialize;
use tracing::Instrument as _;

use crate::call::{Call, Caller, private};
use crate::config::Config;
use crate::decode::FromResponse;
use crate::endpoint::Endpoint;
use crate::endpoint::ephemeral_keys::EphemeralKeys;
use crate::endpoint::events::Events;
use crate::endpoint::file_links::FileLinks;
use crate::endpoint::files::Files;
use crate::endpoint::raw::Raw;
use crate::endpoint::thin_events::ThinEvents;
use crate::endpoint::verification_reports::VerificationReports;
use crate::endpoint::verification_sessions::VerificationSessions;
use crate::error::Error;
use crate::response::Response;
use crate::step::{Plan, Step};
use crate::transport::{BlockingHttpTransport, HttpTransport};

/// An asynchronous client: a [`Config`] and a transport.
///
/// Cheap to clone; clones share the transport. It needs no particular runtime, only what its transport needs.
///
/// Dropping the future of a call stops its attempts and waits. What a request that was on its way did at Stripe is then
/// unknown; repeating the call with the same idempotency key finds out.
#[derive(Clone, Debug)]
pub struct Client {
    config: Config,
    transport: Arc<dyn HttpTransport>,
}

impl Client {
    /// A client that sends its requests with a transport of your choice.
    pub fn new(config: Config, transport: impl HttpTransport + 'static) -> Self {
        Self { config, transport: Arc::new(transport) }
    }
}

/// A blocking client: a [`Config`] and a transport. The same as [`Client`], without async.
///
/// Cheap to clone; clones share the transport.
#[derive(Clone, Debug)]
pub struct BlockingClient {
    config: Config,
    transport: Arc<dyn BlockingHttpTransport>,
}

impl BlockingClient {
    /// A client that sends its requests with a transport of your choice.
    pub fn new(config: Config, transport: impl BlockingHttpTransport + 'static) -> Self {
        Self { config, transport: Arc::new(transport) }
    }
}

macro_rules! callers {
    ($($caller:ident)+) => { $(
        impl $caller {
            /// Calls on sessions.
            pub fn verification_sessions(&self) -> VerificationSessions<Self> {
                VerificationSessions::new(self)
            }

            /// Calls on reports.
            pub fn verification_reports(&self) -> VerificationReports<Self> {
                VerificationReports::new(self)
            }

            /// Calls on files.
            pub fn files(&self) -> Files<Self> {
                Files::new(self)
            }

            /// Calls on file links.
            pub fn file_links(&self) -> FileLinks<Self> {
                FileLinks::new(self)
            }

            /// Calls on events.
            pub fn events(&self) -> Events<Self> {
                Events::new(self)
            }

            /// Calls that a thin event gives rise to.
            pub fn thin_events(&self) -> ThinEvents<Self> {
                ThinEvents::new(self)
            }

            /// Calls on ephemeral keys.
            pub fn ephemeral_keys(&self) -> EphemeralKeys<Self> {
                EphemeralKeys::new(self)
            }

            /// Any request to Stripe's API. `()` stands for no parameters.
            ///
            /// The path is all of a path, in plain or percent-encoded segments, and has no query: parameters are given
            /// apart. Below `/v2/` a `POST` has them as JSON, elsewhere in the form of Stripe's first API; of a `GET` and a
            /// `DELETE` they go to the query. Other methods, and a path that could lead to another host or up and down the
            /// tree, are refused before anything is sent.
            pub fn raw<P: Serialize>(&self, method: Method, path: impl Into<String>, params: P) -> Call<Self, Raw<P>> {
                Call::new(self, Raw::new(method, path, params))
            }

            /// A call to an endpoint, also to one of your own.
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
            /// The same client with other settings; it shares the transport.
            pub fn with_config(&self, config: Config) -> Self {
                Self { config, transport: self.transport.clone() }
            }

            /// The client's settings.
            pub fn config(&self) -> &Config {
                &self.config
            }
        }
    )+ };
}
callers_with_transport! { Client BlockingClient }

impl<E> IntoFuture for Call<Client, E>
where
    E: Endpoint,
    E::Response: Send + 'static,
{
    type Output = Result<Response<E::Response>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let transport = self.caller.transport.clone();
        Box::pin(drive(self.plan(), transport))
    }
}

/// The time of a call counts from when it is first polled.
async fn drive<T: FromResponse>(
    plan: Result<Plan<T>, Error>,
    transport: Arc<dyn HttpTransport>,
) -> Result<Response<T>, Error> {
    let mut step = plan?.begin();
    loop {
        step = match step {
            Step::Send(request, sent) => {
                let outcome = transport.send(request).instrument(sent.span().clone()).await;
                sent.reply(outcome)
            }
            Step::Wait(duration, waiting) => {
                transport.sleep(duration).await;
                waiting.resume()
            }
            Step::Done(result) => return result,
        };
    }
}

impl<E: Endpoint> Call<BlockingClient, E> {
    /// Makes the call and waits for its end.
    pub fn send(self) -> Result<Response<E::Response>, Error> {
        let transport = self.caller.transport.clone();
        let mut step = self.start();
        loop {
            step = match step {
                Step::Send(request, sent) => {
                    let outcome = sent.span().in_scope(|| transport.send(request));
                    sent.reply(outcome)
                }
                Step::Wait(duration, waiting) => {
                    transport.sleep(duration);
                    waiting.resume()
                }
                Step::Done(result) => return result,
            };
        }
    }
}
