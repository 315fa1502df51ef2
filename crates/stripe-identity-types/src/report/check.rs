use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

open_enum! {
    /// How one check of a report came out.
    pub enum ReportStatus {
        /// It failed; its `error` says why.
        Unverified = "unverified",
        /// It passed.
        Verified = "verified",
    }
}

/// Why one check failed. Each check has codes of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
#[non_exhaustive]
pub struct ReportError<C> {
    /// The reason for programs.
    #[serde(default = "Option::default")]
    pub code: Option<C>,
    /// The reason for people, in English, fit to be shown to the user.
    #[serde(default)]
    pub reason: Option<String>,
}

impl<C> ReportError<C> {
    /// An error with its code and its text.
    pub fn new(code: C, reason: Option<String>) -> Self {
        Self { code: Some(code), reason }
    }
}
