//! What the README says of programs, done as written.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod curl;
mod quickstart;
mod readme;
