use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;
use crate::submission::{InvalidSubmission, Submission};

/// The tries that the users of future sessions make on their own, one after the other.
///
/// A plan is [added](crate::Simulator::plan) to a simulator, and applies to the next session unless
/// [`sessions`](Self::sessions) or [`every_session`](Self::every_session) says otherwise. The first try begins when the
/// session is created. Each further try begins when the session is retrieved after a failed one, since the user then
/// has a new URL.
///
/// ```
/// use stripe_identity_core::types::LastErrorCode;
/// use stripe_identity_simulator::{Outcome, Plan, Submission};
///
/// // Applies to the next session.
/// let plan = Plan::from([Submission::failed(LastErrorCode::DocumentExpired), Submission::verified()]);
/// // Applies to each of the next three.
/// let plan = plan.sessions(3);
/// // Applies to every future session.
/// let plan = Plan::from(Outcome::Verified).every_session();
/// ```
///
/// In its text, commas separate the tries: `"document_expired,verified;after=30s".parse::<Plan>()`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub(crate) tries: Vec<Submission>,
    /// `None` for every session.
    pub(crate) sessions: Option<u32>,
}

impl Plan {
    /// Sets the number of sessions that the plan applies to. Defaults to 1. A plan for 0 sessions does nothing.
    pub fn sessions(self, count: u32) -> Self {
        Self { sessions: Some(count), ..self }
    }

    /// Applies the plan to every session that no other plan applies to. It replaces an earlier plan for every session.
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
    fn text_with_commas_parses_as_tries() {
        let plan: Plan = "document_expired;after=1h, verified".parse().unwrap();
        let failed = Submission::failed(LastErrorCode::DocumentExpired).after(Duration::from_secs(3600));
        assert_eq!(plan, Plan::from([failed, Submission::verified()]));
        assert_eq!(plan.sessions, Some(1));
        for text in ["", "verified,", "verified,,verified", "verified;dob=2012,verified"] {
            assert!(text.parse::<Plan>().is_err(), "{text}");
        }
    }
}
