use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::encode::{is_plain_segment, push_escaped};
use crate::error::{Error, InvalidInput};

/// A method, a host and a path, in which one segment may stand for an id.
///
/// ```
/// use stripe_identity_core::endpoint::{Host, Route};
///
/// const CLOSE: Route = Route::post("/v1/widgets/{widget}/close");
/// assert_eq!((CLOSE.host(), CLOSE.template()), (Host::Api, "/v1/widgets/{widget}/close"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    method: Method,
    host: Host,
    template: Cow<'static, str>,
    query: Option<String>,
}

/// One of Stripe's hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// `api.stripe.com`, for nearly everything.
    Api,
    /// `files.stripe.com`, for the contents of files.
    Files,
}

impl Route {
    /// Creates a route. The template is an absolute path such as `/v1/files/{file}`, without a query.
    ///
    /// A template that is not plain segments, or that has more than one `{name}`, is refused when a
    /// call is made.
    pub const fn new(method: Method, host: Host, template: &'static str) -> Self {
        Self { method, host, template: Cow::Borrowed(template), query: None }
    }

    /// Creates a route for a `GET` on the API's host.
    pub const fn get(template: &'static str) -> Self {
        Self::new(Method::GET, Host::Api, template)
    }

    /// Creates a route for a `POST` on the API's host.
    pub const fn post(template: &'static str) -> Self {
        Self::new(Method::POST, Host::Api, template)
    }

    /// Creates a route for a `DELETE` on the API's host.
    pub const fn delete(template: &'static str) -> Self {
        Self::new(Method::DELETE, Host::Api, template)
    }

    pub(crate) fn raw(method: Method, path: String, query: Option<String>) -> Self {
        Self { method, host: Host::Api, template: Cow::Owned(path), query }
    }

    /// Returns the method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the host.
    pub fn host(&self) -> Host {
        self.host
    }

    /// Returns the path, with `{name}` for the segment that is an id.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns the template if it is a constant, and `/` otherwise. A path that was built at run time
    /// may hold personal data, and is not logged.
    pub(crate) fn static_template(&self) -> &'static str {
        match self.template {
            Cow::Borrowed(template) => template,
            Cow::Owned(_) => "/",
        }
    }

    /// Returns the id in the path of a request, decoded, or `None` if the request does not match this
    /// route. The id is empty if the route has none.
    ///
    /// This is for servers that take the place of Stripe, such as a simulator.
    ///
    /// ```
    /// use stripe_identity_core::endpoint::Route;
    /// use stripe_identity_core::http::Method;
    ///
    /// let route = Route::post("/v1/widgets/{widget}/close");
    /// assert_eq!(route.matches(&Method::POST, "/v1/widgets/w%2F1/close").as_deref(), Some("w/1"));
    /// assert_eq!(route.matches(&Method::GET, "/v1/widgets/w_1/close"), None);
    /// ```
    pub fn matches(&self, method: &Method, path: &str) -> Option<String> {
        if self.method != *method {
            return None;
        }
        let mut id = String::new();
        let mut segments = path.split('/');
        for wanted in self.template.split('/') {
            let segment = segments.next()?;
            if wanted.starts_with('{') {
                id = percent_decode_str(segment).decode_utf8().ok().filter(|id| !id.is_empty())?.into_owned();
            } else if segment != wanted {
                return None;
            }
        }
        segments.next().is_none().then_some(id)
    }

    /// Returns the encoded query that comes before the parameters.
    pub(crate) fn query(&self) -> Result<&str, Error> {
        let query = self.query.as_deref().unwrap_or_default();
        // No server takes one of these for the end of the query or of the line.
        let is_query_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]".contains(&byte);
        if query.bytes().all(is_query_byte) { Ok(query) } else { Err(InvalidInput::MalformedPath.into()) }
    }

    /// Returns whether the path is one of the v2 API.
    pub(crate) fn is_v2(&self) -> bool {
        self.template.starts_with("/v2/")
    }

    /// Appends the path with the id in it. An id stays one segment, whatever it holds.
    pub(crate) fn append_path(&self, url: &mut String, id: Option<&str>) -> Result<(), Error> {
        let mut id = id;
        for segment in self.template.strip_prefix('/').ok_or(InvalidInput::MalformedPath)?.split('/') {
            let is_placeholder = segment.starts_with('{') && segment.ends_with('}');
            url.push('/');
            match id {
                Some(text) if is_placeholder => {
                    id = None;
                    if matches!(text, "" | "." | "..") {
                        return Err(InvalidInput::UnusableId.into());
                    }
                    push_escaped(url, text);
                }
                _ if is_plain_segment(segment) => url.push_str(segment),
                _ => return Err(InvalidInput::MalformedPath.into()),
            }
        }
        if id.is_some() { Err(InvalidInput::MalformedPath.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(template: &str, id: Option<&str>) -> Result<String, Error> {
        let mut path = String::new();
        Route::raw(Method::GET, template.to_owned(), None).append_path(&mut path, id)?;
        Ok(path)
    }

    #[test]
    fn matches_compares_method_and_every_segment() {
        let route = Route::post("/v1/widgets/{widget}/close");
        let id = |path| route.matches(&Method::POST, path);
        assert_eq!(id("/v1/widgets/w_1/close").as_deref(), Some("w_1"));
        assert_eq!(id("/v1/widgets/w%2F1%20%C3%A9/close").as_deref(), Some("w/1 é"));
        for path in [
            "/v1/widgets//close",
            "/v1/widgets/w_1",
            "/v1/widgets/w_1/close/",
            "/v1/widgets/w_1/close/x",
            "/v1/widgets/w_1/open",
            "/v2/widgets/w_1/close",
            "/v1/widgets/w/1/close",
            "/v1/widgets/%ff/close",
            "v1/widgets/w_1/close",
            "",
        ] {
            assert_eq!(id(path), None, "{path}");
        }
        for method in [Method::GET, Method::DELETE, Method::PUT] {
            assert_eq!(route.matches(&method, "/v1/widgets/w_1/close"), None, "{method}");
        }
        let without_id = Route::get("/v1/widgets");
        assert_eq!(without_id.matches(&Method::GET, "/v1/widgets").as_deref(), Some(""));
        assert_eq!(without_id.matches(&Method::GET, "/v1/widgets/w_1"), None);
    }

    #[test]
    fn placeholder_needs_both_brackets() {
        for template in ["/v1/{id", "/v1/id}", "/v1/a{id}", "/v1/{id}a"] {
            assert!(path(template, Some("vs_1")).is_err(), "{template}");
        }
        assert_eq!(path("/v1/{}", Some("vs_1")).unwrap(), "/v1/vs_1");
    }

    #[test]
    fn query_with_unsafe_characters_is_refused() {
        let query = |query: &str| {
            let route = Route::raw(Method::GET, "/v1/x".to_owned(), Some(query.to_owned()));
            route.query().map(str::to_owned).ok()
        };
        for text in ["", "a=1&b[c]=%20+x", "expand[0]=data.x", "a=https://x/?y"] {
            assert_eq!(query(text).as_deref(), Some(text));
        }
        for text in ["a b", "a#b", "a\r\nHost: x", "a\\b", "a\"b", "é", "a\0", "<>"] {
            assert_eq!(query(text), None, "{text:?}");
        }
    }

    #[test]
    fn id_stays_one_segment() {
        for (id, segment) in [
            ("vs_123", "vs_123"),
            ("a/b", "a%2Fb"),
            ("a?b=c", "a%3Fb%3Dc"),
            ("a#b", "a%23b"),
            ("a%2Fb", "a%252Fb"),
            ("a b\r\n", "a%20b%0D%0A"),
            ("é", "%C3%A9"),
            ("../x", "..%2Fx"),
            ("...", "..."),
            ("a\\b", "a%5Cb"),
        ] {
            assert_eq!(path("/v1/x/{id}/cancel", Some(id)).unwrap(), format!("/v1/x/{segment}/cancel"));
        }
    }

    #[test]
    fn id_that_would_leave_the_path_is_refused() {
        for id in ["", ".", ".."] {
            assert!(path("/v1/x/{id}", Some(id)).is_err(), "{id:?}");
        }
    }

    #[test]
    fn template_that_is_not_a_plain_path_is_refused() {
        for template in [
            "",
            "v1/x",
            "//host/x",
            "/v1/../x",
            "/v1/x?y",
            "/v1/x/",
            "/v1/\\x",
            "https://host/x",
            "/v1/%2e%2E/x",
            "/v1/%zz",
            "/v1/a%2fb",
            "/v1/x#y",
        ] {
            assert!(path(template, None).is_err(), "{template:?}");
        }
        assert_eq!(path("/v1/a%2Fb/x-1_~.", None).unwrap(), "/v1/a%2Fb/x-1_~.");
        assert!(path("/v1/x/{id}", None).is_err());
        assert!(path("/v1/x", Some("vs_1")).is_err());
        assert!(path("/v1/{a}/{b}", Some("vs_1")).is_err());
    }
}
