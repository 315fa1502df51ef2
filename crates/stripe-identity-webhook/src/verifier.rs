use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use stripe_identity_types::{Event, ThinEvent, Timestamp};
use subtle::ConstantTimeEq as _;

use crate::delivery::Delivery;
use crate::delivery_kind::DeliveryKind;
use crate::error::{BlankSecret, WebhookError};
use crate::header::{Header, decode_signature};
use crate::key::Key;

/// Verifies that a payload was signed by Stripe recently.
///
/// The payload is the body of the request, byte for byte as it came over the wire. The header is the
/// value of `Stripe-Signature` ([`SIGNATURE_HEADER`](crate::SIGNATURE_HEADER)), or `None` if the
/// request has none.
///
/// A verifier is cheap to clone.
///
/// # Examples
///
/// With the types of the `http` crate, which axum, hyper and tower use:
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use stripe_identity_webhook::{Delivery, SIGNATURE_HEADER, Verifier, WebhookError};
///
/// fn receive(verifier: &Verifier, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, WebhookError> {
///     verifier.verify_delivery(body, headers.get(SIGNATURE_HEADER).map(HeaderValue::as_bytes))
/// }
/// # let verifier = Verifier::new("whsec_example")?;
/// # assert_eq!(receive(&verifier, &HeaderMap::new(), b"{}"), Err(WebhookError::MissingHeader));
/// # Ok::<(), stripe_identity_webhook::BlankSecret>(())
/// ```
///
/// With the header as text, and with two secrets during a rotation:
///
/// ```
/// # use stripe_identity_webhook::{Signer, types::Timestamp};
/// use std::time::Duration;
///
/// use stripe_identity_webhook::Verifier;
///
/// let verifier = Verifier::new("whsec_old")?.add_secret("whsec_new")?.max_clock_skew(Duration::from_secs(60));
///
/// # let body = br#"{"id": "evt_1", "object": "event"}"#;
/// # let header = Some(Signer::new("whsec_new")?.sign(body, Timestamp::now()));
/// # let header: Option<&str> = header.as_deref();
/// let event = verifier.verify_event(body, header.map(str::as_bytes))?;
/// # assert_eq!(event.id, "evt_1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Verifier {
    keys: Vec<Key>,
    has_padded_secret: bool,
    tolerance: Tolerance,
    max_clock_skew: Option<Duration>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// The age that a signature may have.
///
/// Defaults to five minutes, as in Stripe's own libraries.
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_webhook::types::Timestamp;
/// use stripe_identity_webhook::{Signer, Tolerance, Verifier, WebhookError};
///
/// let header = Signer::new("whsec_example")?.sign("{}", Timestamp::from_secs(1_793_000_000));
/// let verifier = Verifier::new("whsec_example")?.clock(|| Timestamp::from_secs(1_793_000_100));
///
/// let strict = verifier.clone().tolerance(Tolerance::Within(Duration::from_secs(60)));
/// let age = Duration::from_secs(100);
/// assert_eq!(strict.verify(b"{}", Some(header.as_bytes())), Err(WebhookError::TooOld { age }));
/// assert!(verifier.verify(b"{}", Some(header.as_bytes())).is_ok());
/// # Ok::<(), stripe_identity_webhook::BlankSecret>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tolerance {
    /// The signature may be at most this old, compared in whole seconds.
    Within(Duration),
    /// The signature may have any age. Anyone who has seen a delivery can then repeat it at any time.
    Unlimited,
}

impl Default for Tolerance {
    /// Returns five minutes.
    fn default() -> Self {
        Self::Within(Duration::from_secs(300))
    }
}

impl Verifier {
    /// Creates a verifier with an endpoint's secret, `whsec_…`.
    ///
    /// The whole text is the secret, including white space around it.
    ///
    /// # Errors
    ///
    /// Returns [`BlankSecret`] if the secret is empty or blank.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, BlankSecret> {
        let without_secret = Self {
            keys: Vec::new(),
            has_padded_secret: false,
            tolerance: Tolerance::default(),
            max_clock_skew: None,
            clock: Arc::new(Timestamp::now),
        };
        without_secret.add_secret(secret)
    }

    /// Adds another accepted secret, such as the new one during a rotation, or that of another
    /// endpoint.
    ///
    /// # Errors
    ///
    /// Returns [`BlankSecret`] if the secret is empty or blank.
    pub fn add_secret(mut self, secret: impl AsRef<str>) -> Result<Self, BlankSecret> {
        let secret = secret.as_ref();
        self.keys.push(Key::new(secret)?);
        self.has_padded_secret |= secret.trim() != secret;
        Ok(self)
    }

    /// Sets how old a signature may be. Defaults to five minutes.
    pub fn tolerance(self, tolerance: Tolerance) -> Self {
        Self { tolerance, ..self }
    }

    /// Sets how far in the future a signature may be. Defaults to no limit.
    pub fn max_clock_skew(self, skew: Duration) -> Self {
        Self { max_clock_skew: Some(skew), ..self }
    }

    /// Sets the function that returns the current time. Defaults to the system's clock.
    ///
    /// A test whose payloads are signed at another time sets it, such as one with the simulator of
    /// `stripe-identity` in process: `verifier.clock(move || simulator.time())`. By default, that
    /// clock stands at a fixed time, and a verifier with the system's clock refuses the signatures as
    /// too old.
    pub fn clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Verifies a payload without parsing it. Returns the time at which it was signed.
    ///
    /// # Errors
    ///
    /// Returns the first of these that applies:
    /// [`MissingHeader`](WebhookError::MissingHeader),
    /// [`MalformedHeader`](WebhookError::MalformedHeader),
    /// [`NoSignature`](WebhookError::NoSignature), [`NoMatch`](WebhookError::NoMatch),
    /// [`TooOld`](WebhookError::TooOld), [`TooNew`](WebhookError::TooNew).
    pub fn verify(&self, payload: &[u8], header: Option<&[u8]>) -> Result<Timestamp, WebhookError> {
        // Some servers represent a missing header as an empty one.
        let header = header.filter(|header| !header.trim_ascii().is_empty());
        let header = Header::parse(header.ok_or(WebhookError::MissingHeader)?)?;
        let mut matches = subtle::Choice::from(0);
        for key in &self.keys {
            let expected = key.sign(header.timestamp, payload);
            // No early exit: the duration must not depend on which secret or signature matches.
            for candidate in header.signatures.iter().filter_map(|text| decode_signature(text)) {
                matches |= expected.ct_eq(&candidate);
            }
        }
        if !bool::from(matches) {
            return Err(WebhookError::NoMatch { padded_secret: self.has_padded_secret });
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
            Tolerance::Within(limit) if age.as_secs() > limit.as_secs() => return Err(WebhookError::TooOld { age }),
            Tolerance::Within(_) | Tolerance::Unlimited => {}
        }
        match self.max_clock_skew {
            Some(limit) if ahead > limit => Err(WebhookError::TooNew { ahead }),
            _ => Ok(()),
        }
    }

    /// Verifies a payload and parses it as an event with a snapshot or as a thin event.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify) and [`Delivery::from_slice`].
    pub fn verify_delivery(&self, payload: &[u8], header: Option<&[u8]>) -> Result<Delivery, WebhookError> {
        self.verify(payload, header)?;
        Delivery::from_slice(payload)
    }

    /// Verifies a payload and parses it as an event with a snapshot.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify) and [`Delivery::from_slice`], and
    /// [`WrongKind`](WebhookError::WrongKind) for a thin event.
    pub fn verify_event(&self, payload: &[u8], header: Option<&[u8]>) -> Result<Event, WebhookError> {
        match self.verify_delivery(payload, header)? {
            Delivery::Event(event) => Ok(*event),
            Delivery::ThinEvent(_) => Err(WebhookError::WrongKind { found: DeliveryKind::ThinEvent }),
        }
    }

    /// Verifies a payload and parses it as a thin event.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify) and [`Delivery::from_slice`], and
    /// [`WrongKind`](WebhookError::WrongKind) for an event with a snapshot.
    pub fn verify_thin_event(&self, payload: &[u8], header: Option<&[u8]>) -> Result<ThinEvent, WebhookError> {
        match self.verify_delivery(payload, header)? {
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
            .field("max_clock_skew", &self.max_clock_skew)
            .finish_non_exhaustive()
    }
}
