//! The macro that declares an endpoint, once and in one place.

/// Declares the endpoints of a resource and a table of their routes, `ROUTES`.
///
/// The keys come in this order: `method`, `host` (defaults to `Api`), `path`, `id` (the type of the
/// id in the path), `params` (defaults to `()`), `file` (a function from the parameters to the file
/// to upload), `response` (a model) or `page` (the model of the objects of a list), and `expand`
/// (defaults to `String`).
macro_rules! endpoints {
    ($( $(#[$meta:meta])* $name:ident {
        method: $method:ident,
        $(host: $host:ident,)?
        path: $path:literal,
        $(id: $id:ty,)?
        $(params: $params:ty,)?
        $(file: $file:path,)?
        $(response: $response:ty,)?
        $(page: $item:ty,)?
        $(expand: $expand:ty,)?
    } )+) => {
        $(
            $(#[$meta])*
            #[doc = concat!("\n\nThe route is `", stringify!($method), " ", $path, "`.")]
            #[derive(Clone, Debug)]
            pub struct $name {
                $(id: $id,)?
                params: endpoints!(@or ($($params)?) ()),
            }

            impl $name {
                #[doc = concat!("The route of the endpoint: `", stringify!($method), " ", $path, "`.")]
                pub const ROUTE: $crate::endpoint::Route = $crate::endpoint::Route::new(
                    http::Method::$method,
                    endpoints!(@or ($($crate::endpoint::Host::$host)?) $crate::endpoint::Host::Api),
                    $path,
                );

                #[doc = concat!("Creates a request to `", stringify!($method), " ", $path, "`.")]
                ///
                /// [`Client::call`](crate::Client::call) makes a call of it.
                #[allow(clippy::redundant_field_names, reason = "an endpoint without parameters has no such variable")]
                pub fn new($(id: impl Into<$id>,)? $(params: $params)?) -> Self {
                    Self { $(id: Into::<$id>::into(id),)? params: endpoints!(@params $(params: $params)?) }
                }
            }

            impl $crate::endpoint::Endpoint for $name {
                $(const EXPAND_PREFIX: &'static str = endpoints!(@instead ($item) "data.");)?
                type Params = endpoints!(@or ($($params)?) ());
                type Response = endpoints!(@or ($($response)? $($crate::page::Page<$item>)?) ());
                type Expand = endpoints!(@or ($($expand)?) String);

                fn route(&self) -> $crate::endpoint::Route {
                    Self::ROUTE
                }

                $(fn id(&self) -> Option<&str> {
                    let id: &$id = &self.id;
                    Some(id.as_str())
                })?

                fn params(&self) -> &Self::Params {
                    &self.params
                }

                $(fn file(&self) -> Option<$crate::endpoint::FilePart<'_>> {
                    Some($file(&self.params))
                })?
            }

            $(impl $crate::endpoint::ListEndpoint for $name {
                type Item = $item;

                fn is_backwards(&self) -> bool {
                    self.params.ending_before.is_some() && self.params.starting_after.is_none()
                }

                fn set_cursor(&mut self, id: &<$item as stripe_identity_types::HasId>::Id) {
                    let cursor = if $crate::endpoint::ListEndpoint::is_backwards(self) {
                        &mut self.params.ending_before
                    } else {
                        &mut self.params.starting_after
                    };
                    *cursor = Some(id.clone());
                }
            })?
        )+

        pub(crate) const ROUTES: &[$crate::endpoint::Route] = &[$($name::ROUTE),+];
    };
    (@or () $($default:tt)+) => { $($default)+ };
    (@or ($($value:tt)+) $($default:tt)+) => { $($value)+ };
    (@instead ($item:ty) $value:literal) => { $value };
    (@params) => { () };
    (@params $params:ident: $type:ty) => { $params };
}

pub(crate) use endpoints;
