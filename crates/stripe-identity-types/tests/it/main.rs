//! Tests the models with made-up objects in the form of the API.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod api_errors;
mod drift;
mod fixtures;
mod json;
mod shapes;
mod state;
mod stored;
mod view;
