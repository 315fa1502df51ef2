use std::error::Error as StdError;

use stripe_identity_core::{TransportError, TransportErrorKind};

pub(crate) fn error(error: reqwest::Error) -> TransportError {
    let kind = kind(&error);
    // The URL may hold personal data in its query.
    TransportError::new(kind, error.without_url())
}

fn kind(error: &reqwest::Error) -> TransportErrorKind {
    if error.is_dns() || is_no_name(error) {
        TransportErrorKind::Dns
    } else if error.is_connect() {
        if is_tls(error) { TransportErrorKind::Tls } else { TransportErrorKind::Connect }
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if error.is_builder() || error.is_redirect() {
        TransportErrorKind::Other
    } else {
        match causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>()) {
            // What came was no HTTP, or what should go out is none: no repetition will mend that.
            Some(error) if error.is_parse() || error.is_user() => TransportErrorKind::Other,
            _ => TransportErrorKind::Interrupted,
        }
    }
}

#[cfg(feature = "rustls")]
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn StdError>::is::<rustls::Error>)
}

/// Over TLS, a name that is none is not even looked up.
#[cfg(feature = "rustls")]
fn is_no_name(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn StdError>::is::<rustls::pki_types::InvalidDnsNameError>)
}

#[cfg(not(feature = "rustls"))]
fn is_no_name(_: &reqwest::Error) -> bool {
    false
}

#[cfg(not(feature = "rustls"))]
fn is_tls(_: &reqwest::Error) -> bool {
    false
}

/// The error and its sources. An `io::Error` counts as the source of what it wraps, which it does not say itself.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as _).or_else(|| error.source())
    })
}
