//! Clients over tower services: an axum router, layers, a custom connector.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::{TokioExecutor, TokioIo};
use stripe_identity::http::{Request, Uri};
use stripe_identity::{
    Client, Config, CreateVerificationSession, ErrorKind, TransportError, TransportErrorKind as Kind,
};
use stripe_identity_hyper::{HyperTransport, RequestBody, TowerTransport};
use stripe_identity_mock::RawServer;
use stripe_identity_simulator::{Server, Simulator};
use tower::ServiceBuilder;

use crate::faults::Hasty;

const SESSIONS: &str = "/v1/identity/verification_sessions";

fn config() -> Config {
    Config::new("sk_test_123").unwrap()
}

fn config_at(url: &str) -> stripe_identity::Config {
    config().to_builder().base_url(url).build().unwrap()
}

#[tokio::test]
async fn axum_router_serves_a_client_without_a_socket() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counter = tries.clone();
    let create = move |body: String| async move {
        assert_eq!(body, "type=document");
        let first = counter.fetch_add(1, Ordering::SeqCst) == 0;
        if first { (StatusCode::SERVICE_UNAVAILABLE, "busy") } else { (StatusCode::OK, r#"{"id": "vs_new"}"#) }
    };
    let retrieve = |Path(id): Path<String>| async move { format!(r#"{{"id": "{id}"}}"#) };
    let router: axum::Router = axum::Router::new()
        .route(SESSIONS, axum::routing::post(create))
        .route(&format!("{SESSIONS}/{{id}}"), get(retrieve));
    let client = Client::new(config(), Hasty(TowerTransport::new(router)));

    let session = client.verification_sessions().retrieve("vs_123").await.unwrap();
    assert_eq!(session.id, "vs_123");
    let session = client.verification_sessions().create(CreateVerificationSession::document()).await.unwrap();
    assert_eq!((session.id.as_str(), tries.load(Ordering::SeqCst)), ("vs_new", 2));
}

#[tokio::test]
async fn tower_layers_work_over_hyper() {
    let most = Arc::new(AtomicUsize::new(0));
    let (now, seen) = (AtomicUsize::new(0), most.clone());
    let server = RawServer::start(move |exchange| {
        seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let came = Instant::now();
        while seen.load(Ordering::SeqCst) < 2 && came.elapsed() < Duration::from_secs(20) {
            exchange.wait(Duration::from_millis(10));
        }
        exchange.wait(Duration::from_millis(50));
        now.fetch_sub(1, Ordering::SeqCst);
        exchange.respond("200 OK", r#"{"id": "vs_1"}"#)
    });
    let server = server.unwrap();
    let mark = |mut request: Request<RequestBody>| {
        request.headers_mut().insert("x-layer", stripe_identity::http::HeaderValue::from_static("1"));
        request
    };
    let hyper = HyperTransport::builder().build_service().unwrap();
    let service = ServiceBuilder::new().concurrency_limit(2).map_request(mark).service(hyper);
    let client = Client::new(config_at(server.url()), TowerTransport::new(service));
    let calls: Vec<_> =
        (0..6).map(|_| tokio::spawn(client.verification_sessions().retrieve("vs_1").into_future())).collect();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert!(server.requests().iter().all(|request| request.headers().contains_key("x-layer")));

    // A failure below the layers keeps its kind.
    let refusing = config().to_builder().base_url(crate::backends::REFUSING).max_retries(0).build().unwrap();
    let error = client.with_config(refusing).verification_sessions().retrieve("vs_1").await.unwrap_err();
    assert_eq!((error.transport().unwrap().kind(), error.was_sent()), (Kind::Connect, false));
}

#[tokio::test]
async fn failure_of_a_layer_keeps_its_kind() {
    #[derive(Debug)]
    struct Wrapped(TransportError);
    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a layer failed")
        }
    }
    impl std::error::Error for Wrapped {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    type Reply = Result<stripe_identity::http::Response<String>, Box<dyn std::error::Error + Send + Sync>>;
    let failing = |fail: fn() -> Box<dyn std::error::Error + Send + Sync>| {
        let service = tower::service_fn(move |_: Request<RequestBody>| std::future::ready(Reply::Err(fail())));
        Client::new(config().to_builder().max_retries(0).build().unwrap(), TowerTransport::new(service))
    };
    for (client, kind) in [
        (failing(|| "by itself".into()), Kind::Other),
        (failing(|| TransportError::from(Kind::Connect).into()), Kind::Connect),
        (failing(|| Box::new(Wrapped(Kind::Timeout.into()))), Kind::Timeout),
    ] {
        let error = client.verification_sessions().retrieve("vs_1").await.unwrap_err();
        assert_eq!((error.kind(), error.transport().unwrap().kind()), (ErrorKind::Transport, kind));
    }
}

#[tokio::test]
async fn custom_connector_works_under_the_client_of_hyper() {
    let stripe = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let address = stripe.address();
    let connector = tower::service_fn(move |_: Uri| {
        Box::pin(async move { tokio::net::TcpStream::connect(address).await.map(TokioIo::new) })
    });
    let hyper: HyperClient<_, RequestBody> = HyperClient::builder(TokioExecutor::new()).build(connector);
    let client = Client::new(config_at("http://localhost:9"), TowerTransport::new(hyper));
    let session = client.verification_sessions().create(CreateVerificationSession::document()).await.unwrap();
    assert!(session.id.as_str().starts_with("vs_"));
}

#[tokio::test]
async fn clones_share_connections() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", r#"{"id": "vs_1"}"#)).unwrap();
    let config = config_at(server.url());
    let hyper = HyperTransport::new().unwrap();
    for _ in 0..6 {
        let client = Client::new(config.clone(), hyper.clone()).clone();
        client.verification_sessions().retrieve("vs_1").await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert!(server.connections() < 4, "{} connections", server.connections());

    let before = server.connections();
    let ureq = stripe_identity_ureq::UreqTransport::new().unwrap();
    let calls = move || {
        for _ in 0..6 {
            let client = stripe_identity::BlockingClient::new(config.clone(), ureq.clone()).clone();
            client.verification_sessions().retrieve("vs_1").send().unwrap();
        }
    };
    tokio::task::spawn_blocking(calls).await.unwrap();
    assert_eq!(server.connections() - before, 1);
}

/// tokio's clock is paused, so time passes only in waits.
#[tokio::test(start_paused = true)]
async fn deadline_over_tower_follows_the_clock_of_tokio() {
    let service = tower::service_fn(|_: Request<RequestBody>| async {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Ok::<_, std::convert::Infallible>(stripe_identity::http::Response::new(String::new()))
    });
    let client = Client::new(config(), TowerTransport::new(service));
    let (seconds, start) = (Duration::from_secs, tokio::time::Instant::now());
    let call = client.verification_sessions().retrieve("vs_1").max_retries(9);
    let error = call.attempt_timeout(seconds(40)).deadline(seconds(100)).await.unwrap_err();
    assert_eq!((error.transport().unwrap().kind(), error.attempts()), (Kind::Timeout, 3));
    assert_eq!(start.elapsed().as_secs(), 100);
}
