pub(crate) mod check;
pub(crate) mod contact;
pub(crate) mod document;
pub(crate) mod expand;
pub(crate) mod id_number;
pub(crate) mod list;
pub(crate) mod selfie;

use serde::{Deserialize, Serialize};

use crate::expandable::HasId;
use crate::id::{VerificationFlowId, VerificationReportId, VerificationSessionId};
use crate::lenient::{null_as_default, private};
use crate::object_type::{ObjectType, own};
use crate::report::contact::{EmailReport, PhoneReport};
use crate::report::document::DocumentReport;
use crate::report::id_number::IdNumberReport;
use crate::report::selfie::SelfieReport;
use crate::sensitive::Sensitive;
use crate::session::options::{DocumentOptions, IdNumberOptions, VerificationSessionType};
use crate::timestamp::Timestamp;

/// What one try at verification found, check by check.
///
/// A check that did not run is absent. The fields marked *restricted* come only if they are expanded by name, in a call made
/// with a [restricted key](https://docs.stripe.com/identity/access-verification-results) that may read them. What
/// [`ReportExpand`](crate::ReportExpand) is in a call for the report, [`SessionExpand`](crate::SessionExpand) is in one for its
/// session, under the same name with `Report` before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct VerificationReport {
    /// The report's id, `vr_…`.
    pub id: VerificationReportId,
    /// Always [`ObjectType::VerificationReport`].
    #[serde(default, deserialize_with = "own::verification_report", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// Your own reference, as given when the session was created.
    #[serde(default)]
    pub client_reference_id: Option<Sensitive<String>>,
    /// When the report was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The check of the identity document.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentReport>,
    /// The check of the email address.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailReport>,
    /// The check of the id number.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumberReport>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// The options that the checks ran with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<ReportOptions>,
    /// The check of the phone number.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneReport>,
    /// The check of the selfie against the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selfie: Option<SelfieReport>,
    /// What was verified.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionType::is_absent"
    )]
    pub type_: VerificationSessionType,
    /// The flow that the session was made from; absent for the other types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
    /// The session that the report belongs to.
    #[serde(default)]
    pub verification_session: Option<VerificationSessionId>,
}

impl VerificationReport {
    /// A report of which nothing but the id is known, to start from in tests and servers.
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

impl HasId for VerificationReport {
    type Id = VerificationReportId;

    fn id(&self) -> &VerificationReportId {
        &self.id
    }
}

impl From<&VerificationReport> for VerificationReportId {
    fn from(report: &VerificationReport) -> Self {
        report.id.clone()
    }
}

/// The options that the checks of a report ran with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ReportOptions {
    /// Those of the document check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentOptions>,
    /// Those of the id number check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumberOptions>,
}
