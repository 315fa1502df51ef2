//! All endpoints, with their handlers.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Method, Response};
use stripe_identity_core::endpoint::{Endpoint, Route};
use stripe_identity_core::resources as client;
use stripe_identity_core::types::{FileExpand, FileLinkExpand, ReportExpand, SessionExpand};

use crate::face;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::router::Router;
use crate::world::call::Call;
use crate::world::state::State;
use crate::world::{api, control, users, webhook_control};

/// The callers of an endpoint, and the way in which a request to it names its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Callers with a key of Stripe's API, which names the world.
    Key,
    /// The test or the person that runs the simulator. A key or the id of an object names the world.
    Control,
    /// Callers with a link. The token in its path names the world.
    Link,
    /// Browsers with a link, whose response is a page. The token in its path names the world.
    Page,
    /// Pages of any origin. A publishable key in the body names the world.
    Opener,
}

impl Access {
    pub(crate) fn of(target: Option<&Target>) -> Self {
        target.map_or(Self::Key, |target| target.row.access)
    }

    /// Returns the response to a request, in the form that the caller expects.
    pub(crate) fn respond(self, result: Result<Response<Bytes>, Refusal>) -> Response<Bytes> {
        match self {
            Self::Page => result.unwrap_or_else(|refusal| face::refused(refusal.status(), refusal.message())),
            Self::Opener => face::open_to_all(result.unwrap_or_else(Refusal::into_response)),
            _ => result.unwrap_or_else(Refusal::into_response),
        }
    }
}

type Handler = fn(&mut State, &mut Call<'_>) -> Result<Body, Refusal>;

/// An endpoint, with its handler.
pub(crate) struct Row {
    pub(crate) route: Route,
    pub(crate) access: Access,
    /// Whether the endpoint has parameters besides `expand`.
    pub(crate) has_params: bool,
    pub(crate) expand_prefix: &'static str,
    pub(crate) expansions: Vec<&'static str>,
    pub(crate) handler: Handler,
}

impl Row {
    /// Creates the row of an endpoint that the client does not call. It has parameters, and nothing to expand.
    fn new(access: Access, route: Route, handler: Handler) -> Self {
        Self { route, access, has_params: true, expand_prefix: "", expansions: Vec::new(), handler }
    }

    /// Creates the row of an endpoint that the client declares.
    fn of_client<E: Endpoint<Expand: Expansions>>(route: Route, handler: Handler) -> Self {
        Self {
            // The parameters of an endpoint without any have the type `()`, the only one whose size is zero.
            has_params: size_of::<E::Params>() > 0,
            expand_prefix: E::EXPAND_PREFIX,
            expansions: E::Expand::known(),
            ..Self::new(Access::Key, route, handler)
        }
    }

    fn without_params(self) -> Self {
        Self { has_params: false, ..self }
    }
}

/// The paths that can be expanded in the response of an endpoint.
trait Expansions {
    fn known() -> Vec<&'static str>;
}

impl Expansions for String {
    fn known() -> Vec<&'static str> {
        Vec::new()
    }
}

macro_rules! expansions {
    ($($type:ident)+) => { $(
        impl Expansions for $type {
            fn known() -> Vec<&'static str> {
                $type::KNOWN.iter().map(AsRef::as_ref).collect()
            }
        }
    )+ };
}
expansions! { FileExpand FileLinkExpand ReportExpand SessionExpand }

macro_rules! of_client {
    ($($endpoint:ty => $handler:path;)+) => { [$(Row::of_client::<$endpoint>(<$endpoint>::ROUTE, $handler)),+] };
}

/// The endpoints that the client calls.
fn of_client() -> impl IntoIterator<Item = Row> {
    of_client! {
        client::ephemeral_keys::Create => api::ephemeral_keys::create;
        client::ephemeral_keys::Delete => api::ephemeral_keys::delete;
        client::events::List => api::events::list;
        client::events::Retrieve => api::events::retrieve;
        client::file_links::Create => api::file_links::create;
        client::file_links::List => api::file_links::list;
        client::file_links::Retrieve => api::file_links::retrieve;
        client::file_links::Update => api::file_links::update;
        client::files::Create => api::files::create;
        client::files::Download => api::files::download;
        client::files::List => api::files::list;
        client::files::Retrieve => api::files::retrieve;
        client::thin_events::Retrieve => api::events::retrieve_thin;
        client::verification_reports::List => api::verification_reports::list;
        client::verification_reports::Retrieve => api::verification_reports::retrieve;
        client::verification_sessions::Cancel => api::verification_sessions::cancel;
        client::verification_sessions::Create => api::verification_sessions::create;
        client::verification_sessions::List => api::verification_sessions::list;
        client::verification_sessions::Redact => api::verification_sessions::redact;
        client::verification_sessions::Retrieve => api::verification_sessions::retrieve;
        client::verification_sessions::Update => api::verification_sessions::update;
    }
}

/// The endpoints that only the simulator has.
fn of_simulator() -> impl IntoIterator<Item = Row> {
    use Access::{Control, Link};
    [
        Row::new(Link, Route::get("/links/{token}"), api::file_links::follow),
        Row::new(Control, Route::get("/_simulator/clock"), control::clock).without_params(),
        Row::new(Control, Route::post("/_simulator/clock"), control::set_clock),
        Row::new(Control, Route::post("/_simulator/clock/advance"), control::advance),
        Row::new(Control, Route::post("/_simulator/clock/next"), control::advance_to_next).without_params(),
        Row::new(Control, Route::post("/_simulator/clock/run_until_idle"), control::run_until_idle).without_params(),
        Row::new(Control, Route::get("/_simulator/settings"), control::settings).without_params(),
        Row::new(Control, Route::post("/_simulator/settings"), control::set_settings),
        Row::new(Control, Route::get("/_simulator/outcomes"), users::outcomes).without_params(),
        Row::new(Control, Route::get("/_simulator/plan"), users::plans).without_params(),
        Row::new(Control, Route::post("/_simulator/plan"), users::add_plan),
        Row::new(Control, Route::delete("/_simulator/plan"), users::clear_plans).without_params(),
        Row::new(Control, Route::post("/_simulator/verification_sessions/{session}/submit"), users::submit),
        Row::new(
            Control,
            Route::post("/_simulator/verification_sessions/{session}/start_processing"),
            users::start_processing,
        )
        .without_params(),
        Row::new(
            Control,
            Route::post("/_simulator/verification_sessions/{session}/finish_processing"),
            users::finish_processing,
        ),
        Row::new(
            Control,
            Route::post("/_simulator/verification_sessions/{session}/finish_redaction"),
            users::finish_redaction,
        )
        .without_params(),
        Row::new(Control, Route::get("/_simulator/faults"), control::faults::list).without_params(),
        Row::new(Control, Route::post("/_simulator/faults"), control::faults::add),
        Row::new(Control, Route::delete("/_simulator/faults"), control::faults::clear).without_params(),
        Row::new(Control, Route::get("/_simulator/faults/{fault}"), control::faults::retrieve).without_params(),
        Row::new(Control, Route::delete("/_simulator/faults/{fault}"), control::faults::remove).without_params(),
    ]
}

/// The pages of sessions, on their own and in a dialog of another page.
fn of_pages() -> impl IntoIterator<Item = Row> {
    use Access::{Opener, Page};
    use api::start;
    [
        Row::new(Page, Route::get("/start/{token}"), start::show),
        Row::new(Page, Route::post("/start/{token}"), start::submit),
        Row::new(Page, Route::get("/start/{token}/result"), start::result),
        Row::new(Opener, Route::post("/v3/verification_session"), start::open),
        Row::new(Page, Route::get("/v3/start/{token}"), start::show),
        Row::new(Page, Route::post("/v3/start/{token}"), start::submit),
        Row::new(Page, Route::get("/v3/start/{token}/result"), start::result),
    ]
}

/// The endpoints for webhooks. The client calls none of them.
fn of_webhooks() -> impl IntoIterator<Item = Row> {
    use Access::{Control, Key};
    use api::{event_destinations, events, webhook_endpoints};
    use webhook_control as control;
    [
        Row::new(Key, Route::post("/v1/events/{event}/retry"), events::retry),
        Row::new(Key, Route::post("/v1/webhook_endpoints"), webhook_endpoints::create),
        Row::new(Key, Route::get("/v1/webhook_endpoints"), webhook_endpoints::list),
        Row::new(Key, Route::get("/v1/webhook_endpoints/{webhook_endpoint}"), webhook_endpoints::retrieve)
            .without_params(),
        Row::new(Key, Route::post("/v1/webhook_endpoints/{webhook_endpoint}"), webhook_endpoints::update),
        Row::new(Key, Route::delete("/v1/webhook_endpoints/{webhook_endpoint}"), webhook_endpoints::delete)
            .without_params(),
        Row::new(Key, Route::post("/v2/core/event_destinations"), event_destinations::create),
        Row::new(Key, Route::get("/v2/core/event_destinations"), event_destinations::list),
        Row::new(Key, Route::get("/v2/core/event_destinations/{id}"), event_destinations::retrieve),
        Row::new(Key, Route::post("/v2/core/event_destinations/{id}"), event_destinations::update),
        Row::new(Key, Route::delete("/v2/core/event_destinations/{id}"), event_destinations::delete),
        Row::new(Key, Route::post("/v2/core/event_destinations/{id}/disable"), event_destinations::disable),
        Row::new(Key, Route::post("/v2/core/event_destinations/{id}/enable"), event_destinations::enable),
        Row::new(Control, Route::get("/_simulator/webhook_endpoints"), control::list).without_params(),
        Row::new(Control, Route::post("/_simulator/webhook_endpoints"), control::add),
        Row::new(
            Control,
            Route::post("/_simulator/webhook_endpoints/{webhook_endpoint}/roll_secret"),
            control::roll_secret,
        ),
        Row::new(Control, Route::get("/_simulator/deliveries"), control::list_deliveries),
        Row::new(Control, Route::get("/_simulator/disorder"), control::list_disorder).without_params(),
        Row::new(Control, Route::post("/_simulator/disorder"), control::add_disorder),
        Row::new(Control, Route::delete("/_simulator/disorder"), control::delete_disorder).without_params(),
        Row::new(Control, Route::delete("/_simulator/disorder/{disorder}"), control::delete_disorder).without_params(),
    ]
}

static ROUTER: LazyLock<Router<Row>> = LazyLock::new(|| {
    Router::new(
        of_client()
            .into_iter()
            .chain(of_simulator())
            .chain(of_pages())
            .chain(of_webhooks())
            .map(|row| (row.route.clone(), row))
            .collect(),
    )
});

/// The endpoint that a request is addressed to, with the id in its path.
pub(crate) struct Target {
    pub(crate) row: &'static Row,
    pub(crate) id: String,
}

impl Target {
    /// Returns the routes of the control API.
    pub(crate) fn controls() -> impl Iterator<Item = Route> {
        let rows = of_simulator().into_iter().chain(of_webhooks());
        rows.filter(|row| row.access == Access::Control).map(|row| row.route)
    }

    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        ROUTER.find(method, path).map(|(row, id)| Self { row, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_of_the_client_has_a_row() {
        for route in client::routes() {
            let path = route.template().replace('{', "a%2F").replace('}', "");
            let target = Target::of(route.method(), &path).unwrap();
            assert_eq!(target.row.route, *route);
            assert_eq!(target.id.starts_with("a/"), route.template().contains('{'), "{path}");
        }
        assert_eq!(of_client().into_iter().count(), client::routes().count());
    }

    #[test]
    fn row_has_parameters_only_if_its_endpoint_has() {
        let has_params = |method, path| Target::of(&method, path).unwrap().row.has_params;
        assert!(has_params(Method::GET, "/v1/events") && has_params(Method::POST, "/v1/files"));
        assert!(!has_params(Method::GET, "/v1/events/evt_1") && !has_params(Method::DELETE, "/v1/ephemeral_keys/x"));
    }
}
