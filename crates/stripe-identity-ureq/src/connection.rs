//! Connections as ureq uses them, above TLS.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use stripe_identity_core::transport_support::{causes, refuses_handshake};
use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::head;
use crate::phase::{BrokenError, ConnectError};
use crate::tcp::Link;

/// How long reading input that has already arrived may take.
const EARLY_READ: Duration = Duration::from_millis(20);
/// How many bytes of 1xx responses a server may send while it is slow to read the request. Beyond
/// that, it is not expected to respond.
const MAX_INTERIM: usize = 64 * 1024;

/// A connection that marks its errors with their phase, and handles three cases that ureq does not:
///
/// - A server responds while the request is still being sent, and is slow to read it. The rest of
///   the request is not sent, and the connection is not used again.
/// - Folded header lines. They are joined.
/// - A server refuses the handshake after this side has completed it, as it may under TLS 1.3.
#[derive(Debug)]
pub(crate) struct Connection {
    inner: Box<dyn Transport>,
    link: Arc<Link>,
    /// Whether the head of a response is still incomplete.
    awaits_head: bool,
    /// Whether any input has arrived over this connection.
    has_served: bool,
    /// Whether input was received early, and not yet reported to ureq.
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
        // As many bytes were consumed, so there is room.
        buffers.input_append_buf()[..unfolded.len()].copy_from_slice(&unfolded);
        buffers.input_appended(unfolded.len());
    }

    /// Receives input from a server that is slow to read a request. It may be the response, a part
    /// of it, or TLS data without any content.
    fn receive_early(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let after = (*timeout.after).min(EARLY_READ).into();
        match self.receive(NextTimeout { after, ..timeout }) {
            Ok(true) => self.has_unseen = true,
            Ok(false) => return Err(self.mark(io::Error::from(ErrorKind::UnexpectedEof).into())),
            Err(Error::Timeout(_)) => {}
            Err(error) => return Err(error),
        }
        let input = self.inner.buffers().input();
        if head::has_response(input) || input.len() > MAX_INTERIM {
            self.link.abandon();
        }
        Ok(())
    }

    /// Marks an error. ureq takes an unmarked I/O error for the end of a body of unknown length.
    fn mark(&self, error: Error) -> Error {
        match error {
            Error::Io(error) if !self.has_served && is_refusal(&error) => {
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
        if self.link.take_early_input() { self.receive_early(timeout) } else { Ok(()) }
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

/// Returns whether the server refused the handshake with an alert.
fn is_refusal(error: &io::Error) -> bool {
    let mut errors = causes(error).filter_map(|cause| cause.downcast_ref());
    errors.any(|error| match error {
        rustls::Error::AlertReceived(alert) => refuses_handshake((*alert).into()),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription as Alert;
    use ureq::unversioned::transport::LazyBuffers;

    use super::*;
    use crate::tcp::Deadline;

    /// A TLS connection that receives some input, and then an alert.
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
    fn handshake_alert_is_a_refusal_until_a_response_arrived() {
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
