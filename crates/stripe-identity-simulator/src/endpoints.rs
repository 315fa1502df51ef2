//! Leads each request to its handler.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use stripe_identity_core::endpoint::{Endpoint, Route};
use stripe_identity_core::resources::verification_reports as reports;
use stripe_identity_core::resources::verification_sessions as sessions;
use stripe_identity_core::resources::{ephemeral_keys, events, file_links, files, thin_events};
use stripe_identity_core::types::{
    EventRequest, EventType, FileExpand, FileLinkExpand, ReportExpand, SessionExpand, Timestamp,
};

use crate::ephemeral_keys::StoredKey;
use crate::events::StoredEvent;
use crate::expand::Expanded;
use crate::files::Files;
use crate::form::Form;
use crate::ids::Ids;
use crate::key::Key;
use crate::multipart::UploadedFile;
use crate::refusal::Refusal;
use crate::reports::StoredReport;
use crate::session_params::{Changes, New};
use crate::sessions::StoredSession;
use crate::store::Store;

/// All that is kept.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) sessions: Store<StoredSession>,
    pub(crate) reports: Store<StoredReport>,
    pub(crate) files: Files,
    pub(crate) events: Store<StoredEvent>,
    pub(crate) keys: Store<StoredKey>,
}

/// One request's view of it: who asks, when, and on what terms.
pub(crate) struct View<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) key: Key,
    pub(crate) has_version: bool,
    /// For the events that come of it; none if no request is behind them.
    pub(crate) request: Option<EventRequest>,
    pub(crate) now: Timestamp,
    pub(crate) ids: &'a mut Ids,
}

impl<'a> View<'a> {
    pub(crate) fn without_request(account: Option<&'a str>, now: Timestamp, ids: &'a mut Ids) -> Self {
        Self { account, key: Key::Secret, has_version: false, request: None, now, ids }
    }
}

/// The body of a success.
pub(crate) enum Answer {
    Json(Value),
    Contents(Bytes, &'static str),
}

impl From<Value> for Answer {
    fn from(json: Value) -> Self {
        Self::Json(json)
    }
}

/// What a handler gets of a request.
struct Input<'a, 'v> {
    route: Route,
    /// The id in the path, or nothing if the route has none.
    id: String,
    form: Form,
    upload: Option<UploadedFile>,
    expanded: Expanded,
    view: &'a mut View<'v>,
}

impl Input<'_, '_> {
    fn list(&self, (data, has_more): (Vec<Value>, bool)) -> Value {
        json!({ "object": "list", "data": data, "has_more": has_more, "url": self.route.template() })
    }
}

type Handler = fn(&mut World, Input<'_, '_>) -> Result<Answer, Refusal>;

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

/// An endpoint as the client declares it, with its handler.
struct Target {
    route: Route,
    expand_prefix: &'static str,
    expansions: fn() -> Vec<&'static str>,
    has_params: bool,
    handler: Handler,
}

/// One row for each endpoint: whether it has parameters besides `expand`, and its handler.
macro_rules! targets {
    ($($endpoint:ty, $has_params:literal => $handler:expr;)+) => { [$(Target {
        route: <$endpoint>::ROUTE,
        expand_prefix: <$endpoint as Endpoint>::EXPAND_PREFIX,
        expansions: <<$endpoint as Endpoint>::Expand as Expansions>::known,
        has_params: $has_params,
        handler: $handler,
    }),+] };
}

fn targets() -> impl Iterator<Item = Target> {
    targets! {
        ephemeral_keys::Create, true => |world, it| {
            Ok(crate::ephemeral_keys::create(&mut world.keys, &world.sessions, it.form, it.view)?.into())
        };
        ephemeral_keys::Delete, false => |world, it| {
            Ok(crate::ephemeral_keys::delete(&mut world.keys, &it.id, it.view)?.into())
        };
        events::List, true => |world, mut it| {
            let form = std::mem::take(&mut it.form);
            Ok(it.list(crate::events::list(&world.events, form, it.view)?).into())
        };
        events::Retrieve, false => |world, it| Ok(crate::events::retrieve(&world.events, &it.id, it.view)?.into());
        thin_events::Retrieve, false => |world, it| {
            Ok(crate::events::retrieve_thin(&world.events, &it.id, it.view)?.into())
        };
        file_links::Create, true => |world, it| Ok(world.files.create_link(it.form, &it.expanded, it.view)?.into());
        file_links::List, true => |world, mut it| {
            let form = std::mem::take(&mut it.form);
            Ok(it.list(world.files.list_links(form, &it.expanded, it.view)?).into())
        };
        file_links::Retrieve, false => |world, it| {
            Ok(world.files.retrieve_link(&it.id, &it.expanded, it.view)?.into())
        };
        file_links::Update, true => |world, it| {
            Ok(world.files.update_link(&it.id, it.form, &it.expanded, it.view)?.into())
        };
        files::Create, true => |world, it| {
            let file = world.files.upload(it.form, it.upload, &it.expanded, it.view)?;
            let request = it.view.request.clone();
            let (account, now) = (it.view.account, it.view.now);
            let created = EventType::FileCreated;
            crate::events::record(&mut world.events, created, file.clone(), account, request, now, it.view.ids);
            Ok(file.into())
        };
        files::Download, false => |world, it| {
            let is_restricted = it.view.key == Key::Restricted;
            let (contents, type_) = world.files.contents(&it.id, it.view.account, is_restricted)?;
            Ok(Answer::Contents(contents, type_))
        };
        files::List, true => |world, mut it| {
            let form = std::mem::take(&mut it.form);
            Ok(it.list(world.files.list(form, &it.expanded, it.view)?).into())
        };
        files::Retrieve, false => |world, it| Ok(world.files.retrieve(&it.id, &it.expanded, it.view)?.into());
        reports::List, true => |world, mut it| {
            let form = std::mem::take(&mut it.form);
            Ok(it.list(crate::reports::list(&world.reports, form, &it.expanded, it.view)?).into())
        };
        reports::Retrieve, false => |world, it| {
            Ok(crate::reports::retrieve(&world.reports, &it.id, &it.expanded, it.view)?.into())
        };
        sessions::Cancel, false => |world, it| Ok(world.cancel_session(&it.id, &it.expanded, it.view)?.into());
        sessions::Create, true => |world, it| {
            Ok(world.create_session(New::parse(it.form)?, &it.expanded, it.view)?.into())
        };
        sessions::List, true => |world, mut it| {
            let form = std::mem::take(&mut it.form);
            Ok(it.list(world.list_sessions(form, &it.expanded, it.view)?).into())
        };
        sessions::Redact, false => |world, it| Ok(world.redact_session(&it.id, &it.expanded, it.view)?.into());
        sessions::Retrieve, false => |world, it| Ok(world.retrieve_session(&it.id, &it.expanded, it.view)?.into());
        sessions::Update, true => |world, mut it| {
            let changes = Changes::parse(&mut it.form)?;
            it.form.finish()?;
            Ok(world.update_session(&it.id, changes, &it.expanded, it.view)?.into())
        };
    }
    .into_iter()
}

impl World {
    /// Does what a request asks for.
    pub(crate) fn call(
        &mut self,
        method: &Method,
        path: &str,
        mut form: Form,
        upload: Option<UploadedFile>,
        view: &mut View<'_>,
    ) -> Result<Answer, Refusal> {
        let target = targets().find_map(|target| target.route.matches(method, path).map(|id| (target, id)));
        let (target, id) = target.ok_or_else(|| Refusal::unknown_url(method, path))?;
        let paths = form.texts("expand")?.unwrap_or_default();
        let is_restricted = view.key == Key::Restricted;
        let expanded = Expanded::parse(paths, target.expand_prefix, &(target.expansions)(), is_restricted)?;
        if !target.has_params {
            form = form.finish().map(|()| Form::default())?;
        }
        (target.handler)(self, Input { route: target.route, id, form, upload, expanded, view })
    }
}
