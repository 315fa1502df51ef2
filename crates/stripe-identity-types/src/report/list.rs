use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::id::{VerificationReportId, VerificationSessionId};
use crate::sensitive::Sensitive;
use crate::session::options::VerificationSessionType;

/// Which reports to list, and which page of them. Without any filter: the ten newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListVerificationReports {
    /// Only those of sessions that you created with this reference of yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_reference_id: Option<Sensitive<String>>,
    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The page of newer ones that ends just before this one. Not together with `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<VerificationReportId>,
    /// How many in a page, from 1 to 100. Absent: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<VerificationReportId>,
    /// Only those of this type.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<VerificationSessionType>,
    /// Only those of this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_session: Option<VerificationSessionId>,
}

impl ListVerificationReports {
    /// No filter, first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of sessions that you created with this reference of yours.
    pub fn client_reference_id(mut self, client_reference_id: impl Into<String>) -> Self {
        self.client_reference_id = Some(Sensitive::new(client_reference_id.into()));
        self
    }

    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    pub fn created(mut self, created: impl Into<CreatedFilter>) -> Self {
        self.created = Some(created.into());
        self
    }

    /// The page of newer ones that ends just before this one. Not together with `starting_after`.
    pub fn ending_before(mut self, ending_before: impl Into<VerificationReportId>) -> Self {
        self.ending_before = Some(ending_before.into());
        self
    }

    /// How many in a page, from 1 to 100. Absent: 10.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    pub fn starting_after(mut self, starting_after: impl Into<VerificationReportId>) -> Self {
        self.starting_after = Some(starting_after.into());
        self
    }

    /// Only those of this type.
    #[doc(alias = "type")]
    pub fn type_(mut self, type_: impl Into<VerificationSessionType>) -> Self {
        self.type_ = Some(type_.into());
        self
    }

    /// Only those of this session.
    pub fn verification_session(mut self, verification_session: impl Into<VerificationSessionId>) -> Self {
        self.verification_session = Some(verification_session.into());
        self
    }
}
