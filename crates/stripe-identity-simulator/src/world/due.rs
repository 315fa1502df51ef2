//! Lets time pass, and executes everything that becomes due meanwhile.

use std::time::Duration;

use crate::control_error::ControlError;
use crate::settings::Clock;
use crate::time::Time;
use crate::world::clock::WorldClock;
use crate::world::queue::DueThing;
use crate::world::state::State;
use crate::world::{deliveries, life};

/// The number of steps after which a world is considered to be never idle.
const MOST_STEPS: usize = 100_000;
/// The same for each action that is scheduled at the start. The larger limit counts.
const MOST_STEPS_FOR_EACH: usize = 10;

/// Moves a running clock to its time at a time of the machine.
pub(crate) fn catch_up(state: &mut State, real: Time) {
    let now = state.clock.at(real);
    pass_until(state, now);
}

/// Moves the time forward.
pub(crate) fn advance(state: &mut State, duration: Duration) {
    let target = state.clock.now().after(duration);
    advance_to(state, target);
}

/// Moves the time forward to `target`. Does nothing if that time has passed.
pub(crate) fn advance_to(state: &mut State, target: Time) {
    state.clock.shift(target.since(state.clock.now()));
    pass_until(state, target);
}

/// Moves the time forward to the next action that is due. Returns `false` if nothing is scheduled.
pub(crate) fn advance_to_next(state: &mut State) -> bool {
    let next = state.queue.next();
    if let Some(next) = next {
        advance_to(state, next);
    }
    next.is_some()
}

/// Moves the time forward until no try, checks, redaction or delivery is scheduled. Returns `false` if new ones keep
/// coming.
pub(crate) fn run_until_idle(state: &mut State) -> bool {
    for _ in 0..state.queue.work_len().saturating_mul(MOST_STEPS_FOR_EACH).max(MOST_STEPS) {
        let Some(next) = state.queue.next_work() else { return true };
        advance_to(state, next);
    }
    false
}

/// Sets the clock. If it is set to a later time, everything that is due until then happens.
pub(crate) fn set_clock(state: &mut State, clock: Clock, real: Time) -> Result<(), ControlError> {
    match clock {
        Clock::Real => {
            state.clock.run(real);
            catch_up(state, real);
        }
        Clock::Frozen => state.clock.freeze(),
        Clock::FrozenAt(time) if Time::from(time) < state.clock.now() => {
            if !state.is_empty() {
                return Err(ControlError::TimeHasPassed);
            }
            state.clock = WorldClock::new(clock, real);
        }
        Clock::FrozenAt(time) => {
            state.clock.freeze();
            pass_until(state, time.into());
        }
    }
    Ok(())
}

/// Moves the clock to `target`. Everything that is due until then happens, each at its own time.
fn pass_until(state: &mut State, target: Time) {
    while let Some((time, thing)) = state.queue.take_due(target) {
        state.clock.set(time);
        execute(state, thing);
    }
    state.clock.set(target);
}

fn execute(state: &mut State, thing: DueThing) {
    let now = state.clock.now();
    match thing {
        DueThing::UserSubmits { session } => life::begin_due_try(state, session),
        DueThing::ChecksEnd { session } => life::end_due_checks(state, session),
        DueThing::RedactionEnds { session } => life::end_due_redaction(state, session),
        DueThing::Delivery { delivery } => deliveries::attempt(state, delivery),
        DueThing::ClientSecretExpires { session } => {
            if let Some(mut stored) = state.sessions.edit(session) {
                stored.expire_client_secret(now);
            }
        }
        DueThing::UrlExpires { session } => {
            if let Some(mut stored) = state.sessions.edit(session) {
                stored.expire_url(now);
            }
        }
        DueThing::IdempotencyKeyLapses { response } => state.responses.remove(response),
        DueThing::EphemeralKeyExpires { key } => drop(state.keys.remove(key)),
        DueThing::FileLinkExpires { link } => {
            if let Some(mut stored) = state.links.edit(link) {
                stored.expire(now.timestamp());
            }
        }
        DueThing::EventLapses { event } => drop(state.events.remove(event)),
    }
}

#[cfg(test)]
mod tests {
    use stripe_identity_core::types::Timestamp;

    use super::*;
    use crate::settings::Settings;
    use crate::world::clock::WorldClock;
    use crate::world::ids::Ids;

    #[test]
    fn world_with_much_scheduled_work_becomes_idle() {
        let clock = WorldClock::new(Clock::FrozenAt(Timestamp::from_secs(0)), Time::of_system());
        let mut state = State::new(Ids::new(0, "a"), clock, Settings::default(), String::new());
        for second in 0..=100_000 {
            state.schedule(Duration::from_secs(second), DueThing::Delivery { delivery: 0 });
        }
        assert!(run_until_idle(&mut state));
        assert_eq!(state.now().as_secs(), 100_000);
    }
}
