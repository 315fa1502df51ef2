//! The pages of the overview, without a browser.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use stripe_identity_simulator::{Fault, Outcome, Processing, Settings, Simulator, WebhookEndpoint};

use crate::http::{SESSIONS, id, send, send_with};

const KEY: &str = "sk_test_a";
/// The text in everything that must not be shown.
const PLANTED: &str = "Planted";

fn get(stripe: &Simulator, path: &str) -> Response<Bytes> {
    stripe.handle(Request::get(path).body(Bytes::new()).unwrap())
}

/// Returns a page, after checking what all pages have in common.
fn page(stripe: &Simulator, path: &str) -> String {
    let response = get(stripe, path);
    assert_eq!(response.status(), 200, "{path}");
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store", "no-referrer"));
    assert_eq!(header("x-frame-options"), "DENY");
    assert!(response.body().len() < 60_000, "{path} has {} bytes", response.body().len());
    let html = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(!html.contains("<script") && !html.contains("<form"));
    html
}

fn create(stripe: &Simulator, params: &str) -> Value {
    let (status, session) = send(stripe, KEY, "POST", SESSIONS, params);
    assert_eq!(status, 200, "{session}");
    session
}

fn page_of(session: &Value) -> String {
    format!("/_simulator/sessions/{}", id(session))
}

fn submit(stripe: &Simulator, session: &Value, params: &str) {
    let path = format!("/_simulator/verification_sessions/{}/submit", id(session));
    let (status, response) = send(stripe, "", "POST", &path, params);
    assert_eq!(status, 200, "{response}");
}

/// Returns the paths of all pages that show a session.
fn pages(stripe: &Simulator, session: &Value) -> [String; 3] {
    let overview = page(stripe, "/");
    let tag = overview.split_once("_simulator/worlds/").unwrap().1.split('"').next().unwrap();
    ["/".to_owned(), format!("/_simulator/worlds/{tag}"), page_of(session)]
}

#[test]
fn empty_overview_shows_the_first_commands() {
    let stripe = Simulator::new();
    let html = page(&stripe, "/");
    assert!(
        html.contains("curl https://simulator.test/v1/identity/verification_sessions -u sk_test_123: -d type=document")
    );
    assert!(html.contains("/submit -d outcome=verified"));
    let session = create(&stripe, "type=document");
    let html = page(&stripe, "/");
    assert!(!html.contains("curl") && html.contains(&id(&session)));
}

#[test]
fn overview_shows_worlds_sessions_requests_and_deliveries() {
    let stripe = Simulator::new();
    stripe.add_webhook(WebhookEndpoint::new("http://localhost:3000/hook?token=x", "whsec_x").unwrap());
    send(&stripe, "sk_test_checkout", "POST", SESSIONS, "type=document");
    send(&stripe, "sk_test_thisNameIsLongEnoughToBeASecret", "POST", SESSIONS, "type=document");
    let session = create(&stripe, "type=document");
    submit(&stripe, &session, "outcome=document_expired");
    stripe.add_fault(Fault::respond(StatusCode::SERVICE_UNAVAILABLE).times(1));
    assert_eq!(send(&stripe, KEY, "GET", SESSIONS, "").0, 503);
    stripe.deliver_to(|_| StatusCode::INTERNAL_SERVER_ERROR);
    let html = page(&stripe, "/");
    for shown in [
        ">checkout</a>",
        ">this…</a>",
        "World <a href=\"_simulator/worlds/",
        "<span class=\"mark bad\">failed</span> <code>document_expired</code>",
        "the client secret expires in 24 h",
        "POST /_simulator/verification_sessions/{session}/submit",
        "<span class=\"mark bad\">503</span>",
        "<code>identity.verification_session.requires_input</code></td><td><code>http://localhost:3000/hook</code>",
        "<span class=\"mark busy\">pending</span></td><td>1</td><td><time",
        "Its clock stands at",
        "<caption>Sessions</caption>",
    ] {
        assert!(html.contains(shown), "{shown} is not in {html}");
    }
    assert!(!html.contains("LongEnough") && !html.contains("token=x") && !html.contains("whsec_"));
}

#[test]
fn page_of_a_world_shows_more_sessions_than_the_overview() {
    let stripe = Simulator::new();
    let sessions: Vec<_> = (0..56).map(|_| id(&create(&stripe, "type=document"))).collect();
    let shown = |html: &str| sessions.iter().filter(|id| html.contains(&format!("<code>{id}</code>"))).count();
    let html = page(&stripe, "/");
    assert!(html.contains("All sessions of a") && html.contains(sessions.last().unwrap()));
    assert_eq!(shown(&html), 5);
    let [_, world, _] = pages(&stripe, &serde_json::json!({ "id": sessions[0] }));
    let html = page(&stripe, &world);
    assert_eq!(shown(&html), 50);
    let after = html.split_once("?starting_after=").unwrap().1.split('"').next().unwrap();
    let html = page(&stripe, &format!("{world}?starting_after={after}"));
    assert!(shown(&html) == 6 && html.contains(&sessions[0]) && !html.contains("Earlier sessions"));
    assert_eq!(get(&stripe, &format!("{world}?bogus=1")).status(), 400);
}

#[test]
fn page_of_a_session_shows_requests_events_attempts_and_reports_in_order() {
    let mut settings = Settings::default();
    settings.processing = Processing::After(Duration::from_secs(30));
    let stripe = Simulator::builder().settings(settings).build();
    stripe.add_webhook(WebhookEndpoint::new("http://localhost:3000/hook", "whsec_x").unwrap());
    let other = create(&stripe, "type=id_number");
    let session = create(&stripe, "type=document&options[document][require_matching_selfie]=true");
    let path = page_of(&session);
    let html = page(&stripe, &path);
    let start = session["url"].as_str().unwrap().strip_prefix("https://simulator.test/").unwrap();
    assert!(html.contains(&format!("href=\"../../{start}\"")), "the page is open");
    submit(&stripe, &session, "outcome=selfie_face_mismatch");
    let html = page(&stripe, &path);
    assert!(!html.contains("Open its page"));
    assert!(html.contains("checks under way") && html.contains("<li>the checks end in 30 s</li>"), "{html}");
    stripe.deliver_to(|_| StatusCode::NOT_FOUND);
    stripe.advance(Duration::from_secs(31));
    send(&stripe, KEY, "GET", &format!("{SESSIONS}/{}", id(&session)), "");
    stripe.run_until_idle();
    let html = page(&stripe, &path);
    let order = |parts: &[&str]| {
        parts.iter().fold(0, |from, part| {
            from + html[from..].find(part).unwrap_or_else(|| panic!("{part} is not in its place in {html}"))
        });
    };
    order(&[
        "<span class=\"mark bad\">failed</span> <code>selfie_face_mismatch</code>",
        "<caption>Requests</caption>",
        "<code>POST /v1/identity/verification_sessions</code>",
        "<code>POST /_simulator/verification_sessions/{session}/submit</code>",
        "<code>GET /v1/identity/verification_sessions/{session}</code>",
        "<caption>Events</caption>",
        "<code>identity.verification_session.created</code>",
        "<code>identity.verification_session.processing</code>",
        "<code>identity.verification_session.requires_input</code>",
        "<caption>Attempts</caption>",
        "<td>1</td><td><span class=\"mark bad\">404</span></td>",
        "<caption>Reports</caption>",
        "document verified; selfie unverified (selfie_face_mismatch)",
    ]);
    assert!(!html.contains(&id(&other)));
}

/// Writes the planted text wherever a client, a receiver or a person can write.
fn plant(stripe: &Simulator) -> Value {
    let endpoint = "http://localhost:3000/hook?token=Planted";
    stripe.add_webhook(WebhookEndpoint::new(endpoint, "whsec_Planted").unwrap());
    let headers = [("idempotency-key", "Planted"), ("stripe-account", ""), ("x-planted", "Planted")];
    let params = "verification_flow=vf_Planted&client_reference_id=Planted&metadata[Planted]=Planted\
                  &provided_details[email]=Planted@a.test&provided_details[phone]=%2B15550001Planted\
                  &return_url=http://localhost:3000/Planted?Planted&related_customer=cus_Planted";
    let (status, session) = send_with(stripe, KEY, "POST", SESSIONS, params, &headers[..1]);
    assert_eq!(status, 200, "{session}");
    let person = "person[first_name]=Planted&person[last_name]=Planted&person[city]=Planted&person[line1]=Planted\
                  &person[id_number]=Planted&document[number]=Planted&person[email]=Planted@b.test";
    submit(stripe, &session, &format!("outcome=document_unverified_other&{person}"));
    submit(stripe, &session, &format!("outcome=verified&{person}"));
    send_with(stripe, KEY, "GET", &format!("{SESSIONS}/vs_Planted?Planted=Planted"), "", &headers);
    send_with(stripe, KEY, "PUT", "/Planted", "Planted=Planted", &headers);
    send(stripe, KEY, "POST", SESSIONS, "type=Planted");
    stripe.deliver_to(|_| Response::builder().status(500).header("x", "Planted").body("Planted").unwrap());
    session
}

#[test]
fn personal_data_and_secrets_are_on_no_page() {
    let stripe = Simulator::new();
    let session = plant(&stripe);
    let secret = |session: &Value| session["client_secret"].as_str().unwrap().to_owned();
    let open = create(&stripe, "type=document");
    let token = open["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let restricted =
        send(&stripe, "rk_test_a", "GET", "/v1/identity/verification_reports?expand[]=data.document.dob", "").1;
    let report = &restricted["data"][0]["document"];
    let born = &report["dob"];
    let date = format!("{}-{:02}-{:02}", born["year"], born["month"].as_i64().unwrap(), born["day"].as_i64().unwrap());
    assert!(restricted.to_string().contains(PLANTED), "{restricted}");
    for path in pages(&stripe, &session).into_iter().chain([page_of(&open)]) {
        let html = page(&stripe, &path);
        assert!(!html.to_lowercase().contains("planted"), "{path}: {html}");
        for hidden in [secret(&session), secret(&open), date.clone(), "whsec_".to_owned(), KEY.to_owned()] {
            assert!(!html.contains(&hidden), "{path} shows {hidden}");
        }
        let is_linked = path == page_of(&open);
        assert_eq!(html.matches(&token).count(), usize::from(is_linked), "{path}: only in the link to the page");
    }
}

#[cfg(feature = "state")]
#[test]
fn imported_markup_is_escaped() {
    let stripe = Simulator::new();
    let session = plant(&stripe);
    let mut lines = Vec::new();
    stripe.export(&mut lines).unwrap();
    let text = String::from_utf8(lines).unwrap();
    let markup = "<b id='planted'>&quot;";
    let text = text
        .replace("identity.verification_session.verified", markup)
        .replace("\"unverified\"", &format!("\"{markup}\""))
        .replace("document_unverified_other", markup)
        .replace("verification_flow\"", &format!("{markup}\""));
    let other = Simulator::new();
    other.import(text.as_bytes()).unwrap();
    let mut count = 0;
    for path in pages(&other, &session) {
        let html = page(&other, &path);
        assert!(!html.contains("<b id"), "{path}: {html}");
        count += html.matches("&#60;b id=&#39;planted&#39;&#62;&#38;quot;").count();
    }
    assert!(count >= 4, "it is shown {count} times");
}

#[test]
fn showing_a_page_changes_nothing() {
    let stripe = Simulator::new();
    let session = plant(&stripe);
    create(&stripe, "type=document");
    let state = |stripe: &Simulator| {
        let mut lines = Vec::new();
        stripe.export(&mut lines).unwrap();
        (lines, stripe.requests().len(), stripe.deliveries(), stripe.time())
    };
    let before = state(&stripe);
    for path in pages(&stripe, &session) {
        page(&stripe, &path);
        page(&stripe, &path);
    }
    assert_eq!(get(&stripe, "/_simulator/sessions/vs_none").status(), 404);
    assert_eq!(get(&stripe, "/_simulator/worlds/none").status(), 404);
    assert!(state(&stripe) == before);
    stripe.submit(id(&create(&stripe, "type=document")), Outcome::Verified).unwrap();
    assert!(state(&stripe) != before);
}

#[test]
fn pages_of_a_full_simulator_stay_small() {
    let stripe = Simulator::new();
    for endpoint in 0..16 {
        let url = format!("http://localhost:{}/{}", 3000 + endpoint, "x".repeat(500));
        stripe.add_webhook(WebhookEndpoint::new(&url, "whsec_x").unwrap());
    }
    let mut last = Value::Null;
    for world in 0..30 {
        for _ in 0..8 {
            last = send(&stripe, &format!("sk_test_world{world}"), "POST", SESSIONS, "type=document").1;
        }
    }
    for _ in 0..20 {
        submit(&stripe, &last, "outcome=document_unverified_other");
        send(&stripe, "sk_test_world29", "GET", &format!("{SESSIONS}/{}", id(&last)), "");
        send(&stripe, "sk_test_world29", "POST", &format!("{SESSIONS}/{}", id(&last)), "bogus=1");
        stripe.deliver_to(|_| StatusCode::INTERNAL_SERVER_ERROR);
    }
    let html = page(&stripe, "/");
    assert!(html.contains("Worlds that were used earlier: 20."));
    assert!(page(&stripe, &page_of(&last)).contains("the earliest entries are left out"));
}

#[cfg(feature = "server")]
#[test]
fn overview_requires_a_local_host_and_the_token_as_password() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use stripe_identity_simulator::{Server, ServerOptions};

    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let exchange = |server: &Server, host: &str, head: &str, headers: &str| {
        crate::http::exchange(server.address(), host, head, headers, "")
    };
    let (status, html) = exchange(&server, "localhost", "GET /", "");
    assert!(status == 200 && html.contains("No session yet"), "{html}");
    for path in ["/", "/_simulator/sessions/vs_1", "/_simulator/worlds/x"] {
        let (status, html) = exchange(&server, "evil.test", &format!("GET {path}"), "");
        assert!(status == 403 && html.contains("The overview is not shown"), "{path}: {html}");
    }
    let options = ServerOptions::new().control_token("made-up");
    let server = Server::start_with("127.0.0.1:0", Simulator::new(), options).unwrap();
    let basic = |credentials: &str| format!("authorization: Basic {}\r\n", STANDARD.encode(credentials));
    for (headers, expected) in [
        (String::new(), 401),
        (basic("x:wrong"), 401),
        (basic("made-up"), 401),
        (basic("made-up:"), 401),
        ("authorization: Bearer made-up\r\n".to_owned(), 401),
        ("simulator-token: wrong\r\n".to_owned(), 401),
        (basic(":made-up"), 200),
        (basic("any:made-up"), 200),
        ("simulator-token: made-up\r\n".to_owned(), 200),
    ] {
        let (status, html) = exchange(&server, "localhost", "GET /", &headers);
        assert_eq!(status, expected, "{headers}: {html}");
        assert!(expected == 200 || (html.contains("as the password") && !html.contains("made-up")));
    }
    // A browser also sends the password with requests from other sites.
    for head in ["GET /_simulator/clock", "POST /_simulator/reset", "POST /", "GET /_simulator/export"] {
        assert_eq!(exchange(&server, "localhost", head, &basic("any:made-up")).0, 403, "{head}");
    }
}
