use std::thread::sleep;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use stripe_identity::resources::verification_sessions::VerificationSessions;
use stripe_identity::{BlockingClient, Client, HyperTransport, ListVerificationSessions, SessionExpand, UreqTransport};

use super::setup::{config, params};
use crate::canned::ID;
use crate::round::{Failure, Round, calls, synchronous};

/// Longer than the time after which the server closes an idle connection.
const IDLE: Duration = Duration::from_millis(20);

pub(super) fn round(task: &str, url: &str) -> Result<Option<Round>, Failure> {
    let sessions = Client::new(config(url)?, HyperTransport::new()?).verification_sessions();
    Ok(Some(match task {
        "create" => calls(async move || Ok(sessions.create(params()).await?))?,
        "create_after_idle" => calls(async move || {
            // Blocks the runtime, so that only the call can find that the connection was closed.
            sleep(IDLE);
            Ok(sessions.create(params()).await?)
        })?,
        "create_blocking" => {
            let sessions = BlockingClient::new(config(url)?, UreqTransport::new()?).verification_sessions();
            synchronous(move || Ok(sessions.create(params()).send()?))
        }
        "create_1000_at_once" => calls(async move || {
            let creates = stream::iter(0..1000).map(|_| sessions.create(params()).into_future());
            Ok(creates.buffer_unordered(64).try_collect::<Vec<_>>().await?)
        })?,
        "retrieve" => calls(async move || {
            let expand = [SessionExpand::VerifiedOutputs, SessionExpand::LastVerificationReport];
            Ok(sessions.retrieve(ID).expand(expand).await?)
        })?,
        "list" => calls(async move || Ok(sessions.list(first_page()).await?))?,
        "next_of_10000" => next_item(sessions, 10_000)?,
        "next_of_200000" => next_item(sessions, 200_000)?,
        _ => return Ok(None),
    }))
}

fn first_page() -> ListVerificationSessions {
    ListVerificationSessions::new().limit(100)
}

/// Returns a round that takes the next item of lists of this length.
fn next_item(sessions: VerificationSessions<Client>, length: usize) -> Result<Round, Failure> {
    let mut items = stream::repeat_with(move || sessions.list(first_page()).items().take(length)).flatten();
    calls(async move || Ok(items.next().await.ok_or("the lists ended")??))
}
