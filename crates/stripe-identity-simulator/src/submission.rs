use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stripe_identity_core::types::LastErrorCode;

use crate::detail::{self, Detail, InvalidDetail, Of, User, Value};
use crate::document::Document;
use crate::duration::duration;
use crate::outcome::{Outcome, UnknownOutcome};
use crate::person::Person;
use crate::serial;

/// One try of a user at the page of a session: who submits what, when, and with which outcome.
///
/// An [`Outcome`] or a [`LastErrorCode`] can be converted into a submission. Without a person, the user is the person
/// of the session's last try or, at the first one, a person who is derived from the id of the session.
///
/// ```
/// use std::time::Duration;
/// use stripe_identity_simulator::{Outcome, Person, Submission};
///
/// let minor = Person::from_seed(1).born(2012, 5, 1);
/// let submission = Submission::verified().person(minor).after(Duration::from_secs(30));
/// assert_eq!(submission.outcome(), &Outcome::Verified);
/// ```
///
/// Its text is an outcome, followed by details of the user: see [the guide](crate::guide::outcomes).
///
/// ```
/// # use stripe_identity_simulator::Submission;
/// let submission: Submission = "verified;dob=2012-05-01;country=DE;document.type=passport;after=30s".parse()?;
/// # let _ = submission;
/// # Ok::<(), stripe_identity_simulator::InvalidSubmission>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<Box<Person>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Box<Document>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail>,
    #[serde(with = "serial::duration", default, skip_serializing_if = "Duration::is_zero")]
    after: Duration,
}

impl Submission {
    /// Creates a submission with an outcome.
    pub fn new(outcome: Outcome) -> Self {
        Self { outcome, person: None, document: None, details: Vec::new(), after: Duration::ZERO }
    }

    /// Creates a submission with the outcome [`Outcome::Verified`].
    pub fn verified() -> Self {
        Self::new(Outcome::Verified)
    }

    /// Creates a submission with the outcome [`Outcome::Failed`].
    pub fn failed(code: LastErrorCode) -> Self {
        Self::new(Outcome::Failed(code))
    }

    /// Sets the person who submits. They also make the later tries of the session that set no person.
    pub fn person(mut self, person: Person) -> Self {
        self.person = Some(Box::new(person));
        self
    }

    /// Sets the document of the person. Defaults to one that is derived from the id of the session.
    pub fn document(mut self, document: Document) -> Self {
        self.document = Some(Box::new(document));
        self
    }

    /// Sets the time that the user takes to submit, by the world's clock. Defaults to zero.
    pub fn after(mut self, duration: Duration) -> Self {
        self.after = duration;
        self
    }

    /// Returns the outcome.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    pub(crate) fn delay(&self) -> Duration {
        self.after
    }

    pub(crate) fn with_detail(mut self, of: Of, name: &str, value: Value) -> Result<Self, InvalidDetail> {
        self.details.push(Detail::new(of, name, value)?);
        Ok(self)
    }

    /// Returns the user who submits: `default`, with the changes of this submission.
    pub(crate) fn user(&self, default: User) -> User {
        let mut user = User {
            person: self.person.as_deref().cloned().unwrap_or(default.person),
            document: self.document.as_deref().cloned().unwrap_or(default.document),
        };
        detail::set_all(&self.details, &mut user);
        user
    }
}

impl From<Outcome> for Submission {
    fn from(outcome: Outcome) -> Self {
        Self::new(outcome)
    }
}

impl From<&Outcome> for Submission {
    fn from(outcome: &Outcome) -> Self {
        Self::new(outcome.clone())
    }
}

impl From<LastErrorCode> for Submission {
    fn from(code: LastErrorCode) -> Self {
        Self::failed(code)
    }
}

impl FromStr for Submission {
    type Err = InvalidSubmission;

    fn from_str(text: &str) -> Result<Self, InvalidSubmission> {
        let mut parts = text.split(';').map(str::trim);
        // `split` yields at least one part, even of an empty text.
        let outcome = parts.next().unwrap_or_default().parse().map_err(Problem::Outcome)?;
        parts.try_fold(Self::new(outcome), |submission, part| {
            let (name, value) = part.split_once('=').ok_or(Problem::Detail(InvalidDetail::Unknown))?;
            let (name, value) = (name.trim_end(), value.trim_start());
            if name == "after" {
                return Ok(submission.after(duration(value).ok_or(Problem::Delay)?));
            }
            let (of, name) = match name.strip_prefix("document.") {
                Some(name) => (Of::Document, name),
                None => (Of::Person, name),
            };
            Ok(submission.with_detail(of, name, Value::Text(value.into())).map_err(Problem::Detail)?)
        })
    }
}

/// The error when a string is not a [`Submission`] or a [`Plan`](crate::Plan). It says what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSubmission(Problem);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Outcome(UnknownOutcome),
    Detail(InvalidDetail),
    Delay,
}

impl From<Problem> for InvalidSubmission {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl fmt::Display for InvalidSubmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Problem::Outcome(error) => error.fmt(f),
            Problem::Detail(InvalidDetail::Unknown) => {
                f.write_str("unknown detail: expected one such as `dob=2012-05-01` or `document.type=passport`")
            }
            Problem::Detail(InvalidDetail::Value { name, expected }) => {
                write!(f, "invalid {name}: expected {expected}")
            }
            Problem::Delay => f.write_str("invalid delay: expected a duration such as `30s`"),
        }
    }
}

impl std::error::Error for InvalidSubmission {}

#[cfg(test)]
mod tests {
    use super::*;

    fn default_user() -> User {
        User::from_seed(3)
    }

    #[test]
    fn text_with_semicolons_parses_as_an_outcome_with_details() {
        let submission: Submission =
            "verified; dob = 2012-05-01;country=DE ;document.type=passport;after=1.5m".parse().unwrap();
        assert_eq!((submission.outcome(), submission.delay()), (&Outcome::Verified, Duration::from_secs(90)));
        let user = submission.user(default_user());
        assert_eq!(user.person, Person::from_seed(3).country("DE").born(2012, 5, 1));
        assert_eq!(user.document, Document::from_seed(3).type_("passport".into()));

        let plain: Submission = "document_expired".parse().unwrap();
        assert_eq!(plain, Submission::failed(LastErrorCode::DocumentExpired));
        assert_eq!(plain.user(default_user()), default_user());
    }

    #[test]
    fn error_of_a_malformed_text_says_what_is_expected() {
        for (text, expected) in [
            ("", "expected one of verified, abandoned"),
            ("Verified", "expected one of verified, abandoned"),
            ("verified;", "expected one such as `dob=2012-05-01`"),
            ("verified;minor", "expected one such as `dob=2012-05-01`"),
            ("verified;document.dob=2012-05-01", "expected one such as `dob=2012-05-01`"),
            ("verified;dob=yesterday", "invalid dob: expected a date such as 2012-05-01"),
            ("verified;after=soon", "expected a duration such as `30s`"),
        ] {
            let error = text.parse::<Submission>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn chosen_person_and_document_replace_the_default_ones() {
        let (person, document) = (Person::from_seed(9), Document::from_seed(8));
        let submission = Submission::verified().person(person.clone()).document(document.clone());
        assert_eq!(submission.user(default_user()), User { person, document });
    }
}
