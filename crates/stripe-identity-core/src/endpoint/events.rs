//! Retrieving and listing events.

use stripe_identity_types::{Event, EventId, ListEvents};

use crate::call::{Call, Caller};
use crate::page::Page;

own_params! {
    /// Lists events, newest first.
    ListEvents = GET Api "/v1/events" -> Page<Event>, expand "data." String;
}

by_id! {
    /// Retrieves an event.
    Retrieve(EventId) = GET Api "/v1/events/{id}" -> Event, expand String;
}

/// Calls on events. From `events()` of a client, or of a [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub struct Events<C> {
    caller: C,
}

impl<C: Caller> Events<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists events of the last 30 days, newest first.
    pub fn list(&self, params: ListEvents) -> Call<C, ListEvents> {
        Call::new(&self.caller, params)
    }

    /// Retrieves an event of the last 30 days.
    #[doc(alias = "get")]
    pub fn retrieve(&self, event: impl Into<EventId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(event))
    }
}
