use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};

use crate::tls::Identity;

/// The server's end of a connection, with or without TLS.
pub(crate) enum Connection {
    Plain(BufReader<TcpStream>),
    Tls(Box<BufReader<StreamOwned<ServerConnection, TcpStream>>>),
}

impl Connection {
    pub(crate) fn accept(stream: TcpStream, identity: Option<&Identity>, patience: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(match identity {
            None => Self::Plain(BufReader::new(stream)),
            Some(identity) => {
                Self::Tls(Box::new(BufReader::new(StreamOwned::new(identity.server_connection()?, stream))))
            }
        })
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream.get_ref(),
            Self::Tls(stream) => &stream.get_ref().sock,
        }
    }

    /// Closes the server's side, in TLS with `close_notify`.
    pub(crate) fn close(&mut self) {
        if let Self::Tls(stream) = self {
            stream.get_mut().conn.send_close_notify();
            let _ = stream.get_mut().flush();
        }
        // Fails if the connection is closed already, which is fine.
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    /// Makes the connection end with a reset when it is dropped.
    pub(crate) fn do_not_linger(&self) -> io::Result<()> {
        socket2::SockRef::from(self.tcp()).set_linger(Some(Duration::ZERO))
    }

    /// Waits for bytes to read, and leaves them unread.
    pub(crate) fn wait_for_bytes(&mut self) -> io::Result<()> {
        self.tcp()
            .peek(&mut [0])
            .and_then(|read| if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) })
    }

    /// Returns whether there are bytes to read, without waiting for any.
    pub(crate) fn has_bytes(&self) -> bool {
        let has_bytes =
            self.tcp().set_nonblocking(true).is_ok() && self.tcp().peek(&mut [0]).is_ok_and(|read| read > 0);
        self.tcp().set_nonblocking(false).is_ok() && has_bytes
    }

    /// Returns whether the client has closed its side. Bytes that it has sent are left unread.
    pub(crate) fn is_closed(&mut self) -> bool {
        if self.tcp().set_nonblocking(true).is_err() {
            return true;
        }
        let is_closed = match self {
            Self::Plain(stream) => stream.get_ref().peek(&mut [0]).map(|read| read == 0),
            Self::Tls(stream) => {
                let stream = stream.get_mut();
                // A TLS client sends `close_notify` first, which must be read to be noticed.
                stream.conn.read_tls(&mut stream.sock).map(|read| {
                    read == 0 || stream.conn.process_new_packets().map_or(true, |state| state.peer_has_closed())
                })
            }
        };
        let is_closed = is_closed.unwrap_or_else(|error| error.kind() != io::ErrorKind::WouldBlock);
        self.tcp().set_nonblocking(false).is_err() || is_closed
    }
}

impl Read for Connection {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let result = match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        };
        match result {
            // A TLS client that closes without `close_notify` has closed all the same.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            result => result,
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.get_mut().write(bytes),
            Self::Tls(stream) => stream.get_mut().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.get_mut().flush(),
            Self::Tls(stream) => stream.get_mut().flush(),
        }
    }
}
