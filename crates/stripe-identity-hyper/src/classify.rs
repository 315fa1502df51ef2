use std::error::Error as StdError;

use hyper_util::client::legacy;
use rustls::pki_types::InvalidDnsNameError;
use stripe_identity_core::transport_support::causes;
use stripe_identity_core::{TransportError, TransportErrorKind};

use crate::resolver::ResolveError;

/// Classifies a failure before the head of the response arrived. Layers may have wrapped hyper's
/// error, or failed by themselves.
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
    // rustls rejects an invalid name before it is looked up.
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

/// Classifies a failure while the body of the response was read.
pub(crate) fn body_error(error: Box<dyn StdError + Send + Sync>) -> TransportError {
    TransportError::new(exchange_kind(error.as_ref()), error)
}

fn exchange_kind(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    match find::<hyper::Error>(error) {
        // The response is not HTTP, or the request cannot be written as HTTP. A retry would fail
        // alike.
        Some(error) if error.is_parse() || error.is_body_write_aborted() => TransportErrorKind::Other,
        // Errors that hyper calls the user's are among them. The body is complete and there are no
        // upgrades, so they mean that the connection's task is gone: its runtime was shut down
        // while a call of another runtime used the connection.
        _ => TransportErrorKind::Interrupted,
    }
}

/// Returns whether hyper's connector without TLS was given an `https` URL. Its error type is
/// private, so only the text identifies it.
fn has_no_tls(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| cause.source().is_none() && cause.to_string() == "invalid URL, scheme is not http")
}

fn has<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    find::<E>(error).is_some()
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
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
    fn https_url_over_a_connector_without_tls_is_tls() {
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
