//! Compares the simulator with a model of Stripe Identity that follows the documented facts alone.
//!
//! Each case is a random sequence of requests, submissions and times. Two simulators with the same
//! seed execute all of it. Their responses must be identical byte for byte, and must agree with the
//! model. In some cases, one of them keeps its state in a file, and is restarted or killed in between.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Method, Request, Response};
use stripe_identity_simulator::{Outcome, Processing, Redacting, Settings, Simulator, SimulatorBuilder};

const ENDPOINTS: &str = "/v1/webhook_endpoints";
const SESSIONS: &str = "/v1/identity/verification_sessions";
const DAY: u64 = 24 * 3600;

#[derive(Clone, Debug)]
enum Step {
    Create {
        reference: u8,
        selfie: bool,
    },
    Session(usize, Action),
    Advance(u64),
    CreateEndpoint {
        gets_redactions: bool,
    },
    SetDisabled(usize, bool),
    DeleteEndpoint(usize),
    List {
        status: Option<&'static str>,
        reference: Option<u8>,
        limit: usize,
        after: Option<usize>,
    },
    /// One of the two simulators is closed, and opened again with its file.
    Restart,
    /// One of the two simulators is killed, and another one is opened with a copy of its file.
    Kill,
}

/// An action on a session.
#[derive(Clone, Copy, Debug)]
enum Action {
    Retrieve,
    SetMetadata(u8),
    RequireSelfie,
    Cancel,
    Redact,
    Submit(&'static str),
}

/// The expected result of a step.
#[derive(Clone, Debug)]
enum Expected {
    Session(usize),
    Page { sessions: Vec<usize>, has_more: bool },
    Refused,
    Missing,
    Done,
}

#[derive(Clone, Debug)]
struct Session {
    status: &'static str,
    failure: Option<&'static str>,
    has_report: bool,
    redaction: Option<&'static str>,
    metadata: BTreeMap<String, String>,
    reference: u8,
    selfie: bool,
    secret_until: Option<u64>,
    url_until: Option<u64>,
    /// The outcome of the checks that are under way, and the number of retrieves until they end.
    checks: Option<(&'static str, u32)>,
}

/// An endpoint that enables either the type of redactions or `*`.
#[derive(Clone, Debug)]
struct Endpoint {
    gets_redactions: bool,
    is_disabled: bool,
    is_deleted: bool,
    /// The events that are delivered to it.
    deliveries: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Checks,
    Redaction,
}

#[derive(Clone, Debug)]
struct Model {
    processing: Processing,
    has_file: bool,
    now: u64,
    sessions: Vec<Session>,
    /// The session and the type of each event, oldest first.
    events: Vec<(usize, &'static str)>,
    endpoints: Vec<Endpoint>,
    /// The scheduled actions, in the order in which they were scheduled.
    due: Vec<(u64, usize, Due)>,
    expected: Expected,
}

impl Model {
    fn apply(&mut self, step: &Step) -> Expected {
        match *step {
            Step::Create { reference, selfie } => {
                self.sessions.push(Session {
                    status: "requires_input",
                    failure: None,
                    has_report: false,
                    redaction: None,
                    metadata: BTreeMap::new(),
                    reference,
                    selfie,
                    secret_until: None,
                    url_until: None,
                    checks: None,
                });
                let session = self.sessions.len() - 1;
                self.renew(session);
                self.happen(session, "created");
                Expected::Session(session)
            }
            Step::CreateEndpoint { gets_redactions } => {
                let (is_disabled, is_deleted, deliveries) = (false, false, Vec::new());
                self.endpoints.push(Endpoint { gets_redactions, is_disabled, is_deleted, deliveries });
                Expected::Done
            }
            Step::SetDisabled(at, _) | Step::DeleteEndpoint(at)
                if self.endpoints.get(at).is_none_or(|it| it.is_deleted) =>
            {
                Expected::Missing
            }
            Step::SetDisabled(at, is_disabled) => {
                self.endpoints[at].is_disabled = is_disabled;
                Expected::Done
            }
            Step::DeleteEndpoint(at) => {
                self.endpoints[at].is_deleted = true;
                Expected::Done
            }
            Step::Advance(seconds) => {
                self.advance(self.now + seconds);
                Expected::Done
            }
            Step::Restart | Step::Kill => Expected::Done,
            Step::List { status, reference, limit, after } => self.page(status, reference, limit, after),
            Step::Session(at, _) if at >= self.sessions.len() => Expected::Missing,
            Step::Session(at, action) => self.act(at, action),
        }
    }

    fn act(&mut self, at: usize, action: Action) -> Expected {
        let session = &mut self.sessions[at];
        let (is_open, is_redacted) = (session.status == "requires_input", session.redaction.is_some());
        match action {
            Action::Retrieve => match (session.checks, self.processing) {
                (Some((outcome, 0)), Processing::AfterRetrieves(_)) => self.end(at, outcome),
                (Some((outcome, left)), _) => session.checks = Some((outcome, left.saturating_sub(1))),
                (None, _) => {}
            },
            Action::SetMetadata(value) if !is_redacted => {
                session.metadata.insert("case".to_owned(), value.to_string());
            }
            Action::RequireSelfie if is_open => session.selfie = true,
            Action::Cancel if is_open => self.cancel(at),
            Action::Redact if !is_redacted && (is_open || session.status == "verified") => {
                session.redaction = Some("processing");
                if is_open {
                    self.cancel(at);
                }
                self.due.push((self.now + 4 * DAY, at, Due::Redaction));
            }
            Action::Submit(outcome) if is_open && (session.selfie || outcome != "selfie_face_mismatch") => {
                self.submit(at, outcome);
                return Expected::Done;
            }
            _ => return Expected::Refused,
        }
        self.renew(at);
        Expected::Session(at)
    }

    fn submit(&mut self, at: usize, outcome: &'static str) {
        let session = &mut self.sessions[at];
        session.status = "processing";
        (session.failure, session.secret_until, session.url_until) = (None, None, None);
        self.happen(at, "processing");
        match self.processing {
            Processing::After(duration) => {
                self.sessions[at].checks = Some((outcome, 0));
                self.due.push((self.now + duration.as_secs(), at, Due::Checks));
            }
            Processing::AfterRetrieves(count) => self.sessions[at].checks = Some((outcome, count)),
            _ => self.end(at, outcome),
        }
    }

    fn happen(&mut self, at: usize, type_: &'static str) {
        for endpoint in self.endpoints.iter_mut().filter(|it| !it.is_disabled && !it.is_deleted) {
            // `*` does not include redactions.
            if endpoint.gets_redactions == (type_ == "redacted") {
                endpoint.deliveries.push(self.events.len());
            }
        }
        self.events.push((at, type_));
    }

    fn end(&mut self, at: usize, outcome: &'static str) {
        let session = &mut self.sessions[at];
        session.checks = None;
        // Without consent, there are no checks.
        session.has_report |= outcome != "consent_declined";
        if outcome == "verified" {
            session.status = "verified";
            self.happen(at, "verified");
        } else {
            (session.status, session.failure) = ("requires_input", Some(outcome));
            self.happen(at, "requires_input");
        }
    }

    fn cancel(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        session.status = "canceled";
        (session.failure, session.has_report) = (None, false);
        (session.secret_until, session.url_until) = (None, None);
        self.happen(at, "canceled");
    }

    fn renew(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        if session.status == "requires_input" {
            session.secret_until.get_or_insert(self.now + DAY);
            session.url_until.get_or_insert(self.now + 2 * DAY);
        }
    }

    fn advance(&mut self, to: u64) {
        while let Some(next) = (0..self.due.len()).filter(|&at| self.due[at].0 <= to).min_by_key(|&at| self.due[at].0) {
            let (time, at, due) = self.due.remove(next);
            self.now = time;
            match (due, self.sessions[at].checks) {
                (Due::Checks, Some((outcome, _))) => self.end(at, outcome),
                (Due::Checks, None) => {}
                (Due::Redaction, _) => {
                    self.sessions[at].redaction = Some("redacted");
                    self.sessions[at].metadata.clear();
                    self.happen(at, "redacted");
                }
            }
        }
        self.now = to;
        for session in &mut self.sessions {
            session.secret_until.take_if(|until| *until <= to);
            session.url_until.take_if(|until| *until <= to);
        }
    }

    fn page(&self, status: Option<&str>, reference: Option<u8>, limit: usize, after: Option<usize>) -> Expected {
        let newest = after.unwrap_or(self.sessions.len());
        if after.is_some() && newest >= self.sessions.len() {
            return Expected::Refused;
        }
        let fits = |session: &Session| {
            status.is_none_or(|status| session.status == status)
                && reference.is_none_or(|reference| session.reference == reference)
        };
        let mut sessions: Vec<_> = (0..newest).rev().filter(|&at| fits(&self.sessions[at])).collect();
        let has_more = sessions.len() > limit;
        sessions.truncate(limit);
        Expected::Page { sessions, has_more }
    }
}

/// Returns the facts about a session of the model.
fn expected(session: &Session) -> Value {
    json!({
        "status": session.status,
        "failure": session.failure,
        "has_report": session.has_report,
        "redaction": session.redaction,
        "metadata": session.metadata,
        "selfie": session.selfie,
        "has_secret": session.secret_until.is_some(),
        "has_url": session.url_until.is_some(),
        "has_outputs": session.status == "verified",
    })
}

/// Returns the same facts about a session of the simulator.
fn shown(session: &Value) -> Value {
    json!({
        "status": session["status"],
        "failure": session["last_error"]["code"],
        "has_report": !session["last_verification_report"].is_null(),
        "redaction": session["redaction"]["status"],
        "metadata": session["metadata"],
        "selfie": session["options"]["document"]["require_matching_selfie"] == true,
        "has_secret": session["client_secret"].is_string(),
        "has_url": session["url"].is_string(),
        "has_outputs": session["verified_outputs"].is_object(),
    })
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let processing = prop_oneof![
            Just(Processing::AtOnce),
            Just(Processing::After(Duration::from_secs(30))),
            (1..3u32).prop_map(Processing::AfterRetrieves),
        ];
        let model = |(processing, has_file)| Self {
            processing,
            has_file,
            now: 0,
            sessions: Vec::new(),
            events: Vec::new(),
            endpoints: Vec::new(),
            due: Vec::new(),
            expected: Expected::Done,
        };
        let has_file = if cfg!(feature = "state") { prop::bool::weighted(0.03).boxed() } else { Just(false).boxed() };
        (processing, has_file).prop_map(model).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        // One more than there are, so that some sessions do not exist.
        let at = || 0..state.sessions.len() + 1;
        let endpoint = || 0..state.endpoints.len() + 1;
        let outcome = ["verified", "document_expired", "selfie_face_mismatch", "consent_declined"];
        let action = prop_oneof![
            3 => Just(Action::Retrieve),
            1 => any::<u8>().prop_map(Action::SetMetadata),
            1 => Just(Action::RequireSelfie),
            1 => Just(Action::Cancel),
            2 => Just(Action::Redact),
            6 => prop::sample::select(outcome.to_vec()).prop_map(Action::Submit),
        ];
        let status = prop::sample::select(vec!["requires_input", "processing", "verified", "canceled"]);
        let end = prop_oneof![Just(Step::Restart), Just(Step::Kill)];
        prop_oneof![
            if state.has_file { 4 } else { 0 } => end,
            3 => (0..3u8, any::<bool>()).prop_map(|(reference, selfie)| Step::Create { reference, selfie }),
            14 => (at(), action).prop_map(|(at, action)| Step::Session(at, action)),
            2 => prop::sample::select(vec![1, 30, DAY, 2 * DAY, 4 * DAY]).prop_map(Step::Advance),
            1 => any::<bool>().prop_map(|gets_redactions| Step::CreateEndpoint { gets_redactions }),
            1 => (endpoint(), any::<bool>()).prop_map(|(at, is_disabled)| Step::SetDisabled(at, is_disabled)),
            1 => endpoint().prop_map(Step::DeleteEndpoint),
            1 => (prop::option::of(status), prop::option::of(0..3u8), 1..4usize, prop::option::of(at()))
                .prop_map(|(status, reference, limit, after)| Step::List { status, reference, limit, after }),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        state.expected = state.apply(step);
        state
    }
}

/// Removes the text after each `req_`.
fn without_request_ids(body: &Bytes) -> Bytes {
    let text = std::str::from_utf8(body).unwrap();
    let mut parts = text.split("req_");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.trim_start_matches(|it: char| it.is_ascii_alphanumeric()));
    rest.fold(first, |text, part| text + "req_" + part).into()
}

/// Two simulators that execute the same steps, and the ids of their sessions and endpoints.
struct Both {
    simulators: [Simulator; 2],
    /// Creates the builder of both simulators.
    #[cfg_attr(not(feature = "state"), expect(dead_code, reason = "only state is opened again"))]
    builder: fn(&Settings) -> SimulatorBuilder,
    #[cfg_attr(not(feature = "state"), expect(dead_code, reason = "only state is opened again"))]
    settings: Settings,
    /// The folder of the first simulator's state file, if it has one.
    #[cfg(feature = "state")]
    folder: Option<crate::folder::Folder>,
    /// Whether the first simulator was killed. Its request ids differ from then on, since it does not know how many
    /// were used.
    was_killed: bool,
    ids: Vec<String>,
    endpoints: Vec<String>,
}

impl Both {
    fn request(&self, method: &Method, path: &str, form: &str) -> (u16, Value) {
        let request = || {
            let request = Request::builder().method(method).uri(path).header("authorization", "Bearer rk_test_model");
            let typed = request.header("content-type", "application/x-www-form-urlencoded");
            typed.body(Bytes::copy_from_slice(form.as_bytes())).unwrap()
        };
        let [one, other] = self.simulators.each_ref().map(|simulator| simulator.handle(request()));
        let parts =
            |response: &Response<Bytes>| (response.status(), response.headers().clone(), response.body().clone());
        let parts = |response: &Response<Bytes>| {
            let (status, mut headers, body) = parts(response);
            if !self.was_killed {
                return (status, headers, body);
            }
            headers.remove("request-id");
            (status, headers, without_request_ids(&body))
        };
        assert_eq!(parts(&one), parts(&other), "the same request must give the same bytes");
        (one.status().as_u16(), serde_json::from_slice(one.body()).unwrap())
    }

    fn id(&self, at: usize) -> String {
        self.ids.get(at).cloned().unwrap_or_else(|| "vs_1MadeUp".to_owned())
    }

    fn endpoint(&self, at: usize) -> String {
        format!("{ENDPOINTS}/{}", self.endpoints.get(at).map_or("we_1MadeUp", String::as_str))
    }

    fn act(&self, at: usize, action: Action) -> (u16, Value) {
        let session = format!("{SESSIONS}/{}", self.id(at));
        let post = |path: &str, form: &str| self.request(&Method::POST, path, form);
        match action {
            Action::Retrieve => self.request(&Method::GET, &format!("{session}?expand[]=verified_outputs"), ""),
            Action::SetMetadata(value) => post(&session, &format!("metadata[case]={value}")),
            Action::RequireSelfie => post(&session, "options[document][require_matching_selfie]=true"),
            Action::Cancel => post(&format!("{session}/cancel"), ""),
            Action::Redact => post(&format!("{session}/redact"), ""),
            Action::Submit(outcome) => {
                let outcome: Outcome = outcome.parse().unwrap();
                let [one, other] = self.simulators.each_ref().map(|it| it.submit(self.id(at), &outcome).is_ok());
                assert_eq!(one, other);
                (if one { 200 } else { 400 }, Value::Null)
            }
        }
    }

    #[cfg(not(feature = "state"))]
    #[expect(clippy::unused_self, reason = "the signature is the same with the feature `state`")]
    fn restart(&mut self, _: bool) {}

    #[cfg(feature = "state")]
    fn restart(&mut self, is_killed: bool) {
        let Some(folder) = self.folder.take() else { return };
        let folder = if is_killed { folder.copy() } else { folder };
        let ended = std::mem::take(&mut self.simulators[0]);
        drop(ended);
        let builder = (self.builder)(&self.settings);
        self.simulators[0] = builder.open(stripe_identity_simulator::StateFile::new(folder.file())).unwrap();
        self.folder = Some(folder);
        self.was_killed |= is_killed;
    }

    fn perform(&mut self, step: &Step) -> (u16, Value) {
        let post = |path: String, form: String| self.request(&Method::POST, &path, &form);
        match *step {
            Step::CreateEndpoint { gets_redactions } => {
                let types = if gets_redactions { "identity.verification_session.redacted" } else { "*" };
                post(ENDPOINTS.to_owned(), format!("url=https://receiver.test/&enabled_events[]={types}"))
            }
            Step::SetDisabled(at, is_disabled) => post(self.endpoint(at), format!("disabled={is_disabled}")),
            Step::DeleteEndpoint(at) => self.request(&Method::DELETE, &self.endpoint(at), ""),
            Step::Create { reference, selfie } => post(
                SESSIONS.to_owned(),
                format!(
                    "type=document&client_reference_id=user-{reference}&options[document][require_matching_selfie]={selfie}"
                ),
            ),
            Step::Session(at, action) => self.act(at, action),
            Step::Restart | Step::Kill => {
                self.restart(matches!(step, Step::Kill));
                (200, Value::Null)
            }
            Step::Advance(seconds) => {
                self.simulators.iter().for_each(|simulator| simulator.advance(Duration::from_secs(seconds)));
                (200, Value::Null)
            }
            Step::List { status, reference, limit, after } => {
                let mut query = format!("{SESSIONS}?expand[]=data.verified_outputs&limit={limit}");
                query += &status.map_or_else(String::new, |status| format!("&status={status}"));
                query += &reference.map_or_else(String::new, |it| format!("&client_reference_id=user-{it}"));
                query += &after.map_or_else(String::new, |at| format!("&starting_after={}", self.id(at)));
                self.request(&Method::GET, &query, "")
            }
        }
    }
}

impl StateMachineTest for Both {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(model: &Model) -> Self {
        let mut settings = Settings::default();
        settings.processing = model.processing;
        settings.redacting = Redacting::After(Duration::from_secs(4 * DAY));
        let builder = |settings: &Settings| Simulator::builder().seed(7).settings(settings.clone());
        let mut both = Self {
            simulators: [builder(&settings).build(), builder(&settings).build()],
            builder,
            settings,
            #[cfg(feature = "state")]
            folder: model.has_file.then(crate::folder::Folder::new),
            was_killed: false,
            ids: Vec::new(),
            endpoints: Vec::new(),
        };
        both.restart(false);
        both
    }

    fn apply(mut both: Self, model: &Model, step: Step) -> Self {
        let (status, body) = both.perform(&step);
        let created = match step {
            Step::Create { .. } => Some(&mut both.ids),
            Step::CreateEndpoint { .. } => Some(&mut both.endpoints),
            _ => None,
        };
        if let Some(ids) = created {
            ids.push(body["id"].as_str().unwrap().to_owned());
        }
        match &model.expected {
            Expected::Session(at) => {
                assert_eq!((status, body["id"].as_str()), (200, Some(both.ids[*at].as_str())), "{body}");
                let mut expected = expected(&model.sessions[*at]);
                // Only a retrieve expands them.
                expected["has_outputs"] =
                    (matches!(step, Step::Session(_, Action::Retrieve)) && expected["has_outputs"] == true).into();
                assert_eq!(shown(&body), expected);
            }
            Expected::Page { sessions, has_more } => {
                assert_eq!((status, &body["has_more"]), (200, &Value::from(*has_more)), "{body}");
                let data = body["data"].as_array().unwrap();
                let ids: Vec<_> = data.iter().map(|session| session["id"].as_str().unwrap()).collect();
                assert_eq!(ids, sessions.iter().map(|&at| both.ids[at].as_str()).collect::<Vec<_>>());
                for (&at, session) in sessions.iter().zip(data) {
                    assert_eq!(shown(session), expected(&model.sessions[at]));
                }
            }
            Expected::Refused => assert_eq!(status, 400, "{body}"),
            Expected::Missing => assert_eq!(
                status,
                if matches!(step, Step::Session(_, Action::Submit(_))) { 400 } else { 404 },
                "{body}"
            ),
            Expected::Done => assert_eq!(status, 200, "{body}"),
        }
        both
    }

    fn teardown(both: Self, model: Model) {
        let (_, page) = both.request(&Method::GET, "/v1/events?limit=100", "");
        let events: Vec<_> = page["data"].as_array().unwrap().iter().rev().collect();
        let shown = |event: &&Value| {
            let session = event["data"]["object"]["id"].as_str().map(str::to_owned);
            (session.unwrap(), event["type"].as_str().unwrap().to_owned())
        };
        let expected =
            |(at, type_): &(usize, &str)| (both.ids[*at].clone(), format!("identity.verification_session.{type_}"));
        assert_eq!(events.iter().map(shown).collect::<Vec<_>>(), model.events.iter().map(expected).collect::<Vec<_>>());

        let deliveries = both.simulators[0].deliveries();
        for (id, endpoint) in both.endpoints.iter().zip(&model.endpoints) {
            let of_endpoint = deliveries.iter().filter(|it| it.webhook_endpoint == *id);
            let place = |event: &str| events.iter().position(|it| it["id"] == event);
            let delivered: Vec<_> = of_endpoint.map(|it| place(it.event.as_str()).unwrap()).collect();
            assert_eq!(delivered, if endpoint.is_deleted { &[][..] } else { &endpoint.deliveries });
        }
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn simulator_after_any_steps_agrees_with_the_model(sequential 1..24 => Both);
}
