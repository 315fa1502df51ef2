use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use stripe_identity_types::{EventId, EventType, ThinEventType};

use crate::delivery::Delivery;
use crate::error::WebhookError;
use crate::seen::{Seen, Taken};

type Handler<R> = Box<dyn Fn(Delivery) -> R + Send + Sync>;
type Filter = Box<dyn Fn(&Delivery) -> bool + Send + Sync>;

/// Calls one function for each kind of event; and for each event once, with [a memory](HandlersBuilder::once).
///
/// What the functions give is up to you, and the same for all: nothing, a `Result` (then take
/// [`try_handle`](Self::try_handle)), or a future of a `Result` ([`try_handle_async`](Self::try_handle_async)).
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
#[must_use = "it says how to answer Stripe"]
pub enum Handled<R> {
    /// A function was called, and gave this.
    By(R),
    /// It came before, and was dealt with.
    Repeated,
    /// It came before, and is being dealt with right now. Give Stripe no good answer, such as one of status 409: should the
    /// other one fail, this one comes again.
    InProgress,
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
    /// With a [memory](HandlersBuilder::once), an event that comes twice at a time is dealt with once, and one whose function
    /// panics is not taken for dealt with. For functions that can fail, take [`try_handle`](Self::try_handle).
    ///
    /// A good answer (2xx) to Stripe ends its deliveries of the event.
    pub fn handle(&self, delivery: Delivery) -> Handled<R> {
        let (handler, claim) = match self.claim(&delivery) {
            Ok(claimed) => claimed,
            Err(not_handled) => return not_handled,
        };
        let result = handler(delivery);
        claim.finish();
        Handled::By(result)
    }

    /// Gives an event back whose effects were lost after all, so that it is taken when it comes again: from Stripe, if that has
    /// not had a good answer yet, or else from a queue of your own.
    pub fn give_back(&self, id: &EventId) {
        if let Some(seen) = &self.seen {
            seen.give_back(id);
        }
    }

    /// The function for an event, which is taken with it; or why there is none.
    fn claim<T>(&self, delivery: &Delivery) -> Result<(&Handler<R>, Claim<'_>), Handled<T>> {
        if self.filter.as_ref().is_some_and(|lets_through| !lets_through(delivery)) {
            return Err(Handled::LeftOut);
        }
        let handler = match delivery {
            Delivery::Event(event) => self.by_type.get(&event.type_),
            Delivery::ThinEvent(event) => self.by_thin_type.get(&event.type_),
        };
        let handler = handler.or(self.fallback.as_ref()).ok_or(Handled::NoHandler)?;
        let Some(seen) = &self.seen else { return Ok((handler, Claim(None))) };
        match seen.take(delivery.id()) {
            Taken::Now => Ok((handler, Claim(Some((seen.as_ref(), delivery.id().clone()))))),
            Taken::InProgress => Err(Handled::InProgress),
            Taken::Before => Err(Handled::Repeated),
        }
    }
}

impl<T, E> Handlers<Result<T, E>> {
    /// As [`handle`](Self::handle), with functions that can fail: an event whose function does is not taken for dealt with, and
    /// is taken when it comes again. Answer Stripe with 5xx then.
    ///
    /// # Errors
    /// What the function gave.
    pub fn try_handle(&self, delivery: Delivery) -> Result<Handled<T>, E> {
        let (handler, claim) = match self.claim(&delivery) {
            Ok(claimed) => claimed,
            Err(not_handled) => return Ok(not_handled),
        };
        let done = handler(delivery)?;
        claim.finish();
        Ok(Handled::By(done))
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Handlers<F> {
    /// As [`try_handle`](Handlers::try_handle), with functions that give futures. An event whose future is dropped before its end,
    /// such as by a server whose client has gone, is not taken for dealt with either.
    ///
    /// # Errors
    /// What the future gave.
    pub async fn try_handle_async(&self, delivery: Delivery) -> Result<Handled<T>, E> {
        let (handler, claim) = match self.claim(&delivery) {
            Ok(claimed) => claimed,
            Err(not_handled) => return Ok(not_handled),
        };
        let done = handler(delivery).await?;
        claim.finish();
        Ok(Handled::By(done))
    }
}

/// An event that is being dealt with; given back if it is dropped before that is finished. Nothing, if nobody remembers.
struct Claim<'a>(Option<(&'a dyn Seen, EventId)>);

impl Claim<'_> {
    fn finish(mut self) {
        if let Some((seen, id)) = self.0.take() {
            seen.finish(&id);
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some((seen, id)) = &self.0 {
            seen.give_back(id);
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

    /// Deals with each event once, as far as `seen` remembers. Default: as often as it comes.
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
