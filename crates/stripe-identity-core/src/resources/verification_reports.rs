//! Verification reports: the results of the checks of one try.

use stripe_identity_types::{ListVerificationReports, ReportExpand, VerificationReport, VerificationReportId};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// The endpoint that lists reports, newest first.
    List {
        method: GET,
        path: "/v1/identity/verification_reports",
        params: ListVerificationReports,
        page: VerificationReport,
        expand: ReportExpand,
    }
    /// The endpoint that retrieves a report.
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
///
/// ```
/// # use stripe_identity_core::{ApiKey, BlockingClient, Error};
/// use stripe_identity_core::types::ReportExpand;
///
/// # fn example(client: &BlockingClient, restricted_key: ApiKey) -> Result<(), Error> {
/// // Sensitive fields need a restricted key that may read them.
/// let report = client.verification_reports().retrieve("vr_123");
/// let report = report.expand([ReportExpand::DocumentNumber]).api_key(restricted_key).send()?;
/// let number = report.document.as_ref().and_then(|document| document.number.as_ref());
/// println!("has a number: {}", number.is_some());
/// # Ok(())
/// # }
/// ```
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
