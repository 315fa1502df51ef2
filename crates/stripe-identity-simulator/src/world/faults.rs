//! Applies faults and the rate limit to requests.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::disruption::{Damage, Disruption};
use crate::fault::{Effect, Fault, FaultResponse, FaultRule};
use crate::journal::error::RequestError;
use crate::journal::trace::AppliedFault;
use crate::key;
use crate::settings::RateLimit;
use crate::time::Time;
use crate::world::idempotency::Entry;
use crate::world::ids::Ids;
use crate::world::rate::Bucket;

const MOST_RULES: usize = 1000;
/// Limits the number of delaying faults that are recorded for one request.
const MOST_NAMED: usize = 4;

/// The faults of a world, and the requests that they delay.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<FaultRule>,
    /// Separate from other ids, so that a fault does not change the ids of objects.
    ids: Ids,
    bucket: Bucket,
    /// The delayed requests, by their idempotency keys.
    in_progress: HashMap<Entry, Until>,
}

/// The time at which a delayed response leaves, by the world's clock or by the machine's.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Until {
    World(Time),
    Real(Time),
}

/// The faults of a world, as they are written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoredFaults {
    rules: Vec<FaultRule>,
    bucket: Bucket,
    in_progress: Vec<(Entry, Until)>,
}

impl Until {
    fn is_to_come(self, now: Time, real: Time) -> bool {
        match self {
            Self::World(time) => now < time,
            Self::Real(time) => real < time,
        }
    }
}

impl Faults {
    pub(crate) fn new(ids: &Ids) -> Self {
        // The first fork is for the ids of requests, and the second one for the ids and secrets of the outbox.
        let ids = ids.fork().fork().fork();
        Self { rules: Vec::new(), ids, bucket: Bucket::default(), in_progress: HashMap::new() }
    }

    pub(crate) fn stored(&self) -> StoredFaults {
        let mut in_progress: Vec<_> = self.in_progress.iter().map(|(entry, until)| (entry.clone(), *until)).collect();
        in_progress.sort_by_cached_key(|(entry, _)| serde_json::to_string(entry).unwrap_or_default());
        StoredFaults { rules: self.rules.clone(), bucket: self.bucket, in_progress }
    }

    pub(crate) fn restore(&mut self, stored: StoredFaults) {
        self.rules = stored.rules;
        self.bucket = stored.bucket;
        self.in_progress = stored.in_progress.into_iter().collect();
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.ids
    }

    pub(crate) fn set_ids(&mut self, ids: Ids) {
        self.ids = ids;
    }

    pub(crate) fn add(&mut self, fault: Fault) -> FaultRule {
        let rule = FaultRule { id: self.ids.id("fault_"), fault, applied: 0 };
        self.rules.push(rule.clone());
        rule
    }

    /// Returns whether no further fault may be added, since each request is compared with each fault.
    pub(crate) fn is_full(&self) -> bool {
        self.rules.len() >= MOST_RULES
    }

    pub(crate) fn rules(&self) -> &[FaultRule] {
        &self.rules
    }

    /// Removes a fault. Returns `false` if there is no such fault.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Counts a request. Returns whether it is within the limit.
    pub(crate) fn is_within(&mut self, limit: RateLimit, now: Time) -> bool {
        match limit {
            RateLimit::None => true,
            RateLimit::PerSecond(per_second) => self.bucket.take(per_second, now),
        }
    }

    /// Returns whether a request with this idempotency key is being delayed.
    pub(crate) fn is_in_progress(&self, entry: &Entry, now: Time, real: Time) -> bool {
        self.in_progress.get(entry).is_some_and(|until| until.is_to_come(now, real))
    }

    /// Records that a request with this idempotency key is delayed by `latency`.
    pub(crate) fn delay(&mut self, entry: Entry, latency: Duration, is_real: bool, now: Time, real: Time) {
        let until = if is_real { Until::Real(real.after(latency)) } else { Until::World(now.after(latency)) };
        self.in_progress.retain(|_, until| until.is_to_come(now, real));
        self.in_progress.insert(entry, until);
    }

    /// Returns what happens to a request, and counts the faults that apply.
    pub(crate) fn strike(&mut self, request: &Request<Bytes>, is_replay: bool) -> Strike {
        let mut strike = Strike::default();
        if self.rules.is_empty() {
            return strike;
        }
        let key = key::sent(request.headers().get(AUTHORIZATION));
        for rule in &mut self.rules {
            let fault = &rule.fault;
            let is_open = match fault.effect() {
                None => true,
                // Another response is stored under the key already.
                Some(Effect::Respond(response)) if response.is_stored() && is_replay => false,
                Some(_) => strike.effect.is_none(),
            };
            if is_open
                && !fault.is_over(rule.applied)
                && fault.matches(request.method(), request.uri().path(), &key)
                && self.ids.happens(fault.chance())
            {
                rule.applied += 1;
                if strike.applied.len() < MOST_NAMED || fault.effect().is_some() {
                    let effect = fault.effect_name().unwrap_or("latency");
                    strike.applied.push(AppliedFault { id: Some(rule.id.as_str().into()), effect });
                }
                strike.latency = strike.latency.saturating_add(fault.delay());
                strike.effect = strike.effect.take().or_else(|| fault.effect().cloned());
            }
        }
        strike
    }
}

/// The effect of the faults and the rate limit on a request.
#[derive(Debug, Default)]
pub(crate) struct Strike {
    latency: Duration,
    effect: Option<Effect>,
    applied: Vec<AppliedFault>,
}

impl Strike {
    /// Creates the effect on a request beyond the rate limit of its world.
    pub(crate) fn limit() -> Self {
        let applied = vec![AppliedFault { id: None, effect: "rate_limit" }];
        Self { effect: Some(Effect::Respond(FaultResponse::rate_limit())), applied, ..Self::default() }
    }

    /// Takes the faults that applied. If many only delay the request, only the first of them are recorded.
    pub(crate) fn take_applied(&mut self) -> Vec<AppliedFault> {
        std::mem::take(&mut self.applied)
    }

    /// Returns the error of a fault's response, if a fault responds with one of Stripe's errors.
    pub(crate) fn error(&self) -> Option<RequestError> {
        match &self.effect {
            Some(Effect::Respond(response)) => response.shown_error(),
            _ => None,
        }
    }

    pub(crate) fn latency(&self) -> Duration {
        self.latency
    }

    /// Returns the response to send instead of executing the request, if a fault prevents the request.
    pub(crate) fn instead(&self) -> Option<Response<Bytes>> {
        match &self.effect {
            Some(Effect::Respond(response)) if !response.is_stored() => Some(response.to_response()),
            Some(Effect::Damage(Damage::Reset)) => {
                let response = FaultResponse::from(StatusCode::SERVICE_UNAVAILABLE);
                Some(response.to_response())
            }
            _ => None,
        }
    }

    /// Returns the response to store instead of executing the request, if a fault has one.
    pub(crate) fn stored(&self) -> Option<Response<Bytes>> {
        match &self.effect {
            Some(Effect::Respond(response)) if response.is_stored() => Some(response.to_response()),
            _ => None,
        }
    }

    /// Returns whether the response does not come from Stripe.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(&self.effect, Some(Effect::Respond(response)) if response.is_foreign())
    }

    /// Returns the disruption of the response, or `None` if it is neither delayed nor damaged.
    pub(crate) fn disruption(&self) -> Option<Disruption> {
        let damage = match self.effect {
            Some(Effect::Damage(damage)) => Some(damage),
            _ => None,
        };
        let disruption = Disruption { latency: self.latency, damage };
        (disruption != Disruption::default()).then_some(disruption)
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn faults(rules: impl IntoIterator<Item = Fault>) -> Faults {
        let mut faults = Faults::new(&Ids::new(0, "a"));
        rules.into_iter().for_each(|fault| drop(faults.add(fault)));
        faults
    }

    fn request() -> Request<Bytes> {
        Request::post("/v1/files").header(AUTHORIZATION, "Bearer sk_test_a").body(Bytes::new()).unwrap()
    }

    fn applied(faults: &Faults) -> Vec<u64> {
        faults.rules().iter().map(|rule| rule.applied).collect()
    }

    fn second(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn several_faults_add_up_their_latencies_and_first_effect_wins() {
        let mut faults = faults([
            Fault::latency(second(1)),
            Fault::reset().times(1),
            Fault::latency(second(2)).method(Method::GET),
            Fault::lose_response().with_latency(second(4)),
        ]);
        let disruption = |latency, damage| Some(Disruption { latency: second(latency), damage: Some(damage) });
        assert_eq!(faults.strike(&request(), false).disruption(), disruption(1, Damage::Reset));
        assert_eq!(faults.strike(&request(), false).disruption(), disruption(5, Damage::Lost));
        assert_eq!(applied(&faults), [2, 1, 0, 1]);
    }

    #[test]
    fn fault_with_times_applies_to_that_number_of_requests() {
        let mut faults = faults([Fault::reset().times(2), Fault::cut_body().times(0)]);
        let struck = std::iter::repeat_with(|| faults.strike(&request(), false).disruption().is_some());
        assert_eq!(struck.take(4).collect::<Vec<_>>(), [true, true, false, false]);
        assert_eq!(applied(&faults), [2, 0]);
    }

    #[test]
    fn probability_follows_from_the_seed() {
        let run = || {
            let mut faults = faults([Fault::reset().probability(0.25)]);
            let struck: Vec<_> =
                std::iter::repeat_with(|| faults.strike(&request(), false).disruption().is_some()).take(1000).collect();
            (struck, applied(&faults)[0])
        };
        let (struck, count) = run();
        assert!((200..300).contains(&count), "{count}");
        assert_eq!((struck, count), run());
        let mut faults = faults([Fault::reset().probability(0.0), Fault::cut_body().probability(7.0)]);
        assert_eq!(faults.strike(&request(), false).disruption().unwrap().damage, Some(Damage::Cut));
    }

    #[test]
    fn fault_with_a_key_applies_to_requests_with_that_key() {
        let mut faults = faults([Fault::reset().key("sk_test_b"), Fault::cut_body().key("sk_")]);
        assert!(faults.strike(&request(), false).disruption().is_some());
        assert!(faults.strike(&Request::new(Bytes::new()), false).disruption().is_none());
        assert_eq!(applied(&faults), [0, 1]);
    }

    #[test]
    fn fault_is_removed_by_its_id() {
        let mut faults = faults([Fault::reset(), Fault::cut_body()]);
        let id = faults.rules()[0].id.clone();
        assert!(faults.remove(&id) && !faults.remove(&id));
        assert_eq!(faults.strike(&request(), false).disruption().unwrap().damage, Some(Damage::Cut));
        faults.clear();
        assert!(faults.rules().is_empty());
    }
}
