//! What can be called.

/// An endpoint that is its own parameters.
macro_rules! own_params {
    ($( $(#[$meta:meta])* $name:ident = $method:ident $host:ident $path:literal -> $response:ty,
        expand $($prefix:literal)? $expand:ty; )+) => { $(
        $(#[$meta])*
        impl $crate::endpoint::Endpoint for $name {
            const ROUTE: $crate::endpoint::Route =
                $crate::endpoint::Route::new(http::Method::$method, $crate::endpoint::Host::$host, $path);
            $( const EXPAND_PREFIX: &'static str = $prefix; )?
            type Params = Self;
            type Response = $response;
            type Expand = $expand;

            fn params(&self) -> &Self {
                self
            }
        }
    )+ };
}

/// An endpoint with an id in its path, and perhaps with parameters.
macro_rules! by_id {
    ($( $(#[$meta:meta])* $name:ident($id:ty $(, $params:ty)?) = $method:ident $host:ident $path:literal -> $response:ty,
        expand $expand:ty; )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            id: $id,
            params: by_id!(@type $($params)?),
        }

        impl $name {
            /// The call for one of them.
            pub fn new(id: impl Into<$id> $(, changes: $params)?) -> Self {
                Self { id: id.into(), params: by_id!(@new changes $($params)?) }
            }
        }

        impl $crate::endpoint::Endpoint for $name {
            const ROUTE: $crate::endpoint::Route =
                $crate::endpoint::Route::new(http::Method::$method, $crate::endpoint::Host::$host, $path);
            type Params = by_id!(@type $($params)?);
            type Response = $response;
            type Expand = $expand;

            fn id(&self) -> Option<&str> {
                Some(self.id.as_str())
            }

            fn params(&self) -> &Self::Params {
                &self.params
            }
        }
    )+ };
    (@type) => { () };
    (@type $params:ty) => { $params };
    (@new $value:ident) => { () };
    (@new $value:ident $params:ty) => { $value };
}

pub mod ephemeral_keys;
pub mod events;
pub mod file_links;
pub mod files;
pub mod raw;
mod route;
pub mod verification_reports;
pub mod verification_sessions;

use serde::Serialize;
use stripe_identity_types as types;

pub use crate::decode::FromResponse;
use crate::paging::ListEndpoint;
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

macro_rules! lists {
    ($($list:ident: $item:ident,)+) => { $(
        impl ListEndpoint for types::$list {
            type Item = types::$item;

            fn is_backwards(&self) -> bool {
                self.ending_before.is_some() && self.starting_after.is_none()
            }

            fn go_on_from(&mut self, id: &<types::$item as types::HasId>::Id) {
                let cursor = if self.is_backwards() { &mut self.ending_before } else { &mut self.starting_after };
                *cursor = Some(id.clone());
            }
        }
    )+ };
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
    <types::ListVerificationReports as Endpoint>::ROUTE,
    verification_reports::Retrieve::ROUTE,
    verification_sessions::Cancel::ROUTE,
    <types::CreateVerificationSession as Endpoint>::ROUTE,
    <types::ListVerificationSessions as Endpoint>::ROUTE,
    verification_sessions::Redact::ROUTE,
    verification_sessions::Retrieve::ROUTE,
    verification_sessions::Update::ROUTE,
];
