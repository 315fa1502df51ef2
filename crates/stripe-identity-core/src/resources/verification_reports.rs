//! Verification reports: what the checks of one try found.

use stripe_identity_types::{ListVerificationReports, ReportExpand, VerificationReport, VerificationReportId};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// Lists reports, newest first.
    List {
        method: GET,
        path: "/v1/identity/verification_reports",
        params: ListVerificationReports,
        page: VerificationReport,
        expand: ReportExpand,
    }
    /// Retrieves a report.
    Retrieve {
        method: GET,
        path: "/v1/identity/verification_reports/{report}",
        id: VerificationReportId,
        response: VerificationReport,
        expand: ReportExpand,
    }
}

/// The calls on verification reports.
///
/// `verification_reports()` of a client or of a [`Config`](crate::Config) returns it.
#[derive(Clone, Debug)]
pub struct VerificationReports<C> {
    caller: C,
}

impl<C: Caller> VerificationReports<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists reports, newest first.
    pub fn list(&self, params: ListVerificationReports) -> Call<C, List> {
        Call::new(&self.caller, List::new(params))
    }

    /// Retrieves a report.
    #[doc(alias = "get")]
    pub fn retrieve(&self, report: impl Into<VerificationReportId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(report))
    }
}
