//! Reports, files, links, events, ephemeral keys and raw requests.

use std::time::Duration;

use http::Method;
use stripe_identity_core::types::{
    CreateEphemeralKey, CreateFile, CreateFileLink, CreateVerificationSession as Create, EventType, FileExpand,
    FileLinkData, FileLinkExpand, FileLinkExpiry, FilePurpose, LastErrorCode, ListEvents, ListFileLinks, ListFiles,
    ListVerificationReports, ReportExpand, SessionState, SessionView, Timestamp, UpdateFileLink, VerificationSession,
    VerificationSessionType,
};
use stripe_identity_core::{ApiKey, BlockingClient, Config, ErrorKind};
use stripe_identity_simulator::{Outcome, SimulatorTransport};

fn start() -> (SimulatorTransport, BlockingClient) {
    let stripe = SimulatorTransport::new();
    (stripe.clone(), BlockingClient::new(Config::new("sk_test_123").unwrap(), stripe))
}

fn restricted() -> ApiKey {
    ApiKey::new("rk_test_123").unwrap()
}

/// Creates a session that fails once and is then verified.
fn verified(stripe: &SimulatorTransport, client: &BlockingClient) -> VerificationSession {
    let params = Create::document().require_matching_selfie(true).client_reference_id("user-42");
    let id = client.verification_sessions().create(params).send().unwrap().id.clone();
    for outcome in [Outcome::Failed(LastErrorCode::SelfieFaceMismatch), Outcome::Verified] {
        stripe.advance(Duration::from_secs(60));
        stripe.submit(&id, outcome).unwrap();
    }
    client.verification_sessions().retrieve(&id).send().unwrap().into_inner()
}

#[test]
fn each_try_leaves_a_report() {
    let (stripe, client) = start();
    let session = verified(&stripe, &client);
    let reports = client.verification_reports();

    let all = reports.list(ListVerificationReports::new().verification_session(&session.id)).send().unwrap();
    assert_eq!(all.data.len(), 2);
    assert_eq!(&all.data[0].id, session.last_verification_report.as_ref().unwrap().id());
    let count = |params| reports.list(params).send().unwrap().data.len();
    assert_eq!(count(ListVerificationReports::new().client_reference_id("user-42").limit(1)), 1);
    assert_eq!(count(ListVerificationReports::new().client_reference_id("user-43")), 0);
    assert_eq!(count(ListVerificationReports::new().type_(VerificationSessionType::IdNumber)), 0);
    assert_eq!(count(ListVerificationReports::new().created(Timestamp::from_secs(1_793_000_060))), 1);
    assert_eq!(count(ListVerificationReports::new().starting_after(&all.data[0])), 1);

    let report = reports.retrieve(&all.data[0]).send().unwrap();
    assert!(report.document.as_ref().unwrap().number.is_none());
    let number = || reports.retrieve(&all.data[0]).expand([ReportExpand::DocumentNumber]);
    assert_eq!(number().send().unwrap_err().kind(), ErrorKind::Permission);
    let report = number().api_key(restricted()).send().unwrap();
    assert!(report.document.as_ref().unwrap().number.is_some());
    assert_eq!(reports.retrieve("vr_none").send().unwrap_err().status().unwrap(), 404);
}

#[test]
fn collected_images_are_files_until_redaction() {
    let (stripe, client) = start();
    let session = verified(&stripe, &client);
    let report = client.verification_reports().retrieve(session.last_verification_report.as_ref().unwrap().id());
    let report = report.send().unwrap();
    let selfie = report.selfie.as_ref().unwrap().selfie.clone().unwrap();

    let file = client.files().retrieve(&selfie).send().unwrap();
    assert_eq!((&file.purpose, file.size), (&FilePurpose::Selfie, Some(110)));
    assert_eq!(client.files().download(&selfie).send().unwrap_err().kind(), ErrorKind::Permission);
    let contents = client.files().download(&selfie).api_key(restricted()).send().unwrap();
    assert!(contents.bytes().starts_with(b"\x89PNG"));
    assert_eq!(contents.content_type(), Some("image/png"));
    let selfies = client.files().list(ListFiles::new().purpose(FilePurpose::Selfie)).send().unwrap();
    assert_eq!(selfies.data.len(), 2);

    client.verification_sessions().redact(&session.id).send().unwrap();
    stripe.finish_redaction(&session.id).unwrap();
    let gone = client.files().download(&selfie).api_key(restricted()).send().unwrap_err();
    assert_eq!(gone.status().unwrap(), 404);
}

#[test]
fn link_to_an_image_requires_the_same_key_as_the_image() {
    let (stripe, client) = start();
    let session = verified(&stripe, &client);
    let report = client.verification_reports().retrieve(session.last_verification_report.as_ref().unwrap().id());
    let selfie = report.send().unwrap().selfie.clone().unwrap().selfie.unwrap();
    let soon = Timestamp::from_secs(stripe.time().as_secs() + 30);
    let link = || client.file_links().create(CreateFileLink::new(&selfie).expires_at(soon));
    assert_eq!(link().send().unwrap_err().kind(), ErrorKind::Permission);
    assert!(link().api_key(restricted()).send().is_ok());
}

#[test]
fn redaction_erases_events_and_stored_responses() {
    let (stripe, client) = start();
    let create = || {
        let params = Create::document().metadata("case", "case-of-robin").provided_email("robin@example.test");
        client.verification_sessions().create(params).idempotency_key("key-1").send().unwrap()
    };
    let session = create();
    assert!(create().meta().is_replayed());
    client.verification_sessions().redact(&session).send().unwrap();
    stripe.finish_redaction(&session).unwrap();

    let again = create();
    assert!(!again.meta().is_replayed() && again.id != session.id);
    let events = client.events().list(ListEvents::new().limit(100)).send().unwrap();
    let of_it: Vec<_> =
        events.data.iter().filter(|event| event.verification_session().unwrap().id == session.id).collect();
    assert_eq!(of_it.len(), 3);
    for event in of_it {
        let snapshot = String::from_utf8(event.data.object.expose().as_bytes().to_vec()).unwrap();
        assert!(!snapshot.contains("robin"), "{snapshot}");
    }
}

#[test]
fn event_is_deleted_after_thirty_days() {
    let (stripe, client) = start();
    let file = client.files().create(CreateFile::new(FilePurpose::PciDocument, *b"x")).send().unwrap();
    let event = client.events().list(ListEvents::new().type_("file.created")).send().unwrap().data[0].clone();
    assert_eq!(event.data.object.expose().get("id").unwrap(), file.id.as_str());
    stripe.advance(Duration::from_secs(30 * 24 * 60 * 60 - 1));
    assert!(client.events().retrieve(&event.id).send().is_ok());
    stripe.advance(Duration::from_secs(1));
    assert_eq!(client.events().retrieve(&event.id).send().unwrap_err().status().unwrap(), 404);
    assert!(client.events().list(ListEvents::new()).send().unwrap().data.is_empty());
}

#[test]
fn refused_upload_has_no_effect_and_expanded_links_have_more() {
    let (_stripe, client) = start();
    let upload =
        |link| client.files().create(CreateFile::new(FilePurpose::PciDocument, *b"x").file_link_data(link)).send();
    assert!(upload(FileLinkData::create().metadata("k".repeat(41), "v")).is_err());
    assert!(client.files().list(ListFiles::new()).send().unwrap().data.is_empty());
    assert!(client.file_links().list(ListFileLinks::new()).send().unwrap().data.is_empty());

    let file = upload(FileLinkData::create()).unwrap();
    let links = |count| {
        for _ in 0..count {
            client.file_links().create(CreateFileLink::new(&file.id)).send().unwrap();
        }
        let file = client.files().retrieve(&file.id).expand([FileExpand::Links]).send().unwrap().into_inner();
        file.links.map(|links| (links.data.len(), links.has_more))
    };
    assert_eq!(links(9), Some((10, false)));
    assert_eq!(links(1), Some((10, true)));
}

#[test]
fn uploaded_file_is_downloaded_byte_for_byte() {
    let (_stripe, client) = start();
    let contents: Vec<u8> = (0..=255).cycle().take(5000).chain(*b"\r\n--\r\n\r\n").collect();
    let upload = || {
        let link = FileLinkData::create().metadata("case é", "é & ü");
        let file = CreateFile::new(FilePurpose::DisputeEvidence, contents.clone()).filename("a \"b\".jpg");
        client.files().create(file.content_type("image/jpeg").file_link_data(link)).expand([FileExpand::Links])
    };
    let file = upload().send().unwrap();
    assert_eq!(file.filename.as_ref().unwrap().expose(), "a %22b%22.jpg");
    assert_eq!((file.size, file.type_.as_deref()), (Some(5008), Some("jpg")));
    let links = file.links.as_ref().unwrap();
    assert_eq!(links.data[0].metadata.get("case é"), Some("é & ü"));
    let downloaded = client.files().download(&file.id).send().unwrap();
    assert_eq!(downloaded.bytes(), &contents);

    // The boundary differs each time, but the upload is the same.
    let first = upload().idempotency_key("key-1").send().unwrap();
    let again = upload().idempotency_key("key-1").send().unwrap();
    assert!(again.meta().is_replayed() && again.id == first.id);

    let refused = client.files().create(CreateFile::new(FilePurpose::Selfie, *b"x")).send().unwrap_err();
    assert_eq!(refused.param(), Some("purpose"));
    let refused = client.files().create(CreateFile::new(FilePurpose::PciDocument, *b"x").content_type("a\r\nb"));
    assert_eq!(refused.send().unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn link_expires_and_can_be_renewed() {
    let (stripe, client) = start();
    let file = client.files().create(CreateFile::new(FilePurpose::PciDocument, *b"letter")).send().unwrap();
    let links = client.file_links();
    let soon = Timestamp::from_secs(stripe.time().as_secs() + 60);
    let link = links.create(CreateFileLink::new(&file.id).expires_at(soon).metadata("a", "1")).send().unwrap();
    assert_eq!((link.expired, link.file.as_ref().unwrap().id()), (Some(false), &file.id));
    let expanded = links.retrieve(&link.id).expand([FileLinkExpand::File]).send().unwrap();
    assert_eq!(expanded.file.as_ref().unwrap().object().unwrap().size, Some(6));

    // Its URL requires no key.
    let url = link.url.as_ref().unwrap().expose();
    let read = || {
        let request = http::Request::get(url).body(bytes::Bytes::new()).unwrap();
        stripe.handle(request).status().as_u16()
    };
    assert_eq!(read(), 200);
    stripe.advance(Duration::from_secs(60));
    assert_eq!(read(), 404);
    let expired = links.retrieve(&link.id).send().unwrap();
    assert!(expired.expired == Some(true) && expired.url.is_none());
    let count = |params| links.list(params).send().unwrap().data.len();
    assert_eq!((count(ListFileLinks::new().expired(true)), count(ListFileLinks::new().expired(false))), (1, 0));

    let update = UpdateFileLink::new().clear_expires_at().metadata("b", "2").unset_metadata("a");
    let revived = links.update(&link.id, update).send().unwrap();
    assert_eq!((revived.expired, revived.expires_at), (Some(false), None));
    assert_eq!((revived.metadata.get("a"), revived.metadata.get("b")), (None, Some("2")));
    assert_eq!(read(), 200);
    let ended = links.update(&link.id, UpdateFileLink::new().expires_at(FileLinkExpiry::Now).clear_metadata());
    let ended = ended.send().unwrap();
    assert!(ended.expired == Some(true) && ended.metadata.is_empty());
    assert_eq!(count(ListFileLinks::new().file(&file.id)), 1);
    assert_eq!(links.create(CreateFileLink::new("file_none")).send().unwrap_err().param(), Some("file"));
}

#[test]
fn each_step_of_a_session_has_an_event() {
    let (stripe, client) = start();
    let session = verified(&stripe, &client);
    let first = client.verification_sessions().create(Create::document()).idempotency_key("key-1").send().unwrap();
    client.verification_sessions().redact(&first.id).send().unwrap();
    client.verification_sessions().redact(&session.id).send().unwrap();
    stripe.finish_redaction(&session.id).unwrap();

    let events = client.events().list(ListEvents::new().limit(100)).send().unwrap().into_inner().data;
    let of = |id: &str| -> Vec<_> {
        let of_it = events.iter().filter(|event| event.verification_session().unwrap().id == *id);
        of_it.map(|event| event.type_.as_str().rsplit('.').next().unwrap().to_owned()).collect()
    };
    assert_eq!(
        of(session.id.as_str()),
        ["redacted", "verified", "processing", "requires_input", "processing", "created"]
    );
    assert_eq!(of(first.id.as_str()), ["canceled", "created"]);
    let created = events.iter().find(|event| event.verification_session().unwrap().id == first.id).unwrap();
    assert!(created.request.as_ref().unwrap().id.as_ref().unwrap().starts_with("req_"));

    let count = |params: ListEvents| client.events().list(params.limit(100)).send().unwrap().data.len();
    assert_eq!(count(ListEvents::new().type_("identity.*")), 8);
    assert_eq!(count(ListEvents::new().type_("*.canceled")), 1);
    let types = [EventType::VerificationSessionVerified, EventType::VerificationSessionRedacted];
    assert_eq!(count(ListEvents::new().types(types)), 2);
    assert_eq!(count(ListEvents::new().delivery_success(false)), 0);
    let both = client.events().list(ListEvents::new().type_("*").types(["x"])).send().unwrap_err();
    assert_eq!(both.kind(), ErrorKind::InvalidRequest);
    assert_eq!(client.events().retrieve(&events[0].id).send().unwrap().id, events[0].id);

    // Applied in any order and repeatedly, the events give the final state.
    let mut known = SessionView::new(session.id.clone());
    for event in
        events.iter().rev().chain(&events).filter(|event| event.verification_session().unwrap().id == session.id)
    {
        known.apply(event);
    }
    assert_eq!(known.state, SessionState::Verified);
}

#[test]
fn ephemeral_key_shows_its_secret_once() {
    let (_stripe, client) = start();
    let session = client.verification_sessions().create(Create::document()).send().unwrap();
    let params = CreateEphemeralKey::verification_session(&session.id);
    let key = client.ephemeral_keys().create("2025-01-01.acacia", params).send().unwrap();
    assert_eq!(key.meta().headers()["stripe-version"], "2025-01-01.acacia");
    assert!(key.secret.as_ref().unwrap().expose().starts_with("ek_test_"));
    assert!(!format!("{key:?}").contains("ek_test_"));
    assert_eq!(key.expires.unwrap().as_secs() - key.created.unwrap().as_secs(), 3600);

    let deleted = client.ephemeral_keys().delete(&key.id).send().unwrap();
    assert!(deleted.secret.is_none());
    assert_eq!(client.ephemeral_keys().delete(&key.id).send().unwrap_err().status().unwrap(), 404);
    let unknown = CreateEphemeralKey::verification_session("vs_none");
    let unknown = client.ephemeral_keys().create("2025-01-01.acacia", unknown).send().unwrap_err();
    assert_eq!(unknown.param(), Some("verification_session"));
}

#[test]
fn raw_request_reaches_any_path_but_no_other_host() {
    let (_stripe, client) = start();
    let params = std::collections::BTreeMap::from([("type", "document")]);
    let session = client.raw(Method::POST, "/v1/identity/verification_sessions", params).send().unwrap();
    assert_eq!(session.expose().get("status").unwrap(), "requires_input");
    assert!(!format!("{session:?}").contains("_secret_"));
    let list = client.raw(Method::GET, "/v1/identity/verification_sessions", ()).send().unwrap();
    assert_eq!(list.expose().value().unwrap()["data"][0]["id"], *session.expose().get("id").unwrap());
    for path in
        ["", "v1/x", "//evil.test/x", "https://evil.test/x", "/\\evil.test", "/v1/../x", "/v1/x?y=z", "/v1/%2e%2e/x"]
    {
        let error = client.raw(Method::GET, path, ()).send().unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{path}");
    }
}
