use crate::event::{Event, EventType};
use crate::id::VerificationSessionId;
use crate::session::last_error::LastErrorCode;
use crate::session::redaction::RedactionStatus;
use crate::session::{VerificationSession, VerificationSessionStatus};
use crate::timestamp::Timestamp;

/// Where a session stands, with what Stripe's status `requires_input` leaves open said apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// The user has not submitted anything yet.
    NotStarted,
    /// The last try failed, and the user can try again.
    Failed {
        /// The reason for programs.
        code: Option<LastErrorCode>,
        /// The reason for people, fit to be shown to the user.
        reason: Option<String>,
    },
    /// The checks are running.
    Processing,
    /// The checks passed.
    Verified,
    /// It takes no more tries.
    Canceled,
    /// A status that this version of the crate has no name for.
    Unknown,
}

/// How far a session's redaction has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedactionState {
    /// It was never asked for.
    #[default]
    NotRequested,
    /// It is under way.
    UnderWay,
    /// It is done.
    Done,
}

impl VerificationSession {
    /// Where the session stands. It tells apart a session that was never started from one whose last try failed.
    ///
    /// ```
    /// use stripe_identity_types::{SessionState, VerificationSession};
    ///
    /// let session: VerificationSession = serde_json::from_str(r#"{"id": "vs_1", "status": "requires_input"}"#)?;
    /// assert_eq!(session.state(), SessionState::NotStarted);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn state(&self) -> SessionState {
        match &self.status {
            VerificationSessionStatus::RequiresInput => match &self.last_error {
                None => SessionState::NotStarted,
                Some(error) => SessionState::Failed { code: error.code.clone(), reason: error.reason.clone() },
            },
            VerificationSessionStatus::Processing => SessionState::Processing,
            VerificationSessionStatus::Verified => SessionState::Verified,
            VerificationSessionStatus::Canceled => SessionState::Canceled,
            VerificationSessionStatus::Unknown(_) => SessionState::Unknown,
        }
    }

    /// Whether nothing more will happen by itself: it is verified or canceled, or its last try failed (after which the
    /// user may try again).
    pub fn is_decided(&self) -> bool {
        match self.state() {
            SessionState::Failed { .. } | SessionState::Verified | SessionState::Canceled => true,
            SessionState::NotStarted | SessionState::Processing | SessionState::Unknown => false,
        }
    }

    /// Whether its redaction is done.
    pub fn is_redacted(&self) -> bool {
        self.redaction_state() == RedactionState::Done
    }

    /// How far the session's redaction has come. Any status but `redacted` counts as under way.
    pub fn redaction_state(&self) -> RedactionState {
        match &self.redaction {
            None => RedactionState::NotRequested,
            Some(redaction) if redaction.status == RedactionStatus::Redacted => RedactionState::Done,
            Some(_) => RedactionState::UnderWay,
        }
    }
}

/// What is known of a session from its events so far.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownSession {
    /// Which session it is.
    pub id: VerificationSessionId,
    /// Where it stands.
    pub state: SessionState,
    /// How far its redaction has come.
    pub redaction: RedactionState,
    /// When the event happened that this is known from.
    pub as_of: Timestamp,
    /// How far along in a session's life that event stands, to tell events of the same second apart.
    rank: u8,
}

/// What is known of a session after one more event.
///
/// It is pure, and it does not matter how often or in what order events come: one that is older than what is known, or
/// that was seen before, changes nothing. So does one that is not about a session, or does not say when it happened. Of two
/// events in the same second, the one further along in a session's life counts as the later one.
///
/// Two things are left to the order in which events come: of two that stand at the same point in the same second, the first
/// stays; and what a snapshot that does not read leaves open is taken from what is known by then.
///
/// It is for the events of one session, and leaves out those of another. A snapshot that does not read as a session, which
/// may be of another API version, gives what the event's type says.
///
/// ```
/// use stripe_identity_types::{Event, SessionState, reduce};
///
/// let event: Event = serde_json::from_str(
///     r#"{"id": "evt_1", "type": "identity.verification_session.verified", "created": 1793000000, "data": {"object":
///         {"id": "vs_1", "object": "identity.verification_session", "status": "verified"}}}"#,
/// )?;
/// let known = reduce(None, &event);
/// assert_eq!(known.as_ref().map(|known| &known.state), Some(&SessionState::Verified));
/// assert_eq!(reduce(known.clone(), &event), known);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn reduce(known: Option<KnownSession>, event: &Event) -> Option<KnownSession> {
    let Some(news) = news(known.as_ref(), event) else { return known };
    match known {
        Some(known) if known.id != news.id || (known.as_of, known.rank) >= (news.as_of, news.rank) => Some(known),
        _ => Some(news),
    }
}

fn news(known: Option<&KnownSession>, event: &Event) -> Option<KnownSession> {
    let as_of = event.created?;
    let (rank, told) = told(&event.type_)?;
    if let Some(session) = event.verification_session() {
        let (state, redaction) = (session.state(), session.redaction_state());
        return Some(KnownSession { id: session.id, state, redaction, as_of, rank });
    }
    let id = event.verification_session_id()?;
    let before =
        known.map_or((SessionState::Unknown, RedactionState::NotRequested), |it| (it.state.clone(), it.redaction));
    let (state, redaction) = match told {
        Some(state) => (state, before.1),
        // Only the redaction's end has no state of its own.
        None => (before.0, RedactionState::Done),
    };
    Some(KnownSession { id, state, redaction, as_of, rank })
}

/// How far along in a session's life an event stands, and the state that its type tells by itself.
fn told(type_: &EventType) -> Option<(u8, Option<SessionState>)> {
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
