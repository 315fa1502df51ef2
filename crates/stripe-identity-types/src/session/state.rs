use std::fmt;

use serde::{Deserialize, Serialize};

use crate::open_enum::UnknownValue;
use crate::sensitive::Hidden;
use crate::session::last_error::{LastError, LastErrorCode};
use crate::session::redaction::RedactionStatus;
use crate::session::status::VerificationSessionStatus;

/// The state of a session, derived from its status and its last error.
///
/// Unlike Stripe's status `requires_input`, it distinguishes a session that has not been started
/// from one whose last try failed. [`VerificationSession::state`](crate::VerificationSession::state)
/// returns it.
///
/// ```
/// use stripe_identity_types::{SessionState, VerificationSession};
///
/// let session: VerificationSession = serde_json::from_str(
///     r#"{"id": "vs_1", "status": "requires_input", "last_error": {"code": "document_expired"}}"#,
/// )?;
/// match session.state() {
///     SessionState::Verified => println!("verified"),
///     SessionState::Failed { code, .. } => println!("failed: {code:?}"),
///     _ => println!("not decided"),
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// It serializes as a map of Stripe's `status` and `last_error`, which
/// [`SessionView`](crate::SessionView#stored-form) describes.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "StoredState", into = "StoredState")]
#[non_exhaustive]
pub enum SessionState {
    /// The user has not submitted anything yet.
    NotStarted,
    /// The last try failed, and the user can try again.
    Failed {
        /// The machine-readable reason. Absent if Stripe sent none.
        code: Option<LastErrorCode>,
        /// The human-readable reason, in English and suitable for display to the user. Absent if
        /// Stripe sent none.
        reason: Option<String>,
    },
    /// The checks are running.
    Processing,
    /// The checks passed. Final: a redaction does not change it.
    Verified,
    /// The session was canceled and accepts no more tries. Final.
    Canceled,
    /// The session has a status that this version of the crate has no name for, or no status.
    Unknown(UnknownValue),
}

/// Hides the human-readable reason, which is a string of Stripe's.
impl fmt::Debug for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => f.write_str("NotStarted"),
            Self::Failed { code, reason } => {
                let reason = reason.as_ref().map(|_| Hidden);
                f.debug_struct("Failed").field("code", code).field("reason", &reason).finish()
            }
            Self::Processing => f.write_str("Processing"),
            Self::Verified => f.write_str("Verified"),
            Self::Canceled => f.write_str("Canceled"),
            Self::Unknown(status) => f.debug_tuple("Unknown").field(status).finish(),
        }
    }
}

impl SessionState {
    /// Returns whether the session is verified or canceled, or its last try failed.
    ///
    /// A decided session does not change on its own. After a failed try, the user can try again.
    pub fn is_decided(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::Verified | Self::Canceled => true,
            Self::NotStarted | Self::Processing | Self::Unknown(_) => false,
        }
    }

    pub(crate) fn new(status: VerificationSessionStatus, last_error: Option<LastError>) -> Self {
        match status {
            VerificationSessionStatus::RequiresInput => match last_error {
                None => Self::NotStarted,
                Some(LastError { code, reason }) => Self::Failed { code, reason },
            },
            VerificationSessionStatus::Processing => Self::Processing,
            VerificationSessionStatus::Verified => Self::Verified,
            VerificationSessionStatus::Canceled => Self::Canceled,
            VerificationSessionStatus::Unknown(status) => Self::Unknown(status),
        }
    }
}

/// The serialized form of a state. Unlike a model, it also parses from a sequence, which is how some
/// formats write a struct.
#[derive(Serialize, Deserialize)]
struct StoredState {
    status: VerificationSessionStatus,
    #[serde(default)]
    last_error: Option<StoredError>,
}

#[derive(Serialize, Deserialize)]
struct StoredError {
    #[serde(default)]
    code: Option<LastErrorCode>,
    #[serde(default)]
    reason: Option<String>,
}

impl From<StoredState> for SessionState {
    fn from(StoredState { status, last_error }: StoredState) -> Self {
        Self::new(status, last_error.map(|StoredError { code, reason }| LastError { code, reason }))
    }
}

impl From<SessionState> for StoredState {
    fn from(state: SessionState) -> Self {
        let (status, last_error) = match state {
            SessionState::NotStarted => (VerificationSessionStatus::RequiresInput, None),
            SessionState::Failed { code, reason } => {
                (VerificationSessionStatus::RequiresInput, Some(StoredError { code, reason }))
            }
            SessionState::Processing => (VerificationSessionStatus::Processing, None),
            SessionState::Verified => (VerificationSessionStatus::Verified, None),
            SessionState::Canceled => (VerificationSessionStatus::Canceled, None),
            SessionState::Unknown(status) => (VerificationSessionStatus::Unknown(status), None),
        };
        Self { status, last_error }
    }
}

/// The progress of a session's redaction.
/// [`VerificationSession::redaction_state`](crate::VerificationSession::redaction_state) returns it.
///
/// ```
/// use stripe_identity_types::{RedactionState, VerificationSession};
///
/// let session: VerificationSession =
///     serde_json::from_str(r#"{"id": "vs_1", "status": "verified", "redaction": {"status": "redacted"}}"#)?;
/// match session.redaction_state() {
///     RedactionState::NotRequested => println!("no redaction was requested"),
///     RedactionState::InProgress(status) => println!("the redaction is running: {status}"),
///     RedactionState::Done => println!("the personal data has been erased"),
///     _ => {}
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// It serializes as the status of the redaction, or as `null` if none was requested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Option<RedactionStatus>", into = "Option<RedactionStatus>")]
#[non_exhaustive]
pub enum RedactionState {
    /// No redaction has been requested.
    #[default]
    NotRequested,
    /// A redaction was requested and has any status but [`Redacted`](RedactionStatus::Redacted).
    InProgress(RedactionStatus),
    /// The redaction is complete: the personal data has been erased.
    Done,
}

/// Converts the status of a redaction, or `None` if there is none.
impl From<Option<RedactionStatus>> for RedactionState {
    fn from(status: Option<RedactionStatus>) -> Self {
        match status {
            None => Self::NotRequested,
            Some(RedactionStatus::Redacted) => Self::Done,
            Some(status) => Self::InProgress(status),
        }
    }
}

/// Returns the status of the redaction, or `None` if there is none.
impl From<RedactionState> for Option<RedactionStatus> {
    fn from(state: RedactionState) -> Self {
        match state {
            RedactionState::NotRequested => None,
            RedactionState::InProgress(status) => Some(status),
            RedactionState::Done => Some(RedactionStatus::Redacted),
        }
    }
}
