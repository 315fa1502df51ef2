//! Checks lists over every sequence of up to four pages, in both directions, with both clients and with a loop over
//! a `Config`.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::types::{ListVerificationSessions, VerificationSession};
use stripe_identity_core::{
    BlockingClient, BlockingHttpTransport, Client, Error, ErrorKind, HttpTransport, Step, TransportError,
    TransportErrorKind as Kind, async_trait,
};

use super::{builder, reply};

/// The longest sequence of pages: four, unless a check that runs this many times sets the variable.
fn depth() -> usize {
    std::env::var("STRIPE_IDENTITY_DEPTH").map_or(4, |depth| depth.parse().unwrap())
}

/// A possible outcome of the request for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// A list of these objects, and its `has_more`.
    List(&'static [Item], bool),
    /// The previous page again, and its `has_more`. It cannot be the first page.
    Same(bool),
    /// The first page again, with `has_more`.
    First,
    /// A success that is not a list.
    NotAList(&'static str),
    Refusal(u16),
    Lost(Kind),
}

/// An object of a page. Its id is new, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Good,
    Unreadable,
    WithoutId,
    EmptyId,
}

use Item::{EmptyId, Good, Unreadable, WithoutId};

const PAGES: &[Page] = &[
    Page::List(&[Good, Good], true),
    Page::List(&[Good, Good], false),
    Page::List(&[Good], true),
    Page::List(&[Good], false),
    Page::List(&[], true),
    Page::List(&[], false),
    Page::List(&[Good, Unreadable, Good], true),
    Page::List(&[Good, Unreadable], true),
    Page::List(&[Unreadable, Good], true),
    Page::List(&[Unreadable], true),
    Page::List(&[Unreadable, Unreadable], false),
    Page::List(&[Good, WithoutId], true),
    Page::List(&[WithoutId, Good], true),
    Page::List(&[Good, EmptyId], true),
    Page::List(&[EmptyId, Good], true),
    Page::List(&[Good, WithoutId, EmptyId], false),
    Page::Same(true),
    Page::Same(false),
    Page::First,
    Page::NotAList(r#"{"message": "Under maintenance"}"#),
    Page::NotAList(r#"{"object": "list", "data": null}"#),
    Page::NotAList(r#"{"error": {"type": "api_error"}}"#),
    Page::NotAList("<html>"),
    Page::Refusal(400),
    Page::Refusal(500),
    Page::Lost(Kind::Interrupted),
];

/// An item of a walk: the id of an object, or the kind of an error and the id of the object that does not parse.
type Seen = Result<String, (ErrorKind, Option<String>)>;

/// A page as it was built: the objects with their ids, and `has_more`.
type Built = (Vec<(Item, String)>, bool);

/// A sequence of pages, with the expected result of a walk through it.
#[derive(Clone)]
struct Script {
    replies: Vec<Result<Response<Bytes>, Kind>>,
    expected: Vec<Seen>,
    /// The cursor of each request.
    cursors: Vec<Option<String>>,
    /// Whether the walk requests a page after the last one.
    continues: bool,
    built: Vec<Built>,
    is_backwards: bool,
}

impl Script {
    fn new(is_backwards: bool) -> Self {
        Self {
            replies: Vec::new(),
            expected: Vec::new(),
            cursors: vec![is_backwards.then(|| "vs_start".to_owned())],
            continues: true,
            built: Vec::new(),
            is_backwards,
        }
    }

    /// Returns the sequence with one more page, or `None` if there can be no such page here. This is a second,
    /// independent implementation of the rules of a walk.
    fn then(&self, page: Page) -> Option<Self> {
        let mut next = self.clone();
        next.continues = false;
        let number = self.replies.len();
        let built: Built = match page {
            Page::List(items, more) => {
                let items = items.iter().enumerate().map(|(index, item)| (*item, format!("vs_{number}_{index}")));
                (items.collect(), more)
            }
            Page::Same(more) => (self.built.last()?.0.clone(), more),
            Page::First => (self.built.first()?.0.clone(), true),
            Page::NotAList(body) => {
                next.replies.push(Ok(reply(200, &[], body)));
                next.expected.push(Err((ErrorKind::Decode, None)));
                return Some(next);
            }
            Page::Refusal(status) => {
                next.replies.push(Ok(reply(status, &[], "")));
                let kind = if status == 400 { ErrorKind::InvalidRequest } else { ErrorKind::Api };
                next.expected.push(Err((kind, None)));
                return Some(next);
            }
            Page::Lost(kind) => {
                next.replies.push(Err(kind));
                next.expected.push(Err((ErrorKind::Transport, None)));
                return Some(next);
            }
        };
        next.replies.push(Ok(reply(200, &[], &json(&built))));

        let (mut items, more) = built.clone();
        next.built.push(built);
        if self.is_backwards {
            items.reverse();
        }
        let seen = items.iter().map(|(item, id)| match item {
            Good => Ok(id.clone()),
            EmptyId => Ok(String::new()),
            Unreadable => Err((ErrorKind::Decode, Some(id.clone()))),
            WithoutId => Err((ErrorKind::Decode, None)),
        });
        next.expected.extend(seen);
        if !more {
            return Some(next);
        }
        match items.last() {
            Some((Good | Unreadable, id)) if !self.cursors[1..].contains(&Some(id.clone())) => {
                next.cursors.push(Some(id.clone()));
                next.continues = true;
            }
            _ => next.expected.push(Err((ErrorKind::BrokenPagination, None))),
        }
        Some(next)
    }

    fn params(&self) -> ListVerificationSessions {
        let params = ListVerificationSessions::new().limit(2);
        if self.is_backwards { params.ending_before("vs_start") } else { params }
    }
}

fn json((items, more): &Built) -> String {
    let items: Vec<_> = items
        .iter()
        .map(|(item, id)| match item {
            Good => format!(r#"{{"id": "{id}"}}"#),
            Unreadable => format!(r#"{{"id": "{id}", "created": "yesterday"}}"#),
            WithoutId => r#"{"created": 1}"#.to_owned(),
            EmptyId => r#"{"id": ""}"#.to_owned(),
        })
        .collect();
    format!(r#"{{"object": "list", "data": [{}], "has_more": {more}}}"#, items.join(", "))
}

#[derive(Clone, Debug)]
struct Server {
    replies: Arc<Vec<Result<Response<Bytes>, Kind>>>,
    cursors: Arc<Mutex<Vec<Option<String>>>>,
}

impl Server {
    fn new(script: &Script) -> Self {
        Self { replies: Arc::new(script.replies.clone()), cursors: Arc::default() }
    }

    fn respond(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let query = request.uri().query().unwrap();
        let names = ["starting_after=", "ending_before="];
        let mut cursors =
            query.split('&').filter_map(|pair| names.into_iter().find_map(|name| pair.strip_prefix(name)));
        let cursor = cursors.next().map(str::to_owned);
        assert!(cursors.next().is_none() && query.contains("limit=2"), "{query}");
        let mut asked = self.cursors.lock().unwrap();
        asked.push(cursor);
        // A request beyond the script is an error, which shows as one request too many.
        let reply = self.replies.get(asked.len() - 1).cloned().unwrap_or(Err(Kind::Other));
        reply.map_err(Into::into)
    }
}

impl BlockingHttpTransport for Server {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.respond(&request)
    }

    fn sleep(&self, _: Duration) {}
}

#[async_trait]
impl HttpTransport for Server {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.respond(&request)
    }

    async fn sleep(&self, _: Duration) {}
}

fn seen(item: Result<VerificationSession, Error>) -> Seen {
    item.map(|session| session.id.as_str().to_owned())
        .map_err(|error| (error.kind(), error.object_id().map(str::to_owned)))
}

/// Runs a future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

/// More items than any walk here has.
const PLENTY: usize = 100;

fn walk(script: &Script) -> (Vec<Seen>, Vec<Option<String>>) {
    let server = Server::new(script);
    let client = BlockingClient::new(builder().max_retries(0).build().unwrap(), server.clone());
    let mut items = client.verification_sessions().list(script.params()).items();
    let found = items.by_ref().take(PLENTY).map(seen).collect();
    assert!(items.next().is_none(), "the walk continues after its end");
    let cursors = server.cursors.lock().unwrap().clone();
    (found, cursors)
}

fn walk_asynchronously(script: &Script) -> (Vec<Seen>, Vec<Option<String>>) {
    let server = Server::new(script);
    let client = Client::new(builder().max_retries(0).build().unwrap(), server.clone());
    let mut items = client.verification_sessions().list(script.params()).items();
    let mut found = Vec::new();
    while found.len() < PLENTY
        && let Some(item) = now(items.next())
    {
        found.push(seen(item));
    }
    assert!(now(items.next()).is_none(), "the walk continues after its end");
    let cursors = server.cursors.lock().unwrap().clone();
    (found, cursors)
}

/// Walks without a client: a loop drives the steps of each page's call.
fn walk_with_steps(script: &Script) -> (Vec<Seen>, Vec<Option<String>>) {
    let server = Server::new(script);
    let config = builder().max_retries(0).build().unwrap();
    let mut pages = config.verification_sessions().list(script.params()).pages();
    let mut found = Vec::new();
    let mut next = || -> Result<Option<Vec<Seen>>, Error> {
        let Some(call) = pages.next_call()? else { return Ok(None) };
        let Step::Send(request, sent) = call.start() else { panic!("the first step is a request") };
        let Step::Done(page) = sent.reply(server.respond(&request), Duration::ZERO) else {
            panic!("a call without retries waits")
        };
        let items = pages.receive(page)?.into_inner().into_items();
        let mut items: Vec<_> = items
            .map(|item| match item {
                Ok(session) => Ok(session.id.as_str().to_owned()),
                Err(item) => Err((ErrorKind::Decode, item.id().map(str::to_owned))),
            })
            .collect();
        if script.is_backwards {
            items.reverse();
        }
        Ok(Some(items))
    };
    for _ in 0..PLENTY {
        match next() {
            Ok(Some(items)) => found.extend(items),
            Ok(None) => break,
            Err(error) => found.push(Err((error.kind(), error.object_id().map(str::to_owned)))),
        }
    }
    assert!(matches!(next(), Ok(None)), "the walk continues after its end");
    let cursors = server.cursors.lock().unwrap().clone();
    (found, cursors)
}

/// Checks that every object comes once, in order and in its place, whether it parses or not; that each page is
/// requested after the last object of the previous one; and that the walk ends at the page without `has_more`, or
/// with an error.
fn check(script: &Script) {
    let (found, cursors) = walk(script);
    assert_eq!(found, script.expected, "{:?}", script.built);
    assert_eq!(cursors, script.cursors, "{:?}", script.built);
    assert_eq!(walk_with_steps(script), (found.clone(), cursors.clone()), "{:?}", script.built);
    assert_eq!((found, cursors), walk_asynchronously(script), "{:?}", script.built);
    let is_at_the_last_page =
        script.built.len() == script.replies.len() && script.built.last().is_some_and(|(_, more)| !more);
    assert!(
        is_at_the_last_page || script.expected.last().is_some_and(Result::is_err),
        "it ends early without an error: {:?}",
        script.built
    );
}

#[test]
fn every_sequence_of_pages_ends_at_its_last_page_or_with_an_error() {
    let mut walks = 0;
    for is_backwards in [false, true] {
        let mut level = vec![Script::new(is_backwards)];
        for length in 1..=depth() {
            let mut next = Vec::new();
            for script in &level {
                for script in PAGES.iter().filter_map(|page| script.then(*page)) {
                    if script.continues {
                        next.push(script);
                    } else {
                        check(&script);
                        walks += 1;
                    }
                }
            }
            if length == depth() {
                // Each sequence that would continue gets a last page.
                for script in next.iter().filter_map(|script| script.then(Page::List(&[Good], false))) {
                    check(&script);
                    walks += 1;
                }
                next.clear();
            }
            level = next;
        }
    }
    let figure =
        format!("Lists of up to {} pages: {} pages in both directions make {walks} walks.", depth(), PAGES.len());
    println!("{figure}");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../RELIABILITY.md")).unwrap();
    let is_listed = page.split_whitespace().collect::<Vec<_>>().join(" ").contains(&figure);
    assert!(is_listed || depth() != 4, "RELIABILITY.md has another figure than the one printed above");
}
