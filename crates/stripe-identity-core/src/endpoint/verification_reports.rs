//! Retrieving and listing reports.

use stripe_identity_types::{ListVerificationReports, ReportExpand, VerificationReport, VerificationReportId};

use crate::call::{Call, Caller};
use crate::page::Page;

own_params! {
    /// Lists reports, newest first.
    ListVerificationReports = GET Api "/v1/identity/verification_reports" -> Page<VerificationReport>,
        expand "data." ReportExpand;
}

by_id! {
    /// Retrieves a report.
    Retrieve(VerificationReportId) = GET Api "/v1/identity/verification_reports/{report}" -> VerificationReport,
        expand ReportExpand;
}

/// Calls on reports. From `verification_reports()` of a client, or of a [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub struct VerificationReports<C> {
    caller: C,
}

impl<C: Caller> VerificationReports<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists reports, newest first.
    pub fn list(&self, params: ListVerificationReports) -> Call<C, ListVerificationReports> {
        Call::new(&self.caller, params)
    }

    /// Retrieves a report.
    #[doc(alias = "get")]
    pub fn retrieve(&self, report: impl Into<VerificationReportId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(report))
    }
}
