use std::time::Duration;

use stripe_identity_core::http::Request;
use stripe_identity_core::types::{CreateFile, CreateVerificationSession, FilePurpose};
use stripe_identity_core::{ApiKey, AttemptTimeout, Config, ErrorKind, InvalidInput, Step};

use super::{builder, config, request_of};

fn header<'a, B>(request: &'a Request<B>, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn option_of_a_call_overrides_the_settings() {
    let config = builder()
        .account("acct_1")
        .attempt_timeout(Duration::from_secs(7))
        .api_version("2026-01-01.test")
        .build()
        .unwrap();
    let sessions = config.verification_sessions();

    let (request, _) = request_of(sessions.retrieve("vs_1").start());
    assert_eq!(header(&request, "stripe-account"), Some("acct_1"));
    assert_eq!(header(&request, "stripe-context"), None);
    assert_eq!(header(&request, "stripe-version"), Some("2026-01-01.test"));
    assert_eq!(header(&request, "authorization"), Some("Bearer sk_test_123"));
    assert_eq!(request.extensions().get(), Some(&AttemptTimeout(Duration::from_secs(7))));

    let call = sessions
        .retrieve("vs_1")
        .account("acct_3")
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
fn extra_header_replaces_the_default() {
    let call =
        config().verification_sessions().retrieve("vs_1").header("USER-AGENT", "other").header("user-agent", "last");
    let (request, _) = request_of(call.start());
    assert_eq!(request.headers().get_all("user-agent").iter().collect::<Vec<_>>(), ["last"]);
}

#[test]
fn default_call_goes_to_stripe_with_a_timeout_of_80_s() {
    let (request, _) = request_of(config().verification_sessions().retrieve("vs_1").start());
    assert_eq!(request.uri(), "https://api.stripe.com/v1/identity/verification_sessions/vs_1");
    assert_eq!(header(&request, "stripe-version"), Some("2026-10-28.endive"));
    assert_eq!(header(&request, "user-agent"), Some(concat!("stripe-identity-rust/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.extensions().get(), Some(&AttemptTimeout(Duration::from_secs(80))));
    // A `GET` changes nothing and needs no key.
    assert_eq!(header(&request, "idempotency-key"), None);
    assert!(request.headers()["authorization"].is_sensitive());
    assert!(request.body().is_empty());
}

#[test]
fn path_of_the_base_url_is_kept() {
    let config = builder().base_url("http://127.0.0.1:8080/proxy/v1/").build().unwrap();
    let (request, _) = request_of(config.verification_sessions().cancel("vs_1").start());
    assert_eq!(request.uri(), "http://127.0.0.1:8080/proxy/v1/identity/verification_sessions/vs_1/cancel");
}

#[test]
fn invalid_option_is_refused_before_anything_is_sent() {
    let sessions = config().verification_sessions();
    let create = || sessions.create(CreateVerificationSession::document());
    let refused = vec![
        create().idempotency_key("").start(),
        create().idempotency_key("a b").start(),
        create().idempotency_key("x".repeat(256)).start(),
        create().account("acct_1\r\nx: y").start(),
        create().account(" \t").start(),
        create().context("\n").start(),
        create().context("  ").start(),
        create().account("acct_1").context("acct_1/acct_2").start(),
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
    assert!(builder().app_name(" ").build().is_err());
    assert!(builder().api_version("\n").build().is_err());
}

#[test]
fn account_and_context_exclude_each_other_and_override_the_settings() {
    let scope = |step| {
        let (request, _) = request_of(step);
        (header(&request, "stripe-account").map(str::to_owned), header(&request, "stripe-context").map(str::to_owned))
    };
    let (acct, path) = (Some("acct_1".to_owned()), Some("acct_1/acct_2".to_owned()));
    let by_account = builder().account("acct_1").build().unwrap();
    let by_context = builder().context("acct_1/acct_2").build().unwrap();
    let retrieve = |config: &Config| config.verification_sessions().retrieve("vs_1");
    assert_eq!(scope(retrieve(&by_context).start()), (None, path.clone()));
    assert_eq!(scope(retrieve(&by_account).context("acct_1/acct_2").start()), (None, path.clone()));
    assert_eq!(scope(retrieve(&by_context).account("acct_1").start()), (acct.clone(), None));
    // An empty value removes its own header and keeps the other.
    assert_eq!(scope(retrieve(&by_context).account("").start()), (None, path.clone()));
    assert_eq!(scope(retrieve(&by_context).context("").start()), (None, None));
    assert_eq!(scope(retrieve(&by_account).account("").context("acct_1/acct_2").start()), (None, path));
    assert_eq!(scope(retrieve(&by_account).context("").start()), (acct, None));

    for both in [by_account.to_builder().context("acct_2"), by_context.to_builder().account("acct_2")] {
        assert_eq!(both.build().unwrap_err().invalid_input(), Some(InvalidInput::AccountAndContext));
    }
    assert!(by_account.to_builder().account("").context("acct_2").build().is_ok());
    for blank in [builder().account(" "), builder().context("\t"), by_account.to_builder().account("\u{a0}")] {
        assert_eq!(blank.build().unwrap_err().invalid_input(), Some(InvalidInput::BlankName));
    }
}

#[test]
fn base_url_without_tls_takes_test_keys_only() {
    let refusal = |step: Step<_>| match step {
        Step::Done(Err::<stripe_identity_core::Response<stripe_identity_core::types::VerificationSession>, _>(
            error,
        )) => error.invalid_input(),
        _ => None,
    };
    let at =
        |key: &str| Config::builder(key).base_url_without_tls("http://host.docker.internal:12111/").build().unwrap();
    for url in ["http://simulator:12111", "http://172.17.0.2:12111", "http://[2001:db8::1]:1", "http://10.0.0.1"] {
        assert_eq!(builder().base_url(url).build().unwrap_err().invalid_input(), Some(InvalidInput::InsecureBaseUrl));
        let (request, _) =
            request_of(builder().base_url_without_tls(url).build().unwrap().events().retrieve("evt_1").start());
        assert_eq!(request.uri().to_string(), format!("{url}/v1/events/evt_1"));
    }
    for key in ["sk_test_1", "rk_test_1"] {
        let retrieve = || at(key).verification_sessions().retrieve("vs_1");
        let _ = request_of(retrieve().start());
        // A call can have another key.
        let live = retrieve().api_key(ApiKey::new("sk_live_1").unwrap());
        assert_eq!(refusal(live.start()), Some(InvalidInput::NotATestKey));
    }
    for key in ["sk_live_1", "rk_live_1", "nonsense", "sk_org_live_1", "pk_test_1", "xsk_test_1", "SK_TEST_1"] {
        assert_eq!(refusal(at(key).verification_sessions().retrieve("vs_1").start()), Some(InvalidInput::NotATestKey));
        let with_test_key = at(key).verification_sessions().retrieve("vs_1").api_key(ApiKey::new("sk_test_1").unwrap());
        let _ = request_of(with_test_key.start());
    }
    // The files host follows the base URL until it is set.
    let upload = || CreateFile::new(FilePurpose::IdentityDocument, *b"x");
    assert!(matches!(at("sk_live_1").files().create(upload()).start(), Step::Done(Err(_))));
    let elsewhere = at("sk_live_1").to_builder().files_base_url("https://files.example").build().unwrap();
    let _ = request_of(elsewhere.files().create(upload()).start());
    assert!(matches!(elsewhere.files().retrieve("file_1").start(), Step::Done(Err(_))));
    // The last base URL counts.
    let with_tls = at("sk_live_1").to_builder().base_url("https://proxy.example").build().unwrap();
    let _ = request_of(with_tls.events().retrieve("evt_1").start());
}

#[test]
fn app_name_is_appended_to_the_user_agent() {
    let config = builder().app_name("shop/2.1").build().unwrap();
    let (request, _) = request_of(config.verification_sessions().retrieve("vs_1").start());
    assert!(header(&request, "user-agent").unwrap().ends_with(" shop/2.1"));
}

#[test]
fn reserved_header_is_refused() {
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
        let Step::Done(Err(error)) = with(name) else { panic!("{name} is sent") };
        assert_eq!((error.kind(), error.was_sent()), (ErrorKind::InvalidInput, false), "{name}");
    }
    let too_many = (0..40_000).fold(config().verification_sessions().retrieve("vs_1"), |call, number| {
        call.header(format!("x-{number}"), "1")
    });
    assert!(matches!(too_many.start(), Step::Done(Err(_))));
}

#[test]
fn config_returns_what_was_set() {
    let default = Config::new(ApiKey::new("sk_test_123").unwrap()).unwrap();
    assert_eq!((default.base_url(), default.files_base_url()), ("https://api.stripe.com", "https://files.stripe.com"));
    assert_eq!((default.api_version(), default.account(), default.context()), ("2026-10-28.endive", None, None));
    assert_eq!((default.max_retries(), default.retry_rate_limits()), (2, false));
    assert_eq!((default.attempt_timeout(), default.deadline()), (Duration::from_secs(80), None));

    let second = Duration::from_secs(1);
    let config = Config::builder("rk_test_123".to_owned())
        .base_url("http://localhost:1/v1/")
        .files_base_url("http://localhost:2")
        .api_version("2026-01-01.test")
        .account("acct_1")
        .max_retries(7)
        .retry_rate_limits(true)
        .attempt_timeout(second)
        .deadline(2 * second)
        .build()
        .unwrap();
    assert_eq!(*config.api_key(), ApiKey::new("rk_test_123").unwrap());
    assert_eq!((config.base_url(), config.files_base_url()), ("http://localhost:1", "http://localhost:2"));
    assert_eq!((config.api_version(), config.account(), config.context()), ("2026-01-01.test", Some("acct_1"), None));
    assert_eq!((config.max_retries(), config.retry_rate_limits()), (7, true));
    assert_eq!((config.attempt_timeout(), config.deadline()), (second, Some(2 * second)));
    let by_context = config.to_builder().account("").context("acct_1/acct_2").build().unwrap();
    assert_eq!((by_context.account(), by_context.context()), (None, Some("acct_1/acct_2")));
}

#[test]
fn builder_returns_its_first_invalid_option() {
    let error = |builder: stripe_identity_core::ConfigBuilder| builder.build().unwrap_err().invalid_input();
    let two = builder().base_url("ftp://robin.test").account(" ");
    assert_eq!(error(two), Some(InvalidInput::MalformedBaseUrl));
    assert_eq!(error(Config::builder("").account(" ")), Some(InvalidInput::EmptyApiKey));
    assert_eq!(error(builder().attempt_timeout(Duration::ZERO)), Some(InvalidInput::ZeroDuration));
    assert_eq!(error(builder().deadline(Duration::ZERO)), Some(InvalidInput::ZeroDuration));
    assert_eq!(error(builder().deadline(Duration::ZERO).account(" ")), Some(InvalidInput::ZeroDuration));
    let debug = format!("{:?}", Config::builder("sk test robin").base_url("https://robin.test"));
    assert!(debug.contains("InvalidInput") && !debug.contains("robin"), "{debug}");
}

#[test]
fn clone_of_a_call_keeps_its_options() {
    let second = Duration::from_secs(1);
    let call = config().verification_sessions().retrieve("vs_1").attempt_timeout(9 * second);
    let call = call.deadline(7 * second).max_retries(4).retry_rate_limits(true).header("x-own", "1").clone();
    let (mut step, mut attempts) = (call.account("acct_1").start(), 0);
    while let Step::Send(request, sent) = step {
        attempts += 1;
        assert_eq!((header(&request, "x-own"), header(&request, "stripe-account")), (Some("1"), Some("acct_1")));
        let AttemptTimeout(timeout) = request.extensions().get().unwrap();
        assert!(*timeout <= 7 * second, "{timeout:?}");
        step = match sent.reply(Ok(super::reply(429, &[], "")), Duration::ZERO) {
            Step::Wait(_, waiting) => waiting.resume(Duration::ZERO),
            step => step,
        };
    }
    // With waits of 0.5, 1, 2 and 4 s between five attempts, there is time for four of them.
    assert_eq!(attempts, 4);
}

#[test]
fn uploads_have_different_boundaries() {
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
