//! Fetching what a thin event leaves out.

use stripe_identity_types::{EventId, ObjectType, ThinEvent};

use super::raw::Raw;
use super::verification_sessions;
use crate::call::{Call, Caller};

by_id! {
    /// Retrieves a thin event.
    Retrieve(EventId) = GET Api "/v2/core/events/{id}" -> ThinEvent, expand String;
}

/// Calls that a thin event gives rise to. From `thin_events()` of a client, or of a [`Config`](crate::Config).
///
/// Those that are made from an event act in its context, if it has one, and tell Stripe that it is behind them.
#[derive(Clone, Debug)]
pub struct ThinEvents<C> {
    caller: C,
}

impl<C: Caller> ThinEvents<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Retrieves a thin event by its id.
    #[doc(alias = "get")]
    pub fn retrieve(&self, event: impl Into<EventId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(event))
    }

    /// Retrieves a thin event that was delivered, with what the delivery left out: its
    /// [`changes`](ThinEvent::changes).
    #[doc(alias = "fetch_event")]
    pub fn fetch(&self, event: &ThinEvent) -> Call<C, Retrieve> {
        because_of(event, self.retrieve(&event.id))
    }

    /// Retrieves the session that an event happened to, as it is now. `None` if it happened to something else.
    #[doc(alias = "fetch_related_object")]
    pub fn verification_session(&self, event: &ThinEvent) -> Option<Call<C, verification_sessions::Retrieve>> {
        let object = event.related_object.as_ref()?;
        let id = object.id.as_deref().filter(|_| object.type_ == ObjectType::VerificationSession)?;
        Some(because_of(event, Call::new(&self.caller, verification_sessions::Retrieve::new(id))))
    }

    /// Retrieves whatever an event happened to, as it is now, from the path that the event names, with the query that it
    /// may have. `None` if it names none. A path that could lead to another host is refused when the call is made.
    #[doc(alias = "fetch_related_object")]
    pub fn related_object(&self, event: &ThinEvent) -> Option<Call<C, Raw<()>>> {
        let url = event.related_object.as_ref()?.url.as_ref()?.expose().as_str();
        Some(because_of(event, Call::new(&self.caller, Raw::get(url))))
    }
}

fn because_of<C: Caller, E: super::Endpoint>(event: &ThinEvent, call: Call<C, E>) -> Call<C, E> {
    let call = call.header("stripe-request-trigger", format!("event={}", event.id));
    match event.context.as_deref().filter(|context| !context.is_empty()) {
        // It says the account too; both together would contradict each other.
        Some(context) => call.context(context).account(""),
        None => call,
    }
}
