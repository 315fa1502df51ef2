//! From a request to the world that it is for, or to all of them.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};

use super::whole::{self, Whole};
use super::{Simulator, is_same_origin, lock};
use crate::key::{self, Credentials};
use crate::refusal::Refusal;
use crate::response;
use crate::time::Time;
use crate::world::{Incoming, Target};

impl Simulator {
    /// Responds to one request, as Stripe would.
    #[expect(clippy::needless_pass_by_value, reason = "a server is done with a request that it has responded to")]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let real = Time::of_system();
        if let Some(whole) = whole::find(request.method(), request.uri().path()) {
            let done = self.scope_of(&request, whole, real).and_then(|scoped| (whole.handler)(&scoped, &request));
            return self.complete(done.unwrap_or_else(Refusal::into_response), &request);
        }
        let target = Target::of(request.method(), request.uri().path());
        match self.find(&request, target.as_ref(), real) {
            Ok((place, caller)) => {
                let base_url = self.base_url(&request);
                let reply = self.with(&place, real, |world| {
                    world.handle(Incoming { request: &request, target, caller, base_url: &base_url, real })
                });
                match reply {
                    Ok(reply) => {
                        if let Some(id) = &reply.missing_id {
                            self.note_other_world(&place, id, real);
                        }
                        reply.response
                    }
                    Err(unwritten) => self.complete(Refusal::failed(&unwritten).into_response(), &request),
                }
            }
            Err(refusal) => self.complete(refusal.into_response(), &request),
        }
    }

    /// Adds the headers to a response that comes from no world.
    fn complete(&self, mut response: Response<Bytes>, request: &Request<Bytes>) -> Response<Bytes> {
        let request_id = lock(&self.shared.request_ids).id("req_");
        response::complete(&mut response, request, &request_id);
        response
    }

    /// Returns a handle to the worlds that a request to the whole simulator concerns: that of its key, or all of them.
    fn scope_of(&self, request: &Request<Bytes>, whole: &Whole, real: Time) -> Result<Self, Refusal> {
        let all = Self { shared: self.shared.clone(), scope: None };
        if whole.is_open {
            return Ok(all);
        }
        if !is_same_origin(request) {
            return Err(Refusal::another_site());
        }
        match key::credentials(request.headers().get(AUTHORIZATION))? {
            None => Ok(all),
            Some(Credentials::Key { world, .. }) => Ok(Self { scope: Some(self.named(&world, real)?), ..all }),
            Some(Credentials::Ephemeral(_)) => Err(Refusal::ephemeral_key()),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::ORIGIN;
    use serde_json::Value;

    use super::*;

    fn get(stripe: &Simulator, path: &str, headers: &[(http::HeaderName, &str)]) -> (u16, Value) {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(name, *value));
        let response = stripe.handle(request.body(Bytes::new()).unwrap());
        assert!(response.headers().contains_key("request-id"));
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    #[test]
    fn health_is_open_to_all() {
        let stripe = Simulator::new();
        stripe.world("sk_test_a").unwrap();
        for headers in [vec![], vec![(AUTHORIZATION, "Bearer sk_live_x")], vec![(ORIGIN, "http://evil.test")]] {
            let (status, health) = get(&stripe, "/_simulator/health", &headers);
            assert_eq!((status, &health["status"], &health["worlds"]), (200, &"ok".into(), &1.into()));
            assert_eq!(health["pid"], std::process::id());
            assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
        }
    }
}
