//! What can be called.

#[macro_use]
mod declare;
pub mod ephemeral_keys;
pub mod events;
pub mod file_links;
pub mod files;
pub mod raw;
mod route;
pub mod thin_events;
pub mod verification_reports;
pub mod verification_sessions;

use serde::Serialize;
use stripe_identity_types as types;

pub use crate::decode::FromResponse;
pub(crate) use route::is_plain;
pub use route::{Host, Route};

/// One thing that can be called: its route, parameters and response, said once.
///
/// Clients, the simulator and checks all read it from here. The endpoints of this crate are in the modules beside it;
/// with an endpoint of your own, [`Client::call`](crate::Client::call) reaches a part of Stripe's API that this crate
/// does not know. For a single request, [`Client::raw`](crate::Client::raw) takes fewer words.
///
/// ```
/// use stripe_identity_core::endpoint::{Endpoint, Route};
///
/// struct RetrieveBalance;
///
/// impl Endpoint for RetrieveBalance {
///     const ROUTE: Route = Route::get("/v1/balance");
///     type Params = ();
///     type Response = serde_json::Value;
///     type Expand = &'static str;
///
///     fn params(&self) -> &() {
///         &()
///     }
/// }
/// ```
pub trait Endpoint {
    /// Where calls go, unless [`route`](Self::route) says otherwise.
    const ROUTE: Route;

    /// What comes before a path to expand: `data.` for lists.
    const EXPAND_PREFIX: &'static str = "";

    /// The parameters; `()` for none.
    type Params: Serialize;

    /// What a successful response holds: any model that serde reads from JSON, or [`FileContents`](files::FileContents).
    type Response: FromResponse;

    /// What of the response can be expanded.
    type Expand: AsRef<str>;

    /// Where this call goes.
    fn route(&self) -> Route {
        Self::ROUTE
    }

    /// The id for the path, if the path has one.
    fn id(&self) -> Option<&str> {
        None
    }

    /// The parameters. They go to the query, or to the body of a `POST`.
    fn params(&self) -> &Self::Params;

    /// A file to send along, which makes the body `multipart/form-data`.
    fn file(&self) -> Option<FilePart<'_>> {
        None
    }
}

/// An endpoint that changes something, whose calls carry an idempotency key.
pub trait WriteEndpoint: Endpoint {}

/// A file in a body of several parts.
#[derive(Clone, Copy)]
pub struct FilePart<'a> {
    /// The parameter that it is.
    pub name: &'static str,
    /// Its file name.
    pub filename: &'a str,
    /// Its media type.
    pub content_type: &'a str,
    /// Its contents.
    pub contents: &'a [u8],
}

impl std::fmt::Debug for FilePart<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilePart").field("name", &self.name).finish_non_exhaustive()
    }
}

lists! {
    ListEvents: Event,
    ListFileLinks: FileLink,
    ListFiles: File,
    ListVerificationReports: VerificationReport,
    ListVerificationSessions: VerificationSession,
}

/// The routes of all endpoints in the modules beside this.
pub const ROUTES: &[Route] = &[
    ephemeral_keys::Create::ROUTE,
    ephemeral_keys::Delete::ROUTE,
    <types::ListEvents as Endpoint>::ROUTE,
    events::Retrieve::ROUTE,
    <types::CreateFileLink as Endpoint>::ROUTE,
    <types::ListFileLinks as Endpoint>::ROUTE,
    file_links::Retrieve::ROUTE,
    file_links::Update::ROUTE,
    files::Create::ROUTE,
    files::Download::ROUTE,
    <types::ListFiles as Endpoint>::ROUTE,
    files::Retrieve::ROUTE,
    thin_events::Retrieve::ROUTE,
    <types::ListVerificationReports as Endpoint>::ROUTE,
    verification_reports::Retrieve::ROUTE,
    verification_sessions::Cancel::ROUTE,
    <types::CreateVerificationSession as Endpoint>::ROUTE,
    <types::ListVerificationSessions as Endpoint>::ROUTE,
    verification_sessions::Redact::ROUTE,
    verification_sessions::Retrieve::ROUTE,
    verification_sessions::Update::ROUTE,
];
