use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{Timestamp, VerificationReport};

use crate::world::rows::Kind;
use crate::world::store::Record;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredReport {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Box<str>>,
    pub(crate) report: VerificationReport,
}

impl Record for StoredReport {
    const KIND: Kind = Kind::Report;
    const NAME: &'static str = "VerificationReport";
    const PARAM: &'static str = "report";

    fn id(&self) -> &str {
        self.report.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.report.created.unwrap_or(Timestamp::from_secs(0))
    }

    fn complete(&mut self, now: Timestamp) {
        self.report.created.get_or_insert(now);
        self.report.livemode.get_or_insert(false);
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("type", self.report.type_.as_str());
        if let Some(session) = &self.report.verification_session {
            each("verification_session", session.as_str());
        }
        if let Some(reference) = &self.report.client_reference_id {
            each("client_reference_id", reference.expose());
        }
    }
}
