//! The checks before a request to Stripe's API is executed: rate limit, idempotency key and faults.

use bytes::Bytes;
use http::Request;

use crate::disruption::RealTime;
use crate::refusal::Refusal;
use crate::time::Time;
use crate::world::faults::Strike;
use crate::world::idempotency::Entry;
use crate::world::state::State;

/// Returns the effect of the rate limit and the faults on a request. Refuses a request with the idempotency key of
/// another one that is in progress.
pub(crate) fn admit(
    state: &mut State,
    request: &Request<Bytes>,
    entry: Option<&Entry>,
    real: Time,
) -> Result<Strike, Refusal> {
    let (faults, now) = (&mut state.faults, state.clock.now());
    if !faults.is_within(state.settings.rate_limit, now) {
        return Ok(Strike::limit());
    }
    let Some(entry) = entry else { return Ok(faults.strike(request, false)) };
    if faults.is_in_progress(entry, now, real) {
        return Err(Refusal::idempotency_key_in_use(entry.idempotency_key()));
    }
    let strike = faults.strike(request, state.responses.has(entry));
    if !strike.latency().is_zero() {
        let is_real = request.extensions().get::<RealTime>().is_some();
        faults.delay(entry.clone(), strike.latency(), is_real, now, real);
    }
    Ok(strike)
}
