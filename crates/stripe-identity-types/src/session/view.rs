use serde::{Deserialize, Serialize};

use crate::event::{Event, EventType};
use crate::id::VerificationSessionId;
use crate::session::VerificationSession;
use crate::session::state::{RedactionState, SessionState};
use crate::session::status::VerificationSessionStatus;
use crate::timestamp::Timestamp;

/// The last known state of a session, derived from its events. A program stores it between events.
///
/// Webhooks deliver events more than once and in any order. [`apply`](Self::apply) changes the view
/// only for an event that is newer than the view. After all events have been applied, the view shows
/// the last state.
///
/// A view holds no personal data.
///
/// ```
/// use stripe_identity_types::{Event, SessionState, SessionView};
///
/// let event: Event = serde_json::from_str(
///     r#"{"id": "evt_1", "type": "identity.verification_session.verified", "created": 1793000000, "data": {"object":
///         {"id": "vs_1", "object": "identity.verification_session", "status": "verified"}}}"#,
/// )?;
///
/// # let load = || None::<String>;
/// let mut view: SessionView = match load() {
///     Some(stored) => serde_json::from_str(&stored)?,
///     None => SessionView::new("vs_1"),
/// };
/// if view.apply(&event) {
///     let stored = serde_json::to_string(&view)?;
///     // Store it in the transaction that records the event.
/// }
/// assert_eq!(view.state, SessionState::Verified);
/// assert!(!view.apply(&event), "the same event again changes nothing");
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Order of events
///
/// An event is newer than the view if it happened later. Of two events in the same second, the one
/// that comes later in the life of a session is newer: created, processing, requires input, verified
/// or canceled, redacted.
///
/// The order of delivery still matters in two cases. If two events happened in the same second and
/// have the same position in the life of a session, the view shows the one that was applied first.
/// If a snapshot does not parse, the view keeps the values that the type of the event does not imply.
///
/// # Stored form
///
/// A view serializes as this map. A format that writes structs as sequences has the values in this
/// order. Later versions of this crate parse the same form.
///
/// | key | value |
/// |---|---|
/// | `id` | the session's id |
/// | `state` | a map of the session's `status`, and of its `last_error`: a map of `code` and `reason`, or `null` |
/// | `redaction` | the status of the redaction, or `null` if there is none |
/// | `as_of` | [`as_of`](Self::as_of) in seconds since 1970, or `null` |
/// | `rank` | the last event: 0 created, 1 processing, 2 requires input, 3 verified or canceled, 4 redacted |
///
/// A status that this version of the crate has no name for is kept, without its `last_error`. The
/// format must be self-describing, as JSON, CBOR and `MessagePack` are.
///
/// ```
/// # use stripe_identity_types::SessionView;
/// let stored = concat!(
///     r#"{"id":"vs_1","state":{"status":"requires_input","last_error":{"code":"document_expired","reason":null}},"#,
///     r#""redaction":null,"as_of":1793000000,"rank":2}"#,
/// );
/// let view: SessionView = serde_json::from_str(stored)?;
/// assert!(view.state.is_decided());
/// assert_eq!(serde_json::to_string(&view)?, stored);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionView {
    /// The session's id.
    pub id: VerificationSessionId,
    /// The session's state.
    pub state: SessionState,
    /// The progress of the session's redaction.
    #[serde(default)]
    pub redaction: RedactionState,
    /// When the last event that changed the view happened. If no event has changed a view that was
    /// created from a session, this is when the session was created. If `None`, the time is not
    /// known, and any event is newer.
    #[serde(default)]
    pub as_of: Option<Timestamp>,
    /// The position of that event in the life of a session, which orders events of the same second.
    #[serde(default)]
    rank: u8,
}

impl SessionView {
    /// Creates a view of a session without any event. Its state is [`SessionState::Unknown`].
    pub fn new(id: impl Into<VerificationSessionId>) -> Self {
        Self {
            id: id.into(),
            state: SessionState::new(VerificationSessionStatus::default(), None),
            redaction: RedactionState::NotRequested,
            as_of: None,
            rank: 0,
        }
    }

    /// Creates a view from the first event that a program receives about a session.
    ///
    /// Returns `None` if the event is about another object, if its type is not the type of a session's
    /// event in [`EventType`], or if it has no time.
    #[inline]
    pub fn from_event(event: &Event) -> Option<Self> {
        let mut view = Self::new(event.verification_session_id()?);
        view.apply(event).then_some(view)
    }

    /// Applies an event. Returns whether the event changed the view, which must then be stored.
    ///
    /// An event changes nothing if it is not newer than the view (see [Order of
    /// events](#order-of-events)) or has no time. The same holds for an event about another session or
    /// another object, and for a type that is not the type of a session's event in [`EventType`].
    ///
    /// If the snapshot does not parse as a session, since it may be of another API version, the
    /// state follows from the type of the event.
    #[inline]
    pub fn apply(&mut self, event: &Event) -> bool {
        let Some(next) = self.after(event) else { return false };
        *self = next;
        true
    }

    #[inline]
    fn after(&self, event: &Event) -> Option<Self> {
        let as_of = event.created?;
        let (rank, implied_state) = implied_by(&event.type_)?;
        let is_newer = self.as_of.is_none_or(|known| (known, self.rank) < (as_of, rank));
        let id = event.verification_session_id().filter(|id| is_newer && *id == self.id)?;
        let (state, redaction) = match (event.verification_session(), implied_state) {
            (Some(session), _) => (session.state(), session.redaction_state()),
            (None, Some(state)) => (state, self.redaction.clone()),
            // Only the event of a complete redaction implies no state.
            (None, None) => (self.state.clone(), RedactionState::Done),
        };
        Some(Self { id, state, redaction, as_of: Some(as_of), rank })
    }
}

/// Creates a view from a session that was created or retrieved.
///
/// A session does not say when its state changed, so [`as_of`](Self::as_of) is its creation. Every
/// later event is newer, even one that happened before the session was retrieved. After all events
/// have been applied, the view shows the last state.
impl From<&VerificationSession> for SessionView {
    fn from(session: &VerificationSession) -> Self {
        Self {
            id: session.id.clone(),
            state: session.state(),
            redaction: session.redaction_state(),
            as_of: session.created,
            rank: 0,
        }
    }
}

/// Returns the position of an event in the life of a session, and the state that its type implies.
fn implied_by(type_: &EventType) -> Option<(u8, Option<SessionState>)> {
    match type_ {
        EventType::VerificationSessionCreated => Some((0, Some(SessionState::NotStarted))),
        EventType::VerificationSessionProcessing => Some((1, Some(SessionState::Processing))),
        EventType::VerificationSessionRequiresInput => {
            Some((2, Some(SessionState::Failed { code: None, reason: None })))
        }
        EventType::VerificationSessionVerified => Some((3, Some(SessionState::Verified))),
        EventType::VerificationSessionCanceled => Some((3, Some(SessionState::Canceled))),
        EventType::VerificationSessionRedacted => Some((4, None)),
        _ => None,
    }
}
