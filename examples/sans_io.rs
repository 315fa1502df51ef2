//! A call without a client or a transport. A loop of the program takes the steps: it sends a request, waits, or is
//! done. Here the requests go to a simulator, and the first response is lost on purpose.

use std::error::Error;
use std::time::Instant;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::simulator::Simulator;
use stripe_identity::{Config, CreateVerificationSession, Step, TransportError, TransportErrorKind};

/// Stands in for the I/O of the program.
struct Network {
    stripe: Simulator,
    has_lost_response: bool,
}

impl Network {
    fn send(&mut self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let response = self.stripe.handle(request);
        if self.has_lost_response {
            return Ok(response);
        }
        self.has_lost_response = true;
        Err(TransportErrorKind::Interrupted.into())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("A call driven by hand, without a client. The first response is lost on purpose:");
    println!("the call waits and sends the same request again, and the simulator creates one session.");
    println!();
    let config = Config::new("sk_test_123")?;
    let mut network = Network { stripe: Simulator::new(), has_lost_response: false };
    let mut step = config
        .verification_sessions()
        .create(CreateVerificationSession::document())
        .idempotency_key("attempt-7")
        .start();
    let start = Instant::now();
    let session = loop {
        step = match step {
            Step::Send(request, sent) => {
                println!("send {} {}", request.method(), request.uri().path());
                sent.reply(network.send(request), start.elapsed())
            }
            Step::Wait(duration, waiting) => {
                println!("wait {duration:?}");
                network.stripe.advance(duration);
                waiting.resume(start.elapsed())
            }
            Step::Done(result) => break result?,
        };
    };
    println!("done {}, replayed: {}", session.id, session.meta().is_replayed());
    Ok(())
}
