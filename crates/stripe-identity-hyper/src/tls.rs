//! What TLS uses and whom it trusts, as the features say.

use rustls::ClientConfig;
use stripe_identity_core::{TransportError, TransportErrorKind};

fn unavailable(reason: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Tls, reason)
}

/// The caller's own configuration, or the default one with what was added to it.
pub(crate) fn config(own: Option<ClientConfig>, added: &[Vec<u8>]) -> Result<ClientConfig, TransportError> {
    match own {
        Some(_) if !added.is_empty() => {
            Err(unavailable("a TLS configuration says whom to trust: root certificates cannot be added to it"))
        }
        Some(config) => Ok(config),
        None => default_config(added),
    }
}

#[cfg(any(feature = "ring", feature = "aws-lc"))]
fn default_config(added: &[Vec<u8>]) -> Result<ClientConfig, TransportError> {
    // Named outright, since rustls refuses to choose for a process in which both are compiled in.
    #[cfg(feature = "aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc"))]
    let provider = rustls::crypto::ring::default_provider();

    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::new(TransportErrorKind::Tls, error))?
        .with_root_certificates(roots(added)?)
        .with_no_client_auth();
    Ok(config)
}

#[cfg(any(feature = "ring", feature = "aws-lc"))]
fn roots(added: &[Vec<u8>]) -> Result<rustls::RootCertStore, TransportError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in added {
        let certificate = certificate.clone().into();
        roots.add(certificate).map_err(|error| TransportError::new(TransportErrorKind::Tls, error))?;
    }
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    #[cfg(feature = "native-roots")]
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(unavailable("there are no root certificates to trust")) } else { Ok(roots) }
}

#[cfg(not(any(feature = "ring", feature = "aws-lc")))]
fn default_config(_: &[Vec<u8>]) -> Result<ClientConfig, TransportError> {
    Err(unavailable(
        "no cryptography is compiled in: turn on the feature `ring` or `aws-lc`, or give a TLS configuration",
    ))
}
