use std::error::Error as StdError;
use std::io;

use http_body_util::LengthLimitError;
use hyper_util::client::legacy;
use stripe_identity_core::{TransportError, TransportErrorKind};

use crate::resolver::ResolveError;

/// Before the response's headers were there.
pub(crate) fn request_error(error: legacy::Error) -> TransportError {
    let kind = if has::<ResolveError>(&error) {
        TransportErrorKind::Dns
    } else if error.is_connect() && has::<rustls::Error>(&error) {
        TransportErrorKind::Tls
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else {
        exchange_kind(&error)
    };
    TransportError::new(kind, error)
}

/// While the response's body was read.
pub(crate) fn body_error(error: Box<dyn StdError + Send + Sync>) -> TransportError {
    let kind = if has::<LengthLimitError>(error.as_ref()) {
        TransportErrorKind::BodyTooLarge
    } else {
        exchange_kind(error.as_ref())
    };
    TransportError::new(kind, error)
}

fn exchange_kind(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let hyper = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    match hyper {
        // What came was no HTTP, or what should go out is none: no repetition will mend that.
        Some(error) if error.is_parse() || error.is_user() => TransportErrorKind::Other,
        _ => TransportErrorKind::Interrupted,
    }
}

fn has<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(<dyn StdError>::is::<E>)
}

/// The error and its sources. An `io::Error` counts as the source of what it wraps, which it does not say itself.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as _).or_else(|| error.source())
    })
}
