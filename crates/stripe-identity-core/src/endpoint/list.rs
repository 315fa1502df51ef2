use serde::de::DeserializeOwned;
use stripe_identity_types::HasId;

use super::Endpoint;
use crate::page::Page;

/// An endpoint that returns a list, page by page.
///
/// [`Call::pages`](crate::Call::pages) and `items()` walk through the list. Your own endpoint
/// needs a model with an id:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use stripe_identity_core::endpoint::{Endpoint, ListEndpoint, Route};
/// use stripe_identity_core::types::HasId;
/// # use stripe_identity_core::{BlockingClient, Error, Page};
///
/// #[derive(Debug, Deserialize)]
/// struct Customer {
///     id: String,
/// }
///
/// impl HasId for Customer {
///     type Id = String;
///
///     fn id(&self) -> &String {
///         &self.id
///     }
/// }
///
/// #[derive(Clone, Default, Serialize)]
/// struct ListCustomers {
///     #[serde(skip_serializing_if = "Option::is_none")]
///     starting_after: Option<String>,
/// }
///
/// impl Endpoint for ListCustomers {
///     const EXPAND_PREFIX: &'static str = "data.";
///     type Params = Self;
///     type Response = Page<Customer>;
///     type Expand = &'static str;
///
///     fn route(&self) -> Route {
///         Route::get("/v1/customers")
///     }
///
///     fn params(&self) -> &Self {
///         self
///     }
/// }
///
/// impl ListEndpoint for ListCustomers {
///     type Item = Customer;
///
///     fn is_backwards(&self) -> bool {
///         false
///     }
///
///     fn set_cursor(&mut self, id: &String) {
///         self.starting_after = Some(id.clone());
///     }
/// }
///
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// for customer in client.call(ListCustomers::default()).items() {
///     println!("{}", customer?.id);
/// }
/// # Ok(())
/// # }
/// ```
pub trait ListEndpoint: Endpoint<Response = Page<Self::Item>, Expand: Clone + Unpin> + Clone + Unpin {
    /// The type of the listed objects.
    type Item: HasId<Id: AsRef<str>> + DeserializeOwned + Send + Unpin + 'static;

    /// Returns whether the pages lead from older objects to newer ones: `true` if the parameters have
    /// `ending_before` and not `starting_after`.
    fn is_backwards(&self) -> bool;

    /// Sets the last object before the next page, in the direction of the pages: `ending_before` if the
    /// list is backwards, `starting_after` if not.
    fn set_cursor(&mut self, id: &<Self::Item as HasId>::Id);
}
