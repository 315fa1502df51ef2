use std::hint::black_box;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Method, Response};
use stripe_identity::types::{List, VerificationSession};
use stripe_identity::{SentCall, Step};
use stripe_identity_types::escape_invalid_utf8;

use super::setup::{config, params};
use crate::canned;
use crate::round::{Failure, Round, synchronous};

pub(super) fn round(task: &str, url: &str) -> Result<Option<Round>, Failure> {
    Ok(Some(match task {
        "params" => synchronous(|| Ok(params())),
        // The encoder is private to core. These two tasks differ only by it.
        "start_raw" => start_raw(url, params())?,
        "start_raw_without_params" => start_raw(url, ())?,
        "start" => {
            let sessions = config(url)?.verification_sessions();
            synchronous(move || start(sessions.create(params()).start()))
        }
        "start_and_reply" => {
            let sessions = config(url)?.verification_sessions();
            let body = Bytes::from_static(canned::CREATED.as_bytes());
            synchronous(move || {
                let sent = start(sessions.create(params()).start())?;
                match sent.reply(Ok(Response::new(body.clone())), Duration::ZERO) {
                    Step::Done(result) => Ok(result?),
                    _ => Err("the response must end the call".into()),
                }
            })
        }
        "parse_created" => parse::<VerificationSession>(canned::CREATED),
        "parse_verified" => parse::<VerificationSession>(canned::VERIFIED),
        "parse_list" => parse::<List<VerificationSession>>(canned::page(0)),
        _ => return Ok(None),
    }))
}

fn start<T>(first: Step<T>) -> Result<SentCall<T>, Failure> {
    match first {
        Step::Send(_, sent) => Ok(sent),
        _ => Err("the call must begin with a request".into()),
    }
}

fn start_raw<P: Serialize + 'static>(url: &str, params: P) -> Result<Round, Failure> {
    let config = config(url)?;
    let path = "/v1/identity/verification_sessions";
    Ok(synchronous(move || start(config.raw(Method::POST, path, &params).start())))
}

/// Returns a round that parses a text as core parses the body of a response.
fn parse<T: DeserializeOwned + 'static>(text: impl AsRef<[u8]> + 'static) -> Round {
    synchronous(move || Ok(serde_json::from_str::<T>(&escape_invalid_utf8(black_box(text.as_ref())))?))
}
