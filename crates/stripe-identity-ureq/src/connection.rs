//! A connection as ureq sees it, above TLS.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use rustls::AlertDescription as Alert;
use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::connector::{BrokenError, ConnectError};
use crate::head;
use crate::tcp::Link;

/// How long it may take to read what has arrived already.
const LOOK: Duration = Duration::from_millis(20);
/// A server that announces a response at such length, while it is slow to take the request, sends none.
const TOO_MANY_HINTS: usize = 64 * 1024;

/// A connection that marks its errors, and sees what ureq does not look for:
///
/// - A response to a request that is still being sent, from a server that is slow to take it. The rest of the request is not
///   sent, and the connection not used again.
/// - Folded lines of headers, which it joins.
/// - A handshake that the server refused after TLS 1.3 had it completed on this side.
#[derive(Debug)]
pub(crate) struct Connection {
    inner: Box<dyn Transport>,
    link: Arc<Link>,
    /// Whether the head of a response is not complete yet.
    awaits_head: bool,
    /// Whether anything came over it ever.
    has_served: bool,
    /// Whether something was received that ureq has not been told of.
    has_unseen: bool,
}

impl Connection {
    pub(crate) fn new(inner: Box<dyn Transport>, link: Arc<Link>) -> Self {
        Self { inner, link, awaits_head: true, has_served: false, has_unseen: false }
    }

    fn receive(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let received = self.inner.await_input(timeout).map_err(|error| self.mark(error))?;
        self.has_served |= received;
        if received && self.awaits_head {
            self.unfold();
            self.awaits_head = !head::is_complete(self.inner.buffers().input());
        }
        Ok(received)
    }

    fn unfold(&mut self) {
        let buffers = self.inner.buffers();
        let Some(unfolded) = head::unfold(buffers.input()) else { return };
        buffers.input_consume(unfolded.len());
        // It has as many bytes as were consumed, so there is room for them.
        buffers.input_append_buf()[..unfolded.len()].copy_from_slice(&unfolded);
        buffers.input_appended(unfolded.len());
    }

    /// Finds out what came from a server that is slow to take a request: maybe the response, maybe less, and in TLS maybe nothing for ureq.
    fn look(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let after = (*timeout.after).min(LOOK).into();
        match self.receive(NextTimeout { after, ..timeout }) {
            Ok(true) => self.has_unseen = true,
            Ok(false) => return Err(self.mark(io::Error::from(ErrorKind::UnexpectedEof).into())),
            Err(Error::Timeout(_)) => {}
            Err(error) => return Err(error),
        }
        let input = self.inner.buffers().input();
        if head::has_response(input) || input.len() > TOO_MANY_HINTS {
            self.link.abandon();
        }
        Ok(())
    }

    /// By itself, ureq takes a connection that broke for the end of a body whose length was not said.
    fn mark(&self, error: Error) -> Error {
        match error {
            Error::Io(error) if !self.has_served && refuses_handshake(&error) => {
                Error::Other(ConnectError(Error::Io(error)).into())
            }
            Error::Io(error) => Error::Other(BrokenError(error).into()),
            error => error,
        }
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.link.is_abandoned() {
            return Ok(());
        }
        self.awaits_head = true;
        self.inner.transmit_output(amount, timeout).map_err(|error| self.mark(error))?;
        if self.link.take_news() { self.look(timeout) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let has_unseen = std::mem::take(&mut self.has_unseen);
        if has_unseen && !self.inner.buffers().input().is_empty() {
            return Ok(true);
        }
        self.receive(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Whether TLS failed over an alert that is sent about handshakes only, mostly about certificates.
fn refuses_handshake(error: &io::Error) -> bool {
    let alert = error.get_ref().and_then(rustls_error).and_then(|error| match error {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    });
    matches!(
        alert,
        Some(
            Alert::HandshakeFailure
                | Alert::NoCertificate
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::DecryptError
                | Alert::ExportRestriction
                | Alert::ProtocolVersion
                | Alert::InsufficientSecurity
                | Alert::InappropriateFallback
                | Alert::MissingExtension
                | Alert::UnsupportedExtension
                | Alert::CertificateUnobtainable
                | Alert::UnrecognisedName
                | Alert::BadCertificateStatusResponse
                | Alert::BadCertificateHashValue
                | Alert::UnknownPSKIdentity
                | Alert::CertificateRequired
                | Alert::NoApplicationProtocol
                | Alert::EncryptedClientHelloRequired
        )
    )
}

/// What rustls says, which ureq wraps or not.
pub(crate) fn rustls_error<'a>(cause: &'a (dyn StdError + Send + Sync + 'static)) -> Option<&'a rustls::Error> {
    cause.downcast_ref().or_else(|| cause.source()?.downcast_ref())
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::LazyBuffers;

    use super::*;
    use crate::tcp::Deadline;

    /// A connection in TLS that serves as often as it says, and then receives an alert.
    #[derive(Debug)]
    struct Alerting {
        buffers: LazyBuffers,
        serves: usize,
        alert: Alert,
    }

    impl Transport for Alerting {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.buffers
        }

        fn transmit_output(&mut self, _: usize, _: NextTimeout) -> Result<(), Error> {
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            if self.serves == 0 {
                let alert = rustls::Error::AlertReceived(self.alert);
                return Err(io::Error::new(ErrorKind::InvalidData, alert).into());
            }
            self.serves -= 1;
            self.buffers.input_append_buf()[..1].copy_from_slice(b"H");
            self.buffers.input_appended(1);
            Ok(true)
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    fn refused(serves: usize, alert: Alert) -> bool {
        let inner = Alerting { buffers: LazyBuffers::new(99, 99), serves, alert };
        let link = Link::new(Deadline::of(NextTimeout::default()));
        let mut connection = Connection::new(Box::new(inner), Arc::new(link));
        for _ in 0..serves {
            assert!(connection.await_input(NextTimeout::default()).is_ok());
        }
        match connection.await_input(NextTimeout::default()) {
            Err(Error::Other(error)) => error.is::<ConnectError>(),
            outcome => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn alert_about_the_handshake_refuses_a_connection_that_has_not_served() {
        let about_the_handshake = [
            Alert::CertificateRequired,
            Alert::UnknownCA,
            Alert::BadCertificate,
            Alert::CertificateExpired,
            Alert::CertificateRevoked,
            Alert::CertificateUnknown,
            Alert::UnsupportedCertificate,
            Alert::AccessDenied,
            Alert::HandshakeFailure,
            Alert::DecryptError,
        ];
        for alert in about_the_handshake {
            assert!(refused(0, alert), "{alert:?}");
            assert!(!refused(1, alert), "{alert:?}");
        }
        for alert in [Alert::CloseNotify, Alert::InternalError, Alert::BadRecordMac, Alert::UserCanceled] {
            assert!(!refused(0, alert), "{alert:?}");
        }
    }
}
