use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::decode::FromResponse;
use crate::error::Error;
use crate::response::Response;
use crate::retry;
use crate::transport::TransportError;

/// What is next in a call.
///
/// Every policy (headers, idempotency, retries, errors) is behind these three; the clients only send and wait. So can
/// you, with whatever sends your bytes:
///
/// ```
/// use stripe_identity_core::{Config, Error, Response, Step};
/// use stripe_identity_core::types::VerificationSession;
/// # use stripe_identity_core::{bytes::Bytes, http, TransportError};
/// # fn my_http(_: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
/// #     Ok(http::Response::new(Bytes::from_static(br#"{"id": "vs_123"}"#)))
/// # }
///
/// fn retrieve(config: &Config) -> Result<Response<VerificationSession>, Error> {
///     let mut step = config.verification_sessions().retrieve("vs_123").start();
///     loop {
///         step = match step {
///             Step::Send(request, sent) => sent.reply(my_http(request)),
///             Step::Wait(duration, waiting) => {
///                 std::thread::sleep(duration);
///                 waiting.resume()
///             }
///             Step::Done(result) => return result,
///         };
///     }
/// }
/// # assert_eq!(retrieve(&Config::new("sk_test_123")?)?.id, "vs_123");
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a call goes on only if its steps are taken"]
pub enum Step<T> {
    /// Send this request, and go on with [`SentCall::reply`].
    Send(http::Request<Bytes>, SentCall<T>),
    /// Wait that long, and go on with [`WaitingCall::resume`].
    Wait(Duration, WaitingCall<T>),
    /// The call has come to its end.
    Done(Result<Response<T>, Error>),
}

/// A call whose request is on its way.
#[must_use = "a call goes on only if its reply is handed in"]
pub struct SentCall<T> {
    plan: Box<Plan>,
    model: PhantomData<fn() -> T>,
}

/// A call that waits before its next attempt.
#[must_use = "a call goes on only if it is resumed"]
pub struct WaitingCall<T> {
    plan: Box<Plan>,
    model: PhantomData<fn() -> T>,
}

/// A request, how often it was sent, and how often it may be.
pub(crate) struct Plan {
    request: http::Request<Bytes>,
    attempts: u32,
    /// Whether any attempt may have reached the server.
    sent: bool,
    max_retries: u32,
    random: Arc<dyn Fn() -> io::Result<u64> + Send + Sync>,
}

impl Plan {
    pub(crate) fn new(
        request: http::Request<Bytes>,
        max_retries: u32,
        random: Arc<dyn Fn() -> io::Result<u64> + Send + Sync>,
    ) -> Self {
        Self { request, attempts: 0, sent: false, max_retries, random }
    }

    pub(crate) fn begin<T>(self) -> Step<T> {
        Box::new(self).attempt()
    }

    /// The same request each time: same key, same bytes, same headers.
    fn attempt<T>(mut self: Box<Self>) -> Step<T> {
        self.attempts = self.attempts.saturating_add(1);
        Step::Send(self.request.clone(), SentCall { plan: self, model: PhantomData })
    }

    fn may_repeat(&self) -> bool {
        self.attempts <= self.max_retries
    }

    fn wait<T>(self: Box<Self>, headers: Option<&http::HeaderMap>) -> Step<T> {
        let [low, high, ..] = (self.random)().unwrap_or_default().to_le_bytes();
        let duration = retry::wait(self.attempts, u16::from_le_bytes([low, high]), headers);
        Step::Wait(duration, WaitingCall { plan: self, model: PhantomData })
    }
}

impl<T> SentCall<T> {
    /// Goes on with what came back.
    pub fn reply(self, outcome: Result<http::Response<Bytes>, TransportError>) -> Step<T>
    where
        T: FromResponse,
    {
        let mut plan = self.plan;
        plan.sent |= outcome.as_ref().map_or_else(TransportError::was_sent, |_| true);
        match outcome {
            Err(error) if plan.may_repeat() && retry::after_failure(&error) => plan.wait(None),
            Err(error) => Step::Done(Err(Error::transport_failure(error, plan.attempts, plan.sent))),
            Ok(response) if response.status().is_success() => Step::Done(decode(response, plan.attempts)),
            Ok(response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                let error = Error::refusal(response, plan.attempts);
                if plan.may_repeat() && retry::after_reply(status, &headers, error.code()) {
                    plan.wait(Some(&headers))
                } else {
                    Step::Done(Err(error))
                }
            }
        }
    }
}

impl<T> WaitingCall<T> {
    /// Goes on with the next attempt, once the wait is over.
    pub fn resume(self) -> Step<T> {
        self.plan.attempt()
    }
}

fn decode<T: FromResponse>(response: http::Response<Bytes>, attempts: u32) -> Result<Response<T>, Error> {
    match T::from_response(&response) {
        Ok(model) => Ok(Response::new(model, response)),
        Err(error) => Err(Error::undecodable(response, error, attempts)),
    }
}

impl<T: fmt::Debug> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The request's own Debug would show its query and its body.
            Self::Send(request, _) => write!(f, "Send({} …)", request.method()),
            Self::Wait(duration, _) => f.debug_tuple("Wait").field(duration).finish_non_exhaustive(),
            Self::Done(result) => f.debug_tuple("Done").field(result).finish(),
        }
    }
}

impl<T> fmt::Debug for SentCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentCall").field("attempts", &self.plan.attempts).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WaitingCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingCall").field("attempts", &self.plan.attempts).finish_non_exhaustive()
    }
}
