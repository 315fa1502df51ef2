//! Calls without I/O: the tests drive the steps.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod deadlines;
mod decoding;
mod every_list;
mod observing;
mod options;
mod paging;
mod retries;
mod surface;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::{Config, ConfigBuilder, SentCall, Step};

/// Returns settings whose waits have no jitter.
fn builder() -> ConfigBuilder {
    Config::builder("sk_test_123").random_source(|| Ok(0))
}

fn config() -> Config {
    builder().build().unwrap()
}

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

#[track_caller]
fn request_of<T>(step: Step<T>) -> (Request<Bytes>, SentCall<T>) {
    match step {
        Step::Send(request, sent) => (request, sent),
        Step::Wait(duration, _) => panic!("it waits {duration:?}"),
        Step::Done(result) => panic!("it is done: {:?}", result.err()),
    }
}
