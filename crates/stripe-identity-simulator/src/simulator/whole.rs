//! The endpoints that concern the whole simulator, or a world as a whole.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::json;
use stripe_identity_core::endpoint::Route;

#[cfg(feature = "metrics")]
use super::scrape;
use super::{Simulator, index, overview, requests};
use crate::face::overview::OVERVIEW;
use crate::face::{self, SCRIPT};
use crate::import_error::ImportError;
use crate::lines::MEDIA_TYPE;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::router::{Router, is_control};
use crate::world::Target;

/// Handles a request on a handle to the world of its key, or to all worlds if it has no key.
type Handler = fn(&Simulator, &Request<Bytes>) -> Result<Response<Bytes>, Refusal>;

/// An endpoint of the whole simulator, with its handler.
pub(super) struct Whole {
    pub(super) route: Route,
    /// Whether the endpoint accepts any key and any origin.
    pub(super) is_open: bool,
    /// Whether the journal ignores it, so that it does not fill with requests that only read.
    pub(super) is_quiet: bool,
    /// Whether it is a page for a browser.
    is_page: bool,
    pub(super) handler: Handler,
}

impl Whole {
    fn new(route: Route, handler: Handler) -> Self {
        Self { route, is_open: false, is_quiet: false, is_page: false, handler }
    }

    fn open(self) -> Self {
        Self { is_open: true, ..self }
    }

    /// A page of the overview. The server guards it like the control API.
    fn page(self) -> Self {
        Self { is_page: true, ..self.open().quiet() }
    }

    /// Returns the response to a request: an error is a page for a browser, and JSON for other clients.
    pub(super) fn respond(&self, result: Result<Response<Bytes>, Refusal>) -> Response<Bytes> {
        if self.is_page {
            return result.unwrap_or_else(|refusal| face::closed(refusal.status(), refusal.message()));
        }
        result.unwrap_or_else(Refusal::into_response)
    }

    fn quiet(self) -> Self {
        Self { is_quiet: true, ..self }
    }
}

fn rows() -> impl IntoIterator<Item = Whole> {
    [
        Whole::new(Route::get("/_simulator"), list_controls).quiet(),
        Whole::new(Route::get("/_simulator/"), list_controls).quiet(),
        Whole::new(Route::get("/_simulator/health"), health).open().quiet(),
        Whole::new(Route::get(OVERVIEW), overview::all).page(),
        Whole::new(Route::get("/_simulator/worlds/{world}"), overview::world).page(),
        Whole::new(Route::get("/_simulator/sessions/{session}"), overview::session).page(),
        Whole::new(Route::get(SCRIPT), script).open().quiet(),
        #[cfg(feature = "metrics")]
        Whole::new(Route::get("/_simulator/metrics"), scrape::metrics).quiet(),
        Whole::new(Route::get("/_simulator/requests"), requests::list).quiet(),
        Whole::new(Route::delete("/_simulator/requests"), requests::clear).quiet(),
        Whole::new(Route::post("/_simulator/verify"), requests::verify).quiet(),
        Whole::new(Route::post("/_simulator/reset"), reset),
        Whole::new(Route::get("/_simulator/export"), export),
        Whole::new(Route::post("/_simulator/import"), import),
    ]
}

static ROUTER: LazyLock<Router<Whole>> =
    LazyLock::new(|| Router::new(rows().into_iter().map(|row| (row.route.clone(), row)).collect()));

/// Returns the routes of the control API.
fn controls() -> Vec<Route> {
    let of_whole = rows().into_iter().map(|row| row.route).filter(|route| is_control(route.template()));
    // With a slash at the end, the endpoint is the same.
    of_whole.filter(|route| !route.template().ends_with('/')).chain(Target::controls()).collect()
}

/// Finds the endpoint of a request, or returns `None` if the request concerns a single world.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static Whole> {
    // A quick check first, since most requests are to other endpoints.
    (is_control(path) || path == SCRIPT || path == OVERVIEW)
        .then(|| ROUTER.find(method, path).map(|(whole, _)| whole))?
}

#[expect(clippy::unnecessary_wraps, reason = "all handlers are of one type")]
fn list_controls(_: &Simulator, _: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    Ok(Body::Contents(index::text(&controls()).into(), "text/plain; charset=utf-8").into_response())
}

#[expect(clippy::unnecessary_wraps, reason = "all handlers are of one type")]
fn health(simulator: &Simulator, _: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let health = json!({
        "object": "simulator.health",
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "worlds": simulator.places().len(),
        "pid": std::process::id(),
    });
    Ok(Body::from(health).into_response())
}

#[expect(clippy::unnecessary_wraps, reason = "all handlers are of one type")]
fn script(_: &Simulator, _: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    Ok(face::script())
}

fn reset(simulator: &Simulator, _: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    simulator.reset().map_err(|error| Refusal::failed(&error))?;
    Ok(Body::from(json!({ "done": true })).into_response())
}

fn export(simulator: &Simulator, _: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let mut lines = Vec::new();
    simulator.export(&mut lines).map_err(|error| Refusal::failed(&error))?;
    Ok(Body::Contents(lines.into(), MEDIA_TYPE).into_response())
}

fn import(simulator: &Simulator, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let imported = simulator.import(&request.body()[..]).map_err(|error| match error {
        ImportError::Line { .. } | ImportError::TooManyWorlds => Refusal::bad_import(&error),
        error => Refusal::failed(&error),
    })?;
    let imported = json!({ "object": "simulator.import", "worlds": imported.worlds, "records": imported.records });
    Ok(Body::from(imported).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_has_each_request_of_the_control_api_and_no_other() {
        for route in controls() {
            let count = index::ABOUT.iter().filter(|about| about.is_of(&route)).count();
            assert_eq!(count, 1, "{} {}", route.method(), route.template());
        }
        assert_eq!(index::ABOUT.len(), controls().len());
    }

    #[test]
    fn index_needs_no_key_and_no_slash() {
        let stripe = Simulator::new();
        for path in ["/_simulator", "/_simulator/"] {
            let response = stripe.handle(Request::get(path).body(Bytes::new()).unwrap());
            assert_eq!(response.status(), 200, "{path}");
            let text = String::from_utf8(response.into_body().to_vec()).unwrap();
            assert!(text.contains("\nPOST /_simulator/clock/advance\n    seconds\n"), "{text}");
        }
    }

    #[test]
    fn error_for_unknown_request_names_the_index() {
        let stripe = Simulator::new();
        for (method, path) in [("GET", "/_simulator/clocks"), ("GET", "/_simulator/verify"), ("PUT", "/_simulator")] {
            let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
            let response = stripe.handle(request);
            assert_eq!(response.status(), 404, "{path}");
            let text = String::from_utf8(response.into_body().to_vec()).unwrap();
            assert!(text.contains("GET /_simulator lists"), "{text}");
        }
    }
}
