//! The handlers of the overview: all worlds, one world, and one session.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use percent_encoding::percent_decode_str;

use super::worlds::Place;
use super::{Simulator, lock};
use crate::face::overview::{Milliseconds, Moment, OverviewPage, RequestRow, WorldPage};
use crate::face::state::StatePage;
use crate::face::{self, Bounds};
use crate::form::Form;
use crate::journal::RequestEntry;
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::time::Time;
use crate::world::tag_of;

// The numbers of entries on a page.
const MOST_WORLDS: usize = 10;
const MOST_SESSIONS: usize = 5;
const MOST_SESSIONS_OF_ONE: usize = 50;
const MOST_REQUESTS: usize = 20;
const MOST_DELIVERIES: usize = 10;
const MOST_REQUESTS_OF_SESSION: usize = 40;

/// Shows the worlds that were used last, with their latest sessions, requests and deliveries.
#[expect(clippy::unnecessary_wraps, reason = "all handlers are of one type")]
pub(super) fn all(simulator: &Simulator, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let real = Time::of_system();
    let places = simulator.worlds().recent();
    let (mut worlds, mut deliveries) = (Vec::new(), Vec::new());
    for place in places.iter().take(MOST_WORLDS) {
        simulator.with_anyway(place, real, |world| {
            worlds.push(world.overview(&place.shown, None, MOST_SESSIONS));
            deliveries.extend(world.latest_deliveries(MOST_DELIVERIES));
        });
    }
    deliveries.sort_by_key(|delivery| Reverse(delivery.time.0));
    deliveries.truncate(MOST_DELIVERIES);
    let mut entries = Vec::new();
    simulator.each_ring(|ring| entries.extend(ring.iter().rev().take(MOST_REQUESTS).cloned()));
    entries.sort_by_key(|entry| Reverse(entry.number()));
    entries.truncate(MOST_REQUESTS);
    // The page shows it in commands that users copy into a shell.
    let is_plain = |url: &String| url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-_[]".contains(&byte));
    let base_url = Some(simulator.base_url(request)).filter(is_plain);
    let base_url = base_url.unwrap_or_else(|| simulator.worlds().base_url.clone());
    let page = OverviewPage {
        base_url: &base_url,
        other_worlds: places.len().saturating_sub(worlds.len()),
        worlds,
        requests: entries.iter().map(row).collect(),
        deliveries,
        root: "",
        opener: None,
    };
    Ok(face::page(StatusCode::OK, &page, &Bounds::default()))
}

/// Shows one world by its tag.
pub(super) fn world(simulator: &Simulator, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let mut form = Form::parse(&Parameters::of(request)?.form)?;
    let after = form.text("starting_after")?;
    form.finish()?;
    let Some(place) = simulator.worlds().at_tag(&last_segment(request)) else { return Ok(nothing("world")) };
    let world = simulator.with_anyway(&place, Time::of_system(), |world| {
        world.overview(&place.shown, after.as_deref(), MOST_SESSIONS_OF_ONE)
    });
    let page = WorldPage { world, root: "../../", opener: None };
    Ok(face::page(StatusCode::OK, &page, &Bounds::default()))
}

/// Shows the history of a session.
#[expect(clippy::unnecessary_wraps, reason = "all handlers are of one type")]
pub(super) fn session(simulator: &Simulator, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let id = &*last_segment(request);
    let shown = place_of(simulator, id).and_then(|place| {
        let entries: Vec<_> = lock(&place.journal).iter().cloned().collect();
        simulator.with_anyway(&place, Time::of_system(), |world| {
            let (mut page, request_ids) = world.page_of_session(id, &place.shown)?;
            let is_of_session = |entry: &&RequestEntry| {
                let is_of_event = |request_id: &str| request_ids.iter().any(|it| it == request_id);
                entry.id() == Some(id) || entry.request_id().is_some_and(is_of_event)
            };
            page.requests = entries.iter().filter(is_of_session).map(row).collect();
            for request in &mut page.requests {
                request.session = None;
            }
            let more = page.requests.len().saturating_sub(MOST_REQUESTS_OF_SESSION);
            page.requests.drain(..more);
            page.has_more |= more > 0;
            Some(face::page(StatusCode::OK, &page, &Bounds::default()))
        })
    });
    Ok(shown.unwrap_or_else(|| nothing("session")))
}

fn place_of(simulator: &Simulator, id: &str) -> Option<Arc<Place>> {
    let has_it = |place: &Arc<Place>| place.look(|world| world.contains(id));
    let tagged = tag_of(id).and_then(|tag| simulator.worlds().at_tag(tag));
    // An imported id need not contain the tag of its world.
    tagged.filter(has_it).or_else(|| simulator.places().into_iter().find(has_it))
}

/// Returns the id in the path.
fn last_segment(request: &Request<Bytes>) -> Cow<'_, str> {
    let segment = request.uri().path().rsplit('/').next().unwrap_or_default();
    percent_decode_str(segment).decode_utf8_lossy()
}

fn nothing(what: &str) -> Response<Bytes> {
    let paragraphs = vec![
        format!(
            "This simulator has no {what} with this id. It may have been reset, or the id is from another simulator."
        ),
        "A world is removed after a day without a request, unless its state is kept in a file.".to_owned(),
    ];
    let page = StatePage { title: "Nothing is here", paragraphs, ..StatePage::default() };
    face::page(StatusCode::NOT_FOUND, &page, &Bounds::default())
}

fn row(entry: &RequestEntry) -> RequestRow {
    let error = entry.error().and_then(|error| error.code.map(str::to_owned));
    let faults = entry.faults().iter().map(|fault| fault.effect.to_owned());
    RequestRow {
        time: Moment(entry.time()),
        method: entry.method().to_owned(),
        path: entry.path().to_owned(),
        session: entry.id().filter(|id| id.starts_with("vs_")).map(str::to_owned),
        status: entry.status(),
        duration: Milliseconds(entry.duration()),
        notes: error.into_iter().chain(faults).collect(),
    }
}
