use std::fmt;

/// Something that a response does not say, and that the person at the simulator may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A request names an object that is not in the world of its key, but in another one.
    ObjectOfAnotherWorld {
        /// The id of the object.
        id: String,
        /// The world of the request's key, shortened if its name may be a secret.
        world: String,
        /// The world that the object is in, shortened likewise.
        other: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectOfAnotherWorld { id, world, other } => write!(
                f,
                "{id} is not in the world \"{world}\", which the request's key names, but in the world \"{other}\": \
                 use the key that made it"
            ),
        }
    }
}
