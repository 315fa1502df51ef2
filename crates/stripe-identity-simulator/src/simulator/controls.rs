//! The methods that do what users and time do at Stripe.

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
    /// Performs an action in the world of a session.
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

    /// Submits in place of the user of a session. The checks end with the outcome of the submission, at the time that
    /// [`Settings::processing`] of the world sets. By default, they end at once.
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
    /// Returns an error if there is no such session, if its status is not `requires_input`, or if it cannot have this
    /// outcome.
    pub fn submit(
        &self,
        session: impl Into<VerificationSessionId>,
        submission: impl Into<Submission>,
    ) -> Result<(), ControlError> {
        let submission = submission.into();
        self.with_session(&session.into(), |world, session| world.submit(session, &submission))
    }

    /// Plans the tries of the users of future sessions. On a handle to all worlds, the plan applies to each world,
    /// including future worlds.
    ///
    /// Plans are used in the order in which they were added. `metadata[simulate]` of a session takes precedence over
    /// them. A session that cannot have the outcomes of its plan is refused, and the plan stays for the next session.
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

    /// Drops the plans for future sessions. Existing sessions keep their plan.
    pub fn clear_plans(&self) {
        for place in self.places_and(|worlds| worlds.plans.clear()) {
            place.change_anyway(World::clear_plans);
        }
    }

    /// Submits in place of the user of a session. The session has the status `processing` until its checks are
    /// [finished](Self::finish_processing).
    ///
    /// # Errors
    /// Returns an error if there is no such session, or if its status is not `requires_input`.
    pub fn start_processing(&self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
        self.with_session(&session.into(), World::start_processing)
    }

    /// Ends the checks of a session that is `processing` with an outcome. The delay of the submission is ignored, since
    /// the user has already submitted.
    ///
    /// # Errors
    /// Returns an error if there is no such session, if its status is not `processing`, or if it cannot have this
    /// outcome.
    pub fn finish_processing(
        &self,
        session: impl Into<VerificationSessionId>,
        submission: impl Into<Submission>,
    ) -> Result<(), ControlError> {
        let submission = submission.into();
        self.with_session(&session.into(), |world, session| world.finish_processing(session, &submission))
    }

    /// Ends the redaction of a session whose `redaction.status` is `processing`.
    ///
    /// # Errors
    /// Returns an error if there is no such session, or if it is not being redacted.
    pub fn finish_redaction(&self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
        self.with_session(&session.into(), World::finish_redaction)
    }

    /// Moves the time forward by a duration. The actions that become due happen in order, each at its time: see the
    /// [guide](crate::guide::clock).
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

    /// Moves the time of each world forward to the next action that is due in it. Returns `false` if nothing is due in
    /// any world.
    pub fn advance_to_next(&self) -> bool {
        let real = Time::of_system();
        self.places()
            .iter()
            .map(|place| self.with_anyway(place, real, World::advance_to_next))
            .fold(false, |any, it| any | it)
    }

    /// Moves the time of each world forward until no try, check, redaction or delivery is due in it. Expiries that
    /// become due in the meantime happen, but the time does not move forward for an expiry alone.
    ///
    /// Returns `false` if a world does not become idle, since each action that happens makes another one due.
    pub fn run_until_idle(&self) -> bool {
        let real = Time::of_system();
        self.places()
            .iter()
            .map(|place| self.with_anyway(place, real, World::run_until_idle))
            .fold(true, |all, it| all & it)
    }

    /// Starts, freezes or sets the clock of the world or, on a handle to all worlds, of every world, including future
    /// worlds.
    ///
    /// # Errors
    /// Returns an error if the clock of a world that is not empty would go back. That world keeps its clock.
    pub fn set_clock(&self, clock: Clock) -> Result<(), ControlError> {
        let real = Time::of_system();
        let places = self.places_and(|worlds| worlds.clock = WorldClock::new(clock, real));
        let set = |place: &Arc<Place>| self.with(place, real, |world| world.set_clock(clock, real))?;
        places.iter().map(set).fold(Ok(()), Result::and)
    }

    /// Returns the time of the world or, on a handle to all worlds, the time at which a new world begins, in seconds
    /// since 1970.
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

    /// Returns the settings of the world or, on a handle to all worlds, those of a new world.
    pub fn settings(&self) -> Settings {
        match &self.scope {
            Some(place) => place.look(|world| world.settings().clone()),
            None => self.worlds().settings.clone(),
        }
    }

    /// Sets the settings of the world or, on a handle to all worlds, of every world, including future worlds.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use stripe_identity_simulator::{Processing, Simulator};
    ///
    /// let stripe = Simulator::new();
    /// let mut settings = stripe.settings();
    /// settings.processing = Processing::After(Duration::from_secs(30));
    /// stripe.set_settings(&settings);
    /// ```
    pub fn set_settings(&self, settings: &Settings) {
        for place in self.places_and(|worlds| settings.clone_into(&mut worlds.settings)) {
            place.change_anyway(|world| world.set_settings(settings.clone()));
        }
    }
}
