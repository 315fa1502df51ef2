//! Persons, documents and outcomes, chosen by calls, by metadata and by plans.

use std::time::Duration;

use serde_json::Value;
use stripe_identity_core::resources::verification_sessions::VerificationSessions;
use stripe_identity_core::types::{
    CreateFile, CreateVerificationSession as Create, Date, DocumentType, EventType, FilePurpose, IdNumberType,
    LastErrorCode, ListEvents, ListVerificationSessions, SessionExpand, SessionState,
    UpdateVerificationSession as Update, VerificationReport, VerificationSession, VerificationSessionStatus as Status,
};
use stripe_identity_core::{ApiKey, BlockingClient, Config};
use stripe_identity_simulator::{
    Check, ControlError, Document, Outcome, Person, Plan, Processing, SimulatorTransport, Submission,
};

use super::http::{SESSIONS, send};
use super::start;

const KEY: &str = "sk_test_123";

type Sessions = VerificationSessions<BlockingClient>;

fn restricted() -> ApiKey {
    ApiKey::new("rk_test_123").unwrap()
}

fn client(stripe: &SimulatorTransport) -> BlockingClient {
    BlockingClient::new(Config::new(KEY).unwrap(), stripe.clone())
}

/// Returns a session with all expansions, and its report.
fn all_of(sessions: &Sessions, id: &str) -> (VerificationSession, VerificationReport) {
    let call = sessions.retrieve(id).expand(SessionExpand::KNOWN.iter().cloned()).api_key(restricted());
    let session = call.send().unwrap().into_inner();
    let report = session.last_verification_report.as_ref().unwrap().object().unwrap().clone();
    (session, report)
}

fn failed(code: LastErrorCode) -> Submission {
    Submission::failed(code)
}

fn state(sessions: &Sessions, session: &VerificationSession) -> SessionState {
    sessions.retrieve(&session.id).send().unwrap().state()
}

#[test]
fn chosen_person_and_document_are_in_outputs_and_report() {
    let (stripe, sessions) = start();
    let session = sessions.create(Create::document().require_id_number(true)).send().unwrap();
    let person = Person::from_seed(1).country("BR").named("Ada", "Example").born(2012, 5, 1);
    let document = Document::from_seed(2).number("N-1").issued_by("PT").expires(2031, 4, 3).named("Eva", "Exempel");
    let submission = Submission::verified().person(person.clone()).document(document);
    stripe.submit(&session.id, submission).unwrap();

    let (session, report) = all_of(&sessions, session.id.as_str());
    let shown = report.document.unwrap();
    assert_eq!(
        (shown.first_name.unwrap().into_inner(), shown.last_name.unwrap().into_inner()),
        ("Eva".into(), "Exempel".into())
    );
    assert_eq!(shown.number.unwrap().expose(), "N-1");
    assert_eq!(shown.issuing_country.unwrap().expose(), "PT");
    assert_eq!(shown.expiration_date.unwrap().expose(), &Date::new(2031, 4, 3));
    assert_eq!((shown.dob, &shown.address, &shown.sex), (person.dob, &person.address, &person.sex));
    let id_number = report.id_number.unwrap();
    assert_eq!((id_number.first_name, id_number.last_name), (person.first_name, person.last_name));
    assert_eq!(id_number.id_number_type, Some(IdNumberType::BrCpf));

    // The verified outputs come from the document.
    let outputs = session.verified_outputs.unwrap();
    assert_eq!(outputs.first_name.unwrap().expose(), "Eva");
    assert_eq!(outputs.dob.unwrap().expose(), &Date::new(2012, 5, 1));
    assert_eq!((outputs.id_number, outputs.id_number_type), (person.id_number, Some(IdNumberType::BrCpf)));
    assert_eq!(outputs.address.unwrap().country.unwrap().expose(), "BR");
}

#[test]
fn missing_date_of_birth_is_null_when_expanded() {
    let (stripe, sessions) = start();
    let session = sessions.create(Create::document()).send().unwrap();
    stripe.submit(&session.id, Submission::verified().person(Person::from_seed(1).without_dob())).unwrap();
    let call = sessions.retrieve(&session.id).expand([SessionExpand::Dob, SessionExpand::ReportDocumentDob]);
    let response = call.api_key(restricted()).send().unwrap();
    let body: Value = serde_json::from_slice(response.meta().body()).unwrap();
    assert!(body["verified_outputs"].as_object().unwrap()["dob"].is_null(), "{body}");
    assert!(body["last_verification_report"]["document"].as_object().unwrap()["dob"].is_null(), "{body}");
    assert!(body["verified_outputs"].get("id_number").is_none(), "{body}");
}

#[test]
fn session_without_a_chosen_person_has_a_unique_one() {
    let names = |(stripe, sessions): (SimulatorTransport, Sessions)| {
        let id_numbers = (0..3).map(|_| {
            let id = sessions.create(Create::id_number()).send().unwrap().id.clone();
            stripe.submit(&id, failed(LastErrorCode::IdNumberMismatch)).unwrap();
            let first = all_of(&sessions, id.as_str()).1.id_number.unwrap().id_number;
            stripe.submit(&id, Outcome::Verified).unwrap();
            assert_eq!(all_of(&sessions, id.as_str()).1.id_number.unwrap().id_number, first, "another try");
            first.unwrap().into_inner()
        });
        id_numbers.collect::<Vec<_>>()
    };
    let three = names(start());
    assert!(three[0] != three[1] && three[1] != three[2], "{three:?}");
    assert_eq!(three, names(start()), "the same seed");
}

#[test]
fn chosen_person_also_makes_the_next_try() {
    let (stripe, sessions) = start();
    let id = sessions.create(Create::document()).send().unwrap().id.clone();
    let person = Person::from_seed(1).named("Ada", "Example");
    stripe.submit(&id, failed(LastErrorCode::DocumentExpired).person(person)).unwrap();
    stripe.submit(&id, Outcome::Verified).unwrap();
    let outputs = all_of(&sessions, id.as_str()).0.verified_outputs.unwrap();
    assert_eq!(outputs.first_name.unwrap().expose(), "Ada");
}

#[test]
fn report_has_two_images_of_a_card_and_one_of_a_passport() {
    let (stripe, sessions) = start();
    let files = client(&stripe).files();
    let document = Document::from_seed(1).images(*b"\x89PNG-front", *b"\xff\xd8\xff-back").selfie(*b"selfie");
    for (type_, sides) in [(DocumentType::DrivingLicense, 2), (DocumentType::IdCard, 2), (DocumentType::Passport, 1)] {
        let id = sessions.create(Create::document().require_matching_selfie(true)).send().unwrap().id.clone();
        let submission = Submission::verified().document(document.clone().type_(type_.clone()));
        stripe.submit(&id, submission).unwrap();
        let report = all_of(&sessions, id.as_str()).1;
        let (document, selfie) = (report.document.unwrap(), report.selfie.unwrap());
        assert_eq!(document.type_, Some(type_));
        let images = document.files.unwrap();
        assert_eq!((images.len(), selfie.document.as_ref()), (sides, images.first()));
        let expected: [(&[u8], _, _); 3] = [
            (b"\x89PNG-front", "image/png", "png"),
            (b"\xff\xd8\xff-back", "image/jpeg", "jpg"),
            (b"selfie", "application/octet-stream", "bin"),
        ];
        let of_sides = images.iter().zip(&expected[..sides]);
        for (id, (bytes, media_type, extension)) in of_sides.chain([(&selfie.selfie.unwrap(), &expected[2])]) {
            let contents = files.download(id).api_key(restricted()).send().unwrap();
            assert_eq!(
                (contents.bytes(), contents.content_type()),
                (&bytes::Bytes::from_static(bytes), Some(*media_type))
            );
            let file = files.retrieve(id).send().unwrap();
            assert_eq!((file.type_.as_deref(), file.size), (Some(*extension), u64::try_from(bytes.len()).ok()));
        }
    }
}

#[test]
fn document_that_the_session_does_not_allow_is_refused() {
    let (stripe, sessions) = start();
    let allowed = [DocumentType::IdCard, DocumentType::DrivingLicense];
    let id = sessions.create(Create::document().allowed_types(allowed.clone())).send().unwrap().id.clone();
    let passport = || Document::from_seed(1).type_(DocumentType::Passport);
    let error = stripe.submit(&id, Submission::verified().document(passport())).unwrap_err();
    assert_eq!(error, ControlError::DocumentNotAllowed(allowed.to_vec()));
    assert!(error.to_string().ends_with("expected one of id_card, driving_license"), "{error}");

    let refused = failed(LastErrorCode::DocumentTypeNotSupported).document(passport());
    stripe.submit(&id, refused).unwrap();
    assert_eq!(all_of(&sessions, id.as_str()).1.document.unwrap().type_, Some(DocumentType::Passport));
    stripe.submit(&id, Outcome::Verified).unwrap();
    assert_eq!(all_of(&sessions, id.as_str()).1.document.unwrap().type_, Some(DocumentType::IdCard));
}

/// The outcomes that every session can have.
const ALWAYS: [&str; 6] = [
    "verified",
    "abandoned",
    "consent_declined",
    "country_not_supported",
    "device_not_supported",
    "under_supported_age",
];

#[test]
fn session_can_have_only_the_outcomes_of_its_checks() {
    let selfie = "selfie_";
    for (params, prefixes, odd) in [
        (Create::document(), vec!["document_"], None),
        (Create::document().require_matching_selfie(true), vec!["document_", selfie], None),
        (Create::document().require_id_number(true), vec!["document_", "id_number_"], None),
        // There is no document that could have insufficient data.
        (Create::id_number(), vec!["id_number_"], Some("id_number_insufficient_document_data")),
        (
            Create::id_number().require_matching_selfie(true),
            vec!["id_number_"],
            Some("id_number_insufficient_document_data"),
        ),
        (Create::verification_flow("vf_1"), vec!["document_", "email_", "phone_"], None),
    ] {
        let (stripe, sessions) = start();
        let session = sessions.create(params).send().unwrap();
        let is_expected = |name: &str| {
            ALWAYS.contains(&name) || odd != Some(name) && prefixes.iter().any(|prefix| name.starts_with(prefix))
        };
        let expected: Vec<_> = Outcome::all().filter(|outcome| is_expected(&outcome.to_string())).collect();
        assert_eq!(Outcome::possible_for(&session).collect::<Vec<_>>(), expected);
        for outcome in Outcome::all().filter(|outcome| !expected.contains(outcome)) {
            let error = stripe.submit(&session.id, &outcome).unwrap_err();
            assert_eq!(error, ControlError::ImpossibleOutcome(expected.clone()));
            let path = format!("/_simulator/verification_sessions/{}/submit", session.id);
            let (status, body) = send(&stripe, KEY, "POST", &path, &format!("outcome={outcome}"));
            assert_eq!((status, body["error"]["param"].as_str()), (400, Some("outcome")), "{body}");
            let message = body["error"]["message"].as_str().unwrap();
            assert!(message.contains("expected one of verified, abandoned, "), "{message}");
        }
        stripe.start_processing(&session.id).unwrap();
        let impossible = Outcome::Failed(LastErrorCode::EmailUnverifiedOther);
        let result = stripe.finish_processing(&session.id, &impossible);
        assert_eq!(result.is_ok(), expected.contains(&impossible));
        // All other outcomes are possible.
        for outcome in expected.iter().filter(|outcome| **outcome != Outcome::Verified) {
            let _ = stripe.finish_processing(&session.id, outcome);
            assert_eq!(stripe.submit(&session.id, outcome), Ok(()), "{outcome}");
        }
    }
}

#[test]
fn list_of_outcomes_names_the_needs_and_the_report_of_each() {
    let (stripe, _) = start();
    let (status, catalogue) = send(&stripe, KEY, "GET", "/_simulator/outcomes", "");
    assert_eq!((status, &catalogue["object"]), (200, &Value::from("list")));
    let entries = catalogue["data"].as_array().unwrap();
    assert_eq!(entries.len(), 20);
    for (entry, outcome) in entries.iter().zip(Outcome::all()) {
        assert_eq!(entry["code"], outcome.to_string());
        assert_eq!(entry["check"].as_str(), outcome.check().map(Check::as_str));
        assert_eq!(entry["reason"].as_str(), outcome.reason());
        assert_eq!(entry["reason"].is_null(), outcome == Outcome::Verified);
        assert_eq!(entry["leaves_report"], outcome.leaves_report());
        assert_eq!(outcome.leaves_report(), !ALWAYS[1..].contains(&outcome.to_string().as_str()));
        let needs: Vec<_> = entry["needs"].as_array().unwrap().iter().map(|need| need.as_str().unwrap()).collect();
        assert_eq!(needs, outcome.needs());
        // Each of the needed parameters is enough, and the report exists as listed.
        for need in if needs.is_empty() { vec!["type=document"] } else { needs } {
            let params = match need {
                "verification_flow" => "verification_flow=vf_1".to_owned(),
                need if need.starts_with("type=") => need.to_owned(),
                need => format!("type=document&{need}"),
            };
            let (status, session) = send(&stripe, KEY, "POST", SESSIONS, &params);
            assert_eq!(status, 200, "{params}");
            let id = session["id"].as_str().unwrap();
            stripe.submit(id, &outcome).unwrap();
            let path = format!("{SESSIONS}/{id}?expand[]=last_verification_report");
            let report = &send(&stripe, KEY, "GET", &path, "").1["last_verification_report"];
            assert_eq!(report.is_object(), outcome.leaves_report(), "{outcome}");
            if let Some(check) = outcome.check() {
                assert_eq!(report[check.as_str()]["error"]["code"], outcome.to_string());
            }
        }
    }
}

#[test]
fn session_of_a_flow_verifies_document_email_and_phone() {
    let (stripe, sessions) = start();
    let params = Create::verification_flow("vf_1").provided_phone("+15550100");
    let session = sessions.create(params).send().unwrap();
    let options = session.options.as_ref().unwrap();
    assert_eq!(options.email.as_ref().unwrap().require_verification, Some(true));
    assert_eq!(options.phone.as_ref().unwrap().require_verification, Some(true));

    stripe.submit(&session.id, failed(LastErrorCode::PhoneVerificationDeclined)).unwrap();
    let report = all_of(&sessions, session.id.as_str()).1;
    assert_eq!(report.phone.unwrap().error.unwrap().code.unwrap().as_str(), "phone_verification_declined");
    assert!(report.email.unwrap().error.is_none());

    let mut person = Person::from_seed(1);
    person.email = Some("ada@example.com".into());
    stripe.submit(&session.id, Submission::verified().person(person)).unwrap();
    let outputs = all_of(&sessions, session.id.as_str()).0.verified_outputs.unwrap();
    assert_eq!(outputs.email.unwrap().expose(), "ada@example.com");
    assert_eq!(outputs.phone.unwrap().expose(), "+15550100", "the provided number takes precedence");
}

#[test]
fn control_call_sets_details_of_person_and_document() {
    let (stripe, sessions) = start();
    let id = sessions.create(Create::document().require_matching_selfie(true)).send().unwrap().id.clone();
    let upload = CreateFile::new(FilePurpose::IdentityDocument, *b"\x89PNG-uploaded");
    let file = client(&stripe).files().create(upload).send().unwrap();
    let path = format!("/_simulator/verification_sessions/{id}/submit");
    let body = format!(
        "outcome=verified&person[seed]=7&person[country]=SG&person[first_name]=Ada&person[dob]=&person[sex]=female\
         &document[type]=passport&document[expiration_date]=2031-04-03&document[front]={}",
        file.id
    );
    let shown = serde_json::json!({ "done": true, "status": "verified", "last_error": null, "submits_at": null });
    assert_eq!(send(&stripe, KEY, "POST", &path, &body), (200, shown));
    let report = all_of(&sessions, id.as_str()).1;
    let document = report.document.unwrap();
    let expected = Person::from_seed(7).country("SG");
    assert_eq!((document.first_name.unwrap().expose().as_str(), document.dob), ("Ada", None));
    assert_eq!((document.last_name, document.address), (expected.last_name, expected.address));
    assert_eq!(document.unparsed_sex.unwrap().expose(), "F");
    assert_eq!(document.expiration_date.unwrap().expose(), &Date::new(2031, 4, 3));
    let front = client(&stripe).files().download(&document.files.unwrap()[0]).api_key(restricted()).send().unwrap();
    assert_eq!(front.bytes(), &b"\x89PNG-uploaded"[..]);

    let other = sessions.create(Create::document()).send().unwrap().id.clone();
    let path = format!("/_simulator/verification_sessions/{other}/submit");
    for (body, param) in [
        ("person[age]=7", "person[age]"),
        ("person[dob]=2013", "person[dob]"),
        ("person[country]=Germany", "person[country]"),
        ("person=7", "person"),
        ("person=", "person"),
        ("document[front]=file_none", "document[front]"),
        ("document[type]=visa", "document[type]"),
        ("after=soon", "after"),
        ("outcome=verified;dob=2013-05-01", "outcome"),
    ] {
        let (status, response) = send(&stripe, KEY, "POST", &path, body);
        assert_eq!((status, response["error"]["param"].as_str()), (400, Some(param)), "{body}: {response}");
        let message = response["error"]["message"].as_str().unwrap();
        assert!(!message.contains("2013") && !message.contains("Germany"), "{message}");
    }
    assert_eq!(sessions.retrieve(&other).send().unwrap().state(), SessionState::NotStarted);
}

#[test]
fn metadata_with_two_tries_fails_and_then_verifies_a_session() {
    let (stripe, sessions) = start();
    let params = Create::document().require_matching_selfie(true).metadata("simulate", "selfie_face_mismatch,verified");
    let session = sessions.create(params).send().unwrap();
    assert_eq!(session.state(), SessionState::NotStarted);

    let failed = sessions.retrieve(&session.id).send().unwrap();
    assert_eq!(failed.last_error.as_ref().unwrap().code, Some(LastErrorCode::SelfieFaceMismatch));
    assert!(failed.url.is_some() && failed.url != session.url);
    assert_eq!(state(&sessions, &session), SessionState::Verified);

    let events = client(&stripe).events().list(ListEvents::new()).send().unwrap();
    let types: Vec<_> =
        events.data.iter().rev().map(|event| event.type_.as_str().rsplit('.').next().unwrap()).collect();
    assert_eq!(types, ["created", "processing", "requires_input", "processing", "verified"]);
}

#[test]
fn second_planned_try_waits_for_a_retrieve() {
    let (stripe, sessions) = start();
    let params = Create::document().metadata("simulate", "document_expired;after=1h,verified;after=1h");
    let session = sessions.create(params).send().unwrap();
    assert_eq!(state(&sessions, &session), SessionState::NotStarted, "this retrieve precedes the first try");
    stripe.advance(Duration::from_secs(3 * 60 * 60));
    assert!(stripe.run_until_idle());
    let time = || stripe.world(KEY).unwrap().time().as_secs();
    let before = time();
    assert!(matches!(state(&sessions, &session), SessionState::Failed { .. }));
    assert!(stripe.run_until_idle());
    assert_eq!(time() - before, 60 * 60);
    assert_eq!(state(&sessions, &session), SessionState::Verified);
}

#[test]
fn metadata_with_details_sets_person_document_and_delay() {
    let (stripe, sessions) = start();
    let simulate = "verified; dob=2012-05-01; country=DE; document.type=passport; after=30s";
    let session = sessions.create(Create::document().metadata("simulate", simulate)).send().unwrap();
    stripe.advance(Duration::from_secs(29));
    assert_eq!(state(&sessions, &session), SessionState::NotStarted);
    stripe.advance(Duration::from_secs(1));
    let (session, report) = all_of(&sessions, session.id.as_str());
    assert_eq!(session.state(), SessionState::Verified);
    let outputs = session.verified_outputs.unwrap();
    assert_eq!(outputs.dob.unwrap().expose(), &Date::new(2012, 5, 1));
    assert_eq!(outputs.address.unwrap().country.unwrap().expose(), "DE");
    assert_eq!(report.document.unwrap().files.unwrap().len(), 1);
}

#[test]
fn session_with_invalid_simulate_metadata_is_refused_and_not_created() {
    let (stripe, sessions) = start();
    for simulate in
        ["verified,", "minor", "verified;dob=soon", "selfie_face_mismatch", "verified,email_unverified_other"]
    {
        let error = sessions.create(Create::document().metadata("simulate", simulate)).send().unwrap_err();
        assert_eq!(error.param(), Some("metadata[simulate]"), "{simulate}");
    }
    assert!(sessions.list(ListVerificationSessions::new()).send().unwrap().data.is_empty());
    assert!(client(&stripe).events().list(ListEvents::new()).send().unwrap().data.is_empty());
    // In an update, it is ordinary metadata.
    let session = sessions.create(Create::document()).send().unwrap();
    sessions.update(&session.id, Update::new().metadata("simulate", "minor")).send().unwrap();
    assert_eq!(state(&sessions, &session), SessionState::NotStarted);
}

#[test]
fn plans_apply_in_order_and_metadata_takes_precedence() {
    let (stripe, sessions) = start();
    let create = |params: Create| sessions.create(params).send().unwrap().into_inner();
    stripe.plan(Outcome::Verified);
    stripe.plan(Plan::from([failed(LastErrorCode::DocumentExpired)]).sessions(2));
    stripe.plan(Plan::from([failed(LastErrorCode::ConsentDeclined)]).every_session());
    let own = create(Create::document().metadata("simulate", "abandoned"));
    let planned: Vec<_> = (0..5).map(|_| create(Create::document())).collect();
    let outcome = |session: &VerificationSession| match state(&sessions, session) {
        SessionState::Failed { code, .. } => code.unwrap().to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(outcome(&own), "abandoned");
    let outcomes: Vec<_> = planned.iter().map(outcome).collect();
    assert_eq!(outcomes, ["Verified", "document_expired", "document_expired", "consent_declined", "consent_declined"]);

    stripe.clear_plans();
    assert_eq!(state(&sessions, &create(Create::document())), SessionState::NotStarted);
}

#[test]
fn session_that_cannot_have_its_plan_is_refused_and_the_plan_stays() {
    let (stripe, sessions) = start();
    stripe.plan(failed(LastErrorCode::SelfieManipulated));
    let error = sessions.create(Create::document()).send().unwrap_err();
    assert!(error.message().unwrap().contains("The plan for the next session does not fit this one"), "{error:?}");
    let fitting = sessions.create(Create::document().require_matching_selfie(true)).send().unwrap();
    assert!(matches!(state(&sessions, &fitting), SessionState::Failed { .. }));
    assert_eq!(state(&sessions, &sessions.create(Create::document()).send().unwrap()), SessionState::NotStarted);
}

#[test]
fn plan_for_all_worlds_applies_in_each_of_them() {
    let stripe = SimulatorTransport::new();
    let sessions = |key: &str| BlockingClient::new(Config::new(key).unwrap(), stripe.clone()).verification_sessions();
    let create = |key: &str| {
        let session = sessions(key).create(Create::document()).send().unwrap();
        state(&sessions(key), &session)
    };
    assert_eq!(create("sk_test_old"), SessionState::NotStarted);
    stripe.plan(Outcome::Verified);
    assert_eq!((create("sk_test_old"), create("sk_test_old")), (SessionState::Verified, SessionState::NotStarted));
    assert_eq!((create("sk_test_new"), create("sk_test_new")), (SessionState::Verified, SessionState::NotStarted));
    stripe.world("sk_test_old").unwrap().plan(Outcome::Verified);
    assert_eq!((create("sk_test_new"), create("sk_test_old")), (SessionState::NotStarted, SessionState::Verified));
    stripe.clear_plans();
    assert_eq!(create("sk_test_newest"), SessionState::NotStarted);
}

#[test]
fn plan_can_be_added_listed_and_cleared_over_http() {
    let (stripe, sessions) = start();
    let post = |body: &str| send(&stripe, KEY, "POST", "/_simulator/plan", body);
    assert_eq!(post("tries=document_expired,verified;dob=2012-05-01&sessions=3").0, 200);
    assert_eq!(post("tries=abandoned&sessions=all").0, 200);
    assert_eq!(post("tries=abandoned&sessions=0").0, 200);
    for (body, param) in [
        ("", "tries"),
        ("tries=minor", "tries"),
        ("tries=verified&sessions=-1", "sessions"),
        ("tries=verified&x=1", "x"),
    ] {
        let (status, response) = post(body);
        assert_eq!((status, response["error"]["param"].as_str()), (400, Some(param)), "{response}");
    }
    let session = sessions.create(Create::document()).send().unwrap();
    let (_, plans) = send(&stripe, KEY, "GET", "/_simulator/plan", "");
    let expected = serde_json::json!([
        { "tries": ["document_expired", "verified"], "sessions": 2 },
        { "tries": ["abandoned"], "sessions": "all" },
    ]);
    assert_eq!(plans["data"], expected);
    assert!(matches!(state(&sessions, &session), SessionState::Failed { .. }));
    assert_eq!(send(&stripe, KEY, "DELETE", "/_simulator/plan", "").0, 200);
    assert_eq!(send(&stripe, KEY, "GET", "/_simulator/plan", "").1["data"], serde_json::json!([]));
    assert_eq!(state(&sessions, &session), SessionState::Verified, "a session keeps its tries");

    for _ in 0..1000 {
        assert_eq!(post("tries=verified").0, 200);
    }
    assert_eq!(post("tries=verified").0, 400);
}

#[test]
fn planned_try_goes_through_processing() {
    let (stripe, sessions) = start();
    let mut settings = stripe.settings();
    settings.processing = Processing::After(Duration::from_secs(20));
    stripe.set_settings(&settings);
    let params = Create::document().metadata("simulate", "document_expired;after=10s,verified;after=1s");
    let session = sessions.create(params).send().unwrap();
    let status = || sessions.retrieve(&session.id).send().unwrap().status.clone();
    for (expected, seconds) in [
        (Status::Processing, 10),
        // Without a retrieve in between, the next try does not begin.
        (Status::RequiresInput, 30),
        (Status::Processing, 31),
        (Status::Verified, 51),
    ] {
        assert!(stripe.advance_to_next());
        assert_eq!(status(), expected);
        let time = stripe.world(KEY).unwrap().time();
        assert_eq!(time.as_secs() - session.created.unwrap().as_secs(), seconds);
    }
}

#[test]
fn planned_try_that_is_no_longer_possible_is_skipped() {
    let later = "verified;after=1h";
    let hour = Duration::from_secs(60 * 60);

    let (stripe, sessions) = start();
    let canceled = sessions.create(Create::document().metadata("simulate", later)).send().unwrap();
    sessions.cancel(&canceled.id).send().unwrap();
    stripe.advance(hour);
    assert_eq!(state(&sessions, &canceled), SessionState::Canceled);

    // A submission by a call replaces the planned try, and the later tries stay.
    let params = Create::document().metadata("simulate", "document_expired;after=1h,verified");
    let session = sessions.create(params).send().unwrap();
    stripe.submit(&session.id, failed(LastErrorCode::Abandoned)).unwrap();
    stripe.advance(hour);
    let again = sessions.retrieve(&session.id).send().unwrap();
    assert_eq!(again.last_error.as_ref().unwrap().code, Some(LastErrorCode::Abandoned));
    assert_eq!(state(&sessions, &session), SessionState::Verified);

    // The session no longer has the check.
    let params = Create::document().require_matching_selfie(true).metadata("simulate", "selfie_manipulated;after=1h");
    let session = sessions.create(params).send().unwrap();
    sessions.update(&session.id, Update::new().clear_document_options()).send().unwrap();
    stripe.advance(hour);
    assert_eq!(state(&sessions, &session), SessionState::NotStarted);
}

#[test]
fn replayed_creation_uses_no_plan() {
    let (stripe, sessions) = start();
    stripe.plan(Plan::from(Outcome::Verified).sessions(2));
    let create = |key: &str| sessions.create(Create::document()).idempotency_key(key).send().unwrap().into_inner();
    let (first, again, second) = (create("key-1"), create("key-1"), create("key-2"));
    assert_eq!(first.id, again.id);
    assert_eq!(state(&sessions, &second), SessionState::Verified);
}

#[test]
fn delayed_submission_replaces_earlier_ones_and_is_made_when_due() {
    let (stripe, sessions) = start();
    let session = sessions.create(Create::document()).send().unwrap();
    stripe.submit(&session.id, Submission::verified().after(Duration::from_secs(60))).unwrap();
    assert_eq!(state(&sessions, &session), SessionState::NotStarted);
    let path = format!("/_simulator/verification_sessions/{}/submit", session.id);
    for delay in ["90s", "30s", "45s"] {
        let body = format!("outcome=document_expired&after={delay}");
        assert_eq!(send(&stripe, KEY, "POST", &path, &body).0, 200);
    }
    // Only the last submission is made.
    stripe.advance(Duration::from_secs(600));
    let events = client(&stripe).events().list(ListEvents::new().types([EventType::VerificationSessionProcessing]));
    let times = events.send().unwrap().into_inner().data.into_iter().map(|event| event.created.unwrap().as_secs());
    assert_eq!(times.collect::<Vec<_>>(), [session.created.unwrap().as_secs() + 45]);
    assert!(matches!(state(&sessions, &session), SessionState::Failed { .. }));
}
