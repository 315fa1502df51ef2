//! The TLS configuration, which follows the crate's features.

use std::sync::Arc;

use stripe_identity_core::{TransportError, TransportErrorKind};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const NO_ROOTS: &str =
    "there are no root certificates to trust: add one, or turn on the feature `webpki-roots` or `native-roots`";

/// The certificates that TLS trusts.
#[derive(Clone)]
pub(crate) struct Roots {
    pub(crate) added: Vec<Certificate<'static>>,
    pub(crate) with_default: bool,
}

/// Returns a configuration that trusts these roots.
pub(crate) fn config(roots: Roots) -> Result<TlsConfig, TransportError> {
    let Roots { added: mut roots, with_default } = roots;
    if with_default {
        roots.append(&mut default_roots());
    }
    if roots.is_empty() {
        return Err(unavailable(NO_ROOTS));
    }
    let config = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(provider()?));
    Ok(config.build())
}

fn default_roots() -> Vec<Certificate<'static>> {
    #[cfg_attr(not(any(feature = "webpki-roots", feature = "native-roots")), expect(unused_mut))]
    let mut roots = Vec::new();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root)));
    #[cfg(feature = "native-roots")]
    roots.extend(
        rustls_native_certs::load_native_certs().certs.iter().map(|root| Certificate::from_der(root).to_owned()),
    );
    roots
}

/// Returns the provider that the features choose. Named explicitly: rustls chooses none in a
/// process where both are compiled in.
#[cfg(any(feature = "ring", feature = "aws-lc"))]
#[expect(clippy::unnecessary_wraps, reason = "it fails without cryptography")]
fn provider() -> Result<rustls::crypto::CryptoProvider, TransportError> {
    #[cfg(feature = "aws-lc")]
    return Ok(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(not(feature = "aws-lc"))]
    return Ok(rustls::crypto::ring::default_provider());
}

#[cfg(not(any(feature = "ring", feature = "aws-lc")))]
fn provider() -> Result<rustls::crypto::CryptoProvider, TransportError> {
    Err(unavailable("no cryptography is compiled in: turn on the feature `ring` or `aws-lc`"))
}

fn unavailable(reason: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Tls, reason)
}
