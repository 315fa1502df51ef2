//! Made-up responses and deliveries of Stripe, in Stripe's indentation.

/// The id of the canned session.
pub(crate) const ID: &str = "vs_1BenchMadeUpMadeU000001";

/// A session that was just created, as a `POST` with all parameters returns it.
pub const CREATED: &str = include_str!("canned/created.json");

/// A verified session, with its outputs and its last report expanded.
pub const VERIFIED: &str = include_str!("canned/verified.json");

/// An event, as a webhook delivers it.
pub(crate) const EVENT: &str = include_str!("canned/event.json");

/// The secret of a webhook's endpoint.
pub(crate) const SECRET: &str = "whsec_made_up";

/// Returns a page of 100 sessions, which begins after the session with this number. There is always a next page.
pub fn page(after: u32) -> String {
    let session = CREATED.trim_end().replace('\n', "\n    ");
    let sessions = (after + 1..=after + 100).map(|number| session.replace("000001", &format!("{number:06}")));
    let sessions = sessions.collect::<Vec<_>>().join(",\n    ");
    format!(
        r#"{{
  "object": "list",
  "data": [
    {sessions}
  ],
  "has_more": true,
  "url": "/v1/identity/verification_sessions"
}}
"#
    )
}

/// Returns the number of a session from its id.
pub fn number(id: &str) -> Option<u32> {
    id.get(ID.len() - 6..)?.parse().ok()
}
