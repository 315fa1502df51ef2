use serde::{Deserialize, Serialize};
use stripe_identity_core::types::Sensitive;

/// The state of a session's page that is not part of the session.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Visit {
    /// The URL that the user returns to in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) return_url: Option<Sensitive<String>>,
    /// The origin of the page that opened the session in a dialog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opener: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<LastUrl>,
}

/// The last URL of the session that is no longer valid.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastUrl {
    url: Sensitive<String>,
    end: UrlEnd,
}

/// The reason why a URL is no longer valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UrlEnd {
    /// The user submitted. If they used the form, this is the id of the request in response to which it was shown.
    Used(Option<String>),
    Expired,
    Canceled,
}

impl Visit {
    pub(crate) fn is_empty(&self) -> bool {
        self.return_url.is_none() && self.opener.is_none() && self.last.is_none()
    }

    /// Remembers a URL that is no longer valid.
    pub(crate) fn end(&mut self, url: Option<Sensitive<String>>, end: UrlEnd) {
        if let Some(url) = url {
            self.last = Some(LastUrl { url, end });
        }
    }

    /// Returns why a URL is no longer valid, if it is the last such URL.
    pub(crate) fn end_of(&self, url: &str) -> Option<&UrlEnd> {
        self.last.as_ref().filter(|last| *last.url.expose() == url).map(|last| &last.end)
    }

    /// Sets the rendering of the form with which the user submitted.
    pub(crate) fn submitted_at(&mut self, rendering: Option<String>) {
        if let Some(LastUrl { end: UrlEnd::Used(at), .. }) = &mut self.last {
            *at = rendering;
        }
    }

    /// Removes the data of others, and keeps only why the last URL is no longer valid.
    pub(crate) fn redact(&mut self) {
        (self.return_url, self.opener) = (None, None);
        self.submitted_at(None);
    }
}
