//! Tries the operations with async-stripe.

mod interop;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt as _;
use stripe::{ApiErrors, Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest as _};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_core::event::{ListEvent, RetrieveEvent};
use stripe_core::file::{ListFile, RetrieveFile};
use stripe_core::file_link::{CreateFileLink, ListFileLink, RetrieveFileLink, UpdateFileLink, UpdateFileLinkExpiresAt};
use stripe_misc::ephemeral_key::{CreateEphemeralKey, DeleteEphemeralKey};
use stripe_misc::identity_verification_report::{ListIdentityVerificationReport, RetrieveIdentityVerificationReport};
use stripe_misc::identity_verification_session::{
    CancelIdentityVerificationSession as Cancel, CreateIdentityVerificationSession as Create,
    CreateIdentityVerificationSessionOptions, CreateIdentityVerificationSessionOptionsDocument,
    CreateIdentityVerificationSessionOptionsDocumentAllowedTypes as AllowedType,
    CreateIdentityVerificationSessionRelatedPerson as RelatedPerson, CreateIdentityVerificationSessionType as Type,
    ListIdentityVerificationSession as List, ProvidedDetailsParam, RedactIdentityVerificationSession as Redact,
    RetrieveIdentityVerificationSession as Retrieve, UpdateIdentityVerificationSession as Update,
    UpdateIdentityVerificationSessionOptions, UpdateIdentityVerificationSessionOptionsDocument,
    UpdateIdentityVerificationSessionType,
};
use stripe_misc::webhook_endpoint::{
    CreateWebhookEndpoint, CreateWebhookEndpointEnabledEvents, DeleteWebhookEndpoint, ListWebhookEndpoint,
    RetrieveWebhookEndpoint, UpdateWebhookEndpoint, UpdateWebhookEndpointEnabledEvents,
};
use stripe_misc::{IdentityVerificationSession as Session, IdentityVerificationSessionStatus as Status};
use stripe_types::{Expandable, RangeBoundsTs, RangeQueryTs};
use stripe_webhook::{Event, Webhook, WebhookError};

use crate::interop::{EVENTS, Receiver, World, can, cannot, cannot_as, follow, run};

/// The only version that the manifest allows.
const VERSION: &str = "1.0.0-rc.10";

fn builder(world: &World, key: &str) -> ClientBuilder {
    ClientBuilder::new(key).url(format!("{}/", world.url)).timeout(Duration::from_secs(20))
}

fn client(world: &World) -> Client {
    builder(world, &world.key).build().unwrap()
}

fn with_key(world: &World, key: &str) -> Client {
    builder(world, key).build().unwrap()
}

fn document() -> Create {
    Create::new().type_(Type::Document)
}

fn id_number() -> Create {
    Create::new().type_(Type::IdNumber)
}

async fn create(world: &World, params: Create) -> Session {
    params.send(&client(world)).await.unwrap()
}

async fn retrieve(world: &World, session: &Session, expand: &[&str]) -> Session {
    let mut params = Retrieve::new(session.id.clone());
    if !expand.is_empty() {
        params = params.expand(texts(expand));
    }
    params.send(&client(world)).await.unwrap()
}

async fn verified(world: &World, params: Create) -> Session {
    let session = create(world, params).await;
    world.submit(session.id.as_str(), "verified");
    session
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn email(email: &str) -> ProvidedDetailsParam {
    let mut details = ProvidedDetailsParam::new();
    details.email = Some(email.to_owned());
    details
}

/// Returns the error object of a call, which must fail with this status.
fn refusal<T>(result: Result<T, StripeError>, status: u16) -> ApiErrors {
    match result {
        Err(StripeError::Stripe(error, found)) if found == status => *error,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("the call succeeded"),
    }
}

fn code(error: &ApiErrors) -> &str {
    error.code.as_ref().map_or("", |code| code.as_str())
}

fn idempotent(key: &str) -> RequestStrategy {
    RequestStrategy::Idempotent(IdempotencyKey::new(key).unwrap())
}

async fn create_document(world: World) {
    let mut document_options = CreateIdentityVerificationSessionOptionsDocument::new();
    document_options.allowed_types = Some(vec![AllowedType::Passport, AllowedType::IdCard]);
    document_options.require_id_number = Some(true);
    document_options.require_live_capture = Some(true);
    document_options.require_matching_selfie = Some(true);
    let mut options = CreateIdentityVerificationSessionOptions::new();
    options.document = Some(document_options);
    let mut details = email("jenny@example.com");
    details.phone = Some("+15555550100".to_owned());
    let pairs = map(&[("order", "6735"), ("note", "ä & = %")]);
    let params = document().client_reference_id("user-1").metadata(pairs.clone()).options(options);
    let params = params.provided_details(details).related_customer("cus_1").return_url("https://example.com/return");
    let session = create(&world, params.related_person(RelatedPerson::new("acct_1", "person_1"))).await;
    assert!(session.id.as_str().starts_with("vs_"));
    let related = session.related_person.unwrap();
    assert_eq!((related.account.as_str(), related.person.as_str()), ("acct_1", "person_1"));
    assert_eq!(session.status, Status::RequiresInput);
    assert_eq!(session.client_reference_id.as_deref(), Some("user-1"));
    assert_eq!(session.related_customer.as_deref(), Some("cus_1"));
    assert_eq!(session.metadata, pairs);
    let options = session.options.unwrap().document.unwrap();
    let types: Vec<_> = options.allowed_types.unwrap().iter().map(|it| it.as_str().to_owned()).collect();
    assert_eq!(types, ["passport", "id_card"]);
    assert_eq!(options.require_id_number, Some(true));
    assert_eq!(options.require_live_capture, Some(true));
    assert_eq!(options.require_matching_selfie, Some(true));
    let details = session.provided_details.unwrap();
    assert_eq!(details.email.as_deref(), Some("jenny@example.com"));
    assert_eq!(details.phone.as_deref(), Some("+15555550100"));
    assert!(session.client_secret.unwrap().starts_with(session.id.as_str()));
    assert!(session.url.unwrap().starts_with(&world.url));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!(session.created.unsigned_abs().abs_diff(now) < 600);
}

async fn create_id_number(world: World) {
    let session = create(&world, id_number().provided_details(email("a@example.com"))).await;
    assert_eq!(session.type_.as_str(), "id_number");
    world.submit(session.id.as_str(), "id_number_mismatch");
    let error = retrieve(&world, &session, &[]).await.last_error.unwrap();
    assert_eq!(error.code.unwrap().as_str(), "id_number_mismatch");
}

async fn create_flow(world: World) {
    let session = create(&world, Create::new().verification_flow("vf_123")).await;
    assert_eq!(session.type_.as_str(), "verification_flow");
    assert_eq!(session.verification_flow.as_deref(), Some("vf_123"));
}

async fn retrieve_session(world: World) {
    let made = create(&world, document().metadata(map(&[("a", "1")]))).await;
    let session = retrieve(&world, &made, &[]).await;
    assert_eq!((session.id, session.metadata), (made.id, map(&[("a", "1")])));
}

async fn update(world: World) {
    let client = client(&world);
    let made = create(&world, document().metadata(map(&[("a", "1"), ("b", "2")]))).await;
    let update = || Update::new(made.id.clone());
    let session = update().metadata(map(&[("a", ""), ("c", "3")])).send(&client).await.unwrap();
    assert_eq!(session.metadata, map(&[("b", "2"), ("c", "3")]));
    let mut document_options = UpdateIdentityVerificationSessionOptionsDocument::new();
    document_options.require_matching_selfie = Some(true);
    let mut options = UpdateIdentityVerificationSessionOptions::new();
    options.document = Some(document_options);
    let params = update().options(options).provided_details(email("new@example.com"));
    let session = params.send(&client).await.unwrap();
    assert_eq!(session.options.unwrap().document.unwrap().require_matching_selfie, Some(true));
    assert_eq!(session.provided_details.unwrap().email.as_deref(), Some("new@example.com"));
    let session = update().type_(UpdateIdentityVerificationSessionType::IdNumber).send(&client).await.unwrap();
    assert_eq!(session.type_.as_str(), "id_number");
    let session = update().metadata(map(&[("b", ""), ("c", "")])).send(&client).await.unwrap();
    assert!(session.metadata.is_empty());
}

async fn filter(world: World) {
    let mine = create(&world, document().client_reference_id("user-1").related_customer_account("acct_1")).await.id;
    let customers = create(&world, document().related_customer("cus_1")).await.id;
    let canceled = create(&world, document()).await;
    Cancel::new(canceled.id.clone()).send(&client(&world)).await.unwrap();
    let found = async |params: List| -> Vec<_> {
        params.send(&client(&world)).await.unwrap().data.into_iter().map(|session| session.id).collect()
    };
    assert_eq!(found(List::new().client_reference_id("user-1")).await, [mine.clone()]);
    assert_eq!(found(List::new().related_customer_account("acct_1")).await, [mine.clone()]);
    assert_eq!(found(List::new().related_customer("cus_1")).await, [customers.clone()]);
    assert_eq!(found(List::new().status(Status::Canceled)).await, [canceled.id.clone()]);
    assert_eq!(found(List::new().limit(1)).await, [canceled.id.clone()]);
    assert!(found(List::new().created(RangeQueryTs::gt(canceled.created + 600))).await.is_empty());
    let mut recent = RangeBoundsTs::default();
    (recent.gte, recent.lte) = (Some(canceled.created - 600), Some(canceled.created + 600));
    assert_eq!(found(List::new().created(RangeQueryTs::Bounds(recent))).await, [canceled.id, customers, mine]);
}

async fn page(world: World) {
    let mut made = Vec::new();
    for _ in 0..7 {
        made.insert(0, create(&world, document()).await.id);
    }
    let client = client(&world);
    let stream = List::new().limit(3).paginate().stream(&client);
    let found: Vec<_> = stream.map_ok(|session| session.id).try_collect().await.unwrap();
    assert_eq!(found, made);
}

/// The library's streams only go forwards, so each page is requested by its cursor.
async fn page_backwards(world: World) {
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(create(&world, document()).await.id);
    }
    let mut found = vec![made[0].clone()];
    loop {
        let params = List::new().limit(2).ending_before(found.last().unwrap().as_str());
        let page = params.send(&client(&world)).await.unwrap();
        found.extend(page.data.into_iter().rev().map(|session| session.id));
        if !page.has_more {
            break;
        }
    }
    assert_eq!(found, made);
}

async fn cancel(world: World) {
    let made = create(&world, document()).await;
    let session = Cancel::new(made.id.clone()).send(&client(&world)).await.unwrap();
    assert_eq!((session.status, session.url), (Status::Canceled, None));
    refusal(Cancel::new(made.id).send(&client(&world)).await, 400);
}

async fn redact(world: World) {
    let made = verified(&world, document().metadata(map(&[("a", "1")]))).await;
    let session = Redact::new(made.id.clone()).send(&client(&world)).await.unwrap();
    assert_eq!(session.redaction.unwrap().status.as_str(), "processing");
    world.post(&format!("/_simulator/verification_sessions/{}/finish_redaction", made.id.as_str()), &[]);
    let session = retrieve(&world, &made, &["verified_outputs"]).await;
    assert_eq!(session.redaction.unwrap().status.as_str(), "redacted");
    assert!(session.metadata.is_empty());
    assert_eq!(session.verified_outputs.unwrap().first_name.as_deref(), Some("[redacted]"));
    refusal(Update::new(made.id).metadata(map(&[("a", "1")])).send(&client(&world)).await, 400);
}

async fn see_failure(world: World) {
    let made = create(&world, document()).await;
    world.submit(made.id.as_str(), "document_expired");
    let session = retrieve(&world, &made, &["last_verification_report"]).await;
    assert_eq!(session.status, Status::RequiresInput);
    assert_eq!(session.last_error.unwrap().code.unwrap().as_str(), "document_expired");
    let report = session.last_verification_report.unwrap().into_object().unwrap();
    assert_eq!(report.document.unwrap().error.unwrap().code.unwrap().as_str(), "document_expired");
}

async fn reports(world: World) {
    let client = client(&world);
    let made = verified(&world, document().client_reference_id("user-1")).await;
    verified(&world, document()).await;
    let list = ListIdentityVerificationReport::new().verification_session(made.id.as_str());
    let found = list.send(&client).await.unwrap().data;
    assert_eq!(found.len(), 1);
    let mine = ListIdentityVerificationReport::new().client_reference_id("user-1").send(&client).await.unwrap();
    assert_eq!(mine.data[0].id, found[0].id);
    let all = ListIdentityVerificationReport::new().limit(1).paginate().stream(&client);
    assert_eq!(all.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    let report = RetrieveIdentityVerificationReport::new(found[0].id.clone()).send(&client).await.unwrap();
    assert_eq!(report.verification_session.as_deref(), Some(made.id.as_str()));
    let document = report.document.unwrap();
    assert_eq!((document.status.as_str(), document.first_name.as_deref()), ("verified", Some("Jenny")));
}

async fn expand(world: World) {
    let made = verified(&world, document()).await;
    let session = retrieve(&world, &made, &["verified_outputs", "last_verification_report"]).await;
    assert_eq!(session.verified_outputs.unwrap().first_name.as_deref(), Some("Jenny"));
    let report = session.last_verification_report.unwrap().into_object().unwrap();
    assert_eq!(report.verification_session.as_deref(), Some(made.id.as_str()));
    let plain = retrieve(&world, &made, &[]).await.last_verification_report.unwrap();
    assert!(matches!(plain, Expandable::Id(id) if id == report.id));
    let list = List::new().expand(texts(&["data.verified_outputs"])).send(&client(&world)).await.unwrap();
    assert_eq!(list.data[0].verified_outputs.as_ref().unwrap().first_name.as_deref(), Some("Jenny"));
}

async fn expand_sensitive(world: World) {
    let made = verified(&world, document()).await;
    let params =
        Retrieve::new(made.id).expand(texts(&["verified_outputs.dob", "last_verification_report.document.number"]));
    let session = params.send(&with_key(&world, &world.restricted)).await.unwrap();
    let dob = session.verified_outputs.unwrap().dob.unwrap();
    assert_eq!((dob.year, dob.month, dob.day), (Some(1990), Some(5), Some(1)));
    let report = session.last_verification_report.unwrap().into_object().unwrap();
    assert!(!report.document.unwrap().number.unwrap().is_empty());
    refusal(params.send(&client(&world)).await, 403);
}

/// The library has methods that list and retrieve files, but none that uploads one.
async fn files(world: World) {
    let file = world.upload("made up");
    assert_eq!(RetrieveFile::new(file.clone()).send(&client(&world)).await.unwrap().size, 7);
    assert_eq!(ListFile::new().send(&client(&world)).await.unwrap().data[0].id.as_str(), file);
}

async fn file_links(world: World) {
    let client = client(&world);
    let file = world.upload("made up");
    let link = CreateFileLink::new(file.clone()).send(&client).await.unwrap();
    let url = link.url.unwrap();
    assert_eq!(follow(&url), (200, "made up".to_owned()));
    let retrieved = RetrieveFileLink::new(link.id.clone()).expand(texts(&["file"])).send(&client).await.unwrap();
    assert_eq!(retrieved.file.into_object().unwrap().id.as_str(), file);
    assert_eq!(ListFileLink::new().file(file).send(&client).await.unwrap().data[0].id, link.id);
    let ended = UpdateFileLink::new(link.id).expires_at(UpdateFileLinkExpiresAt::Now).send(&client).await.unwrap();
    assert!(ended.expired);
    assert_eq!(follow(&url).0, 404);
}

async fn make_ephemeral_key(world: World) {
    let made = create(&world, document()).await;
    let params = CreateEphemeralKey::new().verification_session(made.id.as_str());
    let key = params.send(&client(&world)).await.unwrap();
    let secret = key.secret.unwrap();
    assert!(secret.starts_with("ek_test_"));
    assert_eq!(key.expires - key.created, 3600);
    assert_eq!(DeleteEphemeralKey::new(key.id.clone()).send(&client(&world)).await.unwrap().id, key.id);
    let error = refusal(Retrieve::new(made.id).send(&with_key(&world, &secret)).await, 401);
    assert_eq!(code(&error), "api_key_expired");
}

async fn read_with_ephemeral_key(world: World) {
    let (made, other) = (create(&world, document()).await, create(&world, document()).await);
    let params = CreateEphemeralKey::new().verification_session(made.id.as_str());
    let secret = params.send(&client(&world)).await.unwrap().secret.unwrap();
    let session = Retrieve::new(made.id).send(&with_key(&world, &secret)).await.unwrap();
    assert_eq!(session.status, Status::RequiresInput);
    refusal(Retrieve::new(other.id).send(&with_key(&world, &secret)).await, 403);
}

async fn events(world: World) {
    let client = client(&world);
    verified(&world, document()).await;
    let stream = ListEvent::new().limit(2).paginate().stream(&client);
    let found: Vec<_> = stream.map_ok(|event| event.type_.to_string()).try_collect().await.unwrap();
    assert_eq!(found, [EVENTS[3], EVENTS[1], EVENTS[0]]);
    let list = ListEvent::new().types(texts(&[EVENTS[3], EVENTS[2]])).send(&client).await.unwrap();
    assert_eq!(list.data.len(), 1);
    let event = RetrieveEvent::new(list.data[0].id.clone()).send(&client).await.unwrap();
    assert_eq!(event.type_.to_string(), EVENTS[3]);
}

async fn webhook_endpoints(world: World) {
    let client = client(&world);
    let url = "http://127.0.0.1:9/webhook";
    let create = CreateWebhookEndpoint::new(vec![CreateWebhookEndpointEnabledEvents::All], url);
    let endpoint = create.send(&client).await.unwrap();
    assert!(endpoint.secret.unwrap().starts_with("whsec_"));
    let events = vec![UpdateWebhookEndpointEnabledEvents::IdentityVerificationSessionVerified];
    let update = UpdateWebhookEndpoint::new(endpoint.id.clone()).enabled_events(events).disabled(true);
    let updated = update.send(&client).await.unwrap();
    assert_eq!((updated.status.as_str(), updated.enabled_events), ("disabled", texts(&[EVENTS[3]])));
    let retrieved = RetrieveWebhookEndpoint::new(endpoint.id.clone()).send(&client).await.unwrap();
    assert_eq!((retrieved.url.as_str(), retrieved.secret), (url, None));
    assert_eq!(ListWebhookEndpoint::new().send(&client).await.unwrap().data[0].id, endpoint.id);
    DeleteWebhookEndpoint::new(endpoint.id).send(&client).await.unwrap();
    assert!(ListWebhookEndpoint::new().send(&client).await.unwrap().data.is_empty());
}

async fn replay(world: World) {
    let create = || document().customize().request_strategy(idempotent("attempt-1"));
    let first = create().send(&client(&world)).await.unwrap();
    let second = create().send(&client(&world)).await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(world.sessions(), [first.id.as_str()]);
}

async fn changed_parameters(world: World) {
    let create =
        async |params: Create| params.customize().request_strategy(idempotent("attempt-1")).send(&client(&world)).await;
    create(document()).await.unwrap();
    assert_eq!(refusal(create(id_number()).await, 400).type_.as_str(), "idempotency_error");
    assert_eq!(world.sessions().len(), 1);
}

async fn key_in_use(world: World) {
    world.fault(&[("latency", "5s"), ("method", "POST"), ("times", "1")]);
    let create = |world: World| async move {
        document().customize().request_strategy(idempotent("attempt-1")).send(&client(&world)).await
    };
    let first = tokio::spawn(create(world.clone()));
    while world.sessions().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(code(&refusal(create(world.clone()).await, 409)), "idempotency_key_in_use");
    assert_eq!(world.sessions(), [first.await.unwrap().unwrap().id.as_str()]);
}

async fn connected_account(world: World) {
    let account = "acct_1".parse().unwrap();
    let session = document().customize().account_id(account).send(&client(&world)).await.unwrap();
    let connected = builder(&world, &world.key).account_id("acct_1".parse().unwrap()).build().unwrap();
    assert_eq!(Retrieve::new(session.id.clone()).send(&connected).await.unwrap().id, session.id);
    refusal(Retrieve::new(session.id).send(&client(&world)).await, 404);
}

async fn raw_request(world: World) {
    let path = "/identity/verification_sessions";
    let request =
        RequestBuilder::new(StripeMethod::Post, path).form(&map(&[("type", "document"), ("metadata[a]", "1")]));
    let session: Session = request.customize().send(&client(&world)).await.unwrap();
    assert_eq!(session.metadata, map(&[("a", "1")]));
    let request = RequestBuilder::new(StripeMethod::Get, format!("{path}/{}", session.id.as_str()));
    assert_eq!(request.customize::<Session>().send(&client(&world)).await.unwrap().id, session.id);
}

async fn timeout(world: World) {
    world.fault(&[("latency", "60s"), ("method", "GET"), ("path", "/v1/events")]);
    let result = ListEvent::new().customize().timeout(Duration::from_millis(300)).send(&client(&world)).await;
    assert!(matches!(result, Err(StripeError::Timeout)));
}

async fn invalid_request(world: World) {
    let client = client(&world);
    let error = refusal(Create::new().type_(Type::Unknown("face".to_owned())).send(&client).await, 400);
    assert_eq!((error.type_.as_str(), error.param.as_deref()), ("invalid_request_error", Some("type")));
    let request = RequestBuilder::new(StripeMethod::Post, "/identity/verification_sessions");
    let request = request.form(&map(&[("type", "document"), ("colour", "red")]));
    let error = refusal(request.customize::<Session>().send(&client).await, 400);
    assert_eq!((code(&error), error.param.as_deref()), ("parameter_unknown", Some("colour")));
    assert_eq!(code(&refusal(Retrieve::new("vs_none").send(&client).await, 404)), "resource_missing");
}

async fn authentication(world: World) {
    refusal(List::new().send(&with_key(&world, "sk_live_none")).await, 401);
    let error = refusal(List::new().send(&with_key(&world, &world.key.replace("sk_", "pk_"))).await, 401);
    assert_eq!(code(&error), "secret_key_required");
}

async fn permission(world: World) {
    let made = verified(&world, document()).await;
    let params = Retrieve::new(made.id).expand(texts(&["verified_outputs.dob"]));
    refusal(params.send(&client(&world)).await, 403);
}

async fn rate_limit(world: World) {
    world.fault(&[("effect", "rate_limit")]);
    assert_eq!(code(&refusal(document().send(&client(&world)).await, 429)), "rate_limit");
    assert_eq!(world.faults_applied(), [1]);
}

async fn api_error(world: World) {
    world.fault(&[("effect", "respond"), ("status", "500"), ("type", "api_error"), ("message", "made up")]);
    let error = refusal(document().send(&client(&world)).await, 500);
    assert_eq!((error.type_.as_str(), error.message.as_deref()), ("api_error", Some("made up")));
    assert_eq!(world.faults_applied(), [1]);
}

async fn connection_error(world: World) {
    world.fault(&[("effect", "reset")]);
    let result = document().send(&client(&world)).await;
    assert!(matches!(result, Err(StripeError::ClientError(_))));
    assert_eq!(world.faults_applied(), [1]);
}

/// Creates a session while the first requests fail. The session must exist exactly once.
async fn created_once_despite(world: World, fault: &[(&str, &str)]) {
    world.fault(&[&[("method", "POST"), ("times", "2")], fault].concat());
    let create = document().customize().request_strategy(RequestStrategy::ExponentialBackoff(4));
    let session = create.send(&client(&world)).await.unwrap();
    assert_eq!(world.sessions(), [session.id.as_str()]);
    assert_eq!(world.faults_applied(), [2]);
}

/// Returns the secret of an endpoint, and the webhooks that it has received: those of all states or, with a disorder,
/// those of one session.
async fn webhooks(world: &World, disorder: Option<&str>) -> (String, Vec<(String, String)>) {
    let client = client(world);
    let receiver = Receiver::start();
    let events = EVENTS.iter().map(|event| event.parse().unwrap()).collect::<Vec<_>>();
    let endpoint = CreateWebhookEndpoint::new(events, receiver.url.as_str()).send(&client).await.unwrap();
    if let Some(disorder) = disorder {
        world.post("/_simulator/disorder", &[("disorder", disorder)]);
    }
    let redacted = create(world, document()).await.id;
    if disorder.is_none() {
        world.submit(redacted.as_str(), "document_expired");
        world.submit(redacted.as_str(), "verified");
        Redact::new(redacted.clone()).send(&client).await.unwrap();
        world.post(&format!("/_simulator/verification_sessions/{}/finish_redaction", redacted.as_str()), &[]);
        Cancel::new(create(world, document()).await.id).send(&client).await.unwrap();
    }
    world.deliver();
    (endpoint.secret.unwrap(), receiver.received())
}

async fn verify_webhooks(world: World) {
    let (secret, received) = webhooks(&world, None).await;
    let verify = |(body, signature): &(String, String)| Webhook::construct_event(body, signature, &secret).unwrap();
    let events: Vec<Event> = received.iter().map(verify).collect();
    let mut types: Vec<_> = events.iter().map(|event| event.type_.to_string()).collect();
    types.sort();
    types.dedup();
    let mut expected = texts(&EVENTS);
    expected.sort();
    assert_eq!(types, expected);
    let retrieved = RetrieveEvent::new(events[0].id.clone()).send(&client(&world)).await.unwrap();
    assert_eq!(retrieved.type_.to_string(), events[0].type_.to_string());
}

async fn wrong_secret(world: World) {
    let (secret, received) = webhooks(&world, Some("wrong_signature")).await;
    let (body, signature) = &received[0];
    for secret in [secret.as_str(), "whsec_other"] {
        let result = Webhook::construct_event(body, signature, secret);
        assert!(matches!(result, Err(WebhookError::BadSignature)));
    }
}

async fn old_webhook(world: World) {
    let (secret, received) = webhooks(&world, Some("old_timestamp")).await;
    let (body, signature) = &received[0];
    let result = Webhook::construct_event(body, signature, &secret);
    assert!(matches!(result, Err(WebhookError::BadTimestamp(_))));
}

async fn changed_webhook(world: World) {
    let (secret, received) = webhooks(&world, Some("two_signatures")).await;
    let (body, signature) = &received[0];
    Webhook::construct_event(body, signature, &secret).unwrap();
    let result = Webhook::construct_event(&body.replace("document", "id_number"), signature, &secret);
    assert!(matches!(result, Err(WebhookError::BadSignature)));
}

#[tokio::main]
async fn main() {
    let no_download = "it has no method for the contents, and its raw requests read JSON only";
    let no_thin_events = "it knows the first version of the API only, which has no thin events";
    let only_cli = "it is a command of the CLI";
    let operations = vec![
        can("create a document session", create_document),
        can("create an id number session", create_id_number),
        can("create a session of a flow", create_flow),
        can("retrieve a session", retrieve_session),
        can("update a session", update),
        can("filter the list of sessions", filter),
        can("page through sessions", page),
        can("page through sessions backwards", page_backwards),
        can("cancel a session", cancel),
        can("redact a session", redact),
        can("see why a session failed", see_failure),
        can("list and retrieve reports", reports),
        can("expand outputs and report", expand),
        can("expand sensitive fields", expand_sensitive),
        cannot_as("upload, retrieve and list files", "it sends no files, but lists and retrieves them", files),
        cannot("download a file", no_download),
        cannot("download the images of a verification", no_download),
        can("make and follow file links", file_links),
        can("create and delete an ephemeral key", make_ephemeral_key),
        can("read with an ephemeral key", read_with_ephemeral_key),
        can("list and retrieve events", events),
        cannot("retrieve a thin event", no_thin_events),
        can("manage webhook endpoints", webhook_endpoints),
        cannot("manage event destinations", "it knows the first version of the API only"),
        can("replay a call", replay),
        can("refuse another call under an idempotency key", changed_parameters),
        can("refuse a call under an idempotency key in use", key_in_use),
        can("act for a connected account", connected_account),
        cannot("act in a context", "it has no option for the context"),
        cannot("choose an API version", "it sends the version that it was made for"),
        can("make a raw request", raw_request),
        can("give up after a timeout", timeout),
        can("error: invalid request", invalid_request),
        can("error: authentication", authentication),
        can("error: permission", permission),
        can("error: rate limit", rate_limit),
        can("error: API", api_error),
        can("error: connection", connection_error),
        cannot("error: has the request id", "its errors have no header of the response"),
        can("retry after a 503", |world| created_once_despite(world, &[("effect", "respond"), ("status", "503")])),
        can("retry after a reset", |world| created_once_despite(world, &[("effect", "reset")])),
        can("retry after a lost response", |world| created_once_despite(world, &[("effect", "lose_response")])),
        can("retry after a cut response", |world| created_once_despite(world, &[("effect", "cut_body")])),
        can("retry after a lock timeout", |world| created_once_despite(world, &[("effect", "lock_timeout")])),
        can("retry after a rate limit", |world| {
            created_once_despite(world, &[("effect", "rate_limit"), ("headers[Stripe-Should-Retry]", "true")])
        }),
        can("verify webhooks", verify_webhooks),
        can("refuse a webhook with a wrong secret", wrong_secret),
        can("refuse an old webhook", old_webhook),
        can("refuse a changed webhook", changed_webhook),
        cannot("verify thin events", no_thin_events),
        cannot("fetch a thin event and its object", no_thin_events),
        cannot("refuse forged thin events", no_thin_events),
        cannot("trigger events", only_cli),
        cannot("resend an event", only_cli),
        cannot("forward webhooks", only_cli),
    ];
    run(VERSION, operations).await;
}
