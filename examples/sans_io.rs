//! A call without any client or transport: the steps are taken by hand, by whatever loop a program has. Here they go to a
//! simulator, which loses the first answer on purpose.

use std::error::Error;
use std::time::Instant;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::simulator::Simulator;
use stripe_identity::{Config, CreateVerificationSession, Step, TransportError, TransportErrorKind};

/// Whatever sends a program's bytes.
struct MyLoop {
    stripe: Simulator,
    has_lost_one: bool,
}

impl MyLoop {
    fn send(&mut self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let response = self.stripe.handle(request);
        if self.has_lost_one {
            return Ok(response);
        }
        self.has_lost_one = true;
        Err(TransportErrorKind::Interrupted.into())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::new("sk_test_123")?;
    let mut my_loop = MyLoop { stripe: Simulator::new(), has_lost_one: false };
    let mut step = config.verification_sessions().create(CreateVerificationSession::document()).start();
    let start = Instant::now();
    let session = loop {
        step = match step {
            Step::Send(request, sent) => {
                println!("send {} {}", request.method(), request.uri().path());
                sent.reply(my_loop.send(request), start.elapsed())
            }
            Step::Wait(duration, waiting) => {
                println!("wait {duration:?}");
                my_loop.stripe.advance(duration);
                waiting.resume(start.elapsed())
            }
            Step::Done(result) => break result?,
        };
    };
    println!(
        "done: {}, {}",
        session.id,
        if session.meta().is_replayed() { "made by the first attempt" } else { "new" }
    );
    Ok(())
}
