//! Calls and webhooks by this workspace, and parts of a call.

mod calls;
mod parts;
mod setup;
mod webhook;

use crate::round::{Failure, Round};

/// Returns the round of a task, or `None` if there is no such task.
pub(crate) fn round(task: &str, url: &str) -> Result<Option<Round>, Failure> {
    Ok(match task {
        "webhook" => Some(webhook::round()?),
        _ => match calls::round(task, url)? {
            None => parts::round(task, url)?,
            call => call,
        },
    })
}
