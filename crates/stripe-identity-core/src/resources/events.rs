//! Events, with a snapshot of the object that they happened to.

use stripe_identity_types::{Event, EventId, ListEvents};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// Lists events, newest first.
    List {
        method: GET,
        path: "/v1/events",
        params: ListEvents,
        page: Event,
    }
    /// Retrieves an event.
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
