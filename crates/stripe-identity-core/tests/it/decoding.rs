use std::time::Duration;

use std::collections::HashMap;
use std::error::Error as _;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::endpoint::Route;
use stripe_identity_core::http::Response;
use stripe_identity_core::types::{CreateVerificationSession, ListVerificationSessions, VerificationSession};
use stripe_identity_core::{
    Endpoint, Error, ErrorKind, InvalidInput, Step, TransportError, TransportErrorKind as Kind,
};

use super::{builder, config, request_of};

fn retrieve(status: u16, body: impl Into<Bytes>) -> Result<stripe_identity_core::Response<VerificationSession>, Error> {
    let (_, sent) = request_of(config().verification_sessions().retrieve("vs_1").max_retries(0).start());
    let response = Response::builder().status(status).header("Request-Id", "req_1").body(body.into()).unwrap();
    match sent.reply(Ok(response), Duration::ZERO) {
        Step::Done(result) => result,
        step => panic!("{step:?}"),
    }
}

fn decode_error(body: impl Into<Bytes>) -> String {
    let error = retrieve(200, body).unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Decode, Some("req_1")));
    assert_eq!(error.status().unwrap(), 200);
    error.source().unwrap().to_string()
}

#[test]
fn decode_error_names_field_position_and_reason() {
    assert_eq!(
        decode_error("{\"id\": \"vs_1\",\n \"options\": {\"document\": {\"require_id_number\": \"yes\"}}}"),
        "at `options.document.require_id_number`, line 2 column 52: it is missing, has an \
         unexpected type, or is out of range"
    );
    assert!(decode_error(r#"{"id": "vs_1", "url": "cut of"#).ends_with("the JSON ends too early"));
    assert!(decode_error("<html>").ends_with("it is not JSON"));
    assert!(decode_error("").ends_with("the JSON ends too early"));
    assert!(decode_error("{}").contains("it is missing"));
    assert!(decode_error(r#"{"id": "vs_1"} {}"#).contains("it is not JSON"));
    // In a body that is not JSON, a key may be anything.
    assert!(decode_error(r#"{"id": "vs_1", "people": {"Robin": {"#).starts_with("at `.`"));
}

#[test]
fn decode_error_hides_keys_of_maps() {
    struct Balances;
    impl Endpoint for Balances {
        type Params = ();
        type Response = HashMap<String, HashMap<String, Vec<i64>>>;
        type Expand = &'static str;

        fn route(&self) -> Route {
            Route::get("/v1/balances")
        }

        fn params(&self) -> &() {
            &()
        }
    }
    let decode_error = |body: &'static str| {
        let (_, sent) = request_of(config().call(Balances).start());
        let Step::Done(Err(error)) = sent.reply(Ok(Response::new(body.into())), Duration::ZERO) else {
            panic!("it is done")
        };
        error.source().unwrap().to_string()
    };
    assert!(decode_error(r#"{"jenny.rosen@example.test": {"eur": [0, "x"]}}"#).starts_with("at `?.eur[1]`, line 1"));
    assert!(decode_error(r#"{"eur": {"Jenny": "x"}}"#).starts_with("at `eur.?`"));
    assert!(decode_error(r#"{"metadata": {"jenny": ["x"]}}"#).starts_with("at `metadata`"));
    assert!(decode_error("[]").starts_with("at `.`"));
}

#[test]
fn decode_error_of_a_list_names_the_item() {
    let (_, sent) = request_of(config().verification_sessions().list(ListVerificationSessions::new()).start());
    let body = r#"{"data": [{"id": "vs_1"}, {"id": "vs_2", "created": "today"}]}"#;
    let Step::Done(Ok(page)) = sent.reply(Ok(Response::new(body.into())), Duration::ZERO) else { panic!("it is done") };
    assert!(page.unreadable[0].to_string().starts_with("the object vs_2 does not parse: at `data[1].created`"));
}

#[test]
fn hostile_body_is_an_error_and_no_panic() {
    let deep = format!("{{\"id\": \"vs_1\", \"x\": {}", "[".repeat(1_000_000));
    let hostile: [Bytes; 6] = [
        deep.into(),
        vec![b'['; 1_000_000].into(),
        Bytes::from_static(b"{\"id\": \"\xff\xfe\"}"),
        Bytes::from_static(br#"{"id": "vs_1", "id": "vs_2"}"#),
        Bytes::from_static(br#"{"id": "vs_1", "created": 99999999999999999999}"#),
        Bytes::from_static(br#"{"id": "\ud800"}"#),
    ];
    for body in hostile {
        assert_eq!(retrieve(200, body.clone()).unwrap_err().kind(), ErrorKind::Decode);
        let refused = retrieve(500, body).unwrap_err();
        assert_eq!((refused.kind(), refused.request_id()), (ErrorKind::Api, Some("req_1")));
    }
    let huge = format!("{{\"id\": \"vs_1\", \"x\": \"{}\"}}", "y".repeat(10_000_000));
    assert_eq!(retrieve(200, huge.clone()).unwrap().id, "vs_1");
    assert_eq!(retrieve(400, huge).unwrap_err().meta().unwrap().body().len(), 16 * 1024);
}

#[test]
fn meta_has_status_headers_and_body() {
    let (_, sent) = request_of(config().verification_sessions().retrieve("vs_1").start());
    let response = Response::builder()
        .status(201)
        .header("REQUEST-ID", "req_9")
        .header("Idempotent-Replayed", "true")
        .body(Bytes::from_static(br#"{"id": "vs_1", "new_field": 1}"#));
    let Step::Done(Ok(session)) = sent.reply(Ok(response.unwrap()), Duration::ZERO) else { panic!("it is done") };
    assert_eq!(
        (session.meta().request_id(), session.meta().status().as_u16(), session.meta().is_replayed()),
        (Some("req_9"), 201, true)
    );
    assert_eq!(session.meta().body(), &br#"{"id": "vs_1", "new_field": 1}"#[..]);
}

#[test]
fn empty_204_decodes_to_nothing() {
    struct Forget;
    impl Endpoint for Forget {
        type Params = ();
        type Response = ();
        type Expand = &'static str;

        fn route(&self) -> Route {
            Route::post("/v1/forget")
        }

        fn params(&self) -> &() {
            &()
        }
    }
    let respond = |status| Ok(Response::builder().status(status).body(Bytes::new()).unwrap());
    let (_, sent) = request_of(config().call(Forget).start());
    assert!(matches!(sent.reply(respond(204), Duration::ZERO), Step::Done(Ok(_))));
    let (_, sent) = request_of(config().call(Forget).start());
    let Step::Done(Err(error)) = sent.reply(respond(200), Duration::ZERO) else { panic!("an empty 200 is no JSON") };
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(retrieve(204, "").unwrap_err().kind(), ErrorKind::Decode);
}

#[test]
fn display_names_the_reason_and_its_context() {
    let refused = |step: Step<VerificationSession>| match step {
        Step::Done(Err(error)) => error.to_string(),
        step => panic!("{step:?}"),
    };
    let sessions = config().verification_sessions();
    assert_eq!(
        refused(sessions.retrieve("").start()),
        "the request was not sent: an id must not be empty, `.` or `..`"
    );
    let key = stripe_identity_core::Config::new("sk_test 1").unwrap_err();
    assert!(key.to_string().starts_with("the request was not sent: the API key has a space"), "{key}");
    let url = builder().base_url("ftp://robin.test").build().unwrap_err();
    assert!(url.to_string().starts_with("the request was not sent: the base URL must be"), "{url}");
    assert!(!format!("{url} {url:?}").contains("robin"));
    assert_eq!(url.invalid_input(), Some(InvalidInput::MalformedBaseUrl));

    for (kind, text) in [
        (Kind::Dns, "the host name could not be resolved"),
        (Kind::Connect, "no connection could be made"),
        (Kind::Tls, "the TLS handshake failed"),
        (Kind::Timeout, "the attempt took too long"),
    ] {
        let (_, sent) = request_of(sessions.retrieve("vs_1").max_retries(0).start());
        let cause = std::io::Error::other("errno 111");
        let error = refused(sent.reply(Err(TransportError::new(kind, cause)), Duration::ZERO));
        assert_eq!(error, format!("no response arrived from api.stripe.com: {text}"));
    }
    // Only a request with a key, which was sent, may have taken effect.
    for (kind, text) in [
        (Kind::Timeout, "the attempt took too long, may have taken effect"),
        (Kind::Connect, "no connection could be made"),
    ] {
        let create = sessions.create(CreateVerificationSession::document()).max_retries(0);
        let (_, sent) = request_of(create.start());
        let error = refused(sent.reply(Err(TransportError::from(kind)), Duration::ZERO));
        assert_eq!(error, format!("no response arrived from api.stripe.com: {text}"));
    }
    // The source begins where `Display` ends.
    let local = builder().base_url("http://localhost:8080/prefix").build().unwrap().verification_sessions();
    let (_, sent) = request_of(local.retrieve("vs_1").max_retries(0).start());
    let cause = std::io::Error::other("errno 111");
    let Step::Done(Err(error)) = sent.reply(Err(TransportError::new(Kind::Connect, cause)), Duration::ZERO) else {
        panic!("it is done")
    };
    assert_eq!(error.to_string(), "no response arrived from localhost:8080: no connection could be made");
    assert_eq!(error.source().unwrap().to_string(), "errno 111");
    assert_eq!(error.transport().unwrap().kind(), Kind::Connect);
}

#[test]
fn html_of_a_proxy_shows_in_display() {
    let respond = |status, type_: &str| {
        let (_, sent) = request_of(config().verification_sessions().retrieve("vs_1").max_retries(0).start());
        let response = super::reply(status, &[("content-type", type_)], "<html>Sign in, Robin</html>");
        let Step::Done(Err(error)) = sent.reply(Ok(response), Duration::ZERO) else { panic!("it is done") };
        error.to_string()
    };
    assert_eq!(
        respond(200, "text/html; charset=utf-8"),
        "the response could not be parsed: status 200, text/html, no request id"
    );
    assert_eq!(respond(502, "text/html"), "the API failed: status 502, text/html, no request id");
    assert_eq!(respond(200, "Robin was here"), "the response could not be parsed: status 200, [hidden], no request id");
    assert_eq!(respond(200, ""), "the response could not be parsed: status 200, no request id");
    assert_eq!(respond(400, "application/json"), "the request is invalid: status 400, no request id");
}
