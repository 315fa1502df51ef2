use std::fmt;

/// The error when changes cannot be written to the state file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unwritten {
    pub(crate) reason: String,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = &self.reason;
        write!(
            f,
            "the state file cannot be written: {reason}. Nothing is lost: the world continues when the file can be \
             written again"
        )
    }
}
