//! Where the worlds of a simulator are kept besides its memory.

use serde::{Deserialize, Serialize};

use crate::serial;
use crate::unwritten::Unwritten;
use crate::world::{Row, World, WorldClock};

/// Keeps what worlds consist of. Each call is one transaction: all of it is kept, or nothing.
pub(crate) trait Keeper: Send + Sync {
    /// Puts and deletes rows of worlds, which have numbers here.
    fn write(&self, worlds: &[(u32, Vec<Row<'_>>)]) -> Result<(), Unwritten>;

    /// Puts worlds, with their names, in place of all that is kept under their numbers, or deletes that.
    fn replace(&self, worlds: &[(u32, Option<(&str, &World)>)]) -> Result<(), Unwritten>;

    /// Puts what concerns all worlds. If it cannot be written now, the next transaction writes it.
    fn write_whole(&self, whole: &Whole);
}

/// What concerns all worlds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whole {
    #[serde(with = "serial::hex")]
    pub(crate) seed: u64,
    /// How many worlds were removed.
    pub(crate) removed: u64,
    /// The clock that a new world begins with.
    pub(crate) clock: WorldClock,
    /// How often a simulator has begun with what is kept.
    pub(crate) starts: u64,
    /// Where the simulator's own request ids were when it ended, or `None` if it has not ended, or not by itself.
    #[serde(with = "serial::optional_hex")]
    pub(crate) closed: Option<u64>,
}
