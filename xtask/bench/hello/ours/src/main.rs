//! Creates a session with this workspace.

use std::error::Error;

use stripe_identity::{Client, Config, CreateVerificationSession, HyperTransport};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stripe = Client::new(Config::new(std::env::var("STRIPE_SECRET_KEY")?)?, HyperTransport::new()?);
    let session = stripe.verification_sessions().create(CreateVerificationSession::document()).await?;
    println!("{}", session.id);
    Ok(())
}
