//! Your own transport: HTTP/1.1 over the standard library's sockets, with a thread for each request, on any
//! runtime. The conformance suite checks it, as it checks the transports of this project.

mod http1;
mod transport;

use std::error::Error;

use stripe_identity::mock::conformance::Suite;
use stripe_identity::simulator::{Server, Simulator};
use stripe_identity::{Client, Config, CreateVerificationSession};
use transport::ThreadTransport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("The conformance suite checks this example's transport, HTTP/1.1 over the standard library's sockets:");
    let report = Suite::plain().run(|setup| ThreadTransport::new(setup.max_body_size())).await;
    println!("{report}");
    report.assert_passed();

    let stripe = Server::start("127.0.0.1:0", Simulator::new())?;
    let config = Config::builder("sk_test_123").base_url(stripe.url()).build()?;
    let client = Client::new(config, ThreadTransport::new(1_000_000));
    let create = client.verification_sessions().create(CreateVerificationSession::document());
    let session = create.idempotency_key("attempt-7").await?;
    println!("A client that uses the transport creates a session at a simulator: {}", session.id);
    Ok(())
}
