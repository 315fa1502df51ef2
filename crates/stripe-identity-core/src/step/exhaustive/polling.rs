//! The same for a call that waits for a condition.

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

/// How long a condition is waited for, and how long the call may take.
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

    /// When the time is up.
    fn end(self) -> Duration {
        self.deadline.map_or(self.within, |deadline| deadline.min(self.within))
    }

    fn config(self, random: u64) -> Config {
        // Neither retries nor rate limits have a say while there is time.
        Setting { deadline: self.deadline, random, ..Setting::of_a_get() }.config()
    }
}

/// Follows the first polls; the call goes on for as long as there is time.
fn explore(patience: Patience, random: u64, replies: &[Reply]) -> Counts {
    let mut counts = Counts::default();
    let sessions = patience.config(random).verification_sessions();
    let step = sessions.retrieve("vs_1").wait_until(VerificationSession::is_decided, patience.within).start();
    let Step::Send(request, sent) = step else { unreachable!("a call begins with a request") };
    let history = History { attempts: 1, began: Duration::ZERO, reached: false };
    let mut level = vec![State { sent, history, timeout: timeout(&request), sequences: 1 }];
    for depth in 1..=super::depth() {
        let mut next: BTreeMap<(History, Progress), State> = BTreeMap::new();
        for state in &level {
            counts.states += 1;
            no_poll_but_the_first_begins_when_the_time_is_up(patience, state);
            no_poll_gets_more_time_than_there_is(patience, state);
            for reply in replies {
                counts.replies += 1;
                let now = state.history.began + reply.takes;
                match state.sent.clone().reply(reply.outcome(), now) {
                    Step::Done(end) => {
                        counts.sequences += state.sequences;
                        waiting_ends_when_it_is_so_or_cannot_be_or_time_is_up(patience, state, reply, now, &end);
                    }
                    Step::Wait(wait, waiting) => {
                        waiting_goes_on_only_while_it_may_help(reply);
                        each_wait_lies_within_its_bounds(patience, state, reply, now, wait);
                        let Step::Send(request, sent) = waiting.resume(now + wait) else {
                            unreachable!("there is time left")
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
                    step @ Step::Send(..) => unreachable!("no poll follows another without a wait: {step:?}"),
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

/// No poll but the first begins when the time is up.
fn no_poll_but_the_first_begins_when_the_time_is_up(patience: Patience, state: &State) {
    assert!(state.history.attempts == 1 || state.history.began < patience.end(), "{:?} {patience:?}", state.history);
}

/// A poll gets its timeout, or what is left of the time if that is less.
fn no_poll_gets_more_time_than_there_is(patience: Patience, state: &State) {
    let left = patience.end().saturating_sub(state.history.began);
    assert_eq!(state.timeout, left.min(ATTEMPT_TIMEOUT), "{:?} {patience:?}", state.history);
}

/// Waiting ends with the session when the condition is met; with an error at once if it can't be met any more; and with an error
/// of the last poll if no second is left for another.
fn waiting_ends_when_it_is_so_or_cannot_be_or_time_is_up(
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

/// Another poll follows only one that did not meet the condition, or failed in a way that may mend.
fn waiting_goes_on_only_while_it_may_help(reply: &Reply) {
    assert!(!reply.is_met() && reply.may_be_polled_again(), "{}", reply.name);
}

/// Each wait doubles from a second up to a hundredth of the time that there is, which counts as five seconds at least and as an
/// hour at most; or is what the server asks for, up to that or a minute; and leaves a second for the poll after it.
fn each_wait_lies_within_its_bounds(patience: Patience, state: &State, reply: &Reply, now: Duration, wait: Duration) {
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
