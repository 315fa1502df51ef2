//! The requests of the endpoints around sessions.

use std::collections::HashMap;

use serde_json::json;
use stripe_identity_core::http::{Method, Request};
use stripe_identity_core::types::{
    CreateEphemeralKey, CreateFile, FilePurpose, ListEvents, ListFileLinks, ListFiles, ListVerificationReports,
    ListVerificationSessions,
};
use stripe_identity_core::{Endpoint, Step, resources};

use super::{builder, config, request_of};

fn line<B>(request: &Request<B>) -> String {
    format!("{} {}", request.method(), request.uri())
}

fn header<'a, B>(request: &'a Request<B>, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn file_contents_go_to_the_files_host_and_the_rest_to_the_api_host() {
    let files = config().files();
    let (request, _) = request_of(files.retrieve("file_1").start());
    assert_eq!(line(&request), "GET https://api.stripe.com/v1/files/file_1");
    let (request, _) = request_of(files.list(ListFiles::new().purpose(FilePurpose::Selfie)).start());
    assert_eq!(line(&request), "GET https://api.stripe.com/v1/files?purpose=selfie");
    let (request, _) = request_of(files.download("file_1").start());
    assert_eq!(line(&request), "GET https://files.stripe.com/v1/files/file_1/contents");
    let (request, _) = request_of(files.create(CreateFile::new(FilePurpose::PciDocument, *b"x")).start());
    assert_eq!(line(&request), "POST https://files.stripe.com/v1/files");
    assert!(header(&request, "content-type").unwrap().starts_with("multipart/form-data; boundary="));
    assert_eq!(header(&request, "content-length").unwrap(), request.body().len().to_string());
    assert!(header(&request, "idempotency-key").is_some());
}

#[test]
fn base_url_sets_both_hosts_and_files_base_url_one() {
    let config = builder().base_url("http://localhost:1").build().unwrap();
    let (request, _) = request_of(config.files().download("file_1").start());
    assert_eq!(line(&request), "GET http://localhost:1/v1/files/file_1/contents");
    let config = config.to_builder().files_base_url("http://localhost:2").build().unwrap();
    let (request, _) = request_of(config.files().download("file_1").start());
    assert_eq!(line(&request), "GET http://localhost:2/v1/files/file_1/contents");
    let (request, _) = request_of(config.files().retrieve("file_1").start());
    assert_eq!(line(&request), "GET http://localhost:1/v1/files/file_1");
}

#[test]
fn list_of_types_is_indexed() {
    let params = ListEvents::new().types(["identity.verification_session.verified", "x"]);
    let (request, _) = request_of(config().events().list(params).start());
    assert_eq!(
        line(&request),
        "GET https://api.stripe.com/v1/events?types[0]=identity.verification_session.verified&types[1]=x"
    );
}

#[test]
fn ephemeral_key_is_created_in_the_given_version() {
    let keys = config().ephemeral_keys();
    let create = keys.create("2025-01-01.acacia", CreateEphemeralKey::verification_session("vs_1"));
    let (request, _) = request_of(create.start());
    assert_eq!(header(&request, "stripe-version"), Some("2025-01-01.acacia"));
    assert_eq!(request.body(), "verification_session=vs_1");
    for blank in ["", "  "] {
        let params = CreateEphemeralKey::verification_session("vs_1");
        assert!(matches!(keys.create(blank, params).start(), Step::Done(Err(_))));
    }
    let (request, _) = request_of(keys.delete("ephkey_1").start());
    assert_eq!(line(&request), "DELETE https://api.stripe.com/v1/ephemeral_keys/ephkey_1");
    assert_eq!(header(&request, "idempotency-key"), None);
    assert_eq!(header(&request, "content-type"), None);
}

#[test]
fn raw_request_is_a_form_in_v1_and_json_in_v2() {
    let config = config();
    let params = || json!({"a": {"b": [1, true]}, "c": null});
    let (request, _) = request_of(config.raw(Method::POST, "/v1/x", params()).start());
    assert_eq!(request.body(), "a[b][0]=1&a[b][1]=true&c=");
    let (request, _) = request_of(config.raw(Method::GET, "/v1/x", params()).expand(["y"]).start());
    assert_eq!(line(&request), "GET https://api.stripe.com/v1/x?a[b][0]=1&a[b][1]=true&c=&expand[0]=y");
    let (request, _) = request_of(config.raw(Method::POST, "/v2/x", params()).start());
    assert_eq!(request.body(), r#"{"a":{"b":[1,true]},"c":null}"#);
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    assert!(header(&request, "idempotency-key").is_some());
    let (request, _) = request_of(config.raw(Method::DELETE, "/v2/x", ()).start());
    assert!(header(&request, "idempotency-key").is_some() && request.body().is_empty());
    let (request, _) = request_of(config.raw(Method::POST, "/v1/x", ()).start());
    assert!(request.body().is_empty());
    let (request, _) = request_of(config.raw(Method::GET, "/v1/x", json!({"expanded": true})).expand(["y"]).start());
    assert_eq!(request.uri().query(), Some("expanded=true&expand[0]=y"));
    let (request, _) = request_of(config.raw(Method::POST, "/v2/x", ()).start());
    assert_eq!(request.body(), "{}");
    let (request, _) = request_of(config.call(resources::raw::Raw::new(Method::POST, "/v1/x", params())).start());
    assert_eq!(request.body(), "a[b][0]=1&a[b][1]=true&c=");
    let (request, _) = request_of(config.raw(Method::GET, "/v1/x", json!({"limit": 3, "b": 0.5})).start());
    assert_eq!(request.uri().query(), Some("b=0.5&limit=3"));
    let (request, _) = request_of(config.raw(Method::DELETE, "/v1/x", ()).idempotency_key("key-1").start());
    assert_eq!(header(&request, "idempotency-key"), Some("key-1"));
    for refused in [
        config.raw(Method::POST, "/v1/x", "text").start(),
        config.raw(Method::POST, "/v2/x", ()).expand(["y"]).start(),
        config.raw(Method::GET, "/v1/x", json!({"expand": ["a"]})).expand(["b"]).start(),
        config.raw(Method::GET, "/v1/x", ()).idempotency_key("key-1").start(),
        config.raw(Method::POST, "/v1/x", [("a", f64::NAN)].into_iter().collect::<HashMap<_, _>>()).start(),
        config.raw(Method::POST, "/v2/x", [("a", f64::NAN)].into_iter().collect::<HashMap<_, _>>()).start(),
        config.raw(Method::POST, "/v2/x", [("a", [f64::INFINITY])].into_iter().collect::<HashMap<_, _>>()).start(),
        config.raw(Method::PATCH, "/v1/x", ()).start(),
        config.raw(Method::CONNECT, "/v1/x", ()).start(),
        config.raw("post".parse().unwrap(), "/v1/x", ()).start(),
    ] {
        assert!(matches!(refused, Step::Done(Err(_))), "{refused:?}");
    }
}

#[test]
fn list_expands_below_data() {
    fn query<E: Endpoint<Expand: for<'a> From<&'a str>>>(endpoint: E) -> String {
        let (request, _) = request_of(config().call(endpoint).expand(["x"]).start());
        request.uri().query().unwrap().to_owned()
    }
    let queries = [
        query(resources::events::List::new(ListEvents::new())),
        query(resources::files::List::new(ListFiles::new())),
        query(resources::file_links::List::new(ListFileLinks::new())),
        query(resources::verification_reports::List::new(ListVerificationReports::new())),
        query(resources::verification_sessions::List::new(ListVerificationSessions::new())),
    ];
    assert!(queries.iter().all(|query| query == "expand[0]=data.x"), "{queries:?}");
    assert_eq!(query(resources::files::Retrieve::new("file_1")), "expand[0]=x");
}

#[test]
fn routes_are_distinct() {
    let routes: Vec<_> = resources::routes().collect();
    for (index, route) in routes.iter().enumerate() {
        assert!(routes[..index].iter().all(|other| other != route), "{route:?}");
    }
    assert!(routes.len() > 20, "{routes:?}");
}

#[test]
fn related_object_is_fetched_from_its_url_with_its_query() {
    let related = |url: &str| {
        let event = json!({"id": "evt_1", "context": "acct_1", "related_object": {"type": "x", "url": url}});
        let event: stripe_identity_core::types::ThinEvent = serde_json::from_value(event).unwrap();
        config().thin_events().related_object(&event).unwrap()
    };
    for (url, sent) in [
        ("/v1/x/1", "/v1/x/1"),
        ("/v2/core/x/1?include=a%20b", "/v2/core/x/1?include=a%20b"),
        ("/v1/x/1?expand[0]=a&b=c/d?e", "/v1/x/1?expand[0]=a&b=c/d?e"),
        ("/v1/x/1?", "/v1/x/1"),
    ] {
        let (request, _) = request_of(related(url).start());
        assert_eq!(line(&request), format!("GET https://api.stripe.com{sent}"));
        assert_eq!(header(&request, "stripe-request-trigger"), Some("event=evt_1"));
    }
    let (request, _) = request_of(related("/v1/x/1?a=b").expand(["c"]).start());
    assert_eq!(line(&request), "GET https://api.stripe.com/v1/x/1?a=b&expand[0]=c");
    for url in [
        "//evil.test/?a=b",
        "/v1/../x?a=b",
        "https://evil.test/?a=b",
        "?a=b",
        "/v1/x?a#b",
        "/v1/x?a b",
        "/v1/x?a\r\nHost: evil.test",
        "/v1/x\\y?a=b",
        "@evil.test/?a",
    ] {
        let Step::Done(Err(error)) = related(url).start() else { panic!("{url} is sent") };
        assert_eq!((error.kind(), error.was_sent()), (stripe_identity_core::ErrorKind::InvalidInput, false), "{url}");
    }
    assert!(matches!(related("/v1/x?expand[0]=a").expand(["b"]).start(), Step::Done(Err(_))));
    // A given path has no query.
    assert!(matches!(config().raw(Method::GET, "/v1/x?a=b", ()).start(), Step::Done(Err(_))));
}
