//! The state of a world that is not in records, as it was last written.

/// The state of a world that is not in records, as it was last written and as it is to be written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(super) before: Wholes,
    /// The state to write now.
    pub(super) latest: Wholes,
    /// The number of files that were created by the last write.
    pub(super) files: u64,
    /// Whether to write also the time of a running clock and the ids of requests.
    pub(super) with_passing: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Wholes {
    /// The world without the time of a running clock and the ids of requests.
    pub(super) stable_world: Vec<u8>,
    pub(super) world: Vec<u8>,
    pub(super) plans: Vec<u8>,
    pub(super) faults: Vec<u8>,
    pub(super) disorder: Vec<u8>,
}
