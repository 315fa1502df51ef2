//! Walking through lists, page by page or item by item.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::hash::{BuildHasher as _, RandomState};
use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;
use stripe_identity_types::HasId;

use crate::call::{Call, Caller};
use crate::client::{BlockingClient, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::error_kind::ErrorKind;
use crate::page::{Page, UnreadableItem};
use crate::response::Response;

/// An endpoint that gives a list, page by page.
pub trait ListEndpoint: Endpoint<Response = Page<Self::Item>, Expand: Clone + Unpin> + Clone + Unpin {
    /// What is listed.
    type Item: HasId<Id: AsRef<str>> + DeserializeOwned + Send + Unpin + 'static;

    /// Whether the pages go from older items to newer ones, since the parameters say where to end and not where to start.
    fn is_backwards(&self) -> bool;

    /// Goes on beyond an item, in the direction in which the pages go.
    fn go_on_from(&mut self, id: &<Self::Item as HasId>::Id);
}

/// Which page comes next. It does no I/O: a call comes out, its outcome goes in.
struct Walk<C, E: ListEndpoint> {
    next: Next<C, E>,
    cursors: Cursors,
}

enum Next<C, E: ListEndpoint> {
    Page(Box<Call<C, E>>),
    /// What comes after the last page that could be had.
    Failure(Error),
    End,
}

/// Where the pages so far ended, to see at once when they begin to go round in circles. Hashes will do: of a million pages,
/// two are taken for one with a chance of one in 30 million.
#[derive(Default)]
struct Cursors {
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Cursors {
    /// Whether the pages have been here before.
    fn meet(&mut self, cursor: &str) -> bool {
        !self.seen.insert(self.hasher.hash_one(cursor))
    }
}

impl<C: Caller, E: ListEndpoint> Walk<C, E> {
    fn new(call: Call<C, E>) -> Self {
        Self { next: Next::Page(Box::new(call)), cursors: Cursors::default() }
    }

    /// The call for the next page, or how it ends.
    fn call(&mut self) -> Result<Call<C, E>, Option<Error>> {
        match std::mem::replace(&mut self.next, Next::End) {
            Next::Page(call) => {
                let copy = (*call).clone();
                self.next = Next::Page(call);
                Ok(copy)
            }
            Next::Failure(error) => Err(Some(error)),
            Next::End => Err(None),
        }
    }

    /// Takes in a page and makes out which one comes after it. An error ends the walk.
    fn receive(&mut self, page: Result<Response<E::Response>, Error>) -> Result<Response<E::Response>, Error> {
        let next = std::mem::replace(&mut self.next, Next::End);
        let page = page?;
        let (true, Next::Page(mut call)) = (page.has_more, next) else { return Ok(page) };
        let endpoint = &mut call.endpoint;
        let Some(edge) = page.edge(endpoint.is_backwards()) else {
            // More to come, and no way to get there: the same request again would go round in circles.
            return Err(Error::in_spite_of(&page, ErrorKind::EndlessList));
        };
        let cursor = edge.map_or_else(UnreadableItem::id, |item| Some(item.id().as_ref()));
        match cursor.filter(|cursor| !cursor.trim().is_empty()) {
            Some(cursor) if !self.cursors.meet(cursor) => {
                endpoint.go_on_from(&cursor.to_owned().into());
                self.next = Next::Page(call);
            }
            // What is on the page comes first.
            _ => self.next = Next::Failure(Error::in_spite_of(&page, ErrorKind::EndlessList)),
        }
        Ok(page)
    }
}

impl<C: Caller, E: ListEndpoint> Call<C, E> {
    /// All pages from here on, each fetched when it is asked for.
    ///
    /// Every page is fetched with the options of this call. With `ending_before` the pages go from older items to newer
    /// ones. After an error there are no more pages.
    pub fn pages(self) -> Pages<C, E> {
        Pages { walk: Walk::new(self), in_flight: None }
    }

    /// All items from here on. A page is fetched when the one before it is used up.
    ///
    /// They come newest first or, with `ending_before`, oldest first. One that cannot be read comes as an error of kind
    /// [`Decode`](ErrorKind::Decode) in its place, with its [id](Error::object_id), and the items go on after it. After any
    /// other error there are no more.
    ///
    /// ```
    /// # use stripe_identity_core::{BlockingClient, Config, Error, BlockingHttpTransport};
    /// use stripe_identity_core::types::{ListVerificationSessions, VerificationSessionStatus};
    ///
    /// # fn example(client: &BlockingClient) -> Result<(), Error> {
    /// let verified = ListVerificationSessions::new().status(VerificationSessionStatus::Verified).limit(100);
    /// for session in client.verification_sessions().list(verified).items() {
    ///     println!("{}", session?.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items(self) -> Items<C, E> {
        let is_backwards = self.endpoint.is_backwards();
        Items { pages: self.pages(), page: VecDeque::new(), is_backwards }
    }
}

type InFlight<E> = Pin<Box<dyn Future<Output = Result<Response<<E as Endpoint>::Response>, Error>> + Send>>;

/// The pages of a list: an [`Iterator`] from a [`BlockingClient`], a [`Stream`] from a [`Client`].
#[must_use = "pages are fetched only when they are asked for"]
pub struct Pages<C, E: ListEndpoint> {
    walk: Walk<C, E>,
    in_flight: Option<InFlight<E>>,
}

/// The items of a list: an [`Iterator`] from a [`BlockingClient`], a [`Stream`] from a [`Client`].
#[must_use = "items are fetched only when they are asked for"]
pub struct Items<C, E: ListEndpoint> {
    pages: Pages<C, E>,
    /// What is left of the last page, in the order in which it goes out.
    page: VecDeque<Result<E::Item, Error>>,
    is_backwards: bool,
}

impl<C, E: ListEndpoint> Items<C, E> {
    fn fill(&mut self, page: Response<E::Response>) {
        let (page, wire) = page.split();
        self.page.extend(page.into_items().map(|item| item.map_err(|item| Error::unreadable_item(&wire, item))));
        if self.is_backwards {
            self.page.make_contiguous().reverse();
        }
    }
}

impl<E: ListEndpoint> Iterator for Pages<BlockingClient, E> {
    type Item = Result<Response<E::Response>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.walk.call() {
            Ok(call) => {
                let page = call.send();
                Some(self.walk.receive(page))
            }
            Err(end) => end.map(Err),
        }
    }
}

impl<E: ListEndpoint> Iterator for Items<BlockingClient, E> {
    type Item = Result<E::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.page.pop_front() {
                return Some(item);
            }
            match self.pages.next()? {
                Ok(page) => self.fill(page),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<E: ListEndpoint> FusedIterator for Pages<BlockingClient, E> {}

impl<E: ListEndpoint> FusedIterator for Items<BlockingClient, E> {}

impl<E: ListEndpoint> Stream for Pages<Client, E> {
    type Item = Result<Response<E::Response>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.in_flight.is_none() {
            match self.walk.call() {
                Ok(call) => self.in_flight = Some(call.into_future()),
                Err(end) => return Poll::Ready(end.map(Err)),
            }
        }
        let Some(in_flight) = self.in_flight.as_mut() else { return Poll::Ready(None) };
        let page = ready!(in_flight.as_mut().poll(context));
        self.in_flight = None;
        Poll::Ready(Some(self.walk.receive(page)))
    }
}

impl<E: ListEndpoint> Stream for Items<Client, E> {
    type Item = Result<E::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.pop_front() {
                return Poll::Ready(Some(item));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.fill(page),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<E: ListEndpoint> Items<BlockingClient, E> {
    /// Collects the first items, up to a limit, or returns the first error. No page is fetched beyond them.
    ///
    /// On an error, the items before it are lost: [`collect_until_error`](Self::collect_until_error) keeps them.
    pub fn collect_up_to(self, limit: usize) -> Result<Vec<E::Item>, Error> {
        all_or_error(self.collect_until_error(limit))
    }

    /// Collects the first items, up to a limit or the first error, which is returned beside them. No page is fetched beyond
    /// them.
    pub fn collect_until_error(self, limit: usize) -> (Vec<E::Item>, Option<Error>) {
        let mut items = Vec::new();
        for item in self.take(limit) {
            match item {
                Ok(item) => items.push(item),
                Err(error) => return (items, Some(error)),
            }
        }
        (items, None)
    }
}

impl<E: ListEndpoint> Items<Client, E> {
    /// Collects the first items, up to a limit, or returns the first error. No page is fetched beyond them.
    ///
    /// On an error, the items before it are lost: [`collect_until_error`](Self::collect_until_error) keeps them.
    pub async fn collect_up_to(self, limit: usize) -> Result<Vec<E::Item>, Error> {
        all_or_error(self.collect_until_error(limit).await)
    }

    /// Collects the first items, up to a limit or the first error, which is returned beside them. No page is fetched beyond
    /// them.
    pub async fn collect_until_error(mut self, limit: usize) -> (Vec<E::Item>, Option<Error>) {
        let mut items = Vec::new();
        while items.len() < limit
            && let Some(item) = self.next().await
        {
            match item {
                Ok(item) => items.push(item),
                Err(error) => return (items, Some(error)),
            }
        }
        (items, None)
    }
}

fn all_or_error<T>((items, error): (Vec<T>, Option<Error>)) -> Result<Vec<T>, Error> {
    error.map_or(Ok(items), Err)
}

macro_rules! next_of_streams {
    ($($name:ident: $item:ty,)+) => { $(
        impl<E: ListEndpoint> $name<Client, E> {
            /// The next one, or `None` at the end. As a stream has it, without the need for an extension trait.
            pub async fn next(&mut self) -> Option<Result<$item, Error>> {
                std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
            }
        }
    )+ };
}
next_of_streams! {
    Pages: Response<E::Response>,
    Items: E::Item,
}

impl<C, E: ListEndpoint> fmt::Debug for Pages<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Pages");
        if let Next::Page(call) = &self.walk.next {
            debug.field("call", call);
        }
        debug.finish_non_exhaustive()
    }
}

impl<C, E: ListEndpoint> fmt::Debug for Items<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).field("at_hand", &self.page.len()).finish_non_exhaustive()
    }
}
