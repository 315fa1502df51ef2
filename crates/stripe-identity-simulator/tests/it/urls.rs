//! The URLs in responses and events, which lead to the simulator.
#![cfg(feature = "server")]

use std::time::Duration;

use serde_json::Value;
use stripe_identity_simulator::{Outcome, Server, Simulator};

use super::http::{SESSIONS, create, exchange, id, send, send_with};

const KEY: &str = "Authorization: Bearer sk_test_123\r\n";
const RESTRICTED: &str = "Authorization: Bearer rk_test_123\r\n";

fn url(object: &Value) -> &str {
    object["url"].as_str().unwrap()
}

fn json((status, body): (u16, String)) -> Value {
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Uploads a file, whose URL is in the snapshot of an event. Returns the id of the file.
fn upload(server: &Server) -> String {
    let part = "--b\r\nContent-Disposition: form-data; name";
    let body = format!(
        "{part}=\"purpose\"\r\n\r\nidentity_document\r\n{part}=\"file\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n"
    );
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let (status, file) = send_with(server, "sk_test_123", "POST", "/v1/files", &body, &headers);
    assert_eq!(status, 200, "{file}");
    id(&file)
}

#[test]
fn urls_have_the_host_of_the_request() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let address = server.address();
    let create = |host: &str| json(exchange(address, host, &format!("POST {SESSIONS}"), KEY, "type=document"));
    let session = create("simulator:12111");
    assert!(url(&session).starts_with("http://simulator:12111/start/test_"), "{session}");
    let retrieved = json(exchange(address, "localhost", &format!("GET {SESSIONS}/{}", id(&session)), KEY, ""));
    assert_eq!(url(&retrieved), url(&session).replace("simulator:12111", "localhost"));
    // A program that reached the simulator under Stripe's host name must not be sent to Stripe.
    assert!(url(&create("api.stripe.com")).starts_with(&server.url()));

    server.submit(id(&session).as_str(), Outcome::Verified).unwrap();
    let files = json(exchange(address, "simulator", "GET /v1/files", KEY, ""));
    let file = &files["data"][0];
    assert_eq!(url(file), format!("http://simulator/v1/files/{}/contents", id(file)));
    let (status, contents) = exchange(address, "x", &format!("GET /v1/files/{}/contents", id(file)), RESTRICTED, "");
    assert_eq!(status, 200, "{contents}");

    let soon = server.time().as_secs() + 30;
    let params = format!("file={}&expires_at={soon}", id(file));
    let made = json(exchange(address, "x", "POST /v1/file_links", RESTRICTED, &params));
    assert!(url(&made).starts_with("http://x/links/"));
    let expanded = format!("GET /v1/file_links/{}?expand[]=file", id(&made));
    let expanded = json(exchange(address, "y", &expanded, KEY, ""));
    assert!(url(&expanded).starts_with("http://y/links/") && url(&expanded["file"]).starts_with("http://y/v1/files/"));
    let listed = json(exchange(address, "z", &format!("GET /v1/files/{}?expand[]=links", id(file)), KEY, ""));
    assert!(url(&listed["links"]["data"][0]).starts_with("http://z/links/"));
}

#[test]
fn urls_in_events_have_the_address_of_the_server() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let file = upload(&server);
    let events = json(exchange(server.address(), "simulator:12111", "GET /v1/events", KEY, ""));
    let snapshot = &events["data"][0]["data"]["object"];
    assert_eq!(url(snapshot), format!("{}/v1/files/{file}/contents", server.url()));
}

#[test]
fn urls_of_a_server_on_all_interfaces_have_a_loopback_address() {
    let server = Server::start("0.0.0.0:0", Simulator::new()).unwrap();
    let session = create(&server, "sk_test_a");
    assert!(url(&session).starts_with(&format!("http://127.0.0.1:{}/start/", server.address().port())));
}

#[test]
fn urls_with_a_public_url_begin_with_it() {
    let simulator = Simulator::builder().public_url("https://id.example.test/stripe/").unwrap().build();
    let server = Server::start("127.0.0.1:0", simulator).unwrap();
    let session = json(exchange(server.address(), "simulator", &format!("POST {SESSIONS}"), KEY, "type=document"));
    assert!(url(&session).starts_with("https://id.example.test/stripe/start/"));
    let file = upload(&server);
    let events = json(exchange(server.address(), "simulator", "GET /v1/events", KEY, ""));
    let expected = format!("https://id.example.test/stripe/v1/files/{file}/contents");
    assert_eq!(url(&events["data"][0]["data"]["object"]), expected);
}

#[test]
fn replay_for_another_host_is_identical() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let headers = format!("{KEY}Idempotency-Key: key-1\r\n");
    let create = |host: &str| exchange(server.address(), host, &format!("POST {SESSIONS}"), &headers, "type=document");
    let first = create("simulator:12111");
    assert_eq!(first.0, 200);
    assert_eq!(create("simulator:12111"), first);
    assert_eq!(create("localhost"), first);
}

#[test]
fn page_and_file_link_find_their_world_without_a_key() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    create(&server, "sk_test_other");
    let session = create(&server, "sk_test_a");
    let page = |url: &str| {
        let (_, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        exchange(server.address(), "x", &format!("GET /{path}"), "", "")
    };
    let (status, text) = page(url(&session));
    assert!(status == 200 && text.contains(&id(&session)), "{text}");
    let mut wrong = url(&session).to_owned();
    wrong.pop();
    assert_eq!(page(&wrong).0, 404);
    assert_eq!(page("http://x/start/test_none").0, 404);
    server.submit(id(&session).as_str(), Outcome::Verified).unwrap();
    assert_eq!(page(url(&session)).0, 410, "the URL is used");

    let report = send(&server, "rk_test_a", "GET", "/v1/identity/verification_reports", "").1;
    let image = report["data"][0]["document"]["files"][0].as_str().unwrap().to_owned();
    let expires = server.time().as_secs() + 30;
    let link = send(&server, "rk_test_a", "POST", "/v1/file_links", &format!("file={image}&expires_at={expires}")).1;
    assert_eq!(page(url(&link)).0, 200);
    assert_eq!(page(&(url(&link).to_owned() + "x")).0, 404);
    server.advance(Duration::from_secs(30));
    assert_eq!(page(url(&link)).0, 404);
}

#[test]
fn responses_and_events_name_no_host_of_stripe() {
    let stripe = Simulator::new();
    let session = create(&stripe, "sk_test_a");
    assert!(url(&session).starts_with("https://simulator.test/start/"));
    stripe.submit(id(&session).as_str(), Outcome::Failed("document_expired".into())).unwrap();
    let host = [("host", "files.stripe.com")];
    for path in [SESSIONS, "/v1/identity/verification_reports", "/v1/files", "/v1/events"] {
        let (status, list) = send_with(&stripe, "rk_test_a", "GET", path, "", &host);
        assert!(status == 200 && !list.to_string().contains("stripe.com"), "{list}");
    }
}
