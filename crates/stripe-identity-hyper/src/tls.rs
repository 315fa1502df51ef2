//! The TLS configuration: the caller's, or one that follows the crate's features.

use rustls::ClientConfig;
use stripe_identity_core::{TransportError, TransportErrorKind};

#[cfg(any(feature = "ring", feature = "aws-lc"))]
const NO_ROOTS: &str =
    "there are no root certificates to trust: add one, or turn on the feature `webpki-roots` or `native-roots`";

/// The certificates that TLS trusts.
#[derive(Clone)]
pub(crate) struct Roots {
    /// In DER form.
    pub(crate) added: Vec<Vec<u8>>,
    pub(crate) with_default: bool,
}

fn unavailable(reason: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Tls, reason)
}

/// Returns the caller's configuration, or else the default one with these roots.
pub(crate) fn config(own: Option<ClientConfig>, roots: &Roots) -> Result<ClientConfig, TransportError> {
    match own {
        Some(_) if !roots.added.is_empty() || !roots.with_default => Err(unavailable(
            "a TLS configuration excludes settings of root certificates: set them in the configuration",
        )),
        Some(config) => Ok(config),
        None => default_config(roots),
    }
}

#[cfg(any(feature = "ring", feature = "aws-lc"))]
fn default_config(roots: &Roots) -> Result<ClientConfig, TransportError> {
    // Named explicitly: rustls chooses no provider in a process where both are compiled in.
    #[cfg(feature = "aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc"))]
    let provider = rustls::crypto::ring::default_provider();

    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::new(TransportErrorKind::Tls, error))?
        .with_root_certificates(store(roots)?)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(any(feature = "ring", feature = "aws-lc"))]
fn store(roots: &Roots) -> Result<rustls::RootCertStore, TransportError> {
    let mut store = rustls::RootCertStore::empty();
    for certificate in &roots.added {
        let certificate = certificate.clone().into();
        store.add(certificate).map_err(|error| TransportError::new(TransportErrorKind::Tls, error))?;
    }
    if roots.with_default {
        #[cfg(feature = "webpki-roots")]
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        #[cfg(feature = "native-roots")]
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if store.is_empty() { Err(unavailable(NO_ROOTS)) } else { Ok(store) }
}

#[cfg(not(any(feature = "ring", feature = "aws-lc")))]
fn default_config(_: &Roots) -> Result<ClientConfig, TransportError> {
    Err(unavailable(
        "no cryptography is compiled in: turn on the feature `ring` or `aws-lc`, or give a TLS configuration",
    ))
}
