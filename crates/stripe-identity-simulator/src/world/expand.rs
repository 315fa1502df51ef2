//! Shows an object with the fields that a request expands.

use serde::Serialize;
use serde_json::Value;
use stripe_identity_core::types::{Expandable, VerificationReport, VerificationSession, VerificationSessionStatus};

use crate::refusal::Refusal;
use crate::world::checks;
use crate::world::show::{show_url, to_json};

/// The paths that a request expands.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    paths: Vec<String>,
    is_sensitive: bool,
}

/// A model as it is shown.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Shown<T> {
    Model(T),
    /// With `null` fields that the model cannot express.
    Filled(Value),
}

/// The paths in a report, or in a session with its report, that require a restricted key.
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
    /// Parses the parameter `expand`. Each path must begin with `prefix` and be one of `known` after it.
    pub(crate) fn parse(paths: Vec<String>, prefix: &str, known: &[&str]) -> Result<Self, Refusal> {
        let mut expanded = Self::default();
        for path in paths {
            let part = path.strip_prefix(prefix).filter(|part| known.contains(part));
            let Some(part) = part else {
                return Err(Refusal::invalid("expand", &format!("This property cannot be expanded ({path}).")));
            };
            let field = part.strip_prefix("last_verification_report.").unwrap_or(part);
            expanded.is_sensitive |= RESTRICTED.contains(&field);
            expanded.paths.push(part.to_owned());
        }
        Ok(expanded)
    }

    /// Returns whether a path requires a restricted key.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.is_sensitive
    }

    /// Returns whether this path or a path below it is expanded.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        self.paths.iter().any(|asked| match asked.strip_prefix(path) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        })
    }

    fn keep<T>(&self, field: &mut Option<T>, path: &str) {
        if !self.paths.iter().any(|asked| asked == path) {
            *field = None;
        }
    }

    /// Shows an expanded field without a value as `null`.
    fn fill<T: Serialize>(&self, shown: T) -> Shown<T> {
        if self.paths.is_empty() {
            return Shown::Model(shown);
        }
        let mut shown = to_json(&shown);
        for path in &self.paths {
            let mut value = &mut shown;
            for field in path.split('.') {
                let Value::Object(fields) = value else { break };
                value = fields.entry(field).or_insert(Value::Null);
            }
        }
        Shown::Filled(shown)
    }

    pub(crate) fn show_session(
        &self,
        session: &VerificationSession,
        report: Option<&VerificationReport>,
        base_url: &str,
    ) -> Shown<VerificationSession> {
        self.fill(self.session(session, report, base_url))
    }

    /// Returns a session with only those of its optional parts that are expanded.
    pub(crate) fn session(
        &self,
        session: &VerificationSession,
        report: Option<&VerificationReport>,
        base_url: &str,
    ) -> VerificationSession {
        let mut session = session.clone();
        show_url(&mut session.url, base_url);
        if self.reaches("verified_outputs") && session.status == VerificationSessionStatus::Verified {
            session.verified_outputs = report.map(checks::verified_outputs);
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
        session
    }

    pub(crate) fn show_report(&self, report: &VerificationReport) -> Shown<VerificationReport> {
        self.fill(self.trimmed(report, ""))
    }

    /// Returns a report with only those of its optional parts that are expanded under this prefix.
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
