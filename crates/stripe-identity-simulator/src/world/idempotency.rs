//! What requests with an idempotency key were responded with.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use stripe_identity_core::headers::IDEMPOTENT_REPLAYED;
use stripe_identity_core::types::Sensitive;

use crate::key::KeyKind;
use crate::parameters::Parameters;
use crate::time::Time;

pub(crate) const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whose idempotency key it is. A secret key must not get what a restricted one was responded with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) account: Option<String>,
    pub(crate) key: KeyKind,
    pub(crate) idempotency_key: Sensitive<String>,
}

/// Which request it was: its route, its parameters in whatever order, and its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(request: &Request<Bytes>, parameters: &Parameters) -> Self {
        let mut pairs: Vec<_> = form_urlencoded::parse(&parameters.form).collect();
        // Of one name, the order matters: in a list, or where the last one counts.
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        let file = parameters.file.as_ref().map(|file| (&file.filename, &file.contents));
        let mut hasher = DefaultHasher::new();
        (request.method(), request.uri().path(), pairs, file).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The response to a request, which is given again to the byte.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) lapses: Time,
    pub(crate) fingerprint: Fingerprint,
    /// The id of the object that it shows.
    pub(crate) object: Option<String>,
    pub(crate) response: Response<Bytes>,
}

impl Stored {
    /// Returns the same response to the same request, or `None` if it is another.
    pub(crate) fn replay(&self, fingerprint: Fingerprint) -> Option<Response<Bytes>> {
        (self.fingerprint == fingerprint).then(|| {
            let mut response = self.response.clone();
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
            response
        })
    }
}

/// The responses of the last 24 hours.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    by_entry: HashMap<Entry, Stored>,
    /// Those that show an object, by its id.
    by_object: HashMap<String, HashSet<Entry>>,
    /// How large the bodies are together.
    bytes: usize,
}

impl Responses {
    pub(crate) fn get(&self, entry: &Entry) -> Option<&Stored> {
        self.by_entry.get(entry)
    }

    pub(crate) fn insert(&mut self, entry: Entry, stored: Stored) {
        if let Some(id) = &stored.object {
            self.by_object.entry(id.clone()).or_default().insert(entry.clone());
        }
        self.bytes += stored.response.body().len();
        self.by_entry.insert(entry, stored);
    }

    pub(crate) fn len(&self) -> usize {
        self.by_entry.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn remove(&mut self, entry: &Entry) -> Option<Stored> {
        let stored = self.by_entry.remove(entry)?;
        self.bytes -= stored.response.body().len();
        Some(stored)
    }

    /// Removes a response that has lapsed, unless the key was used again since that was scheduled.
    pub(crate) fn lapse(&mut self, entry: &Entry, now: Time) {
        if self.by_entry.get(entry).is_none_or(|stored| stored.lapses > now) {
            return;
        }
        let object = self.remove(entry).and_then(|stored| stored.object);
        if let Some(id) = object
            && let Some(entries) = self.by_object.get_mut(&id)
        {
            entries.remove(entry);
            if entries.is_empty() {
                self.by_object.remove(&id);
            }
        }
    }

    /// Removes the responses that show an object.
    pub(crate) fn forget(&mut self, id: &str) {
        for entry in self.by_object.remove(id).unwrap_or_default() {
            self.remove(&entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn many_responses_of_one_object_lapse_without_looking_at_each_other() {
        const MANY: usize = 30_000;
        let start = Instant::now();
        let (mut responses, now) = (Responses::default(), Time::of_system());
        let entry = |number: usize| {
            let idempotency_key = Sensitive::new(number.to_string());
            Entry { account: None, key: KeyKind::Secret, idempotency_key }
        };
        for number in 0..MANY {
            let (fingerprint, response) = (Fingerprint(0), Response::new(Bytes::from_static(b"12")));
            let stored = Stored { lapses: now, fingerprint, object: Some("vs_1".to_owned()), response };
            responses.insert(entry(number), stored);
        }
        assert_eq!((responses.len(), responses.bytes()), (MANY, 2 * MANY));
        (1..MANY).rev().for_each(|number| responses.lapse(&entry(number), now));
        assert_eq!((responses.len(), responses.bytes()), (1, 2));
        responses.forget("vs_1");
        assert!(responses.len() == 0 && responses.bytes() == 0 && responses.by_object.is_empty());
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
