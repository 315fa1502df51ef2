use std::error::Error as StdError;

use rustls::AlertDescription;
use rustls::pki_types::InvalidDnsNameError;
use stripe_identity_core::{TransportError, TransportErrorKind};

/// `has_connected`: whether the request made a connection of its own, which no other has used before.
pub(crate) fn request_error(error: reqwest::Error, has_connected: bool) -> TransportError {
    if has_connected && error.is_request() && !error.is_connect() && refuses_handshake(&error) {
        return TransportError::new(TransportErrorKind::Tls, error.without_url());
    }
    self::error(error)
}

pub(crate) fn error(error: reqwest::Error) -> TransportError {
    let kind = kind(&error);
    // The URL may hold personal data in its query.
    TransportError::new(kind, error.without_url())
}

fn kind(error: &reqwest::Error) -> TransportErrorKind {
    // Over TLS, a name that is none is not even looked up.
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
            // What came was no HTTP, or what should go out is none: no repetition will mend that.
            Some(error) if error.is_parse() || error.is_body_write_aborted() => TransportErrorKind::Other,
            // Among them those that hyper counts as the user's, which here can only say that the task of the connection is
            // gone: it belongs to the runtime that opened it, and ends with that while a call of another waits.
            _ => TransportErrorKind::Interrupted,
        }
    }
}

/// The alerts with which a server refuses a handshake that the client holds to be complete, as it may under TLS 1.3.
const REFUSALS: [AlertDescription; 13] = [
    AlertDescription::HandshakeFailure,
    AlertDescription::NoCertificate,
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::AccessDenied,
    AlertDescription::DecryptError,
    AlertDescription::InsufficientSecurity,
    AlertDescription::CertificateRequired,
    AlertDescription::UnknownPSKIdentity,
];

fn refuses_handshake(error: &reqwest::Error) -> bool {
    let refusals = REFUSALS.map(rustls::Error::AlertReceived);
    causes(error).any(|cause| {
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return refusals.contains(error);
        }
        // HTTP/2 keeps of its causes the text alone.
        let text = cause.to_string();
        cause.source().is_none() && refusals.iter().any(|refusal| text.ends_with(&refusal.to_string()))
    })
}

/// The error and its sources. An `io::Error` counts as the source of what it wraps, which it does not say itself.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as _).or_else(|| error.source())
    })
}
