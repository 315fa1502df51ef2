use std::io;
use std::{error, fmt};

/// The error when lines of JSON cannot be imported. Nothing has changed, and the text quotes nothing of the lines.
///
/// ```
/// use stripe_identity_simulator::{ImportError, Simulator};
///
/// let lines = "{\"format\":\"stripe-identity-simulator\",\"version\":1}\n{\"kind\":\"nothing\",\"value\":{}}\n";
/// match Simulator::new().import(lines.as_bytes()) {
///     Err(ImportError::Line { number, .. }) => assert_eq!(number, 2),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportError {
    /// A line is not valid.
    #[non_exhaustive]
    Line {
        /// The number of the line. The first line has the number 1.
        number: u64,
        /// What is wrong with the line, and what would be right.
        problem: String,
    },
    /// The lines cannot be read.
    Read(io::Error),
    /// The simulator would hold more than 10,000 worlds.
    TooManyWorlds,
    /// The state file cannot be written. The text says why.
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
            Self::TooManyWorlds => {
                f.write_str("the simulator cannot hold so many worlds: expected fewer, or worlds that it holds already")
            }
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
