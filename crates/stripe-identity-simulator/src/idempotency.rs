//! What idempotency keys were answered with.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use stripe_identity_core::headers::IDEMPOTENT_REPLAYED;
use stripe_identity_core::types::Timestamp;

use crate::key::Key;
use crate::sessions::has_passed;
use crate::simulator::Parameters;

const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whose idempotency key it is. A secret key must not get what a restricted one was answered with.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) account: Option<String>,
    pub(crate) key: Key,
    pub(crate) idempotency_key: String,
}

/// Which request it was: its route, its parameters in whatever order, and its file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(request: &http::Request<Bytes>, parameters: &Parameters) -> Self {
        let mut pairs: Vec<_> = form_urlencoded::parse(&parameters.form).collect();
        // Of one name, the order matters: in a list, or where the last one counts.
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        let file = parameters.file.as_ref().map(|file| (&file.filename, &file.contents));
        let mut hasher = DefaultHasher::new();
        (request.method(), request.uri().path(), pairs, file).hash(&mut hasher);
        Self(hasher.finish())
    }
}

pub(crate) struct Reply {
    given: Timestamp,
    fingerprint: Fingerprint,
    response: http::Response<Bytes>,
}

impl Reply {
    /// The same answer to the same request, or `None` if it is another.
    pub(crate) fn again(&self, fingerprint: Fingerprint) -> Option<http::Response<Bytes>> {
        (self.fingerprint == fingerprint).then(|| {
            let mut response = self.response.clone();
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
            response
        })
    }
}

/// The answers of the last 24 hours.
#[derive(Default)]
pub(crate) struct Replies {
    by_entry: HashMap<Entry, Reply>,
    /// The oldest first.
    given: VecDeque<(Timestamp, Entry)>,
}

impl Replies {
    pub(crate) fn get(&self, entry: &Entry, now: Timestamp) -> Option<&Reply> {
        self.by_entry.get(entry).filter(|reply| !has_passed(LIFE, reply.given, now))
    }

    /// Forgets the answers that speak of an object.
    pub(crate) fn forget(&mut self, id: &str) {
        let speaks_of_it =
            |reply: &Reply| reply.response.body().windows(id.len()).any(|window| window == id.as_bytes());
        self.by_entry.retain(|_, reply| id.is_empty() || !speaks_of_it(reply));
    }

    pub(crate) fn insert(
        &mut self,
        entry: Entry,
        fingerprint: Fingerprint,
        response: http::Response<Bytes>,
        now: Timestamp,
    ) {
        while let Some((given, _)) = self.given.front()
            && has_passed(LIFE, *given, now)
            && let Some((given, entry)) = self.given.pop_front()
        {
            // A key that was used again after a day has a younger answer, which stays.
            if self.by_entry.get(&entry).is_some_and(|reply| reply.given == given) {
                self.by_entry.remove(&entry);
            }
        }
        self.given.push_back((now, entry.clone()));
        self.by_entry.insert(entry, Reply { given: now, fingerprint, response });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_for_a_day_and_not_longer() {
        let mut replies = Replies::default();
        let entry = |number: i64| Entry { account: None, key: Key::Secret, idempotency_key: number.to_string() };
        let hour = |hour: i64| Timestamp::from_secs(hour * 60 * 60);
        for number in 0..100 {
            replies.insert(entry(number), Fingerprint(0), http::Response::new(Bytes::new()), hour(number));
        }
        assert!(replies.get(&entry(76), hour(99)).is_some());
        assert!(replies.get(&entry(75), hour(99)).is_none());
        assert_eq!((replies.by_entry.len(), replies.given.len()), (24, 24));
        // Used again after a day, a key has the younger answer's life.
        replies.insert(entry(0), Fingerprint(1), http::Response::new(Bytes::new()), hour(100));
        assert!(replies.get(&entry(0), hour(123)).is_some());
    }
}
