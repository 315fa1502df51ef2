use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{EphemeralKey, Sensitive, Timestamp};

use crate::world::rows::Kind;
use crate::world::store::Record;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredKey {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Box<str>>,
    /// Without its secret, which only the response to its creation shows.
    pub(crate) key: EphemeralKey,
    pub(crate) secret: Sensitive<String>,
    pub(crate) session: String,
}

impl Record for StoredKey {
    const KIND: Kind = Kind::EphemeralKey;
    const NAME: &'static str = "ephemeral key";
    const PARAM: &'static str = "key";

    fn id(&self) -> &str {
        self.key.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.key.created.unwrap_or(Timestamp::from_secs(0))
    }

    fn complete(&mut self, now: Timestamp) {
        self.key.created.get_or_insert(now);
    }
}
