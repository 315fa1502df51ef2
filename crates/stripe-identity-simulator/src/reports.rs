//! The reports of all accounts.

use serde_json::Value;
use stripe_identity_core::types::{Sensitive, Timestamp, VerificationReport, VerificationSessionType};

use crate::endpoints::View;
use crate::expand::Expanded;
use crate::form::Form;
use crate::refusal::Refusal;
use crate::session_params::TYPES;
use crate::store::{Page, Record, Store};

#[derive(Debug)]
pub(crate) struct StoredReport {
    pub(crate) account: Option<String>,
    pub(crate) report: VerificationReport,
}

impl Record for StoredReport {
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

    fn created(&self) -> Timestamp {
        self.report.created.unwrap_or(Timestamp::from_secs(0))
    }
}

pub(crate) fn retrieve(
    reports: &Store<StoredReport>,
    id: &str,
    expanded: &Expanded,
    view: &View<'_>,
) -> Result<Value, Refusal> {
    Ok(expanded.show_report(&reports.find(id, view.account)?.report))
}

pub(crate) fn list(
    reports: &Store<StoredReport>,
    mut form: Form,
    expanded: &Expanded,
    view: &View<'_>,
) -> Result<(Vec<Value>, bool), Refusal> {
    let page = Page::parse(&mut form)?;
    let reference = form.text("client_reference_id")?.map(Sensitive::new);
    let type_: Option<VerificationSessionType> = form.one_of("type", TYPES)?;
    let session = form.text("verification_session")?;
    form.finish()?;
    let (records, has_more) = reports.page(&page, view.account, |stored| {
        page.is_created(stored.created())
            && (reference.is_none() || reference == stored.report.client_reference_id)
            && type_.as_ref().is_none_or(|type_| *type_ == stored.report.type_)
            && session.as_deref().is_none_or(|session| stored.is_of(session))
    })?;
    Ok((records.into_iter().map(|stored| expanded.show_report(&stored.report)).collect(), has_more))
}
