//! Checks the state machine of a call over every sequence of replies.
//!
//! The machine is synchronous and works on plain values, so every sequence can be tried. Level by level, each state
//! that the machine can be in gets each reply of an alphabet. A reply that ends the call ends the branch. Two
//! states are merged only if everything that the machine changes during a call is equal, and everything that has
//! happened to the server.

mod alphabet;
mod invariants;
mod polling;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use stripe_identity_types::VerificationSession;

use self::alphabet::{Reply, Traits, replies_to_a_call};
use super::{Progress, SentCall, Step};
use crate::endpoint::{Endpoint, Route};
use crate::{Config, Error, Response};

/// The longest sequence of attempts: four, unless a check that runs this many times sets the variable.
fn depth() -> u32 {
    std::env::var("STRIPE_IDENTITY_DEPTH").map_or(4, |depth| depth.parse().unwrap())
}

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(80);
/// How long Stripe keeps a key, at least.
const KEY_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// A call of any method and version. Not every body parses as its response.
struct Probe {
    method: Method,
    path: &'static str,
}

impl Endpoint for Probe {
    type Params = ();
    type Response = VerificationSession;
    type Expand = &'static str;

    fn route(&self) -> Route {
        Route::raw(self.method.clone(), self.path.to_owned(), None)
    }

    fn params(&self) -> &() {
        &()
    }
}

/// The settings of a call that change a decision.
#[derive(Clone, Debug)]
struct Setting {
    max_retries: u32,
    retry_rate_limits: bool,
    deadline: Option<Duration>,
    method: Method,
    is_v2: bool,
    random: u64,
    attempt_timeout: Duration,
}

impl Setting {
    fn all() -> Vec<Self> {
        // None; a long one; one at the end of the first wait, one just after it, and one at the end of the second
        // wait; and one that has passed when a late first reply arrives.
        let deadlines = [None, Some(86_400_000), Some(500), Some(501), Some(1500), Some(30_000)]
            .map(|it| it.map(Duration::from_millis));
        let methods = [Method::GET, Method::POST, Method::DELETE];
        let mut all = Vec::new();
        for max_retries in 0..depth() {
            for retry_rate_limits in [false, true] {
                for deadline in deadlines {
                    for (index, is_v2) in (0..3).flat_map(|index| [(index, false), (index, true)]) {
                        let (method, random) = (methods[index].clone(), if index == 2 { u64::MAX } else { 0 });
                        // For a method with a key in v1 and v2, longer than the key lives.
                        let attempt_timeout = if method == Method::POST { 2 * KEY_LIFETIME } else { ATTEMPT_TIMEOUT };
                        let call = Self { deadline, method, is_v2, random, attempt_timeout, ..Self::of_a_get() };
                        all.push(Self { max_retries, retry_rate_limits, ..call });
                    }
                }
            }
        }
        all
    }

    /// Returns the settings of a `GET` without retries.
    fn of_a_get() -> Self {
        Self {
            max_retries: 0,
            retry_rate_limits: false,
            deadline: None,
            method: Method::GET,
            is_v2: false,
            random: 0,
            attempt_timeout: ATTEMPT_TIMEOUT,
        }
    }

    /// Returns whether the request carries an idempotency key.
    fn has_key(&self) -> bool {
        self.method == Method::POST || self.is_v2 && self.method == Method::DELETE
    }

    fn config(&self) -> Config {
        let random = self.random;
        let builder = Config::builder("sk_test_123")
            .random_source(move || Ok(random))
            .attempt_timeout(self.attempt_timeout)
            .max_retries(self.max_retries)
            .retry_rate_limits(self.retry_rate_limits);
        match self.deadline {
            Some(deadline) => builder.deadline(deadline),
            None => builder,
        }
        .build()
        .unwrap()
    }
}

/// An attempt that has begun, and the history of its call.
struct State {
    request: http::Request<Bytes>,
    sent: SentCall<VerificationSession>,
    history: History,
    /// How many sequences of replies lead here.
    sequences: u128,
    /// The same with replies of equal traits counted as one.
    merged: u128,
}

/// What has happened, as recorded by the check and not by the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct History {
    /// How many attempts have begun, including the present one.
    attempts: u32,
    /// When the present attempt began.
    began: Duration,
    /// Whether an earlier attempt may have reached the server.
    reached: bool,
}

/// The outcome of one reply.
enum Outcome {
    End(Box<Result<Response<VerificationSession>, Error>>),
    Attempt {
        wait: Duration,
        request: Box<http::Request<Bytes>>,
        sent: SentCall<VerificationSession>,
        history: History,
    },
}

/// The part of an outcome that must be equal for two replies with equal traits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Success,
    Failure { attempts: u32, sent: bool },
    Attempt { wait: Duration, history: History },
}

impl Outcome {
    fn shape(&self) -> Shape {
        match self {
            Self::End(end) => match &**end {
                Ok(_) => Shape::Success,
                Err(error) => Shape::Failure { attempts: error.attempts(), sent: error.was_sent() },
            },
            Self::Attempt { wait, history, .. } => Shape::Attempt { wait: *wait, history: *history },
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    states: u64,
    replies: u64,
    sequences: u128,
    merged: u128,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            states: self.states + other.states,
            replies: self.replies + other.replies,
            sequences: self.sequences + other.sequences,
            merged: self.merged + other.merged,
        }
    }
}

/// Tries every sequence of replies to a call with one setting.
fn explore(setting: &Setting, replies: &[Reply]) -> Counts {
    let mut counts = Counts::default();
    let path = if setting.is_v2 { "/v2/probe" } else { "/v1/probe" };
    let call = setting.config().call(Probe { method: setting.method.clone(), path });
    let Step::Send(first, sent) = call.start() else { unreachable!("the first step is a request") };
    let history = History { attempts: 1, began: Duration::ZERO, reached: false };
    let mut level = vec![State { request: first.clone(), sent, history, sequences: 1, merged: 1 }];
    while !level.is_empty() {
        let mut next: BTreeMap<(History, Progress), State> = BTreeMap::new();
        for state in &level {
            counts.states += 1;
            invariants::all_attempts_are_the_same_but_for_their_time(&first, &state.request);
            invariants::there_are_never_more_attempts_than_allowed(setting, &state.history);
            invariants::no_attempt_but_the_first_begins_after_the_deadline(setting, &state.history);
            invariants::no_attempt_gets_more_time_than_there_is(setting, state);
            let mut shapes: BTreeMap<Traits, Shape> = BTreeMap::new();
            for reply in replies {
                counts.replies += 1;
                let outcome = take(setting, state, reply);
                let shape = outcome.shape();
                let known = shapes.insert(reply.traits(setting), shape);
                assert!(
                    known.is_none_or(|known| known == shape),
                    "{} has another outcome than an equal reply: {known:?} {shape:?}",
                    reply.name
                );
                let merged = if known.is_none() { state.merged } else { 0 };
                match outcome {
                    Outcome::End(end) => {
                        invariants::check_end(setting, state, reply, &end);
                        counts.sequences += state.sequences;
                        counts.merged += merged;
                    }
                    Outcome::Attempt { wait, request, sent, history } => {
                        invariants::check_retry(setting, state, reply, wait);
                        let state_after = next.entry((history, sent.state.progress.clone())).or_insert_with(|| State {
                            request: *request,
                            sent,
                            history,
                            sequences: 0,
                            merged: 0,
                        });
                        state_after.sequences += state.sequences;
                        state_after.merged += merged;
                    }
                }
            }
        }
        level = next.into_values().collect();
    }
    counts
}

/// Passes a reply to the machine. If the machine waits, exactly that time passes.
fn take(setting: &Setting, state: &State, reply: &Reply) -> Outcome {
    let now = state.history.began + reply.takes;
    match state.sent.clone().reply(reply.outcome(), now) {
        Step::Done(end) => Outcome::End(Box::new(end)),
        Step::Send(..) => unreachable!("an attempt follows another without a wait"),
        Step::Wait(wait, waiting) => {
            let Step::Wait(_, overslept) = state.sent.clone().reply(reply.outcome(), now) else {
                unreachable!("the same reply has another outcome")
            };
            let woken = now + wait + Duration::from_secs(3600);
            let step = overslept.resume(woken);
            invariants::a_wait_that_takes_too_long_leads_to_no_attempt_after_the_deadline(setting, state, woken, step);
            let Step::Send(request, sent) = waiting.resume(now + wait) else {
                unreachable!("a wait leaves no time for an attempt")
            };
            let reached = state.history.reached || reply.may_have_reached_the_server();
            let history = History { attempts: state.history.attempts + 1, began: now + wait, reached };
            Outcome::Attempt { wait, request: Box::new(request), sent, history }
        }
    }
}

#[test]
fn every_sequence_of_replies_keeps_the_promises() {
    let replies = replies_to_a_call();
    let settings = Setting::all();
    let (one, other) = settings.split_at(settings.len() / 2);
    let explore_all = |settings: &[Setting]| {
        settings.iter().map(|setting| explore(setting, &replies)).fold(Counts::default(), |sum, counts| sum + counts)
    };
    let counts = std::thread::scope(|scope| {
        let half = scope.spawn(|| explore_all(one));
        explore_all(other) + half.join().unwrap()
    });
    report(&format!(
        "Calls of up to {} attempts: {} replies under {} settings make {} sequences, {} with equal replies merged, in {} \
         states.",
        depth(),
        replies.len(),
        settings.len(),
        counts.sequences,
        counts.merged,
        counts.states
    ));
}

/// Prints a figure, and checks that RELIABILITY.md has it.
fn report(figure: &str) {
    println!("{figure}");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../RELIABILITY.md")).unwrap();
    let is_listed = page.split_whitespace().collect::<Vec<_>>().join(" ").contains(figure);
    assert!(is_listed || depth() != 4, "RELIABILITY.md has another figure than the one printed above");
}
