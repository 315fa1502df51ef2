//! Lists over a transport that replies from a script.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::types::{ListEvents, ListVerificationSessions, VerificationSession};
use stripe_identity_core::{
    BlockingClient, BlockingHttpTransport, Client, Error, ErrorKind, HttpTransport, Step, TransportError,
    TransportErrorKind as Kind, async_trait,
};

use super::{builder, config, reply};

/// Returns the replies in turn, repeats the last one, and records the queries.
#[derive(Clone, Debug, Default)]
struct Script {
    replies: Arc<Mutex<VecDeque<Option<Bytes>>>>,
    queries: Arc<Mutex<Vec<String>>>,
}

impl Script {
    fn new(bodies: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let replies = bodies.into_iter().map(|body| Some(Bytes::copy_from_slice(body.as_ref()))).collect();
        Self { replies: Arc::new(Mutex::new(replies)), queries: Arc::default() }
    }

    /// Returns the next reply, or an error if its body is empty.
    fn next(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.queries.lock().unwrap().push(request.uri().query().unwrap_or_default().to_owned());
        let mut replies = self.replies.lock().unwrap();
        let body = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
        match body.flatten().filter(|body| !body.is_empty()) {
            Some(body) => {
                let mut response = reply(200, &[("request-id", "req_1")], "");
                *response.body_mut() = body;
                Ok(response)
            }
            None => Err(Kind::Other.into()),
        }
    }

    fn queries(&self) -> Vec<String> {
        self.queries.lock().unwrap().clone()
    }

    fn blocking(&self) -> BlockingClient {
        BlockingClient::new(builder().max_retries(0).build().unwrap(), self.clone())
    }

    fn client(&self) -> Client {
        Client::new(builder().max_retries(0).build().unwrap(), self.clone())
    }
}

impl BlockingHttpTransport for Script {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.next(&request)
    }

    fn sleep(&self, _: Duration) {}
}

#[async_trait]
impl HttpTransport for Script {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.next(&request)
    }

    async fn sleep(&self, _: Duration) {}
}

/// Runs a future that is ready at the first poll.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

fn list() -> ListVerificationSessions {
    ListVerificationSessions::new()
}

/// The id of each item, or the kind of its error and the id of the object that does not parse.
type Seen = Vec<Result<String, (ErrorKind, Option<String>)>>;

fn seen(item: Result<VerificationSession, Error>) -> Result<String, (ErrorKind, Option<String>)> {
    item.map(|session| session.id.as_str().to_owned())
        .map_err(|error| (error.kind(), error.object_id().map(str::to_owned)))
}

/// Walks through these pages with both clients, which must yield the same, and stops after a hundred items.
fn walk(params: &ListVerificationSessions, pages: &[&str]) -> (Seen, Vec<String>) {
    let script = Script::new(pages);
    let items: Seen =
        script.blocking().verification_sessions().list(params.clone()).items().take(100).map(seen).collect();
    let other = Script::new(pages);
    let mut stream = other.client().verification_sessions().list(params.clone()).items();
    let mut streamed = Seen::new();
    while streamed.len() < 100
        && let Some(item) = now(stream.next())
    {
        streamed.push(seen(item));
    }
    assert_eq!((&streamed, other.queries()), (&items, script.queries()));
    (items, script.queries())
}

#[expect(clippy::unnecessary_wraps, reason = "it is used beside `unreadable`")]
fn ok(id: &str) -> Result<String, (ErrorKind, Option<String>)> {
    Ok(id.to_owned())
}

fn unreadable(id: &str) -> Result<String, (ErrorKind, Option<String>)> {
    Err((ErrorKind::Decode, Some(id.to_owned())))
}

const BROKEN: Result<String, (ErrorKind, Option<String>)> = Err((ErrorKind::BrokenPagination, None));
const NO_LIST: Result<String, (ErrorKind, Option<String>)> = Err((ErrorKind::Decode, None));

#[test]
fn body_that_is_not_a_list_is_an_error_and_not_the_end() {
    let first = r#"{"object": "list", "data": [{"id": "vs_1"}], "has_more": true}"#;
    for page in [
        r#"{"message": "Under maintenance"}"#,
        "{}",
        "[]",
        "null",
        "\"\"",
        r#"[{"id": "vs_2"}]"#,
        r#"[[{"id": "vs_2"}], false]"#,
        r#"{"id": "vs_2", "object": "identity.verification_session"}"#,
        r#"{"error": {"type": "api_error"}}"#,
        r#"{"object": "list"}"#,
        r#"{"object": "list", "has_more": false}"#,
        r#"{"object": "list", "data": null}"#,
        r#"{"object": "list", "data": {}}"#,
        r#"{"object": "list", "data": {"id": "vs_2"}}"#,
        r#"{"object": "list", "data": "vs_2"}"#,
        r#"{"object": "page", "data": [{"id": "vs_2"}]}"#,
        r#"{"object": "page", "data": [{"id": 2}]}"#,
        r#"{"object": 1, "data": [{"id": "vs_2"}]}"#,
        r#"{"data": [{"id": "vs_2"}], "has_more": "no"}"#,
        r#"{"data": [{"id": "vs_2"}]"#,
        "<html>",
        r#"{"data": ["Under maintenance"]}"#,
        r#"{"data": [1, null, [], {}, {"id": 5}]}"#,
        r#"{"error": {"type": "api_error"}, "data": []}"#,
        r#"{"error": {"type": "api_error"}, "data": [], "has_more": true, "object": "list"}"#,
        r#"{"error": "maintenance", "data": [{"id": "vs_2"}, {"id": 2}]}"#,
    ] {
        let (items, _) = walk(&list(), &[first, page]);
        assert_eq!(items, [ok("vs_1"), NO_LIST], "{page}");
        // The first page too.
        assert_eq!(walk(&list(), &[page]).0, [NO_LIST], "{page}");
        let script = Script::new([page]);
        let error = script.blocking().verification_sessions().list(list()).send().unwrap_err();
        assert_eq!((error.kind(), error.request_id(), error.object_id()), (ErrorKind::Decode, Some("req_1"), None));
    }
    for last in [r#"{"data": []}"#, r#"{"object": null, "data": [], "has_more": null}"#] {
        assert_eq!(walk(&list(), &[first, last]).0, [ok("vs_1")], "{last}");
    }
}

#[test]
fn object_that_does_not_parse_is_an_error_in_its_place() {
    let pages = [
        r#"{"object": "list", "has_more": true, "data": [
            {"id": "vs_1"}, {"id": "vs_2", "created": "yesterday"}, {"id": "vs_3"}]}"#,
        r#"{"object": "list", "has_more": true, "data": [{"id": "vs_4", "livemode": 1}, {"id": "vs_5"}, {"created": 1},
            {"id": 7}, "vs_8", null, ["vs_9"], {"id": "cus_1", "object": "customer"}, {"id": "vs_10", "status": {}}]}"#,
        r#"{"object": "list", "data": [{"id": "vs_11"}]}"#,
    ];
    let (items, queries) = walk(&list(), &pages);
    let expected = [
        ok("vs_1"),
        unreadable("vs_2"),
        ok("vs_3"),
        unreadable("vs_4"),
        ok("vs_5"),
        NO_LIST,
        NO_LIST,
        NO_LIST,
        NO_LIST,
        NO_LIST,
        unreadable("cus_1"),
        unreadable("vs_10"),
        ok("vs_11"),
    ];
    assert_eq!(items, expected);
    assert_eq!(queries, ["", "starting_after=vs_3", "starting_after=vs_10"]);

    // The id is found beside a key that is not valid UTF-16.
    assert_eq!(walk(&list(), &[r#"{"data": [{"id": "vs_1", "\ud800": 1}]}"#]).0, [unreadable("vs_1")]);

    // Backwards, a page is reversed, and its first object is the next cursor.
    let (items, queries) = walk(&list().ending_before("vs_0"), &[pages[1], pages[2]]);
    assert_eq!(items[..2], [unreadable("vs_10"), unreadable("cus_1")]);
    assert_eq!((items[7].clone(), items[8].clone(), items[9].clone()), (ok("vs_5"), unreadable("vs_4"), ok("vs_11")));
    assert_eq!(queries, ["ending_before=vs_0", "ending_before=vs_4"]);
}

#[test]
fn page_keeps_objects_that_parse_and_describes_the_others() {
    let body = r#"{"object": "list", "has_more": true, "data": [{"id": "vs_1"},
 {"id": "vs_2", "options": {"document": {"require_id_number": "Robin"}}}, {"id": "vs_3"}]}"#;
    let page = Script::new([body]).blocking().verification_sessions().list(list()).send().unwrap();
    assert_eq!(page.data.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["vs_1", "vs_3"]);
    assert!(page.has_more);
    let [item] = &page.unreadable[..] else { panic!("{page:?}") };
    assert_eq!((item.index(), item.id()), (1, Some("vs_2")));
    assert_eq!(
        item.to_string(),
        "the object vs_2 does not parse: at `data[1].options.document.require_id_number`, line 2 column 69: it is \
         missing, has an unexpected type, or is out of range"
    );
    assert_eq!(item.object().get("id").unwrap(), "vs_2");
    assert!(!format!("{item} {item:?} {page:?}").contains("Robin"));

    let mut items = Script::new([body]).blocking().verification_sessions().list(list()).items();
    let error = items.nth(1).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the response could not be parsed: object vs_2, status 200, request req_1");
    assert!(std::error::Error::source(&error).unwrap().to_string().starts_with("at `data[1].options.document"));
    assert!(error.meta().unwrap().body().starts_with(br#"{"id": "vs_2""#));
    assert!(!error.is_retryable() && error.was_sent());
}

#[test]
fn event_with_any_object_parses_on_its_page() {
    // With serde_json's `arbitrary_precision`, such a number is a value.
    let holds_any_number = serde_json::from_str::<serde_json::Value>("1e400").is_ok();
    for junk in [&br#""\ud800""#[..], b"1e400", b"\"\xff\"", &[b'['; 200]] {
        if holds_any_number && junk == b"1e400" {
            continue;
        }
        let junk = if junk.len() > 100 { [junk, &[b']'; 200]].concat() } else { junk.to_vec() };
        let object = [
            &br#"{"id": "vs_1", "object": "identity.verification_session", "status": "verified", "x": "#[..],
            &junk,
            b"}",
        ]
        .concat();
        let event = [&br#"{"id": "evt_1", "object": "event", "data": {"object": "#[..], &object, b"}}"].concat();
        let body = [&br#"{"object": "list", "data": [{"id": "evt_0", "data": {}}, "#[..], &event, b"]}"].concat();
        let page = Script::new([body]).blocking().events().list(ListEvents::new()).send().unwrap();
        assert!(page.unreadable.is_empty(), "{page:?}");
        let snapshot = page.data[1].data.object.expose();
        assert_eq!((snapshot.as_bytes(), snapshot.value()), (&object[..], None));
        assert!(page.data[1].verification_session().is_some_and(|session| session.is_decided()));

        let one = Script::new([&event]).blocking().events().retrieve("evt_1").send().unwrap();
        assert_eq!(one.data.object.expose().as_bytes(), object);
        let raw = Script::new([&event]).blocking();
        let raw = raw.raw(stripe_identity_core::http::Method::GET, "/v1/events/evt_1", ()).send().unwrap();
        assert_eq!((raw.expose().as_bytes(), raw.expose().value()), (&event[..], None));
    }
}

#[test]
fn pagination_loop_ends_after_one_repeated_page() {
    for length in 1..=9 {
        for lead in 0..=9 {
            let page =
                |id: usize| format!(r#"{{"data": [{{"id": "vs_a{id}"}}, {{"id": "vs_b{id}"}}], "has_more": true}}"#);
            // Some pages, and then a loop of pages.
            let pages: Vec<_> = (0..lead).chain((lead..lead + length).cycle().take(200)).map(page).collect();
            let script = Script::new(&pages);
            let items: Seen =
                script.blocking().verification_sessions().list(list()).items().map(seen).take(100).collect();
            assert_eq!(script.queries().len(), lead + length + 1, "{lead} {length}");
            assert_eq!(items.len(), 2 * (lead + length + 1) + 1);
            assert_eq!(items.last(), Some(&BROKEN));
        }
    }
}

#[test]
fn page_without_a_next_cursor_is_an_error_after_its_items() {
    let more = |data: &str| format!(r#"{{"data": [{data}], "has_more": true}}"#);
    for (data, items) in [
        ("", vec![]),
        (r#"{"id": "vs_1"}, {"id": ""}"#, vec![ok("vs_1"), ok("")]),
        (r#"{"id": "vs_1"}, {"id": " "}"#, vec![ok("vs_1"), ok(" ")]),
        (r#"{"id": "vs_1"}, {"created": 1}"#, vec![ok("vs_1"), NO_LIST]),
        (r#"{"id": "vs_1"}, {"id": null}"#, vec![ok("vs_1"), NO_LIST]),
    ] {
        let (found, queries) = walk(&list(), &[&more(data)]);
        assert_eq!((found, queries.len()), ([&items[..], &[BROKEN]].concat(), 1), "{data}");
    }
    // The last page needs no cursor.
    assert_eq!(walk(&list(), &[r#"{"data": [{"id": ""}]}"#]).0, [ok("")]);
}

#[test]
fn collect_until_error_keeps_the_items_before_it() {
    let pages = [r#"{"data": [{"id": "vs_1"}, {"id": "vs_2"}], "has_more": true}"#, "", ""];
    let all = || Script::new(pages).blocking().verification_sessions().list(list()).items();
    assert_eq!(all().collect_up_to(2).unwrap().len(), 2);
    assert_eq!(all().collect_up_to(3).unwrap_err().kind(), ErrorKind::Transport);
    let (items, error) = all().collect_until_error(3);
    assert_eq!((items.len(), error.unwrap().kind()), (2, ErrorKind::Transport));
    let (items, error) = all().collect_until_error(1);
    assert_eq!((items.len(), error.is_none()), (1, true));

    let all = || Script::new(pages).client().verification_sessions().list(list()).items();
    assert_eq!(now(all().collect_up_to(2)).unwrap().len(), 2);
    assert_eq!(now(all().collect_up_to(3)).unwrap_err().kind(), ErrorKind::Transport);
    let (items, error) = now(all().collect_until_error(3));
    assert_eq!((items.len(), error.unwrap().kind()), (2, ErrorKind::Transport));
}

#[test]
fn pages_yield_nothing_after_the_end_or_an_error() {
    let one = r#"{"data": [{"id": "vs_1"}]}"#;
    let mut pages = Script::new([one]).blocking().verification_sessions().list(list()).pages();
    assert!(pages.next().unwrap().is_ok() && pages.next().is_none() && pages.next().is_none());
    let mut pages = Script::new(["", one]).blocking().verification_sessions().list(list()).pages();
    assert!(pages.next().unwrap().is_err() && pages.next().is_none() && pages.next().is_none());
}

#[test]
fn debug_of_a_list_shows_its_position_and_no_parameter() {
    let params = || ListVerificationSessions::new().client_reference_id("robin");
    let call = config().verification_sessions().list(params());
    let path = r#"Call { method: GET, path_template: "/v1/identity/verification_sessions", .. }"#;
    assert_eq!(format!("{call:?}"), path);
    assert_eq!(format!("{:?}", call.clone().pages()), format!("Pages {{ call: {path}, .. }}"));
    let fetched = |count| format!("Items {{ pages: Pages {{ call: {path}, .. }}, fetched: {count}, .. }}");
    let of_client = Script::new([""]).blocking().verification_sessions().list(params());
    assert_eq!(format!("{:?}", of_client.items()), fetched(0));
    let body = r#"{"data": [{"id": "vs_1", "created": "robin"}, {"id": "vs_2"}], "has_more": true}"#;
    let mut items = Script::new([body]).blocking().verification_sessions().list(params()).items();
    assert!(items.next().is_some());
    assert_eq!(format!("{items:?}"), fetched(1));

    let page = Script::new([body]).blocking().verification_sessions().list(list()).send().unwrap();
    assert_eq!(page.unreadable[0].index(), 0);
    let shown = format!("{:?}", page.unreadable[0]);
    assert!(shown.starts_with("UnreadableItem { index: 0, id: Some(vs_1), reason: DecodeError {"), "{shown}");
    assert!(!shown.contains("robin"));
}

#[test]
fn page_of_junk_takes_linear_time() {
    let started = std::time::Instant::now();
    for item in ["0", "{}", r#"{"id": "vs_1", "created": "x"}"#, "null"] {
        let body = format!(r#"{{"object": "list", "data": [{}0]}}"#, format!("{item},").repeat(1_000_000 / item.len()));
        assert_eq!(walk(&list(), &[&body]).0, [NO_LIST], "{item}");
    }
    // A page has at most a hundred objects. None of these parses, and they are far apart.
    let bad = format!(r#"{{"id": "vs_1", "created": "x", "y": "{}\n"}}"#, "z".repeat(10_000)).replace('\n', "");
    let body = format!("{{\"data\": [{}]}}", vec![bad; 100].join(",\n"));
    let page = Script::new([body]).blocking().verification_sessions().list(list()).send().unwrap();
    assert_eq!((page.data.len(), page.unreadable.len()), (0, 100));
    assert!(
        page.unreadable[99].to_string().contains("at `data[99].created`, line 100 column"),
        "{:?}",
        page.unreadable[99]
    );
    // Quadratic time was twenty seconds for one of these, in a release build.
    assert!(started.elapsed() < Duration::from_secs(100), "{:?}", started.elapsed());
}

#[test]
fn page_that_was_not_asked_for_does_not_hide_broken_pagination() {
    let config = config();
    let mut pages = config.verification_sessions().list(list()).pages();
    let mut page = |body: &'static str| {
        let (_, sent) = super::request_of(config.verification_sessions().list(list()).start());
        let Step::Done(page) = sent.reply(Ok(reply(200, &[], body)), Duration::ZERO) else { panic!("it is done") };
        pages.receive(page).map(|page| page.data.len())
    };
    let more = r#"{"data": [{"id": "vs_1"}], "has_more": true}"#;
    assert_eq!((page(more).unwrap(), page(more).unwrap()), (1, 1));
    let error = page(r#"{"data": [{"id": "vs_2"}], "has_more": false}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPagination);
    assert!(pages.next_call().unwrap().is_none());
}
