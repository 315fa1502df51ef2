//! What stands in for the person and for time.

use std::sync::Arc;
use std::time::Duration;

use stripe_identity_core::types::{Timestamp, VerificationSessionId};

use super::Simulator;
use super::worlds::{Place, Worlds};
use crate::control_error::ControlError;
use crate::plan::Plan;
use crate::settings::{Clock, Settings};
use crate::submission::Submission;
use crate::time::Time;
use crate::world::{World, WorldClock};

impl Simulator {
    /// Does something in the world of a session.
    fn with_session<T>(
        &self,
        session: &VerificationSessionId,
        action: impl FnOnce(&mut World, &str) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        let real = Time::of_system();
        let place = match &self.scope {
            Some(place) => Some(place.clone()),
            None => self.place_of(session.as_str(), real),
        };
        let place = place.ok_or(ControlError::NoSuchSession)?;
        self.with(&place, real, |world| action(world, session.as_str()))?
    }

    /// Lets the user of a session submit. The checks end with an outcome, at once unless the world's
    /// [settings](Settings::processing) say otherwise.
    ///
    /// ```
    /// # use stripe_identity_core::types::CreateVerificationSession;
    /// # use stripe_identity_core::{BlockingClient, Config};
    /// # use stripe_identity_simulator::{Outcome, Person, SimulatorTransport, Submission};
    /// # let stripe = SimulatorTransport::new();
    /// # let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
    /// # let session = sessions.create(CreateVerificationSession::document()).send()?;
    /// # let other = sessions.create(CreateVerificationSession::document()).send()?;
    /// stripe.submit(&session.id, Outcome::Verified)?;
    /// stripe.submit(&other.id, Submission::verified().person(Person::from_seed(1).born(2012, 5, 1)))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such session, it does not require input, or it cannot have this outcome.
    pub fn submit(
        &self,
        session: impl Into<VerificationSessionId>,
        submission: impl Into<Submission>,
    ) -> Result<(), ControlError> {
        let submission = submission.into();
        self.with_session(&session.into(), |world, session| world.submit(session, &submission))
    }

    /// Lets the users of the sessions to come submit by themselves. On a handle to all worlds, it does so in each, also
    /// in worlds that are still to come.
    ///
    /// Plans are used in the order in which they were made; `metadata[simulate]` of a session comes before all of them. A
    /// session that cannot have the outcomes of its plan is refused, and the plan stays for the next one.
    ///
    /// ```
    /// # use stripe_identity_core::types::{CreateVerificationSession, LastErrorCode, VerificationSessionStatus};
    /// # use stripe_identity_core::{BlockingClient, Config};
    /// # use stripe_identity_simulator::{SimulatorTransport, Submission};
    /// # let stripe = SimulatorTransport::new();
    /// # let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
    /// stripe.plan([Submission::failed(LastErrorCode::DocumentExpired), Submission::verified()]);
    ///
    /// let session = sessions.create(CreateVerificationSession::document()).send()?;
    /// let failed = sessions.retrieve(&session.id).send()?;
    /// assert!(failed.last_error.is_some() && failed.url.is_some());
    /// assert_eq!(sessions.retrieve(&session.id).send()?.status, VerificationSessionStatus::Verified);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plan(&self, plan: impl Into<Plan>) {
        let plan = plan.into();
        for place in self.places_and(|worlds| worlds.plans.push(plan.clone())) {
            place.change_anyway(|world| world.plan(plan.clone()));
        }
    }

    /// Drops the plans for sessions to come. Those that exist keep theirs.
    pub fn clear_plans(&self) {
        for place in self.places_and(|worlds| worlds.plans.clear()) {
            place.change_anyway(World::clear_plans);
        }
    }

    /// Lets the user of a session submit. The checks are then under way until they are
    /// [finished](Self::finish_processing).
    ///
    /// # Errors
    /// If there is no such session, or it does not require input.
    pub fn start_processing(&self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
        self.with_session(&session.into(), World::start_processing)
    }

    /// Ends the checks that are under way with an outcome. A delay of the submission has passed by then.
    ///
    /// # Errors
    /// If there is no such session, no checks are under way, or the session cannot have this outcome.
    pub fn finish_processing(
        &self,
        session: impl Into<VerificationSessionId>,
        submission: impl Into<Submission>,
    ) -> Result<(), ControlError> {
        let submission = submission.into();
        self.with_session(&session.into(), |world, session| world.finish_processing(session, &submission))
    }

    /// Ends a redaction that is under way.
    ///
    /// # Errors
    /// If there is no such session, or no redaction of it is under way.
    pub fn finish_redaction(&self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
        self.with_session(&session.into(), World::finish_redaction)
    }

    /// Moves the time forward. What is due on the way happens, in its order and each at its own time.
    pub fn advance(&self, duration: Duration) {
        let real = Time::of_system();
        let advance = |worlds: &mut Worlds| {
            let now = worlds.clock.at(real);
            worlds.clock.shift(duration);
            worlds.clock.set(now.after(duration));
        };
        for place in self.places_and(advance) {
            self.with_anyway(&place, real, |world| world.advance(duration));
        }
    }

    /// Moves each world's time forward to when the next thing is due in it. Returns whether there was one in any.
    pub fn advance_to_next(&self) -> bool {
        let real = Time::of_system();
        self.places()
            .iter()
            .map(|place| self.with_anyway(place, real, World::advance_to_next))
            .fold(false, |any, it| any | it)
    }

    /// Moves each world's time forward until no try, checks, redaction or delivery is due in it. What expires on the way does;
    /// an expiry alone is not waited for. Returns whether there is such a time: without a bound, it may be that something
    /// always is due again.
    pub fn run_until_idle(&self) -> bool {
        let real = Time::of_system();
        self.places()
            .iter()
            .map(|place| self.with_anyway(place, real, World::run_until_idle))
            .fold(true, |all, it| all & it)
    }

    /// Lets the clock run or stand from now on, also in worlds that are still to come.
    ///
    /// # Errors
    /// If the time has passed in a world that holds something. That world then keeps its clock.
    pub fn set_clock(&self, clock: Clock) -> Result<(), ControlError> {
        let real = Time::of_system();
        let places = self.places_and(|worlds| worlds.clock = WorldClock::new(clock, real));
        let set = |place: &Arc<Place>| self.with(place, real, |world| world.set_clock(clock, real))?;
        places.iter().map(set).fold(Ok(()), Result::and)
    }

    /// Returns the time of the world, or, on a handle to all of them, the time that a new world begins with.
    pub fn time(&self) -> Timestamp {
        self.moment().timestamp()
    }

    pub(crate) fn moment(&self) -> Time {
        let real = Time::of_system();
        match &self.scope {
            Some(place) => self.with_anyway(place, real, |world| world.now()),
            None => self.worlds().clock.at(real),
        }
    }

    /// Returns the settings of the world, or, on a handle to all of them, those that a new world begins with.
    pub fn settings(&self) -> Settings {
        match &self.scope {
            Some(place) => place.look(|world| world.settings().clone()),
            None => self.worlds().settings.clone(),
        }
    }

    /// Sets how the world behaves, or, on a handle to all of them, every world, also those that are still to come.
    pub fn set_settings(&self, settings: &Settings) {
        for place in self.places_and(|worlds| settings.clone_into(&mut worlds.settings)) {
            place.change_anyway(|world| world.set_settings(settings.clone()));
        }
    }
}
