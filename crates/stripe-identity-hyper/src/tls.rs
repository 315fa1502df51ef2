//! What TLS uses and whom it trusts, as the features say.

use rustls::ClientConfig;
use stripe_identity_core::{TransportError, TransportErrorKind};

fn unavailable(reason: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Tls, reason)
}

#[cfg(any(feature = "ring", feature = "aws-lc"))]
pub(crate) fn default_config() -> Result<ClientConfig, TransportError> {
    // Named outright, since rustls refuses to choose for a process in which both are compiled in.
    #[cfg(feature = "aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc"))]
    let provider = rustls::crypto::ring::default_provider();

    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::new(TransportErrorKind::Tls, error))?
        .with_root_certificates(roots()?)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(any(feature = "ring", feature = "aws-lc"))]
fn roots() -> Result<rustls::RootCertStore, TransportError> {
    #[cfg_attr(not(any(feature = "webpki-roots", feature = "native-roots")), expect(unused_mut))]
    let mut roots = rustls::RootCertStore::empty();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    #[cfg(feature = "native-roots")]
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(unavailable("there are no root certificates to trust")) } else { Ok(roots) }
}

#[cfg(not(any(feature = "ring", feature = "aws-lc")))]
pub(crate) fn default_config() -> Result<ClientConfig, TransportError> {
    Err(unavailable(
        "no cryptography is compiled in: turn on the feature `ring` or `aws-lc`, or give a TLS configuration",
    ))
}
