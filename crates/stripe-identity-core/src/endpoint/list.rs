use serde::de::DeserializeOwned;
use stripe_identity_types::HasId;

use super::Endpoint;
use crate::page::Page;

/// An endpoint that returns a list, page by page.
pub trait ListEndpoint: Endpoint<Response = Page<Self::Item>, Expand: Clone + Unpin> + Clone + Unpin {
    /// The type of the listed objects.
    type Item: HasId<Id: AsRef<str>> + DeserializeOwned + Send + Unpin + 'static;

    /// Returns whether the pages lead from older objects to newer ones: the parameters have an end
    /// and no start.
    fn is_backwards(&self) -> bool;

    /// Sets the object after which the next page begins, in the direction of the pages.
    fn set_cursor(&mut self, id: &<Self::Item as HasId>::Id);
}
