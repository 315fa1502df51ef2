//! The way of a request to its world, or to the whole simulator.

use std::sync::Arc;
#[cfg(feature = "server")]
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};

use super::whole::{self, Whole};
use super::{Place, Simulator, is_same_origin, lock};
use crate::journal::names::Names;
use crate::journal::{Draft, RequestKind};
use crate::key::{self, Credentials};
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::response;
use crate::time::Time;
use crate::world::{Access, Incoming, Reply, Target};

/// The size up to which a body is read only for the journal.
const LARGEST_READ_FOR_NAMES: usize = 64 * 1024;

impl Simulator {
    /// Responds to a request, as Stripe would.
    ///
    /// Every request gets a response, with a request id. A [fault](crate::Fault) that damages the response has no
    /// effect here: [`SimulatorTransport`](crate::SimulatorTransport) and [`Server`](crate::Server) carry it out.
    #[expect(clippy::needless_pass_by_value, reason = "a server is done with a request that it has responded to")]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (real, start) = (Time::of_system(), Instant::now());
        if let Some(whole) = whole::find(request.method(), request.uri().path()) {
            return self.handle_whole(&request, whole, real, start);
        }
        let target = Target::of(request.method(), request.uri().path());
        let mut draft = Draft::new(&request, real);
        if let Some(target) = &target {
            draft.set_endpoint(kind_of(target.row.access), target.row.route.template());
        }
        match self.find(&request, target.as_ref(), real) {
            Ok((place, caller)) => {
                let base_url = self.base_url(&request);
                let reply = self.with(&place, real, |world| {
                    let now = world.now();
                    let id = target.as_ref().map(|target| target.id.as_str()).filter(|id| !id.is_empty());
                    draft.set_world(place.shown.clone(), world.tag(), id);
                    let incoming = Incoming { request: &request, target, caller, base_url: &base_url, real };
                    // Numbered under the lock, so that numbers follow the order in which requests take effect.
                    (world.handle(incoming), now, self.next_number())
                });
                let (reply, now, number) = match reply {
                    Ok(reply) => reply,
                    Err(unwritten) => {
                        draft.set_world(place.shown.clone(), "", None);
                        return self.fail(Some(&place), draft, Refusal::failed(&unwritten), &request, start);
                    }
                };
                if let Some(id) = &reply.missing_id {
                    self.note_other_world(&place, id, real);
                }
                let Reply { response, request_id, mut trace, .. } = reply;
                draft.set_names(names(&request, trace.form.take()));
                draft.set_request_id(request_id);
                draft.set_trace(trace, now);
                self.record(Some(&place), draft.done(&response, number, start.elapsed()));
                response
            }
            Err(refusal) => self.fail(None, draft, refusal, &request, start),
        }
    }

    /// Responds with an error to a request that no world has responded to.
    fn fail(
        &self,
        place: Option<&Arc<Place>>,
        mut draft: Draft,
        refusal: Refusal,
        request: &Request<Bytes>,
        start: Instant,
    ) -> Response<Bytes> {
        draft.set_names(names(request, None));
        draft.set_error(Some(refusal.shown()));
        let access = Access::of(Target::of(request.method(), request.uri().path()).as_ref());
        let (response, request_id) = self.complete(access.respond(Err(refusal)), request);
        draft.set_request_id(Some(request_id));
        self.record(place, draft.done(&response, self.next_number(), start.elapsed()));
        response
    }

    /// Responds to a request that concerns the whole simulator.
    fn handle_whole(
        &self,
        request: &Request<Bytes>,
        whole: &'static Whole,
        real: Time,
        start: Instant,
    ) -> Response<Bytes> {
        let scoped = self.scope_of(request, whole, real);
        let place = scoped.as_ref().ok().and_then(|scoped| scoped.scope.clone());
        let result = scoped.and_then(|scoped| (whole.handler)(&scoped, request));
        let (took_effect, error) = (result.is_ok(), result.as_ref().err().map(Refusal::shown));
        let (response, request_id) = self.complete(whole.respond(result), request);
        if !whole.is_quiet {
            let mut draft = Draft::new(request, real);
            draft.set_endpoint(RequestKind::Control, whole.route.template());
            if let Some(place) = &place {
                draft.set_world(place.shown.clone(), "", None);
            }
            // The body is not always a form.
            draft.set_names(Names::of(request.uri().query().unwrap_or_default().as_bytes()));
            draft.set_request_id(Some(request_id));
            draft.set_error(error);
            draft.set_took_effect(took_effect);
            self.record(place.as_ref(), draft.done(&response, self.next_number(), start.elapsed()));
        }
        response
    }

    /// Responds to a request that a server refuses without reading it.
    #[cfg(feature = "server")]
    pub(crate) fn refuse(&self, request: &Request<Bytes>, refusal: Refusal) -> Response<Bytes> {
        let mut draft = Draft::new(request, Time::of_system());
        let (method, path) = (request.method(), request.uri().path());
        draft.set_error(Some(refusal.shown()));
        let response = if let Some(whole) = whole::find(method, path) {
            draft.set_endpoint(RequestKind::Control, whole.route.template());
            whole.respond(Err(refusal))
        } else {
            let target = Target::of(method, path);
            if let Some(target) = &target {
                draft.set_endpoint(kind_of(target.row.access), target.row.route.template());
            }
            Access::of(target.as_ref()).respond(Err(refusal))
        };
        self.record(None, draft.done(&response, self.next_number(), Duration::ZERO));
        response
    }

    /// Adds the headers to a response that comes from no world. Returns the response and its request id.
    fn complete(&self, mut response: Response<Bytes>, request: &Request<Bytes>) -> (Response<Bytes>, String) {
        let request_id = lock(&self.shared.request_ids).id("req_");
        response::complete(&mut response, request, &request_id);
        (response, request_id)
    }

    /// Returns a handle to the worlds that a request to the whole simulator concerns: the world of its key, or all
    /// worlds.
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

fn kind_of(access: Access) -> RequestKind {
    match access {
        Access::Key => RequestKind::Api,
        Access::Control => RequestKind::Control,
        Access::Link | Access::Page | Access::Opener => RequestKind::Link,
    }
}

/// Returns the names of the parameters. If the handler has not parsed them, a large body is skipped, since parsing it
/// would take too long.
fn names(request: &Request<Bytes>, form: Option<Bytes>) -> Names {
    let read = || Parameters::of(request).ok().map(|parameters| parameters.form);
    let form = form.or_else(|| if request.body().len() <= LARGEST_READ_FOR_NAMES { read() } else { None });
    form.map(|form| Names::of(&form)).unwrap_or_default()
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
    fn health_needs_no_key_and_no_origin() {
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
