//! Thin events, which name the object that they are about without a snapshot of it.

use stripe_identity_types::{EventId, ObjectType, ThinEvent};

use super::raw::Raw;
use super::verification_sessions;
use crate::call::{Call, Caller};
use crate::endpoint::{Endpoint, endpoints};
use crate::headers::STRIPE_REQUEST_TRIGGER;

endpoints! {
    /// The endpoint that retrieves a thin event.
    Retrieve {
        method: GET,
        path: "/v2/core/events/{id}",
        id: EventId,
        response: ThinEvent,
    }
}

/// The calls that fetch thin events and the objects that they refer to.
///
/// `thin_events()` of a client or of a [`Config`](crate::Config) returns it. A call made from an event
/// acts in the event's context, if it has one, and names the event in the header
/// `Stripe-Request-Trigger`.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// use stripe_identity_core::types::ThinEvent;
///
/// /// Handles a thin event whose signature was verified.
/// fn receive(client: &BlockingClient, event: &ThinEvent) -> Result<(), Error> {
///     if let Some(call) = client.thin_events().verification_session(event) {
///         let session = call.send()?;
///         println!("{}: {:?}", session.id, session.status);
///     }
///     Ok(())
/// }
/// ```
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

    /// Retrieves a thin event that was delivered, with its [`changes`](ThinEvent::changes), which a
    /// delivery leaves out.
    #[doc(alias = "fetch_event")]
    pub fn fetch(&self, event: &ThinEvent) -> Call<C, Retrieve> {
        in_context_of(event, self.retrieve(&event.id))
    }

    /// Retrieves the session that an event is about, in its present state. Returns `None` if the
    /// event is about another object or names none.
    #[doc(alias = "fetch_related_object")]
    pub fn verification_session(&self, event: &ThinEvent) -> Option<Call<C, verification_sessions::Retrieve>> {
        let object = event.related_object.as_ref()?;
        let id = object.id.as_deref().filter(|_| object.type_ == ObjectType::VerificationSession)?;
        Some(in_context_of(event, Call::new(&self.caller, verification_sessions::Retrieve::new(id))))
    }

    /// Retrieves the object that an event is about, in its present state, from the path and query
    /// that the event names. Returns `None` if the event names none. A path that could lead to
    /// another host is refused when the call is made.
    #[doc(alias = "fetch_related_object")]
    pub fn related_object(&self, event: &ThinEvent) -> Option<Call<C, Raw<()>>> {
        let url = event.related_object.as_ref()?.url.as_ref()?.expose().as_str();
        Some(in_context_of(event, Call::new(&self.caller, Raw::get(url))))
    }
}

fn in_context_of<C: Caller, E: Endpoint>(event: &ThinEvent, call: Call<C, E>) -> Call<C, E> {
    let call = call.header(STRIPE_REQUEST_TRIGGER.as_str(), format!("event={}", event.id));
    match event.context.as_deref().filter(|context| !context.is_empty()) {
        Some(context) => call.context(context),
        None => call,
    }
}
