use std::collections::VecDeque;

use stripe_identity_core::types::VerificationSession;

use crate::control_error::ControlError;
use crate::plan::Plan;
use crate::refusal::Refusal;
use crate::submission::{InvalidSubmission, Submission};
use crate::world::checks;

const MOST: usize = 1000;

/// The plans for the users of future sessions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plans {
    /// The tries of each plan, and the number of sessions that it still applies to.
    next: VecDeque<(Vec<Submission>, u32)>,
    every: Option<Vec<Submission>>,
}

impl Plans {
    pub(crate) fn is_full(&self) -> bool {
        self.next.len() >= MOST
    }

    pub(crate) fn add(&mut self, plan: Plan) {
        match plan.sessions {
            Some(0) => {}
            Some(count) => self.next.push_back((plan.tries, count)),
            None => self.every = Some(plan.tries),
        }
    }

    /// Restores the plans.
    pub(crate) fn restore(plans: Vec<Plan>) -> Self {
        let mut restored = Self::default();
        for plan in plans {
            restored.add(plan);
        }
        restored
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the tries for a new session: those in its metadata or, if there are none, those of the next plan.
    pub(crate) fn take(&mut self, session: &VerificationSession) -> Result<Vec<Submission>, Refusal> {
        const PARAM: &str = "metadata[simulate]";
        if let Some(text) = session.metadata.get("simulate") {
            let plan: Plan =
                text.parse().map_err(|error: InvalidSubmission| Refusal::invalid(PARAM, &error.to_string()))?;
            must_fit(session, &plan.tries).map_err(|error| Refusal::invalid(PARAM, &error.to_string()))?;
            return Ok(plan.tries);
        }
        let next = self.next.front().map(|(tries, _)| tries).or(self.every.as_ref());
        let tries = next.cloned().unwrap_or_default();
        must_fit(session, &tries).map_err(|error| {
            let message = format!("The plan for the next session does not fit this one: {error}.");
            Refusal::invalid("type", &message)
        })?;
        if let Some((_, count)) = self.next.front_mut() {
            *count -= 1;
            if *count == 0 {
                self.next.pop_front();
            }
        }
        Ok(tries)
    }

    /// Returns the remaining plans, in the order in which they apply.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Plan> {
        let next = self.next.iter().map(|(tries, count)| Plan { tries: tries.clone(), sessions: Some(*count) });
        next.chain(self.every.clone().map(|tries| Plan { tries, sessions: None }))
    }
}

fn must_fit(session: &VerificationSession, tries: &[Submission]) -> Result<(), ControlError> {
    tries.iter().try_for_each(|submission| checks::must_fit(session, submission))
}
