use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::event::EventType;
use crate::id::EventId;

/// Which events to list, and which page of them. Without any filter: the ten newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListEvents {
    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// Only those that every webhook has taken, or only those that some has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_success: Option<bool>,
    /// The page of newer ones that ends just before this one. Not together with `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<EventId>,
    /// How many in a page, from 1 to 100. Absent: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<EventId>,
    /// Only those of this type, in which `*` stands for any text. Not together with `types`.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Only those of these types, at most 20. Not together with `type_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<EventType>>,
}

impl ListEvents {
    /// No filter, first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    pub fn created(mut self, created: impl Into<CreatedFilter>) -> Self {
        self.created = Some(created.into());
        self
    }

    /// Only those that every webhook has taken, or only those that some has not.
    pub fn delivery_success(mut self, delivery_success: bool) -> Self {
        self.delivery_success = Some(delivery_success);
        self
    }

    /// The page of newer ones that ends just before this one. Not together with `starting_after`.
    pub fn ending_before(mut self, ending_before: impl Into<EventId>) -> Self {
        self.ending_before = Some(ending_before.into());
        self
    }

    /// How many in a page, from 1 to 100. Absent: 10.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    pub fn starting_after(mut self, starting_after: impl Into<EventId>) -> Self {
        self.starting_after = Some(starting_after.into());
        self
    }

    /// Only those of this type, in which `*` stands for any text. Not together with `types`.
    #[doc(alias = "type")]
    pub fn type_(mut self, type_: impl Into<String>) -> Self {
        self.type_ = Some(type_.into());
        self
    }

    /// Only those of these types, at most 20. Not together with `type_`.
    pub fn types(mut self, types: impl IntoIterator<Item = impl Into<EventType>>) -> Self {
        self.types = Some(types.into_iter().map(Into::into).collect());
        self
    }
}
