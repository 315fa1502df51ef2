//! Sends webhooks over plain HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::transport::SimulatorTransport;
use crate::webhooks::Due;

/// How often it is looked whether something has happened.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a receiver has to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Before each further try.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// To each endpoint.
const MOST_AT_A_TIME: usize = 8;

/// Sends what is due, for as long as it is polled.
pub(crate) async fn run(simulator: SimulatorTransport) {
    let mut places: HashMap<Uri, Arc<Semaphore>> = HashMap::new();
    loop {
        let all = simulator.lock().take_due();
        for due in all {
            let places = places.entry(due.url().clone()).or_insert_with(|| Arc::new(Semaphore::new(MOST_AT_A_TIME)));
            tokio::spawn(deliver(simulator.clone(), due, places.clone()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn deliver(simulator: SimulatorTransport, due: Due, places: Arc<Semaphore>) {
    tokio::time::sleep(due.delay).await;
    for wait in WAITS.into_iter().map(Some).chain([None]) {
        let is_taken = {
            // It is never closed. No place is held while waiting for the next try.
            let Ok(_place) = places.acquire().await else { return };
            let request = due.request(simulator.time());
            tokio::time::timeout(PATIENCE, send(request)).await.is_ok_and(|taken| taken == Some(true))
        };
        match wait {
            Some(wait) if !is_taken => tokio::time::sleep(wait).await,
            _ => return,
        }
    }
}

/// Whether the receiver takes it; `None` if it cannot be reached.
async fn send(mut request: Request<Bytes>) -> Option<bool> {
    let uri = std::mem::take(request.uri_mut());
    let authority = uri.authority()?.as_str();
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    let (host, length) = (HeaderValue::try_from(authority).ok()?, HeaderValue::from(request.body().len()));
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(CONTENT_LENGTH, length);
    *request.uri_mut() =
        uri.path_and_query().map_or_else(|| Uri::from_static("/"), |path| path.as_str().parse().unwrap_or_default());
    let response = sender.send_request(request.map(Full::new)).await.ok()?;
    Some(response.status().is_success())
}
