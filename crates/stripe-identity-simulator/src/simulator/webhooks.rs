//! Webhooks in process.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use stripe_identity_webhook::Signer;

use super::Simulator;
use super::worlds::Place;
use crate::control_error::ControlError;
use crate::delivery::{AttemptResult, WebhookDelivery};
use crate::disorder::DisorderRule;
use crate::note::Note;
use crate::time::Time;
use crate::webhook_endpoint::WebhookEndpoint;
use crate::world::{AttemptId, Outgoing, World};

/// A webhook that is ready to be sent: see [`Simulator::take_webhooks`].
///
/// The attempt is in progress until its result is [reported](Self::report).
///
/// ```
/// use stripe_identity_core::http::StatusCode;
/// use stripe_identity_simulator::Simulator;
///
/// # let stripe = Simulator::new();
/// for webhook in stripe.take_webhooks() {
///     println!("{}", webhook.request.uri());
///     webhook.report(StatusCode::OK);
/// }
/// ```
#[must_use = "an attempt stays in progress until its result is reported"]
pub struct Webhook {
    /// The signed request, a `POST` to the URL of the endpoint.
    pub request: Request<Bytes>,
    attempt: AttemptId,
    simulator: Simulator,
    place: Arc<Place>,
}

impl Webhook {
    /// Reports the result of the request: a response, a status, or a [`DeliveryFailure`](crate::DeliveryFailure). An
    /// attempt without a status from 200 to 299 has failed.
    pub fn report(self, result: impl Into<AttemptResult>) {
        self.simulator.report(&self.place, &self.attempt, Duration::ZERO, result.into());
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Adds an endpoint, which gets the events from now on: see [`deliver_to`](Self::deliver_to). On a handle to all
    /// worlds, every world gets the endpoint, including future worlds.
    ///
    /// In process, a verifier needs the simulator's clock: see [signatures](crate::guide::webhooks#signatures).
    #[expect(clippy::needless_pass_by_value, reason = "each world has a copy, mostly of an endpoint made for it")]
    pub fn add_webhook(&self, endpoint: WebhookEndpoint) {
        for place in self.places_and(|worlds| worlds.webhook_endpoints.push(endpoint.clone())) {
            place.change_anyway(|world| world.add_webhook_endpoint(endpoint.clone()));
        }
    }

    /// Delivers the webhooks that are ready to a receiver, and those that become ready in the meantime. Returns the
    /// number of webhooks that were passed to the receiver.
    ///
    /// After a failed attempt, the next one is due later: see [`advance`](Self::advance).
    ///
    /// Webhooks are signed at the time of their world, unless
    /// [`virtual_signatures`](crate::SimulatorBuilder::virtual_signatures) is `false`.
    ///
    /// ```
    /// use stripe_identity_core::http::StatusCode;
    /// use stripe_identity_core::types::CreateVerificationSession;
    /// use stripe_identity_core::{BlockingClient, Config};
    /// use stripe_identity_simulator::{SimulatorTransport, WebhookEndpoint};
    /// use stripe_identity_webhook::{SIGNATURE_HEADER, Verifier};
    ///
    /// let stripe = SimulatorTransport::new();
    /// stripe.add_webhook(WebhookEndpoint::new("http://localhost/webhook", "whsec_made_up")?);
    /// let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
    /// client.verification_sessions().create(CreateVerificationSession::document()).send()?;
    ///
    /// let clock = stripe.clone();
    /// let verifier = Verifier::new("whsec_made_up")?.clock(move || clock.time());
    /// let delivered = stripe.deliver_to(|request| {
    ///     let signature = request.headers().get(SIGNATURE_HEADER).map(|signature| signature.as_bytes());
    ///     match verifier.verify_event(request.body(), signature) {
    ///         Ok(_) => StatusCode::OK,
    ///         Err(_) => StatusCode::BAD_REQUEST,
    ///     }
    /// });
    /// assert_eq!(delivered, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deliver_to<R: Into<AttemptResult>>(&self, mut receiver: impl FnMut(Request<Bytes>) -> R) -> usize {
        let signs_virtually = self.shared.signs_virtually.unwrap_or(true);
        let mut count = 0;
        for place in self.places() {
            while let Some(outgoing) = Self::take(&place, signs_virtually, usize::MAX) {
                let result = receiver(outgoing.request);
                self.report(&place, &outgoing.attempt, Duration::ZERO, result.into());
                count += 1;
            }
        }
        count
    }

    /// Takes the webhooks that are ready, for the caller to send. They are signed as those of
    /// [`deliver_to`](Self::deliver_to).
    ///
    /// If the receiver is a function, [`deliver_to`](Self::deliver_to) is shorter. A [`Server`](crate::Server) takes
    /// and sends webhooks automatically.
    pub fn take_webhooks(&self) -> Vec<Webhook> {
        let signs_virtually = self.shared.signs_virtually.unwrap_or(true);
        let of_place = |place: Arc<Place>| {
            std::iter::from_fn(move || {
                let outgoing = Self::take(&place, signs_virtually, usize::MAX)?;
                let (request, attempt) = (outgoing.request, outgoing.attempt);
                Some(Webhook { request, attempt, simulator: self.clone(), place: place.clone() })
            })
        };
        self.places().into_iter().flat_map(of_place).collect()
    }

    /// Returns the deliveries of webhooks with all of their attempts, the oldest first.
    ///
    /// The last 10,000 deliveries of each endpoint are kept. If all of them are pending, further events are not
    /// delivered to the endpoint.
    pub fn deliveries(&self) -> Vec<WebhookDelivery> {
        let of_place = |place: Arc<Place>| place.look(|world| world.deliveries().cloned().collect::<Vec<_>>());
        self.places().into_iter().flat_map(of_place).collect()
    }

    /// Adds rules that make deliveries go wrong, from now on: see [`DisorderRule`]. On a handle to all worlds, the
    /// rules apply to every world, including future worlds.
    ///
    /// ```
    /// use stripe_identity_simulator::{Disorder, DisorderRule, Simulator};
    ///
    /// let stripe = Simulator::new();
    /// stripe.disturb_webhooks([DisorderRule::new(Disorder::Doubled).times(1)]);
    /// ```
    pub fn disturb_webhooks(&self, rules: impl IntoIterator<Item = DisorderRule>) {
        for rule in rules {
            for place in self.places_and(|worlds| worlds.disorder.push(rule.clone())) {
                place.change_anyway(|world| world.add_disorder(rule.clone()));
            }
        }
    }

    /// Gives a webhook endpoint a new secret. Until the time `expires_in` has passed, webhooks are signed with the old
    /// secret, too.
    ///
    /// # Errors
    /// Returns an error if there is no such endpoint, or if the secret is blank.
    pub fn roll_webhook_secret(&self, endpoint: &str, secret: &str, expires_in: Duration) -> Result<(), ControlError> {
        if Signer::new(secret).is_err() {
            return Err(ControlError::BlankSecret);
        }
        let real = Time::of_system();
        let place = self.scope.clone().or_else(|| self.place_of(endpoint, real));
        let place = place.ok_or(ControlError::NoSuchWebhookEndpoint)?;
        let roll = |world: &mut World| world.roll_webhook_secret(endpoint, secret.to_owned(), expires_in);
        if self.with(&place, real, roll)? { Ok(()) } else { Err(ControlError::NoSuchWebhookEndpoint) }
    }

    pub(super) fn take(place: &Place, signs_virtually: bool, most_under_way: usize) -> Option<Outgoing> {
        let real = Time::of_system();
        let mut world = place.lock();
        // A webhook must not leave before its event is written.
        place.keep(&mut world).ok()?;
        world.catch_up(real);
        let signed_at = if signs_virtually { world.now() } else { real };
        let outgoing = world.take_webhook(signed_at.timestamp(), most_under_way)?;
        if place.keep(&mut world).is_err() {
            world.give_up_webhook(&outgoing.attempt);
            return None;
        }
        Some(outgoing)
    }

    pub(crate) fn report(&self, place: &Arc<Place>, attempt: &AttemptId, latency: Duration, result: AttemptResult) {
        #[cfg(feature = "metrics")]
        self.shared.metrics.attempt(&result);
        let Some(on_note) = self.shared.on_note.as_ref().filter(|_| !result.is_success()) else {
            return self.with_anyway(place, Time::of_system(), |world| world.report_webhook(attempt, latency, result));
        };
        let shown = result.without_body();
        let failed = self.with_anyway(place, Time::of_system(), |world| {
            world.report_webhook(attempt, latency, result);
            world.webhook_of(attempt)
        });
        // Outside of the lock, since the hook may call the simulator.
        if let Some((event_type, url, next_attempt)) = failed {
            let (endpoint, world) = (plain(&url), place.shown.to_string());
            on_note(&Note::DeliveryFailed { event_type, endpoint, world, result: shown, next_attempt });
        }
    }
}

/// Returns a URL without the parts that may be secret: the user information and the query.
fn plain(url: &Uri) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme_str().unwrap_or_default(), url.host().unwrap_or_default(), url.path())
}
