use std::io;
use std::{error, fmt};

/// Why lines are not imported. It quotes nothing of them.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportError {
    /// A line is not what it should be. Nothing was changed.
    #[non_exhaustive]
    Line {
        /// The number of the line; that of the first one is 1.
        number: u64,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The lines cannot be read. Nothing was changed.
    Read(io::Error),
    /// The simulator holds too many worlds. Nothing was changed.
    TooManyWorlds,
    /// The state file cannot be written, for this reason. Nothing was changed.
    Unwritten(String),
}

impl ImportError {
    pub(crate) fn at(number: u64, problem: impl Into<String>) -> Self {
        Self::Line { number, problem: problem.into() }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { number, problem } => write!(f, "line {number}: {problem}"),
            Self::Read(error) => write!(f, "the lines cannot be read: {error}"),
            Self::TooManyWorlds => f.write_str("too many worlds: expected lines of worlds that are there already"),
            Self::Unwritten(reason) => write!(f, "the state file cannot be written: {reason}"),
        }
    }
}

impl error::Error for ImportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            _ => None,
        }
    }
}
