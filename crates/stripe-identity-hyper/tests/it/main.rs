//! `HyperTransport` against real sockets.
fn main() {}
