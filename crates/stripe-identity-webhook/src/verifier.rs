use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use stripe_identity_types::{Event, ThinEvent, Timestamp};
use subtle::ConstantTimeEq as _;

use crate::delivery::{Delivery, DeliveryKind};
use crate::error::WebhookError;
use crate::header::{Header, signature};
use crate::signer::Key;

/// Checks that a payload comes from Stripe, and lately.
///
/// Cheap to clone. The payload is the body of the request as it came over the wire; the header is what the request has as
/// `Stripe-Signature`, if anything: `headers.get("stripe-signature")` of the `http` crate will do.
#[derive(Clone)]
pub struct Verifier {
    keys: Vec<Key>,
    padded_secret: bool,
    tolerance: Tolerance,
    ahead: Option<Duration>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// How old a signature may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// That old at most, to the second.
    Within(Duration),
    /// As old as it is. Whoever has seen a delivery can then deliver it again for ever.
    Unlimited,
}

impl Default for Tolerance {
    /// Five minutes, as Stripe's own libraries have it.
    fn default() -> Self {
        Self::Within(Duration::from_secs(300))
    }
}

impl Verifier {
    /// A verifier with an endpoint's secret, `whsec_…`. All of it counts, white space too.
    ///
    /// # Errors
    /// [`BlankSecret`](WebhookError::BlankSecret) if it is empty or blank.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, WebhookError> {
        let clock = Arc::new(Timestamp::now);
        let none = Self { keys: Vec::new(), padded_secret: false, tolerance: Tolerance::default(), ahead: None, clock };
        none.or_secret(secret)
    }

    /// One more secret that is as good as the others: while one is rolled, or of another endpoint.
    ///
    /// # Errors
    /// [`BlankSecret`](WebhookError::BlankSecret) if it is empty or blank.
    pub fn or_secret(mut self, secret: impl AsRef<str>) -> Result<Self, WebhookError> {
        let secret = secret.as_ref();
        self.keys.push(Key::new(secret)?);
        self.padded_secret |= secret.trim() != secret;
        Ok(self)
    }

    /// How old a signature may be. Default: five minutes.
    pub fn tolerance(self, tolerance: Tolerance) -> Self {
        Self { tolerance, ..self }
    }

    /// How far a signature may be ahead of the clock. Default: as far as it is.
    pub fn ahead(self, most: Duration) -> Self {
        Self { ahead: Some(most), ..self }
    }

    /// Where the time comes from, in place of the system's clock.
    pub fn clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Checks a payload without reading it. Gives the time at which it was signed.
    ///
    /// # Errors
    /// The first of these that holds: [`MissingHeader`](WebhookError::MissingHeader),
    /// [`MalformedHeader`](WebhookError::MalformedHeader), [`NoSignature`](WebhookError::NoSignature),
    /// [`NoMatch`](WebhookError::NoMatch), [`TooOld`](WebhookError::TooOld), [`TooNew`](WebhookError::TooNew).
    pub fn verify(&self, payload: &[u8], header: Option<impl AsRef<[u8]>>) -> Result<Timestamp, WebhookError> {
        // An empty one is what some servers give for one that is not there.
        let header = header.filter(|header| !header.as_ref().trim_ascii().is_empty());
        let header = header.ok_or(WebhookError::MissingHeader)?;
        let header = Header::parse(header.as_ref())?;
        let mut matches = subtle::Choice::from(0);
        for key in &self.keys {
            let right = key.sign(header.timestamp, payload);
            // All are compared, to the end, so that the time it takes tells nothing.
            for candidate in header.signatures.iter().filter_map(|text| signature(text)) {
                matches |= right.ct_eq(&candidate);
            }
        }
        if !bool::from(matches) {
            return Err(WebhookError::NoMatch { padded_secret: self.padded_secret });
        }
        self.check_age(header.time)?;
        Ok(Timestamp::from_secs(header.time))
    }

    fn check_age(&self, time: i64) -> Result<(), WebhookError> {
        let now = (self.clock)().as_secs();
        // One of the two is zero.
        let age = Duration::from_secs(u64::try_from(now.saturating_sub(time)).unwrap_or(0));
        let ahead = Duration::from_secs(u64::try_from(time.saturating_sub(now)).unwrap_or(0));
        match self.tolerance {
            Tolerance::Within(most) if age.as_secs() > most.as_secs() => return Err(WebhookError::TooOld { age }),
            Tolerance::Within(_) | Tolerance::Unlimited => {}
        }
        match self.ahead {
            Some(most) if ahead > most => Err(WebhookError::TooNew { ahead }),
            _ => Ok(()),
        }
    }

    /// Checks a payload and reads it as an event of either kind.
    ///
    /// # Errors
    /// As [`verify`](Self::verify) and [`Delivery::from_slice`].
    pub fn delivery(&self, payload: &[u8], header: Option<impl AsRef<[u8]>>) -> Result<Delivery, WebhookError> {
        self.verify(payload, header)?;
        Delivery::from_slice(payload)
    }

    /// Checks a payload and reads it as an event with a snapshot.
    ///
    /// # Errors
    /// As [`verify`](Self::verify) and [`Delivery::from_slice`]; [`WrongKind`](WebhookError::WrongKind) for a thin event.
    pub fn event(&self, payload: &[u8], header: Option<impl AsRef<[u8]>>) -> Result<Event, WebhookError> {
        match self.delivery(payload, header)? {
            Delivery::Event(event) => Ok(*event),
            Delivery::ThinEvent(_) => Err(WebhookError::WrongKind { found: DeliveryKind::ThinEvent }),
        }
    }

    /// Checks a payload and reads it as a thin event.
    ///
    /// # Errors
    /// As [`verify`](Self::verify) and [`Delivery::from_slice`]; [`WrongKind`](WebhookError::WrongKind) for an event with a
    /// snapshot.
    pub fn thin_event(&self, payload: &[u8], header: Option<impl AsRef<[u8]>>) -> Result<ThinEvent, WebhookError> {
        match self.delivery(payload, header)? {
            Delivery::ThinEvent(event) => Ok(*event),
            Delivery::Event(_) => Err(WebhookError::WrongKind { found: DeliveryKind::Event }),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .field("ahead", &self.ahead)
            .finish_non_exhaustive()
    }
}
