//! The page of a session, without a browser.

use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stripe_identity_core::types::LastErrorCode;
use stripe_identity_simulator::{Outcome, Processing, Settings, Simulator};

use crate::http::{SESSIONS, id, send};

const KEY: &str = "sk_test_a";
const RESTRICTED: &str = "rk_test_a";
const MARKUP: &str = "\"'></title></style><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&lt;";

fn request(stripe: &Simulator, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    stripe.handle(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
}

fn get(stripe: &Simulator, path: &str) -> Response<Bytes> {
    request(stripe, "GET", path, &[], "")
}

fn post(stripe: &Simulator, path: &str, body: &str) -> Response<Bytes> {
    request(stripe, "POST", path, &[], body)
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Returns the status and the target of a redirect.
fn redirect(response: &Response<Bytes>) -> (u16, &str) {
    (response.status().as_u16(), header(response, "location"))
}

/// Returns the status and the `Refresh` header of a page.
fn refresh(response: &Response<Bytes>) -> (u16, &str) {
    (response.status().as_u16(), header(response, "refresh"))
}

fn create(stripe: &Simulator, params: &str) -> Value {
    let (status, session) = send(stripe, KEY, "POST", SESSIONS, params);
    assert_eq!(status, 200, "{session}");
    session
}

fn retrieve(stripe: &Simulator, session: &Value) -> Value {
    send(stripe, KEY, "GET", &format!("{SESSIONS}/{}", id(session)), "").1
}

fn reports(stripe: &Simulator) -> Vec<Value> {
    let (_, list) = send(stripe, RESTRICTED, "GET", "/v1/identity/verification_reports?limit=100", "");
    list["data"].as_array().unwrap().clone()
}

/// Returns the path of the page, and its last segment.
fn page_of(session: &Value) -> (String, String) {
    let path = session["url"].as_str().unwrap().strip_prefix("https://simulator.test").unwrap().to_owned();
    let token = path.strip_prefix("/start/").unwrap().to_owned();
    (path, token)
}

fn open(stripe: &Simulator, params: &str) -> (Value, String, String) {
    let session = create(stripe, params);
    let (path, token) = page_of(&session);
    (session, path, token)
}

/// Returns the value of an attribute, after the text up to its opening quote.
fn after<'a>(html: &'a str, start: &str) -> &'a str {
    html.split_once(start).unwrap_or_else(|| panic!("{start} is not in {html}")).1.split('"').next().unwrap()
}

#[test]
fn page_shows_the_checks_of_the_session_and_only_its_outcomes() {
    let stripe = Simulator::new();
    let all = "type=document&options[document][require_matching_selfie]=true\
               &options[document][require_live_capture]=true&options[document][allowed_types][0]=passport";
    for (params, shown, hidden) in [
        (all, "passport; images taken live", "id_number_mismatch"),
        (all, "selfie_face_mismatch", "phone_unverified_other"),
        ("type=document", "driving license, id card, passport", "selfie_face_mismatch"),
        ("type=id_number", "id_number_mismatch", "document_expired"),
        ("verification_flow=vf_1&provided_details[email]=a@b.test", "given: a@b.test", "id_number_mismatch"),
        ("verification_flow=vf_1", "phone_verification_declined", "document[selfie]"),
    ] {
        let (session, path, _) = open(&stripe, params);
        let page = get(&stripe, &path);
        let html = text(&page);
        assert_eq!(page.status(), 200);
        assert!(html.contains(shown) && !html.contains(hidden), "{params}: {html}");
        assert!(html.contains("Nothing is checked here") && html.contains(&id(&session)));
        assert!(html.contains("value=\"verified\" checked"), "verified comes first, and is chosen");
        assert!(html.len() < 60_000, "{} bytes", html.len());
    }
}

#[test]
fn every_outcome_can_be_submitted_and_returns_to_the_application() {
    let stripe = Simulator::new();
    let params = "verification_flow=vf_1&options[document][require_matching_selfie]=true\
                  &options[document][require_id_number]=true&return_url=https://app.test/done?a=b%23c";
    for outcome in Outcome::all() {
        let (session, path, token) = open(&stripe, params);
        let html = get(&stripe, &path);
        assert!(text(&html).contains(&format!("value=\"{outcome}\"")), "{outcome}");
        let sent = post(
            &stripe,
            &path,
            &format!("outcome={outcome}&rendering={}", after(text(&html), "rendering\" value=\"")),
        );
        assert_eq!(redirect(&sent), (303, format!("{token}/result").as_str()));
        let result = get(&stripe, &format!("{path}/result"));
        assert_eq!(refresh(&result), (200, "0;url=https://app.test/done?a=b#c"));
        let session = retrieve(&stripe, &session);
        match outcome {
            Outcome::Verified => assert_eq!(session["status"], "verified"),
            outcome => assert_eq!(session["last_error"]["code"], outcome.to_string()),
        }
    }
}

#[test]
fn link_accepts_one_submission() {
    let stripe = Simulator::new();
    let (session, path, token) = open(&stripe, "type=document&return_url=myapp://done");
    let page = get(&stripe, &path);
    let rendering = after(text(&page), "rendering\" value=\"").to_owned();
    let other = after(text(&get(&stripe, &path)), "rendering\" value=\"").to_owned();
    assert_ne!(rendering, other);

    post(&stripe, &path, &format!("outcome=verified&rendering={rendering}"));
    let again = |rendering: &str| {
        let sent = post(&stripe, &path, &format!("outcome=document_expired&rendering={rendering}"));
        redirect(&sent).1.to_owned()
    };
    // A double click continues like the first click. Another tab shows the state of the session.
    assert_eq!(again(&rendering), format!("{token}/result"));
    assert_eq!((again(&other), again("")), (token.clone(), token.clone()));
    let shown = get(&stripe, &path);
    assert_eq!(shown.status(), 410);
    assert!(text(&shown).contains("This session is verified") && text(&shown).contains("href=\"myapp://done\""));
    assert_eq!((reports(&stripe).len(), &retrieve(&stripe, &session)["status"]), (1, &"verified".into()));
}

#[test]
fn only_one_of_several_concurrent_submissions_counts() {
    let stripe = Simulator::new();
    for _ in 0..20 {
        let (session, path, token) = open(&stripe, "type=document");
        let before = reports(&stripe).len();
        let outcomes = ["verified", "document_expired", "document_unverified_other", "verified"];
        let locations: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = outcomes
                .iter()
                .map(|outcome| {
                    let (stripe, path) = (stripe.clone(), path.clone());
                    scope.spawn(move || {
                        let sent = post(
                            &stripe,
                            &path,
                            &format!("outcome={outcome}&rendering={outcome}{:?}", thread::current().id()),
                        );
                        assert_eq!(sent.status(), 303);
                        header(&sent, "location").to_owned()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(locations.iter().filter(|location| **location == format!("{token}/result")).count(), 1);
        assert_eq!(reports(&stripe).len() - before, 1, "{}", id(&session));
    }
}

#[test]
fn new_link_after_a_failed_try_shows_its_reason() {
    let stripe = Simulator::new();
    let (session, path, _) = open(&stripe, "type=document");
    post(&stripe, &path, "outcome=document_expired");
    let result = get(&stripe, &format!("{path}/result"));
    assert!(text(&result).contains("Not verified") && text(&result).contains("past its expiration date"));
    let (fresh, _) = page_of(&retrieve(&stripe, &session));
    assert_ne!(fresh, path);
    let page = get(&stripe, &fresh);
    assert!(text(&page).contains("The last try failed") && text(&page).contains("past its expiration date"));
    let used = get(&stripe, &path);
    assert_eq!(used.status(), 410);
    assert!(text(&used).contains("This link has been used") && text(&used).contains("new link"), "{}", text(&used));
    post(&stripe, &fresh, "outcome=verified");
    assert_eq!(retrieve(&stripe, &session)["status"], "verified");
    // Only the last invalid link is known.
    assert_eq!(get(&stripe, &path).status(), 404);
}

#[test]
fn link_of_a_canceled_redacted_or_expired_session_shows_the_reason() {
    let stripe = Simulator::new();
    let (session, path, _) = open(&stripe, "type=document&return_url=https://app.test/");
    let (canceled, canceled_path, _) = open(&stripe, "type=document");
    let (redacted, redacted_path, _) = open(&stripe, "type=document&return_url=https://app.test/");
    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{}/cancel", id(&canceled)), "");
    post(&stripe, &redacted_path, "outcome=verified");
    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{}/redact", id(&redacted)), "");
    let check = |path: &str, title: &str| {
        let shown = get(&stripe, path);
        assert_eq!(shown.status(), 410, "{title}");
        assert!(text(&shown).contains(&format!("<h1>{title}</h1>")), "{}", text(&shown));
        assert_eq!(post(&stripe, path, "outcome=verified").status(), 303);
        text(&get(&stripe, &format!("{path}/result"))).to_owned()
    };
    check(&canceled_path, "This session was canceled");
    assert!(check(&redacted_path, "This session is redacted").contains("is redacted"));
    stripe.finish_redaction(id(&redacted).as_str()).unwrap();
    assert!(!text(&get(&stripe, &redacted_path)).contains("app.test"));

    assert!(get(&stripe, &format!("{path}/result")).status() == 303, "the link is not used yet");
    stripe.advance(Duration::from_secs(48 * 60 * 60));
    assert!(check(&path, "This link has expired").contains("48 hours"));
    assert_eq!(retrieve(&stripe, &session)["status"], "requires_input");
    assert_eq!(reports(&stripe).len(), 1);
}

#[test]
fn unknown_link_of_any_form_is_not_found() {
    let stripe = Simulator::new();
    let (_, path, token) = open(&stripe, "type=document");
    send(&stripe, "sk_test_b", "GET", SESSIONS, "");
    let wrong_end = format!("{}x", &path[..path.len() - 1]);
    let nowhere = text(&get(&stripe, "/start/test_none")).to_owned();
    assert!(nowhere.contains("This link leads nowhere") && nowhere.contains("start again"), "{nowhere}");
    let without_kind = token.replace("test_", "");
    let (_, used, _) = open(&stripe, "type=document");
    post(&stripe, &used, "outcome=verified");
    let wrong_used = format!("{}x", &used[..used.len() - 1]);
    for path in
        [wrong_end, wrong_used, format!("/start/{without_kind}"), "/start/%3Cb%3E".into(), "/v3/start/test_none".into()]
    {
        for response in
            [get(&stripe, &path), post(&stripe, &path, "outcome=verified"), get(&stripe, &format!("{path}/result"))]
        {
            assert_eq!((response.status().as_u16(), text(&response)), (404, nowhere.as_str()), "{path}");
            assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        }
    }
    assert_eq!(get(&stripe, &path).status(), 200);
}

#[test]
fn page_waits_for_the_end_of_the_checks() {
    let with = |processing| {
        let mut settings = Settings::default();
        settings.processing = processing;
        let stripe = Simulator::builder().settings(settings).build();
        let (session, path, _) = open(&stripe, "type=document&return_url=https://app.test/done");
        post(&stripe, &path, "outcome=verified");
        (stripe, session, path)
    };
    let (stripe, session, path) = with(Processing::AfterRetrieves(2));
    let result = format!("{path}/result");
    let waiting = get(&stripe, &result);
    assert_eq!((waiting.status().as_u16(), header(&waiting, "refresh")), (200, "5"));
    assert!(
        text(&waiting).contains("after 2 more retrieves") && text(&waiting).contains("href=\"https://app.test/done\"")
    );
    assert!(text(&get(&stripe, &path)).contains("Already submitted"));
    for _ in 0..3 {
        retrieve(&stripe, &session);
    }
    assert_eq!(refresh(&get(&stripe, &result)), (200, "0;url=https://app.test/done"));

    let (stripe, _, path) = with(Processing::After(Duration::from_secs(30)));
    let result = format!("{path}/result");
    let waiting = get(&stripe, &result);
    assert!(text(&waiting).contains("clock of this world stands"), "{}", text(&waiting));
    stripe.advance(Duration::from_secs(30));
    assert_eq!(refresh(&get(&stripe, &result)), (200, "0;url=https://app.test/done"));

    let stripe = Simulator::new();
    let (session, path, _) = open(&stripe, "type=document");
    stripe.start_processing(id(&session).as_str()).unwrap();
    assert!(text(&get(&stripe, &format!("{path}/result"))).contains("finish_processing"));
    stripe.finish_processing(id(&session).as_str(), Outcome::Failed(LastErrorCode::DocumentExpired)).unwrap();
    assert!(text(&get(&stripe, &format!("{path}/result"))).contains("Not verified"));
}

#[test]
fn result_with_a_return_url_continues_and_without_one_ends() {
    let stripe = Simulator::new();
    let (_, path, _) = open(&stripe, "type=document");
    post(&stripe, &path, "outcome=verified");
    let end = get(&stripe, &format!("{path}/result"));
    assert_eq!((end.status().as_u16(), header(&end, "refresh")), (200, ""));
    assert!(text(&end).contains("<h1>Verified</h1>") && text(&end).contains("close this page"));

    let (_, path, _) = open(&stripe, "type=document&return_url=myapp%3A%2F%2Fdone%3Fa%3D1%26b%3D2");
    assert!(header(&get(&stripe, &path), "content-security-policy").contains("form-action 'self';"));
    post(&stripe, &path, "outcome=verified");
    let end = get(&stripe, &format!("{path}/result"));
    assert_eq!((end.status().as_u16(), header(&end, "refresh")), (200, "0;url=myapp://done?a=1&b=2"));
    assert_eq!(after(text(&end), "class=\"button\" href=\""), "myapp://done?a=1&#38;b=2");
}

#[test]
fn person_can_be_made_up_chosen_or_typed() {
    let stripe = Simulator::new();
    let outputs = |body: &str| {
        let (session, path, _) = open(&stripe, "type=document");
        assert_eq!(post(&stripe, &path, body).status(), 303, "{body}");
        let expand = "expand[]=verified_outputs&expand[]=verified_outputs.dob&expand[]=last_verification_report\
                      &expand[]=last_verification_report.document.expiration_date";
        send(&stripe, RESTRICTED, "GET", &format!("{SESSIONS}/{}?{expand}", id(&session)), "").1
    };
    let (_, path, _) = open(&stripe, "type=document");
    let chosen = post(&stripe, &path, "show=person&outcome=document_expired&person[seed]=7&person[city]=Testford");
    assert_eq!((chosen.status().as_u16(), reports(&stripe).len()), (200, 0));
    let session = outputs("outcome=verified&person[seed]=7");
    let name = format!(
        "{} {}",
        session["verified_outputs"]["first_name"].as_str().unwrap(),
        session["verified_outputs"]["last_name"].as_str().unwrap()
    );
    assert!(
        text(&chosen).contains("value=\"document_expired\" checked") && text(&chosen).contains("value=\"Testford\"")
    );
    assert!(text(&chosen).contains(&name) && text(&chosen).contains("value=\"7\""));

    let session = outputs(
        "outcome=verified&person[first_name]=+Ada+&person[last_name]=&person[dob]=-&person[country]=de\
         &document[type]=passport&document[expiration_date]=2031-05-01",
    );
    let outputs = &session["verified_outputs"];
    assert_eq!((&outputs["first_name"], &outputs["dob"]), (&"Ada".into(), &Value::Null));
    assert_eq!(outputs["address"]["country"], "DE");
    assert!(outputs["last_name"].is_string());
    let document = &session["last_verification_report"]["document"];
    assert_eq!((&document["type"], &document["expiration_date"]["year"]), (&"passport".into(), &2031.into()));
}

#[test]
fn invalid_submission_shows_the_form_with_errors() {
    let stripe = Simulator::new();
    let (session, path, token) = open(&stripe, "type=document&options[document][allowed_types][0]=passport");
    for (body, field, error) in [
        ("outcome=verified&person[dob]=yesterday", "person_dob_", "must be a date such as 2012-05-01"),
        ("outcome=verified&person[country]=Germany", "person_country_", "must be a two-letter code"),
        ("outcome=verified&document[type]=id_card", "document_type_", "does not allow this type"),
        ("outcome=selfie_face_mismatch", "outcome", "no check that can end with this outcome"),
        ("outcome=nonsense", "outcome", "unknown outcome"),
        ("outcome=verified&person[seed]=-1", "person_seed_", "must be a whole number"),
        ("outcome=verified&person[seed]=x&show=person", "person_seed_", "must be a whole number"),
        ("outcome=", "outcome", "must be chosen"),
        ("", "outcome", "must be chosen"),
    ] {
        let shown = post(&stripe, &path, body);
        let html = text(&shown);
        assert_eq!(shown.status(), 422, "{body}");
        assert!(html.contains(&format!("<a href=\"#{field}\">")) && html.contains(error), "{body}: {html}");
        assert!(html.contains(&format!("id=\"{field}\"")) && html.contains("autofocus"), "{body}: {html}");
    }
    let kept =
        post(&stripe, &path, "outcome=document_expired&person[dob]=yesterday&person[city]=Testford&person[seed]=9");
    let html = text(&kept);
    assert!(html.contains("value=\"yesterday\"") && html.contains("value=\"Testford\""), "{html}");
    assert!(html.contains("value=\"document_expired\" checked") && html.contains("value=\"9\""));
    for body in ["outcome=verified&person=x", "a[=1", &"x=1&".repeat(1001)] {
        let refused = post(&stripe, &path, body);
        assert_eq!((refused.status().as_u16(), header(&refused, "content-type")), (400, "text/html; charset=utf-8"));
        assert!(text(&refused).contains("Nothing was submitted"));
    }
    assert_eq!(retrieve(&stripe, &session)["last_error"], Value::Null);
    assert_eq!(redirect(&post(&stripe, &path, "outcome=verified")), (303, format!("{token}/result").as_str()));
}

fn multipart(parts: &[(&str, &str)]) -> String {
    let part = |(name, contents): &(&str, &str)| {
        let filename = if name.starts_with("document[") { "; filename=\"a.png\"" } else { "" };
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n{contents}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--b--\r\n"
}

#[test]
fn uploaded_images_are_in_the_report() {
    let stripe = Simulator::new();
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let params = "type=document&options[document][require_matching_selfie]=true";
    let (_, path, _) = open(&stripe, params);
    let submit = |front: &str| {
        let parts = [("outcome", "verified"), ("document[front]", front), ("document[back]", "")];
        request(&stripe, "POST", &path, &headers, &multipart(&parts))
    };
    let refused = submit("GIF89a");
    assert_eq!(refused.status(), 422);
    assert!(text(&refused).contains("must be a PNG or JPEG image"), "{}", text(&refused));
    let mut body =
        multipart(&[("outcome", "verified"), ("document[front]", "IMAGE"), ("document[back]", "")]).into_bytes();
    let at = body.windows(5).position(|window| window == b"IMAGE").unwrap();
    let image = b"\x89PNG\r\n\x1a\nmine";
    body.splice(at..at + 5, *image);
    let sent = Request::post(&path).header(headers[0].0, headers[0].1).body(Bytes::from(body)).unwrap();
    assert_eq!(stripe.handle(sent).status(), 303);

    let report = reports(&stripe).remove(0);
    let contents = |file: &Value| {
        let path = format!("/v1/files/{}/contents", file.as_str().unwrap());
        let headers = [("authorization", "Bearer rk_test_a")];
        request(&stripe, "GET", &path, &headers, "").body().clone()
    };
    let files = &report["document"]["files"];
    assert_eq!(contents(&files[0]), &image[..]);
    assert!(contents(&files[1]).starts_with(b"\x89PNG") && !contents(&files[1]).ends_with(b"mine"));
    assert!(contents(&report["selfie"]["selfie"]).starts_with(b"\x89PNG"));
}

#[test]
fn markup_in_any_field_is_escaped() {
    let stripe = Simulator::new();
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let markup = encode(MARKUP);
    let params = format!(
        "verification_flow={markup}&provided_details[email]={markup}&metadata[{}]={markup}&client_reference_id={markup}\
         &return_url={}",
        encode("<b>"),
        encode("myapp://x/'(javascript:alert(1))&lt;{{7*7}}")
    );
    let (session, path, _) = open(&stripe, &params);
    let fields = [
        "person[first_name]",
        "person[last_name]",
        "person[dob]",
        "person[country]",
        "person[sex]",
        "person[city]",
        "person[phone]",
        "person[seed]",
        "document[type]",
        "document[number]",
        "document[issued_date]",
        "outcome",
        "rendering",
    ];
    let all: String = fields.iter().map(|field| format!("{field}={markup}&")).collect();
    let typed = format!("outcome=phone_unverified_other&person[first_name]={markup}&person[last_name]={markup}");
    let pages = [
        get(&stripe, &path),
        post(&stripe, &path, &format!("show=person&{all}")),
        post(&stripe, &path, &all),
        post(&stripe, &path, &format!("{markup}=1")),
        post(&stripe, &path, &format!("person[{markup}]=1")),
        post(&stripe, &path, &typed),
        get(&stripe, &format!("{path}/result")),
        get(&stripe, &path),
        get(&stripe, &page_of(&retrieve(&stripe, &session)).0),
    ];
    let mut shown = 0;
    for (index, page) in pages.iter().enumerate() {
        let html = text(page);
        shown += html.matches("&#34;&#39;&#62;&#60;/title&#62;").count();
        for planted in ["<script", "<img", "<b>", "\"'>", "=alert(1)>"] {
            assert!(!html.contains(planted), "page {index}: {planted} in {html}");
        }
    }
    assert!(shown >= 10, "the page shows {shown} of them");
    assert_eq!(pages[5].status(), 303);
}

#[test]
fn page_shows_no_host_that_a_shell_would_execute() {
    let stripe = Simulator::new();
    let (session, path, _) = open(&stripe, "type=document");
    for host in ["127.0.0.1;id", "$(id).test", "a`id`.test"] {
        let page = request(&stripe, "GET", &path, &[("host", host)], "");
        assert_eq!(page.status(), 200, "{host}");
        assert!(text(&page).contains(&format!("/{}/submit", id(&session))));
        assert!(!text(&page).contains(host), "{host}");
    }
}

#[test]
fn policy_allows_only_the_style_of_the_page() {
    let stripe = Simulator::new();
    let (_, path, _) = open(&stripe, "type=document&return_url=https://app.test:8443/done;x");
    let page = get(&stripe, &path);
    let policy = header(&page, "content-security-policy");
    let style = text(&page).split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = STANDARD.encode(Sha256::digest(style));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; script-src 'none'; img-src data:; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
    );
    post(&stripe, &path, "outcome=document_expired");
    for response in [page, get(&stripe, &path), get(&stripe, "/start/test_x"), post(&stripe, &path, "a[=1")] {
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "x-frame-options"), "DENY");
        assert!(!text(&response).contains("<script") && !text(&response).contains("style=\""));
        assert!(!text(&response).contains("http://") || text(&response).contains("http://www.w3.org/2000/svg"));
    }
}

#[test]
fn text_that_a_person_types_is_in_no_url_and_no_debug_output() {
    let stripe = Simulator::new();
    let (_, path, _) = open(&stripe, "type=document&return_url=https://app.test/?user=Planted");
    let sent = post(&stripe, &path, "outcome=verified&person[first_name]=Planted&rendering=Planted");
    assert!(!header(&sent, "location").contains("Planted"));
    let world = stripe.world(KEY).unwrap();
    assert!(!format!("{stripe:?} {world:?}").contains("Planted"));
}

#[test]
fn session_with_an_invalid_return_url_is_refused() {
    let stripe = Simulator::new();
    for url in
        ["javascript:alert(1)", "http://example.test/planted", "/planted", "data:text/html,x", "https://a@b.test/"]
    {
        let (status, error) = send(&stripe, KEY, "POST", SESSIONS, &format!("type=document&return_url={url}"));
        assert_eq!((status, &error["error"]["param"]), (400, &"return_url".into()), "{url}");
        assert_eq!(error["error"]["code"], "url_invalid");
        assert!(!error.to_string().contains(url), "{error}");
    }
    for url in ["https://example.test/", "http://localhost:3000/done", "http://[::1]:3000/", "myapp://done"] {
        create(&stripe, &format!("type=document&return_url={url}"));
    }
}

const OPEN: &str = "/v3/verification_session";
const ORIGIN: (&str, &str) = ("origin", "http://localhost:3000");

fn open_in_dialog(stripe: &Simulator, key: &str, secret: &str, origin: &[(&str, &str)]) -> (u16, Value) {
    let response = request(stripe, "POST", OPEN, origin, &format!("key={key}&client_secret={secret}"));
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert_eq!(header(&response, "access-control-allow-credentials"), "");
    assert_eq!(header(&response, "cache-control"), "no-store");
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[test]
fn client_secret_opens_the_page_in_a_dialog_of_the_sending_origin() {
    let stripe = Simulator::new();
    let (session, path, token) = open(&stripe, "type=document&return_url=https://app.test/");
    let framed = format!("/v3{path}");
    assert!(header(&get(&stripe, &framed), "content-security-policy").contains("frame-ancestors 'none'"));

    let secret = session["client_secret"].as_str().unwrap();
    let (status, found) = open_in_dialog(&stripe, "pk_test_a", secret, &[ORIGIN]);
    assert_eq!((status, &found["id"]), (200, &session["id"]));
    assert_eq!(format!("/v3/{}", found["page"].as_str().unwrap()), framed);

    let page = get(&stripe, &framed);
    let policy = header(&page, "content-security-policy");
    assert!(
        policy.contains("frame-ancestors http://localhost:3000;") && policy.contains("form-action 'self';"),
        "{policy}"
    );
    let script = text(&page).split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    assert!(policy.contains(&format!("script-src 'sha256-{}';", STANDARD.encode(Sha256::digest(script)))));
    assert_eq!(after(text(&page), "data-opener=\""), "http://localhost:3000");
    assert!(!page.headers().contains_key("x-frame-options"));
    // Outside of a dialog, the page has not changed.
    assert!(header(&get(&stripe, &path), "content-security-policy").contains("frame-ancestors 'none'"));

    assert_eq!(redirect(&post(&stripe, &framed, "outcome=verified")), (303, format!("{token}/result").as_str()));
    let result = get(&stripe, &format!("{framed}/result"));
    assert_eq!((result.status().as_u16(), after(text(&result), "data-news=\"")), (200, "submitted"));
    assert_eq!(open_in_dialog(&stripe, "pk_test_a", secret, &[ORIGIN]).0, 400);
}

#[test]
fn dialog_is_refused_without_the_right_key_secret_and_origin() {
    let stripe = Simulator::new();
    let (session, path, _) = open(&stripe, "type=document");
    let secret = session["client_secret"].as_str().unwrap();
    let wrong = format!("{}x", &secret[..secret.len() - 1]);
    for (key, secret, origin, status, code) in [
        ("pk_live_a", secret, ORIGIN.1, 401, Value::Null),
        ("sk_test_a", secret, ORIGIN.1, 401, Value::Null),
        ("", secret, ORIGIN.1, 401, Value::Null),
        ("pk_test_b", secret, ORIGIN.1, 400, "resource_missing".into()),
        ("pk_test_a", &wrong, ORIGIN.1, 400, "resource_missing".into()),
        ("pk_test_a", "nonsense", ORIGIN.1, 400, "resource_missing".into()),
        ("pk_test_a", "vs_none_secret_x", ORIGIN.1, 400, "resource_missing".into()),
        ("pk_test_a", secret, "null", 403, Value::Null),
        ("pk_test_a", secret, "https://a.test; script-src *", 403, Value::Null),
        ("pk_test_a", secret, "https:", 403, Value::Null),
    ] {
        let (got, error) = open_in_dialog(&stripe, key, secret, &[("origin", origin)]);
        assert_eq!((got, &error["error"]["code"]), (status, &code), "{key} {origin}: {error}");
        assert_eq!(error["error"]["type"], "invalid_request_error");
    }
    assert_eq!(open_in_dialog(&stripe, "pk_test_a", secret, &[]).0, 403);
    assert!(header(&get(&stripe, &format!("/v3{path}")), "content-security-policy").contains("frame-ancestors 'none'"));
}

#[test]
fn script_is_served_to_every_page_and_not_cached() {
    let stripe = Simulator::new();
    let script = get(&stripe, "/v3/");
    assert_eq!((script.status().as_u16(), header(&script, "content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!((header(&script, "cache-control"), header(&script, "x-content-type-options")), ("no-store", "nosniff"));
    assert_eq!(header(&script, "cross-origin-resource-policy"), "cross-origin");
    assert!(header(&script, "request-id").starts_with("req_"));
    assert!(text(&script).contains("window.Stripe = Stripe"));
}

#[test]
fn journal_of_pages_has_only_endpoints_and_names_of_fields() {
    let stripe = Simulator::new();
    let (session, path, token) = open(&stripe, "type=document");
    let secret = session["client_secret"].as_str().unwrap();
    open_in_dialog(&stripe, "pk_test_a", secret, &[ORIGIN]);
    get(&stripe, &path);
    get(&stripe, &format!("{path}x"));
    let fields = "rendering=Planted&show=&outcome=verified&person[seed]=7&person[first_name]=Planted&person[dob]=2012-05-01\
                  &document[number]=Planted&document[front]=";
    post(&stripe, &format!("/v3{path}"), fields);
    get(&stripe, &format!("{path}/result"));
    get(&stripe, "/v3/");
    let requests = stripe.requests();
    let paths: Vec<_> =
        requests[1..].iter().map(|request| (request.method(), request.path(), request.kind())).collect();
    let link = stripe_identity_simulator::RequestKind::Link;
    assert_eq!(
        paths,
        [
            ("POST", "/v3/verification_session", link),
            ("GET", "/start/{token}", link),
            ("GET", "/start/{token}", link),
            ("POST", "/v3/start/{token}", link),
            ("GET", "/start/{token}/result", link),
        ]
    );
    assert_eq!(requests[1].parameters().collect::<Vec<_>>(), ["key", "client_secret"]);
    let names: Vec<_> = requests[4].parameters().collect();
    for name in ["rendering", "show", "outcome", "person[seed]", "document[front]"] {
        assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
    }
    for request in &requests {
        assert_eq!((request.id(), request.other_parameters()), (None, 0), "{request}");
        let shown = format!("{request} {request:?} {}", serde_json::to_string(request).unwrap());
        for hidden in [&token[5..], &secret[40..], "Planted", "2012-05-01"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}

#[test]
fn form_without_a_rendering_does_not_count_as_a_double_click() {
    let stripe = Simulator::new();
    let (_, path, token) = open(&stripe, "type=document");
    for rendering in ["", "&rendering=", "&rendering=req_%20", "&rendering=Planted"] {
        let sent = post(&stripe, &path, &format!("outcome=verified{rendering}"));
        let is_first = rendering.is_empty();
        let expected = if is_first { format!("{token}/result") } else { token.clone() };
        assert_eq!(redirect(&sent), (303, expected.as_str()), "{rendering}");
    }
}

#[test]
fn redaction_erases_everything_that_was_sent_to_the_page() {
    let stripe = Simulator::new();
    let (session, path, _) = open(&stripe, "type=document&return_url=https://app.test/Planted");
    let page = get(&stripe, &path);
    let rendering = after(text(&page), "rendering\" value=\"").to_owned();
    post(&stripe, &path, &format!("outcome=verified&rendering={rendering}&person[first_name]=Planted"));
    let held = |what: &str| {
        let mut lines = Vec::new();
        stripe.export(&mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        let session = lines.lines().find(|line| line.starts_with("{\"kind\":\"verification_session\"")).unwrap();
        session.contains(what)
    };
    assert!(held("Planted") && held(&rendering));
    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{}/redact", id(&session)), "");
    stripe.finish_redaction(id(&session).as_str()).unwrap();
    assert!(!held("Planted") && !held(&rendering));
    assert!(text(&get(&stripe, &path)).contains("redacted"));
}
