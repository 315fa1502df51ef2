//! Verification reports.

pub(crate) mod check;
pub(crate) mod contact;
pub(crate) mod document;
pub(crate) mod expand;
pub(crate) mod id_number;
pub(crate) mod list;
pub(crate) mod selfie;

use serde::{Deserialize, Serialize};

use crate::expandable::has_id;
use crate::id::{VerificationFlowId, VerificationReportId, VerificationSessionId};
use crate::lenient::{hiding_errors, null_as_default};
use crate::object_type::{ObjectType, own};
use crate::report::contact::{EmailReport, PhoneReport};
use crate::report::document::DocumentReport;
use crate::report::id_number::IdNumberReport;
use crate::report::selfie::SelfieReport;
use crate::sensitive::Sensitive;
use crate::session::options::{DocumentOptions, IdNumberOptions, VerificationSessionType};
use crate::timestamp::Timestamp;

/// The results of one try at verification, check by check.
///
/// In Stripe's API, this is the object `identity.verification_report`.
///
/// A check that did not run is absent.
///
/// A field marked *restricted* is absent unless the request expands it by name and uses a
/// [restricted key](https://docs.stripe.com/identity/access-verification-results) that may read it.
/// A restricted key that is not limited to some IP addresses reads it only within 48 hours after the
/// session was processed.
///
/// Requests for the report expand a [`ReportExpand`](crate::ReportExpand). Requests for its session
/// expand a [`SessionExpand`](crate::SessionExpand), which has the same names with the prefix
/// `Report`.
///
/// ```
/// use stripe_identity_types::{DocumentCheckErrorCode, ReportStatus, VerificationReport};
///
/// let report: VerificationReport = serde_json::from_str(
///     r#"{"id": "vr_1", "document": {"status": "unverified", "error": {"code": "document_expired"}}}"#,
/// )?;
/// let document = report.document.expect("the document was checked");
/// match document.status {
///     ReportStatus::Verified => println!("verified"),
///     _ => {
///         let code = document.error.and_then(|error| error.code);
///         assert_eq!(code, Some(DocumentCheckErrorCode::DocumentExpired));
///     }
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct VerificationReport {
    /// The report's id, `vr_…`.
    pub id: VerificationReportId,
    /// Always [`ObjectType::VerificationReport`].
    #[serde(default, deserialize_with = "own::verification_report", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// Your reference to the user or the case, set when the session was created. Absent if none was
    /// set.
    #[serde(default)]
    pub client_reference_id: Option<Sensitive<String>>,
    /// When the report was created at Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The check of the identity document.
    #[serde(default, deserialize_with = "hiding_errors", skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentReport>,
    /// The check of the email address.
    #[serde(default, deserialize_with = "hiding_errors", skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailReport>,
    /// The check of the id number.
    #[serde(default, deserialize_with = "hiding_errors", skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumberReport>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// The settings of the document and id number checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<ReportOptions>,
    /// The check of the phone number.
    #[serde(default, deserialize_with = "hiding_errors", skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneReport>,
    /// The comparison of the selfie with the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selfie: Option<SelfieReport>,
    /// What the session verifies: a document, an id number, or what a flow defines.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionType::is_absent"
    )]
    pub type_: VerificationSessionType,
    /// The flow that the session was created from. Absent unless the type is
    /// [`VerificationFlow`](VerificationSessionType::VerificationFlow).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
    /// The session that the report belongs to.
    #[serde(default)]
    pub verification_session: Option<VerificationSessionId>,
}

impl VerificationReport {
    /// Creates a report that has only an id, for tests and for servers that stand in for Stripe.
    pub fn new(id: impl Into<VerificationReportId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::VerificationReport,
            client_reference_id: None,
            created: None,
            document: None,
            email: None,
            id_number: None,
            livemode: None,
            options: None,
            phone: None,
            selfie: None,
            type_: VerificationSessionType::default(),
            verification_flow: None,
            verification_session: None,
        }
    }
}

has_id!(VerificationReport, VerificationReportId);

/// The settings of the checks of a report.
///
/// In Stripe's API, this is the field `options` of a report.
///
/// ```
/// use stripe_identity_types::{ReportOptions, VerificationReport};
///
/// let report: VerificationReport =
///     serde_json::from_str(r#"{"id": "vr_1", "options": {"document": {"require_live_capture": true}}}"#)?;
/// let ReportOptions { document, id_number, .. } = report.options.unwrap_or_default();
/// assert_eq!(document.and_then(|document| document.require_live_capture), Some(true));
/// assert_eq!(id_number, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ReportOptions {
    /// The settings of the document check. Absent if it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentOptions>,
    /// The settings of the id number check. Absent if it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumberOptions>,
}
