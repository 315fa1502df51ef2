//! Lists, page by page and item by item.

use std::pin::pin;
use std::time::Duration;

use stripe_identity::http::Method;
use stripe_identity::{
    ApiKey, BlockingClient, Client, Config, CreateVerificationSession, ErrorKind, ListVerificationSessions,
    SessionExpand, TransportErrorKind, VerificationSessionId, VerificationSessionStatus,
};
use stripe_identity_mock::{Recorder, ScriptedTransport};
use stripe_identity_simulator::SimulatorTransport;

fn config() -> Config {
    Config::new("sk_test_123").unwrap()
}

/// Returns a simulator with sessions, and their ids, newest first.
fn with_sessions(count: usize) -> (Recorder<SimulatorTransport>, Vec<VerificationSessionId>) {
    let stripe = SimulatorTransport::new();
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let create = |_| {
        stripe.advance(Duration::from_secs(1));
        sessions.create(CreateVerificationSession::document()).send().unwrap().id.clone()
    };
    let mut ids: Vec<_> = (0..count).map(create).collect();
    ids.reverse();
    (Recorder::new(stripe), ids)
}

fn newest() -> ListVerificationSessions {
    ListVerificationSessions::new().limit(10)
}

#[test]
fn items_fetch_each_page_when_it_is_needed() {
    let (stripe, ids) = with_sessions(25);
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let mut items = sessions.list(newest()).items();
    assert_eq!(stripe.requests().len(), 0);
    let first: Vec<_> = items.by_ref().take(10).map(|session| session.unwrap().id).collect();
    assert_eq!((&first[..], stripe.requests().len()), (&ids[..10], 1));
    let rest: Vec<_> = items.by_ref().map(|session| session.unwrap().id).collect();
    assert_eq!((&rest[..], stripe.requests().len()), (&ids[10..], 3));
    assert!(items.next().is_none() && stripe.requests().len() == 3);
}

#[test]
fn items_with_ending_before_come_oldest_first() {
    let (stripe, ids) = with_sessions(25);
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let items = sessions.list(newest().ending_before(&ids[22])).items();
    let found: Vec<_> = items.map(|session| session.unwrap().id).collect();
    let mut expected = ids[..22].to_vec();
    expected.reverse();
    assert_eq!((found, stripe.requests().len()), (expected, 3));
    // The objects of a page stay in Stripe's order.
    let page = sessions.list(newest().ending_before(&ids[22])).pages().next().unwrap().unwrap();
    assert_eq!(page.data.first().unwrap().id, ids[12]);
}

#[test]
fn items_begin_at_the_given_start() {
    let (stripe, ids) = with_sessions(25);
    let sessions = BlockingClient::new(config(), stripe).verification_sessions();
    let found: Vec<_> = sessions.list(newest().starting_after(&ids[3])).items().map(|it| it.unwrap().id).collect();
    assert_eq!(found, ids[4..]);
}

#[tokio::test]
async fn stream_yields_the_items_of_the_iterator() {
    let (stripe, ids) = with_sessions(25);
    let sessions = Client::new(config(), stripe.clone()).verification_sessions();
    let mut items = sessions.list(newest()).items();
    let mut found = Vec::new();
    while let Some(session) = items.next().await {
        found.push(session.unwrap().id);
        assert_eq!(stripe.requests().len(), found.len().div_ceil(10));
    }
    assert_eq!(found, ids);

    let mut pages = pin!(sessions.list(newest()).pages());
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.unwrap().data.len());
    }
    assert_eq!(sizes, [10, 10, 5]);
}

#[tokio::test]
async fn collect_up_to_stops_at_its_limit() {
    let (stripe, ids) = with_sessions(25);
    let blocking = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let sessions = Client::new(config(), stripe.clone()).verification_sessions();
    for (limit, pages) in [(0, 0), (10, 1), (12, 2), (25, 3), (1000, 3)] {
        let before = stripe.requests().len();
        let some = blocking.list(newest()).items().collect_up_to(limit).unwrap();
        assert_eq!(stripe.requests().len() - before, pages, "{limit}");
        assert_eq!(
            some.iter().map(|session| &session.id).collect::<Vec<_>>(),
            ids.iter().take(limit).collect::<Vec<_>>()
        );
        assert_eq!(sessions.list(newest()).items().collect_up_to(limit).await.unwrap(), some);
        assert_eq!(stripe.requests().len() - before, 2 * pages, "{limit}");
    }
}

#[test]
fn page_is_fetched_with_all_options_of_the_call() {
    let (stripe, _) = with_sessions(0);
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    for _ in 0..15 {
        sessions.create(CreateVerificationSession::document()).account("acct_1").send().unwrap();
    }
    let list = newest().status(VerificationSessionStatus::RequiresInput).limit(5);
    let call = sessions.list(list).expand([SessionExpand::VerifiedOutputs]).account("acct_1");
    let call = call.api_key(ApiKey::new("rk_test_123_9").unwrap()).api_version("2026-01-01.test").header("x-own", "1");
    assert_eq!(call.items().flatten().count(), 15);

    let requests = &stripe.requests()[15..];
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.headers(), requests[0].headers());
        let query = request.uri().query().unwrap();
        assert!(query.contains("status=requires_input") && query.contains("limit=5"), "{query}");
        assert!(query.contains("expand[0]=data.verified_outputs"), "{query}");
    }
    assert_eq!(requests[0].headers()["authorization"], "Bearer rk_test_123_9");
}

const LIST: &str = "/v1/identity/verification_sessions";

fn script() -> (ScriptedTransport, impl Iterator<Item = Result<VerificationSessionId, ErrorKind>>) {
    let stripe = ScriptedTransport::new();
    let sessions = BlockingClient::new(config().to_builder().max_retries(0).build().unwrap(), stripe.clone())
        .verification_sessions();
    let items = sessions.list(ListVerificationSessions::new()).items();
    (stripe, items.map(|item| item.map(|session| session.id).map_err(|error| error.kind())))
}

#[test]
fn error_comes_after_the_items_before_it_and_ends_the_list() {
    let (stripe, items) = script();
    stripe
        .expect(Method::GET, LIST)
        .params([("", ""); 0])
        .reply(200, r#"{"data": [{"id": "vs_1"}], "has_more": true}"#);
    stripe.expect(Method::GET, LIST).params([("starting_after", "vs_1")]).fail(TransportErrorKind::Timeout);
    let items: Vec<_> = items.take(5).collect();
    assert_eq!(items, [Ok("vs_1".into()), Err(ErrorKind::Transport)]);
    stripe.finish();
}

#[test]
fn broken_pagination_is_an_error_and_not_a_loop() {
    let (stripe, items) = script();
    stripe.expect(Method::GET, LIST).reply(200, r#"{"data": [], "has_more": true}"#);
    assert_eq!(items.take(5).collect::<Vec<_>>(), [Err(ErrorKind::BrokenPagination)]);
    stripe.finish();

    let (stripe, _) = script();
    stripe
        .expect(Method::GET, LIST)
        .reply_header("request-id", "req_1")
        .reply(200, r#"{"data": [], "has_more": true}"#);
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let error = sessions.list(ListVerificationSessions::new()).pages().next().unwrap().unwrap_err();
    assert_eq!((error.request_id(), error.status().unwrap().as_u16()), (Some("req_1"), 200));
    assert!(error.was_sent() && !error.is_retryable());
    stripe.finish();

    // The items of a repeated page come before the error.
    let (stripe, items) = script();
    for _ in 0..2 {
        stripe.expect(Method::GET, LIST).reply(200, r#"{"data": [{"id": "vs_2"}, {"id": "vs_1"}], "has_more": true}"#);
    }
    let ids: [Result<VerificationSessionId, _>; 4] = ["vs_2", "vs_1", "vs_2", "vs_1"].map(|id| Ok(id.into()));
    assert_eq!(items.take(9).collect::<Vec<_>>(), [&ids[..], &[Err(ErrorKind::BrokenPagination)]].concat());
    stripe.finish();

    // A page that repeats the one before it is detected at once, at any place in the list.
    let (stripe, items) = script();
    for page in [1, 2, 3, 3] {
        let body = format!(r#"{{"data": [{{"id": "vs_{page}"}}], "has_more": true}}"#);
        stripe.expect(Method::GET, LIST).reply(200, body);
    }
    assert_eq!(items.take(9).count(), 5);
    stripe.finish();

    let (stripe, items) = script();
    for page in 0..20 {
        let body = format!(r#"{{"data": [{{"id": "vs_{}"}}], "has_more": true}}"#, page % 3);
        stripe.expect(Method::GET, LIST).reply(200, body);
    }
    let items: Vec<_> = items.collect();
    assert!(items.len() < 12 && items.last() == Some(&Err(ErrorKind::BrokenPagination)), "{items:?}");
    // The script has pages left, which were not requested.
    assert!(std::panic::catch_unwind(|| stripe.finish()).is_err());
}

#[tokio::test]
async fn broken_pagination_ends_a_stream_too() {
    let stripe = ScriptedTransport::new();
    for _ in 0..2 {
        stripe.expect(Method::GET, LIST).reply(200, r#"{"data": [{"id": "vs_1"}], "has_more": true}"#);
    }
    let sessions = Client::new(config(), stripe.clone()).verification_sessions();
    let mut items = sessions.list(ListVerificationSessions::new()).items();
    assert_eq!(items.next().await.unwrap().unwrap().id, "vs_1");
    assert_eq!(items.next().await.unwrap().unwrap().id, "vs_1");
    assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPagination);
    assert!(items.next().await.is_none() && items.next().await.is_none());
    stripe.finish();
}

#[test]
fn page_without_has_more_is_the_last() {
    let (stripe, items) = script();
    stripe.expect(Method::GET, LIST).reply(200, r#"{"data": [{"id": "vs_1"}, {"id": "vs_2"}]}"#);
    assert_eq!(items.count(), 2);
    stripe.finish();
}

#[test]
fn ten_thousand_items_are_fetched_page_by_page() {
    let (stripe, ids) = with_sessions(10_000);
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let mut count = 0_usize;
    for (session, id) in sessions.list(newest().limit(100)).items().zip(&ids) {
        assert_eq!(session.unwrap().id, *id);
        count += 1;
        if count % 100 == 1 {
            assert_eq!(stripe.requests().len(), count.div_ceil(100));
        }
    }
    assert_eq!(count, 10_000);
}
