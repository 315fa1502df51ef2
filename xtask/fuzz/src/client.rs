//! The inputs of a client: responses, ids and base URLs.

use std::fmt;
use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Method, Response, Uri};
use stripe_identity_core::types::{
    ListEvents, ListFiles, ListVerificationReports, ListVerificationSessions, VerificationSession,
};
use stripe_identity_core::{Config, ConfigBuilder, Endpoint, Error, ErrorKind, Page, Step};

use crate::shown::shows_an_address;

fn builder() -> ConfigBuilder {
    Config::builder("sk_test_123").random_source(|| Ok(0)).max_retries(0)
}

fn config() -> Config {
    builder().build().unwrap()
}

/// Returns the result of a call with this response, after checking that it shows no address.
fn reply<T>(step: Step<T>, status: u16, body: &[u8]) -> Result<stripe_identity_core::Response<T>, Error>
where
    T: stripe_identity_core::endpoint::FromResponse + fmt::Debug,
{
    let Step::Send(_, sent) = step else { panic!("a call must begin with a request") };
    let response = Response::builder().status(status).header("request-id", "req_1");
    let response = response.header("content-type", "application/json").body(Bytes::copy_from_slice(body)).unwrap();
    let Step::Done(result) = sent.reply(Ok(response), Duration::ZERO) else {
        panic!("without retries, a response must end the call")
    };
    match &result {
        Ok(_) if shows_an_address(body) => {}
        Ok(response) => shows_no_address(&format!("{response:?}")),
        Err(error) => check(error, status),
    }
    result
}

/// Checks that an error shows nothing of the response, which means no `@` here, and that its texts are short.
fn check(error: &Error, status: u16) {
    let mut texts = vec![error.to_string(), format!("{error:?}")];
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        texts.extend([error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    for text in texts {
        shows_no_address(&text);
        assert!(text.len() < 1000, "{text}");
    }
    assert_eq!(error.status().unwrap().as_u16(), status);
    assert_eq!((error.request_id(), error.attempts(), error.was_sent()), (Some("req_1"), 1, true));
    assert!(error.meta().unwrap().body().len() <= 16 * 1024);
}

/// Checks that a text has no `@`: no text of these crates has one, and no id that they show.
fn shows_no_address(text: &str) {
    assert!(!text.contains('@'), "{text}");
}

pub(crate) fn response_body(body: &[u8]) {
    let config = config();
    let page = |result: Result<(usize, Vec<usize>), Error>| match result {
        Ok((len, places)) => {
            assert!(places.is_sorted_by(|one, other| one < other));
            assert!(places.last().is_none_or(|place| *place < len + places.len()));
        }
        Err(error) => assert_eq!((error.kind(), error.object_id()), (ErrorKind::Decode, None)),
    };
    page(list(config.verification_sessions().list(ListVerificationSessions::new()), body));
    page(list(config.verification_reports().list(ListVerificationReports::new()), body));
    page(list(config.files().list(ListFiles::new()), body));
    page(list(config.events().list(ListEvents::new()), body));

    if let Ok(session) = reply(config.verification_sessions().retrieve("vs_1").start(), 200, body) {
        let session = session.into_inner();
        let json = serde_json::to_string(&session).unwrap();
        assert_eq!(serde_json::from_str::<VerificationSession>(&json).unwrap(), session);
    }
    if let Ok(event) = reply(config.events().retrieve("evt_1").start(), 200, body) {
        let event = event.into_inner();
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<stripe_identity_core::types::Event>(&json).unwrap(), event);
        let _ = (event.verification_session(), stripe_identity_core::types::SessionView::from_event(&event));
    }
    let _ = reply(config.verification_reports().retrieve("vr_1").start(), 200, body);
    let _ = reply(config.files().retrieve("file_1").start(), 200, body);
    let _ = reply(config.file_links().retrieve("link_1").start(), 200, body);
    let _ = reply(config.thin_events().retrieve("evt_1").start(), 200, body);
    let raw = reply(config.raw(Method::GET, "/v1/x", ()).start(), 200, body);
    // A raw call returns any JSON.
    let is_json = std::str::from_utf8(body).is_ok() && serde_json::from_slice::<serde_json::Value>(body).is_ok();
    assert!(raw.is_ok() || !is_json);
}

/// Returns the number of objects of a page that can be read, and the places of the others.
fn list<E, T>(call: stripe_identity_core::Call<Config, E>, body: &[u8]) -> Result<(usize, Vec<usize>), Error>
where
    E: Endpoint<Response = Page<T>>,
    Page<T>: stripe_identity_core::endpoint::FromResponse + fmt::Debug,
{
    let page = reply(call.start(), 200, body)?;
    for item in &page.unreadable {
        shows_no_address(&format!("{item} {item:?}"));
    }
    Ok((page.data.len(), page.unreadable.iter().map(stripe_identity_core::UnreadableItem::index).collect()))
}

pub(crate) fn error_body(body: &[u8]) {
    for status in [302, 400, 401, 409, 429, 500] {
        let error = reply(config().verification_sessions().retrieve("vs_1").start(), status, body).unwrap_err();
        assert!(error.meta().unwrap().body() == &body[..body.len().min(16 * 1024)]);
        let _ = (error.message(), error.code(), error.param(), error.retry_after(), error.is_retryable());
    }
}

pub(crate) fn path_id(id: &[u8]) {
    let id = String::from_utf8_lossy(id);
    match config().verification_sessions().cancel(id.as_ref()).start() {
        Step::Send(request, _) => {
            let uri = request.uri();
            assert_eq!(uri.authority().unwrap(), "api.stripe.com");
            assert_eq!(uri.query(), None);
            let segments: Vec<_> = uri.path().split('/').collect();
            let ["", "v1", "identity", "verification_sessions", segment, "cancel"] = segments[..] else {
                panic!("{uri}")
            };
            let route = stripe_identity_core::endpoint::Route::post("/v1/identity/verification_sessions/{id}/cancel");
            assert_eq!(route.matches(&Method::POST, uri.path()).as_deref(), Some(id.as_ref()), "{segment}");
            assert!(!matches!(segment, "" | "." | ".."));
        }
        Step::Done(Err(error)) => {
            assert!(!error.was_sent() && error.invalid_input().is_some());
            shows_no_address(&format!("{error} {error:?}"));
        }
        step => panic!("{step:?}"),
    }
}

pub(crate) fn base_url(url: &[u8]) {
    let Ok(url) = std::str::from_utf8(url) else { return };
    let request = |config: Config| match config.verification_sessions().retrieve("vs_1").start() {
        Step::Send(request, _) => request.uri().clone(),
        step => panic!("{step:?}"),
    };
    if let Ok(config) = builder().base_url(url).build() {
        let uri = request(config);
        let host = host(&uri);
        let is_here =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        assert!(uri.scheme_str() == Some("https") || is_here, "{uri}");
    }
    if let Ok(config) = builder().base_url_without_tls(url).build() {
        let uri = request(config.clone());
        assert!(matches!(uri.scheme_str(), Some("http" | "https")), "{uri}");
        host(&uri);
        let live = config.verification_sessions().retrieve("vs_1");
        let live = live.api_key(stripe_identity_core::ApiKey::new("sk_live_1").unwrap()).start();
        assert!(matches!(live, Step::Done(Err(_))));
    }
}

/// Returns the host to which a key is sent, after checking that the authority has nothing else but a port.
fn host(uri: &Uri) -> String {
    assert!(uri.path().ends_with("/v1/identity/verification_sessions/vs_1") && uri.query().is_none(), "{uri}");
    assert!(!uri.path().split('/').any(|segment| matches!(segment, "." | "..")), "{uri}");
    let authority = uri.authority().unwrap().as_str();
    assert!(!authority.contains(['@', '\\', ' ', ',']), "{uri}");
    uri.host().unwrap().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}
