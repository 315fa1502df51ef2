use std::fmt;

/// The reason why the program fails: its message and its exit status.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) status: u8,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 1 }
    }

    /// Creates a failure because of the command line, with the exit status 2.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { status: 2, ..Self::new(message) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
