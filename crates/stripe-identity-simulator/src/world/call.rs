use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use stripe_identity_core::endpoint::Route;
use stripe_identity_core::types::{EventRequest, Timestamp};

use crate::form::Form;
use crate::key::KeyKind;
use crate::multipart::UploadedFile;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::settings::SensitiveReads;
use crate::time::Time;
use crate::world::expand::Expanded;

/// A request to an endpoint, as its handler receives it.
pub(crate) struct Call<'a> {
    pub(crate) route: &'static Route,
    /// The id in the path, or an empty string if the route has none.
    pub(crate) id: String,
    pub(crate) form: Form,
    pub(crate) upload: Option<UploadedFile>,
    /// The images of a document and a selfie, with the names of their parameters.
    pub(crate) images: Vec<(String, Bytes)>,
    pub(crate) expanded: Expanded,
    pub(crate) account: Option<&'a str>,
    pub(crate) key: KeyKind,
    /// The `Origin` header of a browser.
    pub(crate) origin: Option<String>,
    pub(crate) sensitive_reads: SensitiveReads,
    pub(crate) has_version: bool,
    /// The request, as the events that it causes name it.
    pub(crate) request: &'a EventRequest,
    /// The base URL of the server, as the client sees it.
    pub(crate) base_url: &'a str,
    /// The world's time, and the machine's.
    pub(crate) now: Timestamp,
    pub(crate) real: Time,
}

/// The time after its collection in which every restricted key may read sensitive data.
const RECENT: Duration = Duration::from_secs(48 * 60 * 60);

impl Call<'_> {
    /// Refuses a key that must not read sensitive data that was collected at this time, or not yet.
    pub(crate) fn must_read_sensitive(&self, collected: Option<Timestamp>) -> Result<(), Refusal> {
        let age = collected.map(|collected| self.now.as_secs().saturating_sub(collected.as_secs()));
        let is_recent = age.is_none_or(|age| u64::try_from(age).is_ok_and(|age| age < RECENT.as_secs()));
        let is_allowed = match self.sensitive_reads {
            SensitiveReads::All => true,
            SensitiveReads::Recent => is_recent,
            SensitiveReads::None => false,
        };
        match self.key {
            KeyKind::Restricted if is_allowed => Ok(()),
            KeyKind::Restricted => Err(Refusal::sensitive_reads()),
            _ => Err(Refusal::permission()),
        }
    }

    /// Creates the body with a page of a list.
    pub(crate) fn list(&self, (data, has_more): (Vec<impl Serialize>, bool)) -> Body {
        Body::of_list(&List { object: "list", data, has_more, url: self.route.template() })
    }
}

#[derive(Serialize)]
struct List<T> {
    object: &'static str,
    data: Vec<T>,
    has_more: bool,
    url: &'static str,
}
