//! Shows of an object what a request asked for.

use serde_json::Value;
use stripe_identity_core::types::{Expandable, VerificationReport, VerificationSession};

use crate::refusal::Refusal;

/// The paths that a request asked for.
#[derive(Debug, Default)]
pub(crate) struct Expanded(Vec<String>);

/// What in a report, or in a session's link to one, takes a restricted key.
const RESTRICTED: &[&str] = &[
    "document.dob",
    "document.expiration_date",
    "document.number",
    "id_number.dob",
    "id_number.id_number",
    "verified_outputs.dob",
    "verified_outputs.id_number",
];

impl Expanded {
    /// Reads the parameter `expand`: each path begins with `prefix` and is one of those that are known.
    pub(crate) fn parse<T: AsRef<str>>(
        paths: Vec<String>,
        prefix: &str,
        known: &[T],
        key_is_restricted: bool,
    ) -> Result<Self, Refusal> {
        let mut expanded = Vec::new();
        for path in paths {
            let part = path.strip_prefix(prefix).filter(|part| known.iter().any(|known| known.as_ref() == *part));
            let Some(part) = part else {
                return Err(Refusal::invalid("expand", &format!("This property cannot be expanded ({path}).")));
            };
            let field = part.strip_prefix("last_verification_report.").unwrap_or(part);
            if RESTRICTED.contains(&field) && !key_is_restricted {
                return Err(Refusal::permission());
            }
            expanded.push(part.to_owned());
        }
        Ok(Self(expanded))
    }

    /// Whether this path or something inside it was asked for.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        self.0.iter().any(|asked| match asked.strip_prefix(path) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        })
    }

    fn keep<T>(&self, field: &mut Option<T>, path: &str) {
        if !self.0.iter().any(|asked| asked == path) {
            *field = None;
        }
    }

    pub(crate) fn show_session(&self, session: &VerificationSession, report: Option<&VerificationReport>) -> Value {
        let mut session = session.clone();
        if !self.reaches("verified_outputs") {
            session.verified_outputs = None;
        }
        if let Some(outputs) = &mut session.verified_outputs {
            self.keep(&mut outputs.dob, "verified_outputs.dob");
            self.keep(&mut outputs.id_number, "verified_outputs.id_number");
            self.keep(&mut outputs.sex, "verified_outputs.sex");
            self.keep(&mut outputs.unparsed_place_of_birth, "verified_outputs.unparsed_place_of_birth");
            self.keep(&mut outputs.unparsed_sex, "verified_outputs.unparsed_sex");
        }
        if self.reaches("last_verification_report")
            && let Some(report) = report
        {
            let report = self.trimmed(report, "last_verification_report.");
            session.last_verification_report = Some(Expandable::Object(Box::new(report)));
        }
        to_json(&session)
    }

    pub(crate) fn show_report(&self, report: &VerificationReport) -> Value {
        to_json(&self.trimmed(report, ""))
    }

    /// The report with those of its optional parts that were asked for under this prefix.
    fn trimmed(&self, report: &VerificationReport, prefix: &str) -> VerificationReport {
        let mut report = report.clone();
        let path = |part: &str| format!("{prefix}{part}");
        if let Some(document) = &mut report.document {
            self.keep(&mut document.dob, &path("document.dob"));
            self.keep(&mut document.expiration_date, &path("document.expiration_date"));
            self.keep(&mut document.number, &path("document.number"));
            self.keep(&mut document.sex, &path("document.sex"));
            self.keep(&mut document.unparsed_place_of_birth, &path("document.unparsed_place_of_birth"));
            self.keep(&mut document.unparsed_sex, &path("document.unparsed_sex"));
        }
        if let Some(id_number) = &mut report.id_number {
            self.keep(&mut id_number.dob, &path("id_number.dob"));
            self.keep(&mut id_number.id_number, &path("id_number.id_number"));
        }
        report
    }
}

/// A model as JSON. The models write themselves without fail: their maps have texts for keys.
pub(crate) fn to_json(model: &impl serde::Serialize) -> Value {
    serde_json::to_value(model).unwrap_or_default()
}
