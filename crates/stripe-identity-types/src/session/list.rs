use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::id::{CustomerAccountId, CustomerId, VerificationSessionId};
use crate::list::cursor_setters;
use crate::sensitive::Sensitive;
use crate::session::status::VerificationSessionStatus;

/// The parameters of `GET /v1/identity/verification_sessions`, which lists sessions, newest first.
///
/// Without parameters, Stripe returns the ten newest.
///
/// ```
/// use stripe_identity_types::{CreatedFilter, ListVerificationSessions, Timestamp, VerificationSessionStatus};
///
/// let params = ListVerificationSessions::new()
///     .status(VerificationSessionStatus::Verified)
///     .created(CreatedFilter::new().gte(Timestamp::from_secs(1_793_000_000)))
///     .limit(100);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct ListVerificationSessions {
    /// Only sessions that were created with this reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_reference_id: Option<Sensitive<String>>,
    /// Only objects that were created at this time: in one second, or in a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The object just after the page, in the order newest first. Cannot be combined with
    /// `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<VerificationSessionId>,
    /// The number of objects in a page, from 1 to 100. Defaults to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only sessions about this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_customer: Option<CustomerId>,
    /// Only sessions about this customer, if your customers are accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_customer_account: Option<CustomerAccountId>,
    /// The object just before the page, in the order newest first. Cannot be combined with
    /// `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<VerificationSessionId>,
    /// Only sessions with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<VerificationSessionStatus>,
}

cursor_setters!(ListVerificationSessions, VerificationSessionId);

impl ListVerificationSessions {
    /// Selects sessions that were created with this reference.
    pub fn client_reference_id(mut self, reference: impl Into<String>) -> Self {
        self.client_reference_id = Some(Sensitive::new(reference.into()));
        self
    }

    /// Selects sessions about this customer.
    pub fn related_customer(mut self, customer: impl Into<CustomerId>) -> Self {
        self.related_customer = Some(customer.into());
        self
    }

    /// Selects sessions about this customer, if your customers are accounts.
    pub fn related_customer_account(mut self, customer: impl Into<CustomerAccountId>) -> Self {
        self.related_customer_account = Some(customer.into());
        self
    }

    /// Selects sessions with this status.
    pub fn status(mut self, status: impl Into<VerificationSessionStatus>) -> Self {
        self.status = Some(status.into());
        self
    }
}
