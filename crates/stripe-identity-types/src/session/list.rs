use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::id::{CustomerAccountId, CustomerId, VerificationSessionId};
use crate::sensitive::Sensitive;
use crate::session::VerificationSessionStatus;

/// Which sessions to list, and which page of them. Without any filter: the ten newest.
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
#[non_exhaustive]
pub struct ListVerificationSessions {
    /// Only those that you created with this reference of yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_reference_id: Option<Sensitive<String>>,
    /// Only those created then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The page of newer sessions that ends just before this one. Not together with `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<VerificationSessionId>,
    /// How many in a page, from 1 to 100. Absent: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only those about this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_customer: Option<CustomerId>,
    /// Only those about this customer, where customers are accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_customer_account: Option<CustomerAccountId>,
    /// The page of older sessions that begins just after this one. Not together with `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<VerificationSessionId>,
    /// Only those that stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<VerificationSessionStatus>,
}

impl ListVerificationSessions {
    /// No filter, first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those that you created with this reference of yours.
    pub fn client_reference_id(mut self, reference: impl Into<String>) -> Self {
        self.client_reference_id = Some(Sensitive::new(reference.into()));
        self
    }

    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    pub fn created(mut self, created: impl Into<CreatedFilter>) -> Self {
        self.created = Some(created.into());
        self
    }

    /// The page of newer sessions that ends just before this one.
    pub fn ending_before(mut self, session: impl Into<VerificationSessionId>) -> Self {
        self.ending_before = Some(session.into());
        self
    }

    /// How many in a page, from 1 to 100.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Only those about this customer.
    pub fn related_customer(mut self, customer: impl Into<CustomerId>) -> Self {
        self.related_customer = Some(customer.into());
        self
    }

    /// Only those about this customer, where customers are accounts.
    pub fn related_customer_account(mut self, customer: impl Into<CustomerAccountId>) -> Self {
        self.related_customer_account = Some(customer.into());
        self
    }

    /// The page of older sessions that begins just after this one.
    pub fn starting_after(mut self, session: impl Into<VerificationSessionId>) -> Self {
        self.starting_after = Some(session.into());
        self
    }

    /// Only those that stand there.
    pub fn status(mut self, status: impl Into<VerificationSessionStatus>) -> Self {
        self.status = Some(status.into());
        self
    }
}
