//! The numbers of objects, scheduled actions and deliveries of a world.

use crate::world::state::State;

/// Calls `add` with the name of each gauge, the value of its label, and the count.
pub(crate) fn count(state: &State, mut add: impl FnMut(&'static str, &'static str, usize)) {
    let objects = [
        ("verification_session", state.sessions.len()),
        ("verification_report", state.reports.len()),
        ("file", state.files.len()),
        ("file_link", state.links.len()),
        ("event", state.events.len()),
        ("ephemeral_key", state.keys.len()),
        ("webhook_endpoint", state.webhook_endpoints.len()),
        ("stored_response", state.responses.len()),
    ];
    for (kind, count) in objects {
        add("objects", kind, count);
    }
    add("queue_length", "work", state.queue.work_len());
    add("queue_length", "expiry", state.queue.len() - state.queue.work_len());
    let whole = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    for lane in state.outbox.lanes.values() {
        add("deliveries", "pending", lane.pending);
    }
    for endpoint in state.webhook_endpoints.iter() {
        add("deliveries", "delivered", whole(endpoint.counts.delivered));
        add("deliveries", "failed", whole(endpoint.counts.failed));
        add("deliveries", "dropped", whole(endpoint.counts.dropped));
    }
}
