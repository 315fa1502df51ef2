//! The URLs of a simulator are its own.
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

/// Uploads a file, which the snapshot of an event shows with its URL. Returns the file's id.
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
fn urls_are_of_the_host_that_the_client_asks_for() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let address = server.address();
    let create = |host: &str| json(exchange(address, host, &format!("POST {SESSIONS}"), KEY, "type=document"));
    let session = create("simulator:12111");
    assert!(url(&session).starts_with("http://simulator:12111/start/test_"), "{session}");
    let retrieved = json(exchange(address, "localhost", &format!("GET {SESSIONS}/{}", id(&session)), KEY, ""));
    assert_eq!(url(&retrieved), url(&session).replace("simulator:12111", "localhost"));
    // A program that was led here under Stripe's name must not be led back there.
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
fn urls_in_events_are_of_the_address_that_the_server_listens_on() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let file = upload(&server);
    let events = json(exchange(server.address(), "simulator:12111", "GET /v1/events", KEY, ""));
    let snapshot = &events["data"][0]["data"]["object"];
    assert_eq!(url(snapshot), format!("{}/v1/files/{file}/contents", server.url()));
}

#[test]
fn address_of_every_interface_stands_for_this_machine() {
    let server = Server::start("0.0.0.0:0", Simulator::new()).unwrap();
    let session = create(&server, "sk_test_a");
    assert!(url(&session).starts_with(&format!("http://127.0.0.1:{}/start/", server.address().port())));
}

#[test]
fn public_url_stands_in_front_of_everything() {
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
fn replay_is_the_first_response_to_the_byte() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let headers = format!("{KEY}Idempotency-Key: key-1\r\n");
    let create = |host: &str| exchange(server.address(), host, &format!("POST {SESSIONS}"), &headers, "type=document");
    let first = create("simulator:12111");
    assert_eq!(first.0, 200);
    assert_eq!(create("simulator:12111"), first);
    assert_eq!(create("localhost"), first);
}

#[test]
fn page_and_file_link_take_no_key_and_find_their_world() {
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
    assert_eq!(page(url(&session)).0, 410, "it is used up");

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
fn no_response_and_no_event_names_a_host_of_stripe() {
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
