use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use stripe_identity_types::{EventId, EventType, ThinEventType};

use crate::delivery::Delivery;
use crate::error::WebhookError;
use crate::seen::Seen;

type Handler<R> = Box<dyn Fn(Delivery) -> R + Send + Sync>;
type Filter = Box<dyn Fn(&Delivery) -> bool + Send + Sync>;

/// Calls one function for each kind of event, and each event once.
///
/// What the functions give back is up to you: a `Result`, a future to await or to spawn. All give the same type.
///
/// ```
/// use stripe_identity_types::EventType;
/// use stripe_identity_webhook::{Delivery, Handled, Handlers, MemorySeen};
///
/// let handlers = Handlers::builder()
///     .on(EventType::VerificationSessionVerified, |event| format!("{} is verified", event.id()))
///     .fallback(|event| format!("{} is left alone", event.type_()))
///     .once(MemorySeen::default())
///     .build()?;
///
/// let event = Delivery::from_slice(
///     br#"{"id": "evt_1", "object": "event", "type": "identity.verification_session.verified"}"#,
/// )?;
/// assert!(matches!(handlers.handle(event.clone()), Handled::By(text) if text == "evt_1 is verified"));
/// assert!(matches!(handlers.handle(event), Handled::Repeated));
/// # Ok::<(), stripe_identity_webhook::WebhookError>(())
/// ```
pub struct Handlers<R> {
    by_type: HashMap<EventType, Handler<R>>,
    by_thin_type: HashMap<ThinEventType, Handler<R>>,
    fallback: Option<Handler<R>>,
    filter: Option<Filter>,
    seen: Option<Arc<dyn Seen>>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled<R> {
    /// A function was called, and gave this.
    By(R),
    /// It came before.
    Repeated,
    /// The filter did not let it through.
    LeftOut,
    /// There is no function for its type, and no fallback.
    NoHandler,
}

impl<R> Handlers<R> {
    /// No functions yet.
    pub fn builder() -> HandlersBuilder<R> {
        let (by_type, by_thin_type) = (HashMap::new(), HashMap::new());
        let handlers = Self { by_type, by_thin_type, fallback: None, filter: None, seen: None };
        HandlersBuilder { handlers, is_registered_twice: false }
    }

    /// Calls the function for an event, unless it is left out or came before.
    ///
    /// An event counts as taken before its function is called, so that two of the same at a time are not both dealt with. If
    /// the function panics, it counts as not taken. If it fails in another way, also later on, where it gave a future, it is
    /// you who [gives it back](Self::give_back).
    ///
    /// A good answer (2xx) to Stripe ends its deliveries of the event. So answer [`Repeated`](Handled::Repeated) with one only
    /// if what was taken before is safe: dealt with, or written down.
    pub fn handle(&self, delivery: Delivery) -> Handled<R> {
        if self.filter.as_ref().is_some_and(|lets_through| !lets_through(&delivery)) {
            return Handled::LeftOut;
        }
        let handler = match &delivery {
            Delivery::Event(event) => self.by_type.get(&event.type_),
            Delivery::ThinEvent(event) => self.by_thin_type.get(&event.type_),
        };
        let Some(handler) = handler.or(self.fallback.as_ref()) else { return Handled::NoHandler };
        let Some(seen) = &self.seen else { return Handled::By(handler(delivery)) };
        if !seen.take(delivery.id()) {
            return Handled::Repeated;
        }
        let mut taken = Taken { seen: seen.as_ref(), id: Some(delivery.id().clone()) };
        let result = handler(delivery);
        taken.id = None;
        Handled::By(result)
    }

    /// Gives an event back that could not be dealt with after all, so that it is taken when it comes again: from Stripe, if
    /// that has not had a good answer yet, or else from a queue of your own.
    pub fn give_back(&self, id: &EventId) {
        if let Some(seen) = &self.seen {
            seen.give_back(id);
        }
    }
}

/// An event whose function is running; given back if that unwinds.
struct Taken<'a> {
    seen: &'a dyn Seen,
    /// `None` once it is over.
    id: Option<EventId>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(id) = &self.id {
            self.seen.give_back(id);
        }
    }
}

/// Functions for kinds of events, on their way to become [`Handlers`].
#[must_use = "functions are called only once they are built"]
pub struct HandlersBuilder<R> {
    handlers: Handlers<R>,
    is_registered_twice: bool,
}

impl<R> HandlersBuilder<R> {
    /// The function for events of a type that have a snapshot.
    pub fn on(mut self, type_: EventType, handler: impl Fn(Delivery) -> R + Send + Sync + 'static) -> Self {
        self.is_registered_twice |= self.handlers.by_type.insert(type_, Box::new(handler)).is_some();
        self
    }

    /// The function for thin events of a type.
    pub fn on_thin(mut self, type_: ThinEventType, handler: impl Fn(Delivery) -> R + Send + Sync + 'static) -> Self {
        self.is_registered_twice |= self.handlers.by_thin_type.insert(type_, Box::new(handler)).is_some();
        self
    }

    /// The function for all other events. [`is_known`](Delivery::is_known) tells those whose type has a name here.
    pub fn fallback(mut self, handler: impl Fn(Delivery) -> R + Send + Sync + 'static) -> Self {
        self.is_registered_twice |= self.handlers.fallback.replace(Box::new(handler)).is_some();
        self
    }

    /// Lets through only some events, such as those of live mode.
    pub fn filter(mut self, lets_through: impl Fn(&Delivery) -> bool + Send + Sync + 'static) -> Self {
        self.is_registered_twice |= self.handlers.filter.replace(Box::new(lets_through)).is_some();
        self
    }

    /// Takes each event once, as far as `seen` remembers.
    pub fn once(mut self, seen: impl Seen + 'static) -> Self {
        self.is_registered_twice |= self.handlers.seen.replace(Arc::new(seen)).is_some();
        self
    }

    /// The functions, to which none can be added any more.
    ///
    /// # Errors
    /// [`RegisteredTwice`](WebhookError::RegisteredTwice) if anything was said twice.
    pub fn build(self) -> Result<Handlers<R>, WebhookError> {
        if self.is_registered_twice { Err(WebhookError::RegisteredTwice) } else { Ok(self.handlers) }
    }
}

impl<R> fmt::Debug for Handlers<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by_type, by_thin_type) = (self.by_type.keys(), self.by_thin_type.keys());
        f.debug_struct("Handlers")
            .field("by_type", &by_type.collect::<Vec<_>>())
            .field("by_thin_type", &by_thin_type.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for HandlersBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handlers.fmt(f)
    }
}
