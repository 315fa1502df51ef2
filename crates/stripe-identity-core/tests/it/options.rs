use std::time::Duration;

use stripe_identity_core::http::Request;
use stripe_identity_core::types::{CreateFile, CreateVerificationSession, FilePurpose};
use stripe_identity_core::{ApiKey, AttemptTimeout, Config, ErrorKind, Step};

use super::{config, request_of};

fn header<'a, B>(request: &'a Request<B>, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn the_settings_hold_unless_the_call_says_otherwise() {
    let config = config()
        .account("acct_1")
        .unwrap()
        .context("acct_1/acct_2")
        .unwrap()
        .attempt_timeout(Duration::from_secs(7))
        .api_version("2026-01-01.test")
        .unwrap();
    let sessions = config.verification_sessions();

    let (request, _) = request_of(sessions.retrieve("vs_1").start());
    assert_eq!(header(&request, "stripe-account"), Some("acct_1"));
    assert_eq!(header(&request, "stripe-context"), Some("acct_1/acct_2"));
    assert_eq!(header(&request, "stripe-version"), Some("2026-01-01.test"));
    assert_eq!(header(&request, "authorization"), Some("Bearer sk_test_123"));
    assert_eq!(request.extensions().get(), Some(&AttemptTimeout(Duration::from_secs(7))));

    let call = sessions
        .retrieve("vs_1")
        .account("acct_3")
        .context("")
        .api_version("2026-02-02.test")
        .api_key(ApiKey::new("rk_test_123").unwrap())
        .attempt_timeout(Duration::from_secs(1))
        .header("Accept", "*/*")
        .header("X-Own", "1");
    let (request, _) = request_of(call.start());
    assert_eq!(header(&request, "stripe-account"), Some("acct_3"));
    assert_eq!(header(&request, "stripe-context"), None);
    assert_eq!(header(&request, "stripe-version"), Some("2026-02-02.test"));
    assert_eq!(header(&request, "authorization"), Some("Bearer rk_test_123"));
    assert_eq!(header(&request, "accept"), Some("*/*"));
    assert_eq!(header(&request, "x-own"), Some("1"));
    assert_eq!(request.extensions().get(), Some(&AttemptTimeout(Duration::from_secs(1))));

    let (request, _) = request_of(sessions.retrieve("vs_1").account("").start());
    assert_eq!(header(&request, "stripe-account"), None);
}

#[test]
fn an_extra_header_replaces_the_call_s_own() {
    let call =
        config().verification_sessions().retrieve("vs_1").header("USER-AGENT", "other").header("user-agent", "last");
    let (request, _) = request_of(call.start());
    assert_eq!(request.headers().get_all("user-agent").iter().collect::<Vec<_>>(), ["last"]);
}

#[test]
fn by_default_a_call_goes_to_stripe_within_80_seconds() {
    let (request, _) = request_of(config().verification_sessions().retrieve("vs_1").start());
    assert_eq!(request.uri(), "https://api.stripe.com/v1/identity/verification_sessions/vs_1");
    assert_eq!(header(&request, "stripe-version"), Some("2026-10-28.endive"));
    assert_eq!(header(&request, "user-agent"), Some(concat!("stripe-identity-rust/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.extensions().get(), Some(&AttemptTimeout(Duration::from_secs(80))));
    // A GET changes nothing and needs no key.
    assert_eq!(header(&request, "idempotency-key"), None);
    assert!(request.headers()["authorization"].is_sensitive());
    assert!(request.body().is_empty());
}

#[test]
fn a_base_url_with_a_path_comes_before_the_api_s_own() {
    let config = config().base_url("http://127.0.0.1:8080/proxy/v1/").unwrap();
    let (request, _) = request_of(config.verification_sessions().cancel("vs_1").start());
    assert_eq!(request.uri(), "http://127.0.0.1:8080/proxy/v1/identity/verification_sessions/vs_1/cancel");
}

#[test]
fn what_cannot_be_right_is_refused_before_anything_is_sent() {
    let sessions = config().verification_sessions();
    let create = || sessions.create(CreateVerificationSession::document());
    let refused = vec![
        create().idempotency_key("").start(),
        create().idempotency_key("a b").start(),
        create().idempotency_key("x".repeat(256)).start(),
        create().account("acct_1\r\nx: y").start(),
        create().context("\n").start(),
        create().api_version("\u{1}").start(),
        create().header("bad name", "x").start(),
        create().header("x", "a\r\nb: c").start(),
        create().header("AUTHORIZATION", "Bearer other").start(),
        create().header("Host", "elsewhere").start(),
        create().header("Transfer-Encoding", "chunked").start(),
        create().header("Idempotency-Key", "x").start(),
        sessions.update("", stripe_identity_core::types::UpdateVerificationSession::new()).start(),
        sessions.cancel("..").start(),
        sessions.redact(".").start(),
    ];
    for step in refused {
        let Step::Done(Err(error)) = step else { panic!("{step:?}") };
        assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::InvalidInput, 0, false));
        let reason = error.invalid_input().expect("a reason");
        assert_eq!(error.to_string(), format!("the request was not sent: {reason}"));
    }
    assert!(Config::new("sk_test 123").is_err());
    assert!(config().app_name(" ").is_err());
    assert!(config().api_version("\n").is_err());
}

#[test]
fn the_app_s_name_stands_behind_ours() {
    let config = config().app_name("shop/2.1").unwrap();
    let (request, _) = request_of(config.verification_sessions().retrieve("vs_1").start());
    assert!(header(&request, "user-agent").unwrap().ends_with(" shop/2.1"));
}

#[test]
fn what_has_an_option_of_its_own_or_frames_the_message_is_no_extra_header() {
    let with = |name: &str| config().verification_sessions().retrieve("vs_1").header(name, "1").start();
    for name in [
        "Accept-Encoding",
        "Authorization",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Expect",
        "Host",
        "Idempotency-Key",
        "Stripe-Account",
        "Stripe-Context",
        "Stripe-Version",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "",
        "a b",
    ] {
        let Step::Done(Err(error)) = with(name) else { panic!("{name} goes out") };
        assert_eq!((error.kind(), error.was_sent()), (ErrorKind::InvalidInput, false), "{name}");
    }
    let too_many = (0..40_000).fold(config().verification_sessions().retrieve("vs_1"), |call, number| {
        call.header(format!("x-{number}"), "1")
    });
    assert!(matches!(too_many.start(), Step::Done(Err(_))));
}

#[test]
fn a_copy_of_a_call_has_all_of_its_options() {
    let second = Duration::from_secs(1);
    let clock = || Duration::from_secs(0);
    let call = config().clock(clock).verification_sessions().retrieve("vs_1").attempt_timeout(9 * second);
    let call = call.deadline(7 * second).max_retries(4).retry_rate_limits(true).header("x-own", "1").clone();
    let (mut step, mut attempts) = (call.account("acct_1").start(), 0);
    while let Step::Send(request, sent) = step {
        attempts += 1;
        assert_eq!((header(&request, "x-own"), header(&request, "stripe-account")), (Some("1"), Some("acct_1")));
        let AttemptTimeout(timeout) = request.extensions().get().unwrap();
        assert!(*timeout <= 7 * second, "{timeout:?}");
        step = match sent.reply(Ok(super::reply(429, &[], ""))) {
            Step::Wait(_, waiting) => waiting.resume(),
            step => step,
        };
    }
    // Of five attempts, with waits of half a second, one, two and four in between, there is time for four.
    assert_eq!(attempts, 4);
}

#[test]
fn each_upload_has_a_boundary_of_its_own() {
    let config = Config::new("sk_test_123").unwrap();
    let boundary = || {
        let upload = CreateFile::new(FilePurpose::IdentityDocument, *b"x");
        let (request, _) = request_of(config.files().create(upload).start());
        let boundary = header(&request, "content-type").unwrap().split_once("boundary=").unwrap().1.to_owned();
        assert!(String::from_utf8_lossy(request.body()).starts_with(&format!("--{boundary}\r\n")));
        boundary
    };
    assert_ne!(boundary(), boundary());
}
