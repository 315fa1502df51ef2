//! Objects as JSON.

use serde_json::Value;
use stripe_identity_core::types::{FileLink, Sensitive, Timestamp};

/// Returns a model as JSON. The models serialize without fail, since the keys of their maps are strings.
pub(crate) fn to_json(model: &impl serde::Serialize) -> Value {
    serde_json::to_value(model).unwrap_or_default()
}

/// Returns a time in the format of Stripe's v2 API.
pub(crate) fn v2_time(time: Timestamp) -> String {
    time.to_string().replace('Z', ".000Z")
}

/// Returns the URL of a path under a base URL.
pub(crate) fn under(base_url: &str, path: &str) -> String {
    format!("{base_url}{path}")
}

/// Replaces the path that is stored as a URL by the full URL.
pub(crate) fn show_url(url: &mut Option<Sensitive<String>>, base_url: &str) {
    *url = url.take().map(|path| Sensitive::new(under(base_url, path.expose())));
}

/// Returns a link as it is shown. An expired link has no URL.
pub(crate) fn file_link(link: &FileLink, base_url: &str) -> FileLink {
    let mut link = link.clone();
    if link.expired == Some(true) {
        link.url = None;
    }
    show_url(&mut link.url, base_url);
    link
}
