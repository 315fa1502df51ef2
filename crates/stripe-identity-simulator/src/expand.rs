//! Shows of a session what a request asked for.

use serde_json::Value;
use stripe_identity_core::types::{Expandable, SessionExpand, VerificationReport, VerificationSession};

use crate::refusal::Refusal;

/// The parts that a request asked for.
#[derive(Debug, Default)]
pub(crate) struct Expanded(Vec<SessionExpand>);

/// The parts that take a restricted key.
const RESTRICTED: &[SessionExpand] = &[
    SessionExpand::Dob,
    SessionExpand::IdNumber,
    SessionExpand::ReportDocumentDob,
    SessionExpand::ReportDocumentExpirationDate,
    SessionExpand::ReportDocumentNumber,
    SessionExpand::ReportIdNumber,
    SessionExpand::ReportIdNumberDob,
];

impl Expanded {
    /// Reads the parameter `expand`, of which each path begins with `prefix`.
    pub(crate) fn parse(paths: &[String], prefix: &str, key_is_restricted: bool) -> Result<Self, Refusal> {
        let mut parts = Vec::new();
        for path in paths {
            let part = path.strip_prefix(prefix).map(SessionExpand::from).filter(SessionExpand::is_known);
            let Some(part) = part else {
                return Err(Refusal::invalid("expand", &format!("This property cannot be expanded ({path}).")));
            };
            if RESTRICTED.contains(&part) && !key_is_restricted {
                return Err(Refusal::permission());
            }
            parts.push(part);
        }
        Ok(Self(parts))
    }

    fn has(&self, part: &SessionExpand) -> bool {
        self.0.contains(part)
    }

    /// Whether this part or something inside it was asked for.
    fn reaches(&self, part: &SessionExpand) -> bool {
        self.0.iter().any(|path| match path.as_str().strip_prefix(part.as_str()) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        })
    }

    fn keep<T>(&self, field: &mut Option<T>, part: &SessionExpand) {
        if !self.has(part) {
            *field = None;
        }
    }

    pub(crate) fn show(&self, session: &VerificationSession, report: Option<&VerificationReport>) -> Value {
        let mut session = session.clone();
        if !self.reaches(&SessionExpand::VerifiedOutputs) {
            session.verified_outputs = None;
        }
        if let Some(outputs) = &mut session.verified_outputs {
            self.keep(&mut outputs.dob, &SessionExpand::Dob);
            self.keep(&mut outputs.id_number, &SessionExpand::IdNumber);
            self.keep(&mut outputs.sex, &SessionExpand::Sex);
            self.keep(&mut outputs.unparsed_place_of_birth, &SessionExpand::UnparsedPlaceOfBirth);
            self.keep(&mut outputs.unparsed_sex, &SessionExpand::UnparsedSex);
        }
        if self.reaches(&SessionExpand::LastVerificationReport)
            && session.last_verification_report.is_some()
            && let Some(report) = report
        {
            session.last_verification_report = Some(Expandable::Object(Box::new(self.show_report(report))));
        }
        // The models write themselves without fail: their maps have texts for keys.
        serde_json::to_value(session).unwrap_or_default()
    }

    fn show_report(&self, report: &VerificationReport) -> VerificationReport {
        let mut report = report.clone();
        if let Some(document) = &mut report.document {
            self.keep(&mut document.dob, &SessionExpand::ReportDocumentDob);
            self.keep(&mut document.expiration_date, &SessionExpand::ReportDocumentExpirationDate);
            self.keep(&mut document.number, &SessionExpand::ReportDocumentNumber);
            self.keep(&mut document.sex, &SessionExpand::ReportDocumentSex);
            self.keep(&mut document.unparsed_place_of_birth, &SessionExpand::ReportDocumentUnparsedPlaceOfBirth);
            self.keep(&mut document.unparsed_sex, &SessionExpand::ReportDocumentUnparsedSex);
        }
        if let Some(id_number) = &mut report.id_number {
            self.keep(&mut id_number.dob, &SessionExpand::ReportIdNumberDob);
            self.keep(&mut id_number.id_number, &SessionExpand::ReportIdNumber);
        }
        report
    }
}
