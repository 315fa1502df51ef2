use std::error::Error as StdError;

use rustls::pki_types::InvalidDnsNameError;
use stripe_identity_core::transport_support::{causes, refuses_handshake};
use stripe_identity_core::{TransportError, TransportErrorKind};

/// Classifies a failure before the head of the response arrived. `has_connected` says whether the
/// request opened a connection, which no other request has used.
pub(crate) fn request_error(error: reqwest::Error, has_connected: bool) -> TransportError {
    if has_connected && error.is_request() && !error.is_connect() && is_refusal(&error) {
        return TransportError::new(TransportErrorKind::Tls, error.without_url());
    }
    self::error(error)
}

/// Classifies any other failure.
pub(crate) fn error(error: reqwest::Error) -> TransportError {
    let kind = kind(&error);
    // The query of the URL may contain personal data.
    TransportError::new(kind, error.without_url())
}

fn kind(error: &reqwest::Error) -> TransportErrorKind {
    // rustls rejects an invalid name before it is looked up.
    if error.is_dns() || causes(error).any(<dyn StdError>::is::<InvalidDnsNameError>) {
        TransportErrorKind::Dns
    } else if error.is_connect() {
        let is_tls = causes(error).any(<dyn StdError>::is::<rustls::Error>);
        if is_tls { TransportErrorKind::Tls } else { TransportErrorKind::Connect }
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if error.is_builder() || error.is_redirect() {
        TransportErrorKind::Other
    } else {
        match causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>()) {
            // The response is not HTTP, or the request cannot be written as HTTP. A retry would
            // fail alike.
            Some(error) if error.is_parse() || error.is_body_write_aborted() => TransportErrorKind::Other,
            // Errors that hyper calls the user's are among them. Here they mean that the
            // connection's task is gone: its runtime was shut down while a call of another runtime
            // used the connection.
            _ => TransportErrorKind::Interrupted,
        }
    }
}

/// Returns whether a server refused a handshake that the client had completed, as it may under TLS
/// 1.3.
fn is_refusal(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return matches!(error, rustls::Error::AlertReceived(alert) if refuses_handshake((*alert).into()));
        }
        // Over HTTP/2, only the text of a cause is left.
        let text = cause.to_string();
        let mut alerts = (0..=u8::MAX).filter(|alert| refuses_handshake(*alert));
        cause.source().is_none()
            && alerts.any(|alert| text.ends_with(&rustls::Error::AlertReceived(alert.into()).to_string()))
    })
}
