//! The URL of a simulator.

use std::fmt;

use http::Uri;

/// `http://HOST:PORT`.
#[derive(Clone, Debug)]
pub(super) struct Url {
    pub(super) host: String,
    pub(super) port: u16,
}

pub(super) fn parse(text: &str) -> Result<Url, String> {
    let parsed = || {
        let url: Uri = text.parse().ok()?;
        let authority = url.authority()?.as_str();
        let is_plain = url.scheme_str() == Some("http") && url.path() == "/" && url.query().is_none();
        let host = url.host().filter(|host| is_plain && !host.is_empty() && !authority.contains('@'))?;
        Some(Url { host: host.to_owned(), port: url.port_u16().unwrap_or(80) })
    };
    parsed().ok_or_else(|| "expected http://HOST:PORT, the URL that the simulator has printed".to_owned())
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}
