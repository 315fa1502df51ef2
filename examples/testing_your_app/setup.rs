//! The parts of the tests that are the same in each way.

use stripe_identity::webhook::Verifier;
use stripe_identity::{ApiKey, Client, Date, Error};

use crate::sign_up::SignUp;

pub(crate) const SESSIONS: &str = "/v1/identity/verification_sessions";
pub(crate) const ATTEMPT: &str = "attempt-7";
pub(crate) const TODAY: Date = Date::new(2026, 10, 26);
pub(crate) const WEBHOOK_SECRET: &str = "whsec_made_up";

/// Creates the application as production does, with a made-up key.
pub(crate) fn application(client: Client, verifier: Verifier) -> Result<SignUp, Error> {
    Ok(SignUp::new(client, ApiKey::new("rk_test_123")?, verifier))
}
