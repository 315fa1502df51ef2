use stripe_identity_core::types::{Timestamp, VerificationReport};

use crate::world::store::Record;

#[derive(Debug)]
pub(crate) struct StoredReport {
    pub(crate) account: Option<String>,
    pub(crate) report: VerificationReport,
}

impl Record for StoredReport {
    const KIND: &'static str = "verification_report";
    const NAME: &'static str = "VerificationReport";
    const PARAM: &'static str = "report";

    fn id(&self) -> &str {
        self.report.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

impl StoredReport {
    pub(crate) fn is_of(&self, session: &str) -> bool {
        self.report.verification_session.as_ref().is_some_and(|id| id.as_str() == session)
    }

    pub(crate) fn created(&self) -> Timestamp {
        self.report.created.unwrap_or(Timestamp::from_secs(0))
    }
}
