//! Standard output, and remarks on standard error.

use std::fmt;
use std::io::{self, Write as _};

use super::failure::Failure;

/// Prints a line and flushes it, since a program may be waiting for it at the other end of a pipe.
pub(super) fn print(line: impl fmt::Display) -> Result<(), Failure> {
    let mut stdout = io::stdout();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    written.map_err(|error| {
        Failure::new(format!("cannot print: {error}: keep standard output open, with room for a line"))
    })
}

/// Prints a line on standard error, where it does not mix with the output. A line that cannot be printed is no failure,
/// since the work is done.
pub(super) fn remark(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
