//! Facts that Stripe documents, as a client over a socket sees them.
#![cfg(feature = "server")]

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use stripe_identity_core::types::{
    CreateEphemeralKey, CreateFile, CreateFileLink, CreateVerificationSession as Create, EventType, FileId,
    FileLinkData, FileLinkExpiry, FilePurpose, LastErrorCode, ListEvents, ListVerificationReports, RedactionStatus,
    ReportExpand, SessionExpand, Timestamp, UpdateFileLink, UpdateVerificationSession as Update, VerificationSession,
    VerificationSessionStatus as Status,
};
use stripe_identity_core::{ApiKey, BlockingClient, BlockingHttpTransport as _, Config, ErrorKind};
use stripe_identity_simulator::{Document, Outcome, Person, Server, Simulator, Submission};
use stripe_identity_ureq::UreqTransport;

struct Stripe {
    server: Server,
    transport: UreqTransport,
    client: BlockingClient,
}

fn start() -> Stripe {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let transport = UreqTransport::new().unwrap();
    let config = Config::builder("sk_test_123").base_url(server.url()).build().unwrap();
    Stripe { client: BlockingClient::new(config, transport.clone()), transport, server }
}

fn restricted() -> ApiKey {
    ApiKey::new("rk_test_123").unwrap()
}

impl Stripe {
    fn create(&self, params: Create) -> VerificationSession {
        self.client.verification_sessions().create(params).send().unwrap().into_inner()
    }

    fn verified(&self, params: Create) -> VerificationSession {
        let session = self.create(params);
        self.server.submit(&session.id, Outcome::Verified).unwrap();
        session
    }

    fn update(&self, session: &VerificationSession, params: Update) -> Result<VerificationSession, u16> {
        let updated = self.client.verification_sessions().update(&session.id, params).send();
        updated.map(stripe_identity_core::Response::into_inner).map_err(|error| error.status().unwrap().as_u16())
    }

    /// Returns the images of a front and a selfie.
    fn images(&self) -> [FileId; 2] {
        let session = self.verified(Create::document().require_matching_selfie(true));
        let list = ListVerificationReports::new().verification_session(&session.id);
        let report = self.client.verification_reports().list(list).send().unwrap().into_inner().data.remove(0);
        [report.document.unwrap().files.unwrap().remove(0), report.selfie.unwrap().selfie.unwrap()]
    }

    fn in_seconds(&self, seconds: i64) -> Timestamp {
        Timestamp::from_secs(self.server.time().as_secs() + seconds)
    }

    /// Sends a request with a key, without the client.
    fn get(&self, url: &str, key: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        let mut request = Request::get(url).header("authorization", format!("Bearer {key}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.transport.send(request.body(Bytes::new()).unwrap()).unwrap()
    }

    fn session_url(&self, session: &VerificationSession) -> String {
        format!("{}/v1/identity/verification_sessions/{}", self.server.url(), session.id)
    }
}

#[test]
fn file_link_to_an_image_expires_within_30_seconds() {
    let stripe = start();
    let links = stripe.client.file_links();
    for image in stripe.images() {
        let create = |expires_at: Option<i64>| {
            let params = CreateFileLink::new(&image);
            let params = match expires_at {
                Some(seconds) => params.expires_at(stripe.in_seconds(seconds)),
                None => params,
            };
            links.create(params).api_key(restricted()).send()
        };
        for expires_at in [None, Some(31), Some(3600), Some(0), Some(-1)] {
            assert_eq!(create(expires_at).unwrap_err().param(), Some("expires_at"), "{expires_at:?}");
        }
        let link = create(Some(30)).unwrap();
        let update = |params| links.update(&link.id, params).api_key(restricted()).send();
        assert!(update(UpdateFileLink::new().metadata("a", "1")).is_ok());
        for params in [
            UpdateFileLink::new().clear_expires_at(),
            UpdateFileLink::new().expires_at(FileLinkExpiry::At(stripe.in_seconds(31))),
            UpdateFileLink::new().expires_at(FileLinkExpiry::At(stripe.in_seconds(0))),
        ] {
            assert_eq!(update(params).unwrap_err().param(), Some("expires_at"));
        }
        let later = UpdateFileLink::new().expires_at(FileLinkExpiry::At(stripe.in_seconds(30)));
        assert_eq!(links.update(&link.id, later.clone()).send().unwrap_err().kind(), ErrorKind::Permission);
        let url = update(later).unwrap().url.clone().unwrap().into_inner();
        // Any key may shorten the lifetime, since that lets nobody read more.
        let earlier = UpdateFileLink::new().expires_at(FileLinkExpiry::At(stripe.in_seconds(29)));
        links.update(&link.id, earlier).send().unwrap();
        let second = create(Some(30)).unwrap();
        let ended = links.update(&second.id, UpdateFileLink::new().expires_at(FileLinkExpiry::Now)).send().unwrap();
        assert_eq!(ended.expired, Some(true));

        let read = || stripe.transport.send(Request::get(&url).body(Bytes::new()).unwrap()).unwrap();
        assert_eq!((read().status().as_u16(), &read().headers()["content-type"]), (200, &"image/png".parse().unwrap()));
        stripe.server.advance(Duration::from_secs(30));
        assert_eq!(read().status().as_u16(), 404);
        assert!(links.retrieve(&link.id).send().unwrap().url.is_none());
    }
}

#[test]
fn file_links_exist_for_fourteen_purposes() {
    // The purposes among the 14 that only Stripe's own files have. The test above covers two of them.
    const BY_STRIPE: usize = 5;
    let stripe = start();
    let unlinkable =
        ["account_requirement", "additional_verification", "identity_document", "platform_terms_of_service"];
    let mut linkable = 0;
    for purpose in FilePurpose::KNOWN {
        let upload = || CreateFile::new(purpose.clone(), *b"x");
        let Ok(file) = stripe.client.files().create(upload()).send() else { continue };
        let link = stripe.client.file_links().create(CreateFileLink::new(&file.id)).send();
        let uploaded_with_link = stripe.client.files().create(upload().file_link_data(FileLinkData::create())).send();
        if unlinkable.contains(&purpose.as_str()) || purpose.as_str().starts_with("terminal_wifi_") {
            assert_eq!(link.unwrap_err().param(), Some("file"), "{purpose}");
            assert_eq!(uploaded_with_link.unwrap_err().param(), Some("file_link_data[create]"), "{purpose}");
        } else {
            assert!(link.is_ok() && uploaded_with_link.is_ok(), "{purpose}");
            linkable += 1;
        }
    }
    assert_eq!(linkable, 14 - BY_STRIPE);
}

#[test]
fn redacted_session_shows_only_placeholders_and_its_country() {
    let stripe = start();
    let session = stripe.verified(Create::verification_flow("vf_1").require_id_number(true));
    stripe.client.verification_sessions().redact(&session.id).send().unwrap();
    stripe.server.advance(Duration::from_secs(4 * 24 * 60 * 60));

    let expand = [SessionExpand::Dob, SessionExpand::IdNumber];
    let call = stripe.client.verification_sessions().retrieve(&session.id).expand(expand);
    let redacted = call.api_key(restricted()).send().unwrap();
    let body: Value = serde_json::from_slice(redacted.meta().body()).unwrap();
    let outputs = serde_json::json!({
        "address": {
            "city": "[redacted]", "country": "US", "line1": "[redacted]", "line2": "[redacted]",
            "postal_code": "[redacted]", "state": "[redacted]"
        },
        "dob": { "day": 1, "month": 1, "year": 1 },
        "email": "[redacted]",
        "first_name": "[redacted]",
        "id_number": "[redacted]",
        "id_number_type": null,
        "last_name": "[redacted]",
        "phone": "[redacted]",
    });
    assert_eq!(body["verified_outputs"], outputs);
    assert_eq!(redacted.redaction.as_ref().unwrap().status, RedactionStatus::Redacted);
    assert_eq!(redacted.status, Status::Verified);
    assert!(redacted.last_verification_report.is_some() && redacted.metadata.is_empty());
}

/// Collects every value in an object, with its path.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}.{name}"), found));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| leaves(value, &format!("{path}[{index}]"), found));
        }
        _ => drop(found.insert(path.to_owned(), value.clone())),
    }
}

/// Fails for every field of the models that the redaction does not handle, except for those that are listed below.
#[test]
fn redaction_erases_everything_that_the_checks_found() {
    let stripe = start();
    let session =
        stripe.create(Create::verification_flow("vf_1").require_matching_selfie(true).require_id_number(true));
    let mut person = Person::from_seed(7).named("Nomen", "Nescio");
    person.email = Some("nomen@example.test".into());
    let document = Document::from_seed(7).number("N-12345").named("Nom", "Nesc").issued_by("PT").expires(2041, 7, 6);
    stripe.server.submit(&session.id, Submission::verified().person(person).document(document)).unwrap();

    let found = || {
        let mut found = BTreeMap::new();
        let sessions = stripe.client.verification_sessions();
        let session = sessions.retrieve(&session.id).expand(SessionExpand::KNOWN.iter().cloned());
        let session = session.api_key(restricted()).send().unwrap();
        let body: Value = serde_json::from_slice(session.meta().body()).unwrap();
        let report = session.last_verification_report.as_ref().unwrap().id();
        let report = stripe.client.verification_reports().retrieve(report).expand(ReportExpand::KNOWN.iter().cloned());
        let report: Value = serde_json::from_slice(report.api_key(restricted()).send().unwrap().meta().body()).unwrap();
        leaves(&body["verified_outputs"], "verified_outputs", &mut found);
        for check in ["document", "id_number", "selfie", "email", "phone"] {
            assert_eq!(report[check], body["last_verification_report"][check]);
            leaves(&report[check], check, &mut found);
        }
        found
    };
    let before = found();
    for (path, value) in &before {
        // A field that is never set would pass the rest of the test.
        assert_eq!(value.is_null(), path.rsplit('.').next() == Some("error"), "{path} is {value}");
    }
    let files: Vec<_> = before.values().filter_map(Value::as_str).filter(|text| text.starts_with("file_")).collect();
    assert_eq!(files.len(), 4, "front, back, selfie, and the front again in the selfie report");

    stripe.client.verification_sessions().redact(&session.id).send().unwrap();
    stripe.server.advance(Duration::from_secs(4 * 24 * 60 * 60));
    for (path, value) in found() {
        let is_left = match path.rsplit('.').next().unwrap() {
            "status" => value == "verified",
            "type" => value == "driving_license",
            "country" => value == "US",
            "day" | "month" | "year" => value == 1,
            _ => value.is_null() || value == "[redacted]",
        };
        assert!(is_left, "{path} is {value}");
    }
    for file in files {
        let download = stripe.client.files().download(file).api_key(restricted()).send();
        assert_eq!(download.unwrap_err().status().unwrap(), 404);
    }
    // Events contain none of it, either.
    let events = stripe.client.events().list(ListEvents::new().limit(100)).send().unwrap();
    let events = String::from_utf8(events.meta().body().to_vec()).unwrap();
    assert!(!events.contains("Nomen") && !events.contains("nomen@"), "{events}");
}

#[test]
fn metadata_can_be_updated_until_redaction() {
    let stripe = start();
    let new = || stripe.create(Create::document());
    let canceled = new();
    stripe.client.verification_sessions().cancel(&canceled.id).send().unwrap();
    let processing = new();
    stripe.server.start_processing(&processing.id).unwrap();
    let verified = stripe.verified(Create::document());

    for (session, status) in [
        (new(), Status::RequiresInput),
        (processing, Status::Processing),
        (verified.clone(), Status::Verified),
        (canceled, Status::Canceled),
    ] {
        let updated = stripe.update(&session, Update::new().metadata("handled", "1")).unwrap();
        assert_eq!((updated.metadata.get("handled"), &updated.status), (Some("1"), &status));
        for params in [
            Update::new().require_id_number(true),
            Update::new().metadata("handled", "2").provided_email("robin@example.test"),
        ] {
            let expected = if status == Status::RequiresInput { None } else { Some(400) };
            assert_eq!(stripe.update(&session, params).err(), expected, "{status}");
        }
    }
    stripe.client.verification_sessions().redact(&verified.id).send().unwrap();
    assert_eq!(stripe.update(&verified, Update::new().metadata("handled", "2")), Err(400));
    assert_eq!(stripe.update(&verified, Update::new()), Err(400));
    stripe.server.finish_redaction(&verified.id).unwrap();
    assert_eq!(stripe.update(&verified, Update::new().metadata("handled", "2")), Err(400));
}

#[test]
fn failed_session_gets_a_new_url_when_retrieved_and_none_in_its_event() {
    let stripe = start();
    let session = stripe.create(Create::document());
    stripe.server.submit(&session.id, Outcome::Failed(LastErrorCode::DocumentExpired)).unwrap();
    let list = ListEvents::new().types([EventType::VerificationSessionRequiresInput]);
    let event = stripe.client.events().list(list).send().unwrap().into_inner().data.remove(0);
    let snapshot: Value = serde_json::from_slice(event.data.object.expose().as_bytes()).unwrap();
    assert_eq!(snapshot["last_error"]["code"], "document_expired");
    assert!(snapshot["url"].is_null() && snapshot["client_secret"].is_null(), "{snapshot}");

    let retrieved = stripe.client.verification_sessions().retrieve(&session.id).send().unwrap();
    assert!(retrieved.url.is_some() && retrieved.url != session.url);
    assert!(retrieved.client_secret.is_some() && retrieved.client_secret != session.client_secret);
}

#[test]
fn account_in_two_headers_is_refused() {
    let stripe = start();
    let session = stripe.create(Create::document());
    let url = stripe.session_url(&session);
    let status = |headers: &[(&str, &str)]| stripe.get(&url, "sk_test_123", headers).status().as_u16();
    assert_eq!(status(&[]), 200);
    assert_eq!(status(&[("stripe-account", "acct_1")]), 404);
    assert_eq!(status(&[("stripe-context", "acct_1")]), 404);
    assert_eq!(status(&[("stripe-account", "acct_1"), ("stripe-context", "acct_1")]), 400);
}

#[test]
fn expanded_outputs_of_an_unverified_session_are_null() {
    let stripe = start();
    let session = stripe.create(Create::document());
    let outputs = |query: &str| {
        let response = stripe.get(&format!("{}{query}", stripe.session_url(&session)), "rk_test_123", &[]);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        body.get("verified_outputs").cloned()
    };
    assert_eq!(outputs(""), None);
    assert_eq!(outputs("?expand[]=verified_outputs"), Some(Value::Null));
    assert_eq!(outputs("?expand[]=verified_outputs.dob"), Some(Value::Null));
}

#[test]
fn canceled_session_cannot_be_redacted() {
    let stripe = start();
    let sessions = stripe.client.verification_sessions();
    let session = stripe.create(Create::document());
    sessions.cancel(&session.id).send().unwrap();
    let error = sessions.redact(&session.id).send().unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::InvalidRequest, 400));
}

#[test]
fn ephemeral_key_retrieves_only_its_own_session() {
    let stripe = start();
    let (own, other) = (stripe.create(Create::document()), stripe.create(Create::document()));
    let params = CreateEphemeralKey::verification_session(&own.id);
    let key = stripe.client.ephemeral_keys().create("2025-01-01.acacia", params).send().unwrap().into_inner();
    let secret = key.secret.unwrap().into_inner();
    let status = |url: &str| stripe.get(url, &secret, &[]).status().as_u16();
    let base_url = stripe.server.url();
    assert_eq!(status(&stripe.session_url(&own)), 200);
    for url in [
        stripe.session_url(&other),
        format!("{base_url}/v1/identity/verification_sessions"),
        format!("{base_url}/v1/events"),
        format!("{base_url}/_simulator/settings"),
    ] {
        assert_eq!(status(&url), 403, "{url}");
    }
    let sensitive = format!("{}?expand[]=verified_outputs.dob", stripe.session_url(&own));
    assert_eq!(status(&sensitive), 403);
    stripe.server.advance(Duration::from_secs(60 * 60));
    assert_eq!(status(&stripe.session_url(&own)), 401);
}
