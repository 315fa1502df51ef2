pub(crate) mod details;
pub(crate) mod expand;
pub(crate) mod last_error;
pub(crate) mod list;
pub(crate) mod options;
pub(crate) mod outputs;
pub(crate) mod params;
pub(crate) mod redaction;
pub(crate) mod state;

use serde::{Deserialize, Serialize};

use crate::expandable::{Expandable, HasId, link};
use crate::id::{CustomerAccountId, CustomerId, VerificationFlowId, VerificationSessionId};
use crate::lenient::{null_as_default, private};
use crate::metadata::Metadata;
use crate::object_type::{ObjectType, own};
use crate::open_enum::open_enum;
use crate::report::VerificationReport;
use crate::sensitive::Sensitive;
use crate::session::details::{ProvidedDetails, RelatedPerson};
use crate::session::last_error::LastError;
use crate::session::options::{VerificationSessionOptions, VerificationSessionType};
use crate::session::outputs::VerifiedOutputs;
use crate::session::redaction::Redaction;
use crate::timestamp::Timestamp;

/// One attempt to verify one person, with all their tries: what you create, send the user to, and read the outcome from.
///
/// A new session has the status [`RequiresInput`](VerificationSessionStatus::RequiresInput). When the user has
/// submitted, it goes on to [`Processing`](VerificationSessionStatus::Processing) and from there to
/// [`Verified`](VerificationSessionStatus::Verified), or back to `RequiresInput` with [`last_error`](Self::last_error)
/// set, so that the user can try again with a fresh [`url`](Self::url).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct VerificationSession {
    /// The session's id, `vs_…`.
    pub id: VerificationSessionId,
    /// Always [`ObjectType::VerificationSession`].
    #[serde(default, deserialize_with = "own::verification_session", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// Your own reference to the user or the case, as given when the session was created.
    #[serde(default)]
    pub client_reference_id: Option<Sensitive<String>>,
    /// What Stripe's browser and mobile SDKs need to start the verification. Single use, valid for 24 hours; absent
    /// unless the session requires input. Don't store it, log it, or put it in a URL.
    #[serde(default)]
    pub client_secret: Option<Sensitive<String>>,
    /// When the session was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Why the last try failed; absent while there was none, and once the session is verified or canceled.
    #[serde(default)]
    pub last_error: Option<LastError>,
    /// The report of the last try: its id, or with
    /// [`SessionExpand::LastVerificationReport`](crate::SessionExpand::LastVerificationReport) the report itself.
    #[serde(default, deserialize_with = "link")]
    pub last_verification_report: Option<Expandable<VerificationReport>>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Your own key-value pairs. Redaction erases them.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// Which checks run, and how.
    #[serde(default)]
    pub options: Option<VerificationSessionOptions>,
    /// What you told Stripe about the user beforehand; absent if nothing.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub provided_details: Option<ProvidedDetails>,
    /// How far redaction has come; absent if it was never asked for.
    #[serde(default)]
    pub redaction: Option<Redaction>,
    /// The customer whom the session is about, if you named one.
    #[serde(default)]
    pub related_customer: Option<CustomerId>,
    /// The customer whom the session is about, where customers are accounts, if you named one.
    #[serde(default)]
    pub related_customer_account: Option<CustomerAccountId>,
    /// The person on a connected account whom the session is about, if you named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_person: Option<RelatedPerson>,
    /// Where the session stands.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionStatus::is_absent"
    )]
    pub status: VerificationSessionStatus,
    /// What is verified.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionType::is_absent"
    )]
    pub type_: VerificationSessionType,
    /// The page on Stripe to send the user to. Single use, valid for 48 hours; absent unless the session requires
    /// input. Don't store it, log it, or mail it.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
    /// The flow that the session was made from; absent for the other types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
    /// What was verified about the person. Present only if the session is verified and the call asked for it with
    /// [`SessionExpand::VerifiedOutputs`](crate::SessionExpand::VerifiedOutputs).
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub verified_outputs: Option<VerifiedOutputs>,
}

impl VerificationSession {
    /// A session of which nothing but the id is known, to start from in tests and servers.
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
}

impl HasId for VerificationSession {
    type Id = VerificationSessionId;

    fn id(&self) -> &VerificationSessionId {
        &self.id
    }
}

impl From<&VerificationSession> for VerificationSessionId {
    fn from(session: &VerificationSession) -> Self {
        session.id.clone()
    }
}

open_enum! {
    /// Where a session stands.
    pub enum VerificationSessionStatus {
        /// It was canceled and takes no more tries. Final.
        Canceled = "canceled",
        /// The user has submitted; the checks are running. Mostly under a minute.
        Processing = "processing",
        /// It waits for the user: not started yet, or failed and open for another try.
        RequiresInput = "requires_input",
        /// The checks passed. Final.
        Verified = "verified",
    }
}
