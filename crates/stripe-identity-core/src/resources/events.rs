//! Events, each with a snapshot of the object that it is about.

use stripe_identity_types::{Event, EventId, ListEvents};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// The endpoint that lists events, newest first.
    List {
        method: GET,
        path: "/v1/events",
        params: ListEvents,
        page: Event,
    }
    /// The endpoint that retrieves an event.
    Retrieve {
        method: GET,
        path: "/v1/events/{id}",
        id: EventId,
        response: Event,
    }
}

/// The calls on events.
///
/// `events()` of a client or of a [`Config`](crate::Config) returns it.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// use stripe_identity_core::types::ListEvents;
///
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// // The events that webhooks may have missed, newest first.
/// let params = ListEvents::new().types(["identity.verification_session.verified"]).limit(100);
/// for event in client.events().list(params).items() {
///     let event = event?;
///     if let Some(session) = event.verification_session() {
///         println!("{}: {}", event.id, session.id);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Events<C> {
    caller: C,
}

impl<C: Caller> Events<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists events of the last 30 days, newest first.
    pub fn list(&self, params: ListEvents) -> Call<C, List> {
        Call::new(&self.caller, List::new(params))
    }

    /// Retrieves an event of the last 30 days.
    #[doc(alias = "get")]
    pub fn retrieve(&self, event: impl Into<EventId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(event))
    }
}
