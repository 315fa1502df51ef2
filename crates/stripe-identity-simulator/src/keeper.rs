//! Persistence of the worlds of a simulator.

use serde::{Deserialize, Serialize};

use crate::serial;
use crate::unwritten::Unwritten;
use crate::world::{Row, World, WorldClock};

/// Persists worlds. Each call is one transaction: either all of it is written, or nothing.
pub(crate) trait Keeper: Send + Sync {
    /// Writes and deletes rows of worlds. Each world is identified by a number.
    fn write(&self, worlds: &[(u32, Vec<Row<'_>>)]) -> Result<(), Unwritten>;

    /// Replaces all rows of each world by those of the world that is given, with its name, or deletes them.
    fn replace(&self, worlds: &[(u32, Option<(&str, &World)>)]) -> Result<(), Unwritten>;

    /// Writes the state that all worlds share. If it cannot be written now, the next transaction writes it.
    fn write_whole(&self, whole: &Whole);
}

/// The state that all worlds share.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whole {
    #[serde(with = "serial::hex")]
    pub(crate) seed: u64,
    /// The number of worlds that were removed.
    pub(crate) removed: u64,
    /// The clock that a new world begins with.
    pub(crate) clock: WorldClock,
    /// The number of times that a simulator was started from this state.
    pub(crate) starts: u64,
    /// The generator of the simulator's own request ids when it was closed, or `None` if it is running or was killed.
    #[serde(with = "serial::optional_hex")]
    pub(crate) closed: Option<u64>,
}
