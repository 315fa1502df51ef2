//! What a world has written of itself that is no record.

/// What was last written of that which is no record.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(super) before: Wholes,
    /// What is to be written now.
    pub(super) latest: Wholes,
    /// How many files were made.
    pub(super) files: u64,
    /// Whether also what passes by itself is to be written.
    pub(super) with_passing: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Wholes {
    /// The world without what passes by itself.
    pub(super) stable_world: Vec<u8>,
    pub(super) world: Vec<u8>,
    pub(super) plans: Vec<u8>,
    pub(super) faults: Vec<u8>,
    pub(super) disorder: Vec<u8>,
}
