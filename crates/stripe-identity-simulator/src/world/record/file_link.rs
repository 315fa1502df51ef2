use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{FileId, FileLink, Timestamp};

use crate::world::rows::Kind;
use crate::world::store::Record;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredLink {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Box<str>>,
    /// Its URL is a path. It stays while the link is expired, since the link may become valid again.
    pub(crate) link: FileLink,
    pub(crate) file: FileId,
}

impl Record for StoredLink {
    const KIND: Kind = Kind::FileLink;
    const NAME: &'static str = "file link";
    const PARAM: &'static str = "link";

    fn id(&self) -> &str {
        self.link.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.link.created.unwrap_or(Timestamp::from_secs(0))
    }

    fn complete(&mut self, now: Timestamp) {
        self.link.created.get_or_insert(now);
        self.link.livemode.get_or_insert(false);
        self.link.expired.get_or_insert(false);
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("file", self.file.as_str());
        each("expired", if self.is_expired() { "true" } else { "false" });
    }
}

impl StoredLink {
    /// Sets whether the link is expired at this time.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.link.expired = Some(self.link.expires_at.is_some_and(|expires_at| expires_at <= now));
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.link.expired == Some(true)
    }
}

/// The path of the contents behind a link, before its token.
pub(crate) const LINKS: &str = "/links/";
