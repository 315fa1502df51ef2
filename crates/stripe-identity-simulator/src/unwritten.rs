use std::fmt;

/// Changes could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unwritten {
    pub(crate) reason: String,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = &self.reason;
        write!(f, "the state file cannot be written: {reason}. Nothing is lost, and all goes on once it can be")
    }
}
