//! `UreqTransport` against real sockets.
fn main() {}
