//! How endpoints are written down: each says once what it is called with, where it goes and what comes back.

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

/// A list that can be walked through.
macro_rules! lists {
    ($($list:ident: $item:ident,)+) => { $(
        impl $crate::paging::ListEndpoint for types::$list {
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
