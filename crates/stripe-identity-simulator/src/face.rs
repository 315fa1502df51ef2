//! The pages for a browser, and the script that opens one in a dialog. This module knows no world: the caller passes in
//! everything that a page shows.

pub(crate) mod form;
pub(crate) mod overview;
pub(crate) mod state;

use std::sync::LazyLock;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    REFRESH, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use sha2::{Digest as _, Sha256};

use self::state::StatePage;

/// The path of the script of the dialog.
pub(crate) const SCRIPT: &str = "/v3/";

const STYLE: &str = include_str!("face/style.css");
/// The script of a page in a dialog.
const FRAME_SCRIPT: &str = include_str!("face/frame.js");
const DIALOG_SCRIPT: &str = include_str!("face/dialog.js");

static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| source_of(STYLE));
static FRAME_SCRIPT_SOURCE: LazyLock<String> = LazyLock::new(|| source_of(FRAME_SCRIPT));

/// Returns the source expression of an inline style or script, for a Content-Security-Policy.
fn source_of(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// The pages that may show a page in a frame.
#[derive(Default)]
pub(crate) struct Bounds<'a> {
    /// The origin of the page that shows it in a dialog, or `None` if no page may show it.
    pub(crate) opener: Option<&'a str>,
}

impl Bounds<'_> {
    fn policy(&self) -> String {
        let (script, ancestors) = match self.opener {
            Some(opener) => (FRAME_SCRIPT_SOURCE.as_str(), opener),
            None => ("'none'", "'none'"),
        };
        let style = STYLE_SOURCE.as_str();
        format!(
            "default-src 'none'; style-src {style}; script-src {script}; img-src data:; form-action 'self'; \
             frame-ancestors {ancestors}; base-uri 'none'"
        )
    }
}

/// Returns a page.
pub(crate) fn page(status: StatusCode, page: &impl Template, bounds: &Bounds<'_>) -> Response<Bytes> {
    // Writing to a string cannot fail, and no value of a page returns an error.
    let html = page.render().unwrap_or_default();
    let mut response = Response::new(Bytes::from(html));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
    set(&mut response, CONTENT_SECURITY_POLICY, &bounds.policy());
    if bounds.opener.is_none() {
        set(&mut response, X_FRAME_OPTIONS, "DENY");
    }
    private(response)
}

/// Makes a page refresh after `seconds`: to a URL, or to its own URL if there is none.
pub(crate) fn refreshing(mut response: Response<Bytes>, seconds: u64, url: Option<&str>) -> Response<Bytes> {
    let url = url.map(|url| format!(";url={url}")).unwrap_or_default();
    set(&mut response, REFRESH, &format!("{seconds}{url}"));
    response
}

/// Redirects to another page.
pub(crate) fn see_other(location: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    set(&mut response, LOCATION, location);
    private(response)
}

/// Returns the page for a refused request, with the reason.
pub(crate) fn refused(status: StatusCode, reason: &str) -> Response<Bytes> {
    let state = if status == StatusCode::NOT_FOUND { StatePage::nowhere() } else { StatePage::refused(reason) };
    page(status, &state, &Bounds::default())
}

/// Returns the page in place of an overview that is not shown, with the reason. With the status 401, a browser asks for
/// a password.
pub(crate) fn closed(status: StatusCode, reason: &str) -> Response<Bytes> {
    let state = StatePage {
        title: "The overview is not shown",
        tone: "bad",
        paragraphs: vec![reason.to_owned()],
        ..StatePage::default()
    };
    let mut response = page(status, &state, &Bounds::default());
    if status == StatusCode::UNAUTHORIZED {
        set(
            &mut response,
            WWW_AUTHENTICATE,
            "Basic realm=\"the simulator's token is the password\", charset=\"UTF-8\"",
        );
    }
    response
}

/// Lets pages of every origin read a response.
pub(crate) fn open_to_all(mut response: Response<Bytes>) -> Response<Bytes> {
    set(&mut response, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    private(response)
}

/// Returns the script that opens pages in a dialog.
pub(crate) fn script() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(DIALOG_SCRIPT.as_bytes()));
    set(&mut response, CONTENT_TYPE, "text/javascript; charset=utf-8");
    set(&mut response, HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    private(response)
}

fn private(mut response: Response<Bytes>) -> Response<Bytes> {
    set(&mut response, CACHE_CONTROL, "no-store");
    set(&mut response, REFERRER_POLICY, "no-referrer");
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn set(response: &mut Response<Bytes>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_names_the_origin_that_may_frame_the_page() {
        let alone = Bounds::default().policy();
        for part in ["default-src 'none'", "script-src 'none'", "form-action 'self';", "frame-ancestors 'none'"] {
            assert!(alone.contains(part), "{alone}");
        }
        let policy = Bounds { opener: Some("http://localhost:3000") }.policy();
        for part in ["script-src 'sha256-", "form-action 'self';", "frame-ancestors http://localhost:3000;"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"));
    }
}
