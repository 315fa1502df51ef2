//! The commands of the docs, run as written.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod curl;
mod guide;
mod quickstart;
