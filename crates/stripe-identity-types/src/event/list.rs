use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::event::EventType;
use crate::id::EventId;
use crate::list::cursor_setters;

/// The parameters of `GET /v1/events`, which lists events, newest first.
///
/// Without parameters, Stripe returns the ten newest.
///
/// ```
/// use stripe_identity_types::{EventType, ListEvents};
///
/// let params = ListEvents::new()
///     .types([EventType::VerificationSessionVerified, EventType::VerificationSessionCanceled])
///     .delivery_success(false)
///     .limit(100);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct ListEvents {
    /// Only objects that were created at this time: in one second, or in a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// Only events that every webhook endpoint has confirmed (`true`), or that some endpoint has
    /// not (`false`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_success: Option<bool>,
    /// The object just after the page, in the order newest first. Cannot be combined with
    /// `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<EventId>,
    /// The number of objects in a page, from 1 to 100. Defaults to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The object just before the page, in the order newest first. Cannot be combined with
    /// `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<EventId>,
    /// Only events of this type, in which `*` stands for any text. Cannot be combined with `types`.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Only events of these types, at most 20. Cannot be combined with `type_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<EventType>>,
}

cursor_setters!(ListEvents, EventId);

impl ListEvents {
    /// Selects events that every webhook endpoint has confirmed (`true`), or that some endpoint has
    /// not (`false`).
    pub fn delivery_success(mut self, delivery_success: bool) -> Self {
        self.delivery_success = Some(delivery_success);
        self
    }

    /// Selects events of this type, in which `*` stands for any text. Cannot be combined with
    /// `types`.
    #[doc(alias = "type")]
    pub fn type_(mut self, type_: impl Into<String>) -> Self {
        self.type_ = Some(type_.into());
        self
    }

    /// Selects events of these types, at most 20. Cannot be combined with `type_`.
    pub fn types(mut self, types: impl IntoIterator<Item = impl Into<EventType>>) -> Self {
        self.types = Some(types.into_iter().map(Into::into).collect());
        self
    }
}
