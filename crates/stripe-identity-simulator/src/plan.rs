use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;
use crate::submission::{InvalidSubmission, Submission};

/// The tries that a user makes by themselves, one after the other, and for how many sessions.
///
/// The first try begins when the session is created, each further one when the session is retrieved after a failed try:
/// the user then has a fresh URL.
///
/// ```
/// use stripe_identity_core::types::LastErrorCode;
/// use stripe_identity_simulator::{Outcome, Plan, Submission};
///
/// // For the next session.
/// let plan = Plan::from([Submission::failed(LastErrorCode::DocumentExpired), Submission::verified()]);
/// // The same for the next three.
/// let plan = plan.sessions(3);
/// // For all to come.
/// let plan = Plan::from(Outcome::Verified).every_session();
/// ```
///
/// As text, the tries have commas between them: `"document_expired,verified;after=30s".parse::<Plan>()`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub(crate) tries: Vec<Submission>,
    /// `None` if it is for every session.
    pub(crate) sessions: Option<u32>,
}

impl Plan {
    /// Sets for how many sessions it is. Defaults to one.
    pub fn sessions(self, count: u32) -> Self {
        Self { sessions: Some(count), ..self }
    }

    /// Lets it be for every session that no other plan is for.
    pub fn every_session(self) -> Self {
        Self { sessions: None, ..self }
    }
}

impl<T: Into<Submission>> FromIterator<T> for Plan {
    fn from_iter<I: IntoIterator<Item = T>>(tries: I) -> Self {
        Self { tries: tries.into_iter().map(Into::into).collect(), sessions: Some(1) }
    }
}

impl<T: Into<Submission>, const N: usize> From<[T; N]> for Plan {
    fn from(tries: [T; N]) -> Self {
        tries.into_iter().collect()
    }
}

impl<T: Into<Submission>> From<Vec<T>> for Plan {
    fn from(tries: Vec<T>) -> Self {
        tries.into_iter().collect()
    }
}

impl From<Submission> for Plan {
    fn from(submission: Submission) -> Self {
        [submission].into()
    }
}

impl From<Outcome> for Plan {
    fn from(outcome: Outcome) -> Self {
        [outcome].into()
    }
}

impl FromStr for Plan {
    type Err = InvalidSubmission;

    fn from_str(text: &str) -> Result<Self, InvalidSubmission> {
        text.split(',').map(str::parse::<Submission>).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stripe_identity_core::types::LastErrorCode;

    use super::*;

    #[test]
    fn text_reads_as_tries() {
        let plan: Plan = "document_expired;after=1h, verified".parse().unwrap();
        let failed = Submission::failed(LastErrorCode::DocumentExpired).after(Duration::from_secs(3600));
        assert_eq!(plan, Plan::from([failed, Submission::verified()]));
        assert_eq!(plan.sessions, Some(1));
        for text in ["", "verified,", "verified,,verified", "verified;dob=2012,verified"] {
            assert!(text.parse::<Plan>().is_err(), "{text}");
        }
    }
}
