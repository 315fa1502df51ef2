//! Checks a call that polls for a condition over every sequence of replies.

use std::collections::BTreeMap;
use std::time::Duration;

use stripe_identity_types::VerificationSession;

use super::alphabet::{Reply, replies_to_a_poll};
use super::{ATTEMPT_TIMEOUT, Counts, History, Setting};
use crate::step::{Progress, SentCall, Step};
use crate::{AttemptTimeout, Config, Error, ErrorKind, Response};

const SECOND: Duration = Duration::from_secs(1);

struct State {
    sent: SentCall<VerificationSession>,
    history: History,
    timeout: Duration,
    sequences: u128,
}

/// The time limit of the polling, and the deadline of the call.
#[derive(Clone, Copy, Debug)]
struct Patience {
    within: Duration,
    deadline: Option<Duration>,
}

impl Patience {
    fn all() -> Vec<Self> {
        let within = [Duration::from_nanos(1), SECOND, 2 * SECOND, 8 * SECOND, 75 * SECOND, 86_400 * SECOND];
        let deadlines = [None, Some(3 * SECOND), Some(604_800 * SECOND)];
        within.into_iter().flat_map(|within| deadlines.map(|deadline| Self { within, deadline })).collect()
    }

    /// Returns the earlier of the time limit and the deadline.
    fn end(self) -> Duration {
        self.deadline.map_or(self.within, |deadline| deadline.min(self.within))
    }

    fn config(self, random: u64) -> Config {
        // Retries and rate limits do not count while there is time.
        Setting { deadline: self.deadline, random, ..Setting::of_a_get() }.config()
    }
}

/// Tries every sequence of replies to the first polls of a call.
fn explore(patience: Patience, random: u64, replies: &[Reply]) -> Counts {
    let mut counts = Counts::default();
    let sessions = patience.config(random).verification_sessions();
    let step = sessions.retrieve("vs_1").wait_until(VerificationSession::is_decided, patience.within).start();
    let Step::Send(request, sent) = step else { unreachable!("the first step is a request") };
    let history = History { attempts: 1, began: Duration::ZERO, reached: false };
    let mut level = vec![State { sent, history, timeout: timeout(&request), sequences: 1 }];
    for depth in 1..=super::depth() {
        let mut next: BTreeMap<(History, Progress), State> = BTreeMap::new();
        for state in &level {
            counts.states += 1;
            no_poll_but_the_first_begins_after_the_time(patience, state);
            no_poll_gets_more_time_than_there_is(patience, state);
            for reply in replies {
                counts.replies += 1;
                let now = state.history.began + reply.takes;
                match state.sent.clone().reply(reply.outcome(), now) {
                    Step::Done(end) => {
                        counts.sequences += state.sequences;
                        polling_ends_if_met_or_final_or_out_of_time(patience, state, reply, now, &end);
                    }
                    Step::Wait(wait, waiting) => {
                        polling_continues_only_while_it_may_succeed(reply);
                        each_wait_is_within_its_bounds(patience, state, reply, now, wait);
                        let Step::Send(request, sent) = waiting.resume(now + wait) else {
                            unreachable!("no time is left after a wait")
                        };
                        if depth == super::depth() {
                            counts.sequences += state.sequences;
                            continue;
                        }
                        let reached = state.history.reached || reply.may_have_reached_the_server();
                        let history = History { attempts: state.history.attempts + 1, began: now + wait, reached };
                        let entry = next.entry((history, sent.state.progress.clone()));
                        let timeout = timeout(&request);
                        entry.or_insert_with(|| State { sent, history, timeout, sequences: 0 }).sequences +=
                            state.sequences;
                    }
                    step @ Step::Send(..) => unreachable!("a poll follows another without a wait: {step:?}"),
                }
            }
        }
        level = next.into_values().collect();
    }
    counts
}

fn timeout(request: &http::Request<bytes::Bytes>) -> Duration {
    request.extensions().get::<AttemptTimeout>().unwrap().0
}

/// No poll but the first begins at the end of the time or after it.
fn no_poll_but_the_first_begins_after_the_time(patience: Patience, state: &State) {
    assert!(state.history.attempts == 1 || state.history.began < patience.end(), "{:?} {patience:?}", state.history);
}

/// A poll gets its timeout, or the time that is left if that is less.
fn no_poll_gets_more_time_than_there_is(patience: Patience, state: &State) {
    let left = patience.end().saturating_sub(state.history.began);
    assert_eq!(state.timeout, left.min(ATTEMPT_TIMEOUT), "{:?} {patience:?}", state.history);
}

/// Polling ends with the session if the condition is met, with an error at once if a poll fails in a way that is
/// final, and with an error of the last poll if less than a second is left for another.
fn polling_ends_if_met_or_final_or_out_of_time(
    patience: Patience,
    state: &State,
    reply: &Reply,
    now: Duration,
    end: &Result<Response<VerificationSession>, Error>,
) {
    match end {
        Ok(session) => {
            assert!(reply.is_met() && session.is_decided(), "{}", reply.name);
            assert_eq!(session.meta().attempts(), state.history.attempts);
        }
        Err(error) => {
            assert!(!reply.is_met(), "{}", reply.name);
            let is_out_of_time = now + SECOND >= patience.end();
            assert!(is_out_of_time || !reply.may_be_polled_again(), "{} {patience:?} {:?}", reply.name, state.history);
            assert_eq!(error.kind() == ErrorKind::WaitTimedOut, reply.is_unmet(), "{}", reply.name);
            assert_eq!(error.status().map(|status| status.as_u16()), reply.status(), "{}", reply.name);
            assert_eq!(error.attempts(), state.history.attempts, "{}", reply.name);
            let may_have_arrived = state.history.reached || reply.may_have_reached_the_server();
            assert_eq!(error.was_sent(), may_have_arrived, "{} {:?}", reply.name, state.history);
        }
    }
}

/// Another poll follows only after an unmet condition or a transient failure.
fn polling_continues_only_while_it_may_succeed(reply: &Reply) {
    assert!(!reply.is_met() && reply.may_be_polled_again(), "{}", reply.name);
}

/// Each wait is within its bounds: a second, doubled with each poll, up to a hundredth of the time limit, but at
/// least five seconds and at most an hour; or the wait that the server asks for, up to that or a minute. It leaves
/// a second for the next poll.
fn each_wait_is_within_its_bounds(patience: Patience, state: &State, reply: &Reply, now: Duration, wait: Duration) {
    let cap = (patience.within / 100).clamp(5 * SECOND, 3600 * SECOND);
    let longest = (SECOND * 2_u32.pow(state.history.attempts - 1)).min(cap);
    let asked = reply.retry_after().unwrap_or_default().min(cap.max(60 * SECOND));
    let left = patience.end().saturating_sub(now + SECOND);
    let (shortest, longest) = ((longest / 2).max(SECOND).max(asked).min(left), longest.max(asked).min(left));
    assert!((shortest..=longest).contains(&wait), "{wait:?} after {} {patience:?} {:?}", reply.name, state.history);
}

#[test]
fn every_sequence_of_polls_keeps_the_promises() {
    let replies = replies_to_a_poll();
    let mut counts = Counts::default();
    for patience in Patience::all() {
        for random in [0, u64::MAX] {
            counts = counts + explore(patience, random, &replies);
        }
    }
    super::report(&format!(
        "The first {} polls: {} replies under {} settings make {} sequences, in {} states.",
        super::depth(),
        replies.len(),
        2 * Patience::all().len(),
        counts.sequences,
        counts.states
    ));
}
