//! Verification sessions.

pub(crate) mod details;
pub(crate) mod expand;
pub(crate) mod last_error;
pub(crate) mod list;
pub(crate) mod options;
pub(crate) mod outputs;
pub(crate) mod params;
pub(crate) mod redaction;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod view;

use serde::{Deserialize, Serialize};

use crate::expandable::{Expandable, has_id, link};
use crate::id::{CustomerAccountId, CustomerId, VerificationFlowId, VerificationSessionId};
use crate::lenient::{hiding_errors, null_as_default};
use crate::metadata::Metadata;
use crate::object_type::{ObjectType, own};
use crate::report::VerificationReport;
use crate::sensitive::Sensitive;
use crate::session::details::{ProvidedDetails, RelatedPerson};
use crate::session::last_error::LastError;
use crate::session::options::{VerificationSessionOptions, VerificationSessionType};
use crate::session::outputs::VerifiedOutputs;
use crate::session::redaction::Redaction;
use crate::session::state::{RedactionState, SessionState};
use crate::session::status::VerificationSessionStatus;
use crate::timestamp::Timestamp;

/// The verification of one person, over all of their tries.
///
/// In Stripe's API, this is the object `identity.verification_session`.
///
/// You create a session, send the user to its [`url`](Self::url), and retrieve the result from it.
///
/// A new session has the status [`RequiresInput`](VerificationSessionStatus::RequiresInput). After
/// the user has submitted, it becomes [`Processing`](VerificationSessionStatus::Processing). Then
/// it becomes [`Verified`](VerificationSessionStatus::Verified), or returns to `RequiresInput` with
/// [`last_error`](Self::last_error) set, so that the user can try again with a new
/// [`url`](Self::url).
///
/// ```
/// use stripe_identity_types::{SessionState, VerificationSession};
///
/// let session: VerificationSession =
///     serde_json::from_str(r#"{"id": "vs_1", "status": "requires_input", "url": "https://verify.example"}"#)?;
/// match session.state() {
///     SessionState::Verified => println!("verified"),
///     SessionState::NotStarted | SessionState::Failed { .. } => match &session.url {
///         Some(url) => assert_eq!(url.expose(), "https://verify.example"),
///         None => println!("retrieve the session for a fresh URL"),
///     },
///     other => println!("not verified: {other:?}"),
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct VerificationSession {
    /// The session's id, `vs_…`.
    pub id: VerificationSessionId,
    /// Always [`ObjectType::VerificationSession`].
    #[serde(default, deserialize_with = "own::verification_session", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// Your reference to the user or the case, set when the session was created. Absent if none was
    /// set.
    #[serde(default)]
    pub client_reference_id: Option<Sensitive<String>>,
    /// The secret with which Stripe's browser and mobile SDKs start the verification. It works once,
    /// within 24 hours. Do not store it, log it, or put it into a URL.
    ///
    /// Absent unless the session requires input. It may be absent then too, in a list or an event:
    /// retrieve the session to get a fresh one.
    #[serde(default)]
    pub client_secret: Option<Sensitive<String>>,
    /// When the session was created at Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Why the last try failed. Absent if no try has failed, and after the session is verified or
    /// canceled.
    #[serde(default)]
    pub last_error: Option<LastError>,
    /// The report of the last try: its id, or the report itself if the request expands
    /// [`SessionExpand::LastVerificationReport`](crate::SessionExpand::LastVerificationReport).
    /// Absent until there is a report. It stays after redaction.
    #[serde(default, deserialize_with = "link")]
    pub last_verification_report: Option<Expandable<VerificationReport>>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Your key-value pairs. Empty if there are none, and after redaction.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// The checks that run, with their settings.
    #[serde(default)]
    pub options: Option<VerificationSessionOptions>,
    /// The details of the user that you provided in advance. Absent if you provided none.
    #[serde(default, deserialize_with = "hiding_errors", skip_serializing_if = "Option::is_none")]
    pub provided_details: Option<ProvidedDetails>,
    /// The redaction. Absent if none was requested.
    #[serde(default)]
    pub redaction: Option<Redaction>,
    /// The customer that the session is about. Absent if you named none.
    #[serde(default)]
    pub related_customer: Option<CustomerId>,
    /// The customer that the session is about, if your customers are accounts. Absent if you named
    /// none.
    #[serde(default)]
    pub related_customer_account: Option<CustomerAccountId>,
    /// The person on a connected account that the session is about. Absent if you named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_person: Option<RelatedPerson>,
    /// The status of the session. [`state`](Self::state) distinguishes the two meanings of
    /// `requires_input`.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionStatus::is_absent"
    )]
    pub status: VerificationSessionStatus,
    /// What the session verifies: a document, an id number, or what a flow defines.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionType::is_absent"
    )]
    pub type_: VerificationSessionType,
    /// The URL of Stripe's page, to send the user to. It works once, within 48 hours. Do not store
    /// it, log it, or mail it.
    ///
    /// Absent unless the session requires input. It may be absent then too, in a list or an event:
    /// retrieve the session to get a fresh one.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
    /// The flow that the session was created from. Absent unless the type is
    /// [`VerificationFlow`](VerificationSessionType::VerificationFlow).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
    /// The verified data of the person. Absent unless the session is verified and the request
    /// expands [`SessionExpand::VerifiedOutputs`](crate::SessionExpand::VerifiedOutputs) or one of
    /// its fields.
    #[serde(default, deserialize_with = "hiding_errors", skip_serializing_if = "Option::is_none")]
    pub verified_outputs: Option<VerifiedOutputs>,
}

impl VerificationSession {
    /// Creates a session that has only an id, for tests and for servers that stand in for Stripe.
    ///
    /// ```
    /// use stripe_identity_types::{VerificationSession, VerificationSessionStatus};
    ///
    /// let mut session = VerificationSession::new("vs_1");
    /// session.status = VerificationSessionStatus::Verified;
    /// assert!(session.is_decided());
    /// ```
    pub fn new(id: impl Into<VerificationSessionId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::VerificationSession,
            client_reference_id: None,
            client_secret: None,
            created: None,
            last_error: None,
            last_verification_report: None,
            livemode: None,
            metadata: Metadata::new(),
            options: None,
            provided_details: None,
            redaction: None,
            related_customer: None,
            related_customer_account: None,
            related_person: None,
            status: VerificationSessionStatus::default(),
            type_: VerificationSessionType::default(),
            url: None,
            verification_flow: None,
            verified_outputs: None,
        }
    }

    /// Returns the state of the session, which distinguishes a session that has not been started
    /// from one whose last try failed.
    ///
    /// ```
    /// use stripe_identity_types::{SessionState, VerificationSession};
    ///
    /// let session: VerificationSession = serde_json::from_str(r#"{"id": "vs_1", "status": "requires_input"}"#)?;
    /// assert_eq!(session.state(), SessionState::NotStarted);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn state(&self) -> SessionState {
        SessionState::new(self.status.clone(), self.last_error.clone())
    }

    /// Returns whether the session is verified or canceled, or its last try failed. See
    /// [`SessionState::is_decided`].
    pub fn is_decided(&self) -> bool {
        self.state().is_decided()
    }

    /// Returns whether the redaction of the session is complete.
    pub fn is_redacted(&self) -> bool {
        self.redaction_state() == RedactionState::Done
    }

    /// Returns the progress of the session's redaction. Any status of the redaction but `redacted`
    /// counts as in progress.
    pub fn redaction_state(&self) -> RedactionState {
        self.redaction.as_ref().map(|redaction| redaction.status.clone()).into()
    }
}

has_id!(VerificationSession, VerificationSessionId);
