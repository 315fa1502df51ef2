use crate::open_enum::open_enum;

open_enum! {
    /// The status of a session, as Stripe sends it.
    ///
    /// [`RequiresInput`](Self::RequiresInput) covers two states: a session that has not been
    /// started, and one whose last try failed.
    /// [`VerificationSession::state`](crate::VerificationSession::state) distinguishes them.
    pub enum VerificationSessionStatus {
        /// The session was canceled and accepts no more tries. Final.
        Canceled = "canceled",
        /// The user has submitted, and the checks are running. Most checks take less than a minute.
        Processing = "processing",
        /// The session waits for the user: it has not been started, or a try failed and another one
        /// is possible.
        RequiresInput = "requires_input",
        /// The checks passed. Final: a redaction does not change it.
        Verified = "verified",
    }
}
