//! The endpoint for metrics.

use bytes::Bytes;
use http::{Request, Response};

use super::{Simulator, lock};
use crate::metrics::{CONTENT_TYPE, Gauges};
use crate::refusal::Refusal;
use crate::response::Body;

#[expect(clippy::unnecessary_wraps, reason = "all handlers are of one type")]
pub(super) fn metrics(simulator: &Simulator, _: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let mut gauges = Gauges::new();
    let mut add = |gauge, label, count| *gauges.entry((gauge, label)).or_default() += count;
    // Of all worlds, whatever the key, since the counters are not kept by world either.
    let places = simulator.worlds().all();
    add("worlds", "", places.len());
    add("journal_requests", "", lock(&simulator.shared.journal).iter().count());
    for place in places {
        add("journal_requests", "", lock(&place.journal).iter().count());
        place.lock().count(&mut add);
    }
    let text = simulator.shared.metrics.encode(&gauges);
    Ok(Body::Contents(text.into(), CONTENT_TYPE).into_response())
}
