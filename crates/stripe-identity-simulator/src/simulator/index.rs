//! The list of the requests of the control API, as text: a reference for users of languages other than Rust.

use std::fmt::Write as _;

use stripe_identity_core::endpoint::Route;

/// The description of a request.
pub(super) struct About {
    method: &'static str,
    path: &'static str,
    parameters: &'static str,
    text: &'static str,
}

impl About {
    pub(super) fn is_of(&self, route: &Route) -> bool {
        route.method() == self.method && route.template() == self.path
    }
}

const fn about(method: &'static str, path: &'static str, parameters: &'static str, text: &'static str) -> About {
    About { method, path, parameters, text }
}

pub(super) const ABOUT: &[About] = &[
    about("GET", "/_simulator", "", "shows this list"),
    about(
        "POST",
        "/_simulator/verification_sessions/{session}/submit",
        "outcome (verified by default, or a code of a failure), person[...], document[...], after (30s)",
        "the user submits, and the checks end",
    ),
    about("POST", "/_simulator/verification_sessions/{session}/start_processing", "", "the user submits"),
    about(
        "POST",
        "/_simulator/verification_sessions/{session}/finish_processing",
        "outcome, person[...], document[...]",
        "the checks end",
    ),
    about("POST", "/_simulator/verification_sessions/{session}/finish_redaction", "", "a redaction ends"),
    about("GET", "/_simulator/outcomes", "", "lists the outcomes, and what a session needs for each"),
    about("GET", "/_simulator/plan", "", "lists the plans for future sessions"),
    about(
        "POST",
        "/_simulator/plan",
        "tries (document_expired,verified;dob=2012-05-01), sessions (a number, or all)",
        "plans the tries of the users of future sessions",
    ),
    about("DELETE", "/_simulator/plan", "", "drops the plans"),
    about("GET", "/_simulator/clock", "", "shows the time, and the time of the next action"),
    about(
        "POST",
        "/_simulator/clock",
        "clock (real, frozen, or frozen:2026-10-26T07:33:20Z)",
        "starts or freezes the clock",
    ),
    about("POST", "/_simulator/clock/advance", "seconds", "moves the time forward"),
    about("POST", "/_simulator/clock/next", "", "moves the time forward to the next action that is due"),
    about(
        "POST",
        "/_simulator/clock/run_until_idle",
        "",
        "moves the time forward until no work is due; responds when all webhooks have been delivered or given up",
    ),
    about("GET", "/_simulator/settings", "", "shows the settings"),
    about(
        "POST",
        "/_simulator/settings",
        "processing (at_once, retrieves:3, 30s), redacting (by_request, 4d), sensitive_reads (all, recent, none), \
         webhook_timeout (10s), rate_limit (25, none)",
        "changes settings",
    ),
    about("GET", "/_simulator/faults", "", "shows the faults, and how often each has applied"),
    about(
        "POST",
        "/_simulator/faults",
        "effect (respond, rate_limit, lock_timeout, reset, lose_response, cut_body, slow_body), latency (2s), method, \
         path, key, times, probability; of respond: status, type, code, message, body, headers[NAME], stored; of \
         slow_body: duration",
        "adds a fault, which makes requests to Stripe's API fail",
    ),
    about("DELETE", "/_simulator/faults", "", "removes all faults"),
    about("GET", "/_simulator/faults/{fault}", "", "shows one fault"),
    about("DELETE", "/_simulator/faults/{fault}", "", "removes one fault"),
    about(
        "POST",
        "/_simulator/webhook_endpoints",
        "url, secret, enabled_events[], connect, thin, in_disorder; only url is required",
        "adds a webhook endpoint, in place of the one with the same URL",
    ),
    about(
        "GET",
        "/_simulator/webhook_endpoints",
        "",
        "shows all endpoints, and how many deliveries are pending, delivered, failed and dropped",
    ),
    about(
        "POST",
        "/_simulator/webhook_endpoints/{webhook_endpoint}/roll_secret",
        "secret, expires_in (24h)",
        "gives an endpoint a new secret",
    ),
    about(
        "GET",
        "/_simulator/deliveries",
        "webhook_endpoint, event, status (pending, delivered, failed), limit, starting_after, ending_before",
        "shows deliveries of webhooks with all of their attempts",
    ),
    about("GET", "/_simulator/disorder", "", "shows the rules that make deliveries go wrong"),
    about(
        "POST",
        "/_simulator/disorder",
        "disorder (doubled, reordered, late:10m, dropped, cut, old_timestamp, wrong_signature, two_signatures), \
         webhook_endpoint, event_type (*.verified), probability, times",
        "adds a rule that makes deliveries go wrong",
    ),
    about("DELETE", "/_simulator/disorder", "", "deletes all rules"),
    about("DELETE", "/_simulator/disorder/{disorder}", "", "deletes one rule"),
    about(
        "GET",
        "/_simulator/requests",
        "method, path (/v1/events/{event}), status, limit",
        "lists the journal of requests, the newest first",
    ),
    about("DELETE", "/_simulator/requests", "", "empties the journal"),
    about(
        "POST",
        "/_simulator/verify",
        "path, method (POST by default), idempotency_key, account, id, parameters[], without_parameters[], outcome \
         (took_effect, replayed, any), status, times (1 by default), at_least, no_other",
        "verifies the requests so far; status 422 if they differ",
    ),
    about("POST", "/_simulator/reset", "", "resets worlds to their initial state"),
    about("GET", "/_simulator/export", "", "shows worlds as lines of JSON"),
    about("POST", "/_simulator/import", "such lines, as the body", "replaces the worlds that the lines name"),
    about("GET", "/_simulator/worlds/{world}", "", "shows a world as a page, for a browser"),
    about("GET", "/_simulator/sessions/{session}", "", "shows the history of a session as a page, for a browser"),
    about("GET", "/_simulator/health", "", "responds if the server runs; needs neither key nor token"),
    #[cfg(feature = "metrics")]
    about("GET", "/_simulator/metrics", "", "shows metrics of all worlds, for Prometheus"),
];

const HEAD: &str = "\
The control API of the simulator. Each request is followed by its parameters, as a form in the body or in the query, and
by its effect. Examples of values are in parentheses.

The key, as in `curl -u sk_test_123: ...`, names the world. A request about a session needs no key. Without a key,
requests, verify, reset, export and import concern all worlds. If the simulator has printed a control token, every
request except health needs it in the header Simulator-Token.
";

/// Describes the requests of these routes.
pub(super) fn text(routes: &[Route]) -> String {
    let mut text = HEAD.to_owned();
    let known = ABOUT.iter().filter(|about| routes.iter().any(|route| about.is_of(route)));
    for About { method, path, parameters, text: what } in known {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{method} {path}\n");
        if !parameters.is_empty() {
            let _ = writeln!(text, "    {parameters}");
        }
        let _ = writeln!(text, "    {what}");
    }
    text
}
