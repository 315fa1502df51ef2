use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;
use rustls::pki_types::InvalidDnsNameError;
use stripe_identity_core::{TransportError, TransportErrorKind};

use crate::resolver::ResolveError;

/// Before the response's headers were there. Layers may have wrapped what hyper said, or failed by themselves.
pub(crate) fn service_error(error: Box<dyn StdError + Send + Sync>) -> TransportError {
    match error.downcast::<TransportError>() {
        Ok(error) => *error,
        Err(error) => TransportError::new(service_error_kind(error.as_ref()), error),
    }
}

fn service_error_kind(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    if let Some(error) = find::<TransportError>(error) {
        return error.kind();
    }
    let is_connect = find::<legacy::Error>(error).is_some_and(legacy::Error::is_connect);
    // Over TLS, a name that is none is not even looked up.
    if has::<ResolveError>(error) || has::<InvalidDnsNameError>(error) {
        TransportErrorKind::Dns
    } else if is_connect && (has::<rustls::Error>(error) || has_no_tls(error)) {
        TransportErrorKind::Tls
    } else if is_connect {
        TransportErrorKind::Connect
    } else if has::<legacy::Error>(error) || has::<hyper::Error>(error) {
        exchange_kind(error)
    } else {
        TransportErrorKind::Other
    }
}

/// While the response's body was read.
pub(crate) fn body_error(error: Box<dyn StdError + Send + Sync>) -> TransportError {
    TransportError::new(exchange_kind(error.as_ref()), error)
}

fn exchange_kind(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    match find::<hyper::Error>(error) {
        // What came was no HTTP, or what should go out is none: no repetition will mend that.
        Some(error) if error.is_parse() || error.is_body_write_aborted() => TransportErrorKind::Other,
        // Among them those that hyper counts as the user's. Of a body that is all there, without upgrades, they can only say
        // that the task of the connection is gone: it belongs to the runtime that opened the connection, and ends with that
        // while a call of another waits.
        _ => TransportErrorKind::Interrupted,
    }
}

/// Whether hyper's connector without TLS was asked for `https`. Its error is not public, so its text is all there is.
fn has_no_tls(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| cause.source().is_none() && cause.to_string() == "invalid URL, scheme is not http")
}

fn has<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    find::<E>(error).is_some()
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The error and its sources. An `io::Error` counts as the source of what it wraps, which it does not say itself.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as _).or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests {
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    use stripe_identity_core::bytes::Bytes;
    use stripe_identity_core::{HttpTransport as _, http};

    use super::*;
    use crate::tower::TowerTransport;

    #[test]
    fn an_https_request_over_a_connector_without_tls_is_tls() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let transport = TowerTransport::new(Client::builder(TokioExecutor::new()).build_http());
        let kind = |url: &str| {
            let request = http::Request::get(url).body(Bytes::new()).unwrap();
            let error = runtime.block_on(transport.send(request)).unwrap_err();
            (error.kind(), error.was_sent())
        };
        assert_eq!(kind("https://127.0.0.1:1/v1/x"), (TransportErrorKind::Tls, false));
        assert_eq!(kind("http://127.0.0.1:1/v1/x"), (TransportErrorKind::Connect, false));
    }
}
