use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::id::{VerificationReportId, VerificationSessionId};
use crate::list::cursor_setters;
use crate::sensitive::Sensitive;
use crate::session::options::VerificationSessionType;

/// The parameters of `GET /v1/identity/verification_reports`, which lists reports, newest first.
///
/// Without parameters, Stripe returns the ten newest.
///
/// ```
/// use stripe_identity_types::{ListVerificationReports, VerificationSessionType};
///
/// let params = ListVerificationReports::new()
///     .verification_session("vs_123")
///     .type_(VerificationSessionType::Document);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct ListVerificationReports {
    /// Only reports of sessions that were created with this reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_reference_id: Option<Sensitive<String>>,
    /// Only objects that were created at this time: in one second, or in a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The object just after the page, in the order newest first. Cannot be combined with
    /// `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<VerificationReportId>,
    /// The number of objects in a page, from 1 to 100. Defaults to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The object just before the page, in the order newest first. Cannot be combined with
    /// `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<VerificationReportId>,
    /// Only reports of this type. Stripe accepts [`Document`](VerificationSessionType::Document) and
    /// [`IdNumber`](VerificationSessionType::IdNumber).
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<VerificationSessionType>,
    /// Only reports of this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_session: Option<VerificationSessionId>,
}

cursor_setters!(ListVerificationReports, VerificationReportId);

impl ListVerificationReports {
    /// Selects reports of sessions that were created with this reference.
    pub fn client_reference_id(mut self, reference: impl Into<String>) -> Self {
        self.client_reference_id = Some(Sensitive::new(reference.into()));
        self
    }

    /// Selects reports of this type. Stripe accepts [`Document`](VerificationSessionType::Document)
    /// and [`IdNumber`](VerificationSessionType::IdNumber).
    #[doc(alias = "type")]
    pub fn type_(mut self, type_: impl Into<VerificationSessionType>) -> Self {
        self.type_ = Some(type_.into());
        self
    }

    /// Selects reports of this session.
    pub fn verification_session(mut self, session: impl Into<VerificationSessionId>) -> Self {
        self.verification_session = Some(session.into());
        self
    }
}
