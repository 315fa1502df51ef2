//! Pagination: lists as pages or as items.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::hash::{BuildHasher as _, RandomState};
use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use stripe_identity_types::HasId as _;

use crate::call::{Call, Caller};
use crate::client::{BlockingClient, Client};
use crate::config::Config;
use crate::endpoint::{Endpoint, ListEndpoint};
use crate::error::{Error, ErrorKind};
use crate::page::UnreadableItem;
use crate::response::Response;

/// Decides which page comes next, without I/O: it returns a call, and receives its outcome.
struct Paginator<C, E: ListEndpoint> {
    next: Next<C, E>,
    cursors: Cursors,
}

enum Next<C, E: ListEndpoint> {
    Page(Box<Call<C, E>>),
    /// The error that follows the last page.
    Failure(Error),
    End,
}

/// The cursors so far, to detect a loop after one repeated page. Hashes suffice: among a million pages,
/// two cursors have the same hash with a chance of one in 30 million.
#[derive(Default)]
struct Cursors {
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Cursors {
    /// Records a cursor. Returns whether it was recorded before.
    fn is_repeat(&mut self, cursor: &str) -> bool {
        !self.seen.insert(self.hasher.hash_one(cursor))
    }
}

impl<C: Caller, E: ListEndpoint> Paginator<C, E> {
    fn new(call: Call<C, E>) -> Self {
        Self { next: Next::Page(Box::new(call)), cursors: Cursors::default() }
    }

    /// Returns the call for the next page, or `None` after the last one.
    fn call(&mut self) -> Result<Option<Call<C, E>>, Error> {
        match std::mem::replace(&mut self.next, Next::End) {
            Next::Page(call) => {
                let copy = (*call).clone();
                self.next = Next::Page(call);
                Ok(Some(copy))
            }
            Next::Failure(error) => Err(error),
            Next::End => Ok(None),
        }
    }

    /// Receives a page and decides which one comes after it. An error ends the pagination.
    fn receive(&mut self, page: Result<Response<E::Response>, Error>) -> Result<Response<E::Response>, Error> {
        let mut call = match std::mem::replace(&mut self.next, Next::End) {
            Next::Page(call) => call,
            // A page that was not asked for must not hide the error.
            Next::Failure(error) => return Err(error),
            Next::End => return page,
        };
        let page = page?;
        if !page.has_more {
            return Ok(page);
        }
        let endpoint = &mut call.endpoint;
        let broken = || Error::after_success(ErrorKind::BrokenPagination, page.meta().clone());
        let Some(edge) = page.edge(endpoint.is_backwards()) else {
            // Without a cursor, the next request would be the same and return the same empty page.
            return Err(broken());
        };
        let cursor = edge.map_or_else(UnreadableItem::id, |item| Some(item.id().as_ref()));
        match cursor.filter(|cursor| !cursor.trim().is_empty()) {
            Some(cursor) if !self.cursors.is_repeat(cursor) => {
                endpoint.set_cursor(&cursor.to_owned().into());
                self.next = Next::Page(call);
            }
            // The objects of this page are valid, so the error follows them.
            _ => self.next = Next::Failure(broken()),
        }
        Ok(page)
    }
}

impl<C: Caller, E: ListEndpoint> Call<C, E> {
    /// Returns the pages of the list, from the one that this call requests to the last. Each page is
    /// fetched when it is asked for, with the parameters and options of this call.
    ///
    /// The pages lead from newer objects to older ones, or from older to newer if the parameters have
    /// `ending_before`. After an error there are no more pages.
    ///
    /// ```
    /// # use stripe_identity_core::{BlockingClient, Error};
    /// use stripe_identity_core::types::ListVerificationSessions;
    ///
    /// # fn example(client: &BlockingClient) -> Result<(), Error> {
    /// for page in client.verification_sessions().list(ListVerificationSessions::new().limit(100)).pages() {
    ///     let page = page?;
    ///     println!("{} sessions, request {:?}", page.data.len(), page.meta().request_id());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> Pages<C, E> {
        Pages { paginator: Paginator::new(self), in_flight: None }
    }
}

/// Defines `items` for the callers that can fetch: a `Config` has no transport.
macro_rules! items_of {
    ($($client:ident)+) => { $(
        impl<E: ListEndpoint> Call<$client, E> {
            /// Returns the objects of the list, from the page that this call requests to the last. A
            /// page is fetched when the one before it is used up.
            ///
            /// The objects come newest first, or oldest first if the parameters have `ending_before`.
            /// An object that does not parse is replaced by an error of kind
            /// [`Decode`](ErrorKind::Decode) with the object's [id](Error::object_id), and the other
            /// objects follow. After any other error there are no more objects.
            ///
            /// ```
            /// # use stripe_identity_core::{BlockingClient, Error};
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
            pub fn items(self) -> Items<$client, E> {
                let is_backwards = self.endpoint.is_backwards();
                Items { pages: self.pages(), page: VecDeque::new(), is_backwards }
            }
        }
    )+ };
}
items_of! { Client BlockingClient }

impl<E: ListEndpoint> Pages<Config, E> {
    /// Returns the call for the next page, or `None` after the last one. Until its result is passed to
    /// [`receive`](Self::receive), it returns the same call again.
    ///
    /// # Errors
    ///
    /// [`BrokenPagination`](ErrorKind::BrokenPagination) if the last page has `has_more` but names no
    /// next page. After it, there are no more pages.
    pub fn next_call(&mut self) -> Result<Option<Call<Config, E>>, Error> {
        self.paginator.call()
    }

    /// Receives the result of the call that [`next_call`](Self::next_call) returned, and returns its
    /// page.
    ///
    /// # Errors
    ///
    /// The error of the call, or [`BrokenPagination`](ErrorKind::BrokenPagination) if the page is empty
    /// but has `has_more`. After an error, there are no more pages.
    pub fn receive(&mut self, page: Result<Response<E::Response>, Error>) -> Result<Response<E::Response>, Error> {
        self.paginator.receive(page)
    }
}

type InFlight<E> = Pin<Box<dyn Future<Output = Result<Response<<E as Endpoint>::Response>, Error>> + Send>>;

/// The pages of a list: an [`Iterator`] from a [`BlockingClient`], a [`Stream`] from a [`Client`].
///
/// [`Call::pages`] returns it. Pages from a [`Config`] have no transport, so they are neither
/// iterator nor stream. Your own loop fetches them with [`next_call`](Self::next_call) and
/// [`receive`](Self::receive):
///
/// ```
/// use stripe_identity_core::types::ListVerificationSessions;
/// use stripe_identity_core::{Call, Config, Endpoint, Error, Response};
///
/// /// Drives the steps of a call.
/// fn run<E: Endpoint>(call: Call<Config, E>) -> Result<Response<E::Response>, Error> {
///     // As the docs of `Step` show.
/// #     use stripe_identity_core::Step;
/// #     let Step::Send(_, sent) = call.start() else { unreachable!() };
/// #     let page = stripe_identity_core::bytes::Bytes::from_static(br#"{"data": [{"id": "vs_123"}]}"#);
/// #     let Step::Done(result) = sent.reply(Ok(stripe_identity_core::http::Response::new(page)), Default::default())
/// #         else { unreachable!() };
/// #     result
/// }
///
/// fn print_all(config: &Config) -> Result<(), Error> {
///     let mut pages = config.verification_sessions().list(ListVerificationSessions::new()).pages();
///     while let Some(call) = pages.next_call()? {
///         let page = pages.receive(run(call))?;
///         for session in page.into_inner().into_items() {
///             match session {
///                 Ok(session) => println!("{}", session.id),
///                 Err(unreadable) => eprintln!("{unreadable}"),
///             }
///         }
///     }
///     Ok(())
/// }
/// # print_all(&Config::new("sk_test_123")?)?;
/// # Ok::<(), Error>(())
/// ```
#[must_use = "pages are fetched only when they are asked for"]
pub struct Pages<C, E: ListEndpoint> {
    paginator: Paginator<C, E>,
    in_flight: Option<InFlight<E>>,
}

/// The objects of a list: an [`Iterator`] from a [`BlockingClient`], a [`Stream`] from a [`Client`].
///
/// `items()` of a [`Call`] returns it.
///
/// ```
/// # use stripe_identity_core::{Client, Error};
/// use stripe_identity_core::types::ListVerificationSessions;
///
/// # async fn example(client: &Client) -> Result<(), Error> {
/// let mut sessions = client.verification_sessions().list(ListVerificationSessions::new()).items();
/// while let Some(session) = sessions.next().await {
///     println!("{}", session?.id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "items are fetched only when they are asked for"]
pub struct Items<C, E: ListEndpoint> {
    pages: Pages<C, E>,
    /// The rest of the last page, in the order in which it is returned.
    page: VecDeque<Result<E::Item, Error>>,
    is_backwards: bool,
}

impl<C, E: ListEndpoint> Items<C, E> {
    fn fill(&mut self, page: Response<E::Response>) {
        let (page, meta) = page.into_parts();
        self.page.extend(page.into_items().map(|item| item.map_err(|item| Error::unreadable_item(&meta, item))));
        if self.is_backwards {
            self.page.make_contiguous().reverse();
        }
    }
}

impl<E: ListEndpoint> Iterator for Pages<BlockingClient, E> {
    type Item = Result<Response<E::Response>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let call = self.paginator.call().transpose()?;
        Some(call.and_then(|call| self.paginator.receive(call.send())))
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
            match self.paginator.call() {
                Ok(Some(call)) => self.in_flight = Some(call.into_future()),
                Ok(None) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        let Some(in_flight) = self.in_flight.as_mut() else { return Poll::Ready(None) };
        let page = ready!(in_flight.as_mut().poll(context));
        self.in_flight = None;
        Poll::Ready(Some(self.paginator.receive(page)))
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
    /// Collects at most `limit` objects. No page is fetched beyond them.
    ///
    /// # Errors
    ///
    /// The first error. The objects before it are dropped.
    /// [`collect_until_error`](Self::collect_until_error) keeps them.
    pub fn collect_up_to(self, limit: usize) -> Result<Vec<E::Item>, Error> {
        all_or_error(self.collect_until_error(limit))
    }

    /// Collects at most `limit` objects, and stops at the first error. Returns the objects before the
    /// error, and the error, or `None` if there was none. No page is fetched beyond them.
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
    /// Collects at most `limit` objects. No page is fetched beyond them.
    ///
    /// # Errors
    ///
    /// The first error. The objects before it are dropped.
    /// [`collect_until_error`](Self::collect_until_error) keeps them.
    pub async fn collect_up_to(self, limit: usize) -> Result<Vec<E::Item>, Error> {
        all_or_error(self.collect_until_error(limit).await)
    }

    /// Collects at most `limit` objects, and stops at the first error. Returns the objects before the
    /// error, and the error, or `None` if there was none. No page is fetched beyond them.
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
    ($($name:ident: $what:literal, $item:ty;)+) => { $(
        impl<E: ListEndpoint> $name<Client, E> {
            #[doc = concat!("Returns the next ", $what, ", or `None` at the end.")]
            ///
            /// Unlike `StreamExt::next`, this method needs no import. Its future may be dropped: the
            /// next call continues the same request.
            pub async fn next(&mut self) -> Option<Result<$item, Error>> {
                std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
            }
        }
    )+ };
}
next_of_streams! {
    Pages: "page", Response<E::Response>;
    Items: "object", E::Item;
}

impl<C, E: ListEndpoint> fmt::Debug for Pages<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Pages");
        if let Next::Page(call) = &self.paginator.next {
            debug.field("call", call);
        }
        debug.finish_non_exhaustive()
    }
}

impl<C, E: ListEndpoint> fmt::Debug for Items<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).field("fetched", &self.page.len()).finish_non_exhaustive()
    }
}
