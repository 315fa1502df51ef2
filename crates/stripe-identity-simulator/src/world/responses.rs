//! The stored responses to requests with an idempotency key.

use bytes::Bytes;
use http::{HeaderValue, Response};
use stripe_identity_core::headers::IDEMPOTENT_REPLAYED;

use crate::refusal::Refusal;
use crate::world::idempotency::{Entry, Fingerprint};
use crate::world::record::response::{OBJECT, StoredResponse};
use crate::world::store::Store;

/// The responses of the last 24 hours.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    stored: Store<StoredResponse>,
    /// The total size of the bodies.
    bytes: usize,
}

impl Responses {
    /// Returns whether there is a response for this key.
    pub(crate) fn has(&self, entry: &Entry) -> bool {
        self.stored.place(entry.as_str()).is_some()
    }

    /// Returns the stored response for this key, or a refusal if it belongs to a different request. Returns `None` if
    /// there is no response for the key.
    pub(crate) fn replay(&self, entry: &Entry, fingerprint: Fingerprint) -> Option<Result<Response<Bytes>, Refusal>> {
        let stored = self.stored.get(entry.as_str())?;
        if stored.fingerprint != fingerprint {
            return Some(Err(Refusal::idempotency_mismatch(entry.idempotency_key())));
        }
        let mut response = stored.to_response();
        response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        Some(Ok(response))
    }

    /// Stores a response, and returns its place.
    pub(crate) fn insert(&mut self, stored: StoredResponse) -> u64 {
        self.bytes += stored.body_len();
        self.stored.insert(stored)
    }

    pub(crate) fn len(&self) -> usize {
        self.stored.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Removes the response at a place, if there is one.
    pub(crate) fn remove(&mut self, place: u64) {
        if let Some(stored) = self.stored.remove(place) {
            self.bytes -= stored.body_len();
        }
    }

    /// Removes the responses that show an object.
    pub(crate) fn forget(&mut self, id: &str) {
        let places: Vec<_> = self.stored.having(None, OBJECT, id).collect();
        for place in places {
            self.remove(place);
        }
    }

    pub(crate) fn store(&self) -> &Store<StoredResponse> {
        &self.stored
    }

    pub(crate) fn store_mut(&mut self) -> &mut Store<StoredResponse> {
        &mut self.stored
    }

    /// Restores a stored response. Returns `false` if its place, its time or its key does not fit those before it.
    pub(crate) fn restore(&mut self, place: u64, stored: StoredResponse) -> bool {
        self.bytes += stored.body_len();
        self.stored.restore(place, stored)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use stripe_identity_core::types::Timestamp;

    use super::*;
    use crate::key::KeyKind;

    #[test]
    fn many_responses_with_one_object_are_removed_in_linear_time() {
        const MANY: usize = 30_000;
        let start = Instant::now();
        let (mut responses, now) = (Responses::default(), Timestamp::from_secs(0));
        let places: Vec<_> = (0..MANY)
            .map(|number| {
                let entry = Entry::new(None, KeyKind::Secret, &number.to_string());
                let response = Response::new(Bytes::from_static(b"12"));
                responses.insert(StoredResponse::new(entry, now, Fingerprint(0), Some("vs_1".into()), &response))
            })
            .collect();
        assert_eq!((responses.len(), responses.bytes()), (MANY, 2 * MANY));
        places.iter().skip(1).rev().for_each(|place| responses.remove(*place));
        assert_eq!((responses.len(), responses.bytes()), (1, 2));
        responses.forget("vs_1");
        assert!(responses.len() == 0 && responses.bytes() == 0);
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn response_is_replayed_only_to_its_account_kind_of_key_and_request() {
        let entry = |account, key| Entry::new(account, key, "key");
        let mut responses = Responses::default();
        let (stored, response) = (entry(Some("acct_1"), KeyKind::Secret), Response::new(Bytes::new()));
        responses.insert(StoredResponse::new(stored.clone(), Timestamp::from_secs(0), Fingerprint(1), None, &response));
        assert!(responses.replay(&stored, Fingerprint(1)).unwrap().is_ok());
        assert!(responses.replay(&stored, Fingerprint(2)).unwrap().is_err());
        for other in [entry(None, KeyKind::Secret), entry(Some("acct_1"), KeyKind::Restricted)] {
            assert!(responses.replay(&other, Fingerprint(1)).is_none() && !responses.has(&other));
        }
        assert_eq!(stored.idempotency_key(), "key");
    }
}
