//! The root certificates that webhook receivers are verified with.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// The trusted root certificates besides those of webpki.
#[derive(Clone, Default)]
pub(crate) struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// Adds one certificate in DER form, or all certificates of a text in PEM form.
    pub(crate) fn add(&mut self, certificate: &[u8]) -> Result<(), InvalidCertificate> {
        let certificates = match CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>() {
            Ok(certificates) if !certificates.is_empty() => certificates,
            _ => vec![CertificateDer::from(certificate.to_vec())],
        };
        let mut store = RootCertStore::empty();
        for certificate in certificates {
            store.add(certificate.clone()).map_err(|_| InvalidCertificate(()))?;
            self.0.push(certificate);
        }
        Ok(())
    }

    /// Returns the configuration of TLS connections to receivers, or `None` if TLS is not available.
    pub(crate) fn config(&self) -> Option<Arc<ClientConfig>> {
        let mut store: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        store.add_parsable_certificates(self.0.iter().cloned());
        // A program may contain two providers, and then rustls has no default.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        let mut config = builder.with_root_certificates(store).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Some(Arc::new(config))
    }
}

/// The error when a root certificate for webhook receivers cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCertificate(());

impl fmt::Display for InvalidCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid root certificate: expected one certificate in DER form, or one or more in PEM form")
    }
}

impl std::error::Error for InvalidCertificate {}
