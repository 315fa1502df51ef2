use crate::{
    Event, EventType, LastErrorCode, RedactionStatus, Timestamp, VerificationSession, VerificationSessionStatus,
};

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
    /// Where it stands.
    pub state: SessionState,
    /// How far its redaction has come.
    pub redaction: RedactionState,
    /// When the event happened that this is known from.
    pub as_of: Timestamp,
    /// How far along in a session's life that event stands, to tell events of the same second apart.
    stage: u8,
}

/// What is known of a session after one more event.
///
/// It is pure, and it does not matter how often or in what order events come: one that is older than what is known, or
/// that was seen before, changes nothing. So does one that is not about a session. Of two events in the same second, the
/// one further along in a session's life counts as the later one.
///
/// It is for the events of one session; keep what is known under [`VerificationSession::id`].
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
    let (Some(session), Some(as_of), Some(stage)) = (event.verification_session(), event.created, stage(&event.type_))
    else {
        return known;
    };
    let news = KnownSession { state: session.state(), redaction: session.redaction_state(), as_of, stage };
    match known {
        Some(known) if (known.as_of, known.stage) >= (news.as_of, news.stage) => Some(known),
        _ => Some(news),
    }
}

fn stage(type_: &EventType) -> Option<u8> {
    match type_ {
        EventType::VerificationSessionCreated => Some(0),
        EventType::VerificationSessionProcessing => Some(1),
        EventType::VerificationSessionRequiresInput => Some(2),
        EventType::VerificationSessionVerified | EventType::VerificationSessionCanceled => Some(3),
        EventType::VerificationSessionRedacted => Some(4),
        _ => None,
    }
}
