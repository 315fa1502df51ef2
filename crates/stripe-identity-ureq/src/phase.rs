//! Errors that say in which phase of an attempt they occurred.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use ureq::Error;

/// The lookup of a host failed.
#[derive(Debug)]
pub(crate) struct ResolveError(pub(crate) Error);

/// No connection to the host could be made.
#[derive(Debug)]
pub(crate) struct ConnectError(pub(crate) Error);

/// The connection broke during an exchange.
#[derive(Debug)]
pub(crate) struct BrokenError(pub(crate) io::Error);

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host name could not be resolved")
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connecting failed")
    }
}

impl fmt::Display for BrokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection broke")
    }
}

impl StdError for BrokenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

impl StdError for ResolveError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}
