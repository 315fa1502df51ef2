use serde::{Deserialize, Serialize};
use stripe_identity_core::types::Sensitive;

/// What the page of a session knows beyond the session.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Visit {
    /// Where the user goes in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) return_url: Option<Sensitive<String>>,
    /// The origin of the page that has opened the session in a dialog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opener: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<LastUrl>,
}

/// The URL of the session before the present one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastUrl {
    url: Sensitive<String>,
    end: UrlEnd,
}

/// How a URL came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UrlEnd {
    /// The user submitted. If they did so at the page, it was shown in response to this request.
    Used(Option<String>),
    Expired,
    Canceled,
}

impl Visit {
    pub(crate) fn is_empty(&self) -> bool {
        self.return_url.is_none() && self.opener.is_none() && self.last.is_none()
    }

    /// Remembers a URL that has come to its end.
    pub(crate) fn end(&mut self, url: Option<Sensitive<String>>, end: UrlEnd) {
        if let Some(url) = url {
            self.last = Some(LastUrl { url, end });
        }
    }

    /// Returns how a URL has come to its end, if it is the last that has.
    pub(crate) fn end_of(&self, url: &str) -> Option<&UrlEnd> {
        self.last.as_ref().filter(|last| *last.url.expose() == url).map(|last| &last.end)
    }

    /// Says at which rendering of the page the user submitted.
    pub(crate) fn submitted_at(&mut self, rendering: Option<String>) {
        if let Some(LastUrl { end: UrlEnd::Used(at), .. }) = &mut self.last {
            *at = rendering;
        }
    }

    /// Forgets what others have sent, and keeps only how the last URL has come to its end.
    pub(crate) fn redact(&mut self) {
        (self.return_url, self.opener) = (None, None);
        self.submitted_at(None);
    }
}
