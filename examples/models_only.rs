//! The models without a client, for a program that has another way to talk to Stripe. They need serde and no HTTP.

use std::error::Error;

use stripe_identity_types::{
    CreateVerificationSession, DocumentType, Event, SessionState, SessionView, VerificationSession,
};

const SESSION: &str = r#"{
    "id": "vs_123", "object": "identity.verification_session", "status": "requires_input", "created": 1793000000,
    "last_error": {"code": "document_expired", "reason": "The document has expired."},
    "metadata": {"case": "7"}, "a_field_of_next_year": true
}"#;

const EVENT: &str = r#"{
    "id": "evt_123", "type": "identity.verification_session.verified", "created": 1793000100,
    "data": {"object": {"id": "vs_123", "object": "identity.verification_session", "status": "verified"}}
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let session: VerificationSession = serde_json::from_str(SESSION)?;
    println!("session: {} is {}", session.id, session.status);
    println!("         Debug hides what may be personal data: {:?}", session.metadata);
    if let SessionState::Failed { code: Some(code), .. } = session.state() {
        println!("state:   the last try failed with {code}");
    }

    let event: Event = serde_json::from_str(EVENT)?;
    let view = SessionView::from_event(&event).ok_or("the event must be about a session")?;
    if view.state == SessionState::Verified {
        println!("event:   session {} is now verified", view.id);
    }

    let params =
        CreateVerificationSession::document().allowed_types([DocumentType::Passport]).require_live_capture(true);
    println!("params:  {}", serde_json::to_string(&params)?);
    Ok(())
}
