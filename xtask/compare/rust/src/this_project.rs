use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _};
use stripe_identity::types::Timestamp;
use stripe_identity::webhook::{Signer, Verifier};
use stripe_identity::{
    BlockingClient, Client, Config, ConfigBuilder, CreateVerificationSession, Error, HyperTransport,
    ListVerificationSessions, UreqTransport,
};

use crate::{PAGES, PARSE, SILENCE, after, attempts, logged, redirected, requests, row, server, shows, webhooks};

fn builder(name: &str) -> ConfigBuilder {
    Config::builder(format!("sk_test_{name}")).base_url(server())
}

fn client(builder: ConfigBuilder) -> Client {
    Client::new(builder.build().unwrap(), HyperTransport::new().unwrap())
}

fn document() -> CreateVerificationSession {
    CreateVerificationSession::document()
}

/// Returns the id of the session, or what an error says of the call.
async fn create(builder: ConfigBuilder) -> Result<String, String> {
    let result = client(builder).verification_sessions().create(document()).await;
    result.map(|session| session.id.to_string()).map_err(|error| facts(&error))
}

fn facts(error: &Error) -> String {
    let (attempts, was_sent, key) = (error.attempts(), error.was_sent(), error.idempotency_key());
    format!("{error}; kind {:?}, attempts {attempts}, was_sent {was_sent}, key {key:?}", error.kind())
}

pub async fn rows() {
    row("lost responses", (create(builder("lost")).await, attempts("lost")));
    row("lost response, retries off", (create(builder("lost").max_retries(0)).await, attempts("lost")));
    let blocking = tokio::task::spawn_blocking(|| {
        let client = BlockingClient::new(builder("lost").build().unwrap(), UreqTransport::new().unwrap());
        client.verification_sessions().create(document()).send().map(|it| it.into_inner().id).map_err(|it| facts(&it))
    });
    row("lost responses, blocking", (blocking.await.unwrap(), attempts("lost")));
    row("nothing listens", create(builder("lost").base_url("http://127.0.0.1:9")).await);
    row("cut response once", (create(builder("cutonce")).await, attempts("cutonce")));
    row("503", (create(builder("unavailable")).await, attempts("unavailable")));

    for name in PAGES {
        let list = client(builder(name)).verification_sessions().list(ListVerificationSessions::new().limit(2));
        let mut count = 0;
        let found: Result<(), _> = list.items().take(101).inspect_ok(|_| count += 1).map_ok(drop).try_collect().await;
        let found = found.map_err(|error| error.to_string());
        row(&format!("pages: {name}"), (found, count, "objects", requests(name).len(), "requests"));
    }

    let session = client(builder("ok")).verification_sessions().retrieve("vs_1").await.unwrap();
    row("output: Debug", shows(&format!("{session:?}")));
    row("output: Debug of the client", shows(&format!("{:?}", client(builder("ok")))));
    logged();
    let params = document().provided_email("EMAIL");
    row("output: Debug of the parameters", shows(&format!("{params:?}")));
    client(builder("ok")).verification_sessions().create(params).await.unwrap();
    row("output: tracing", logged());

    for name in PARSE {
        let parsed = client(builder(name)).verification_sessions().retrieve("vs_1").await;
        row(&format!("parse: {name}"), parsed.map(|session| session.into_inner().status).map_err(|it| it.to_string()));
    }
    let verifier = Verifier::new("whsec_old").unwrap().add_secret("whsec_new").unwrap();
    for (name, payload) in webhooks() {
        let header = Signer::new("whsec_new").unwrap().sign(&payload, Timestamp::now());
        let event = verifier.verify_event(payload.as_bytes(), Some(header.as_bytes()));
        let facts = event.map(|event| (event.id.to_string(), event.verification_session().is_some()));
        row(&format!("webhook {name}, with two secrets"), facts);
    }

    let start = Instant::now();
    let timeout = Duration::from_secs(2);
    let dripped = create(builder("drip").attempt_timeout(timeout).max_retries(0)).await;
    row("a body of 10 s in drips, timeout 2 s", (dripped, after(start)));
    let start = Instant::now();
    let waited = tokio::time::timeout(SILENCE, create(builder("silent").max_retries(0))).await;
    row("silence, timeout by default", (waited, after(start)));
    let start = Instant::now();
    let late = create(builder("silent").attempt_timeout(timeout).deadline(Duration::from_secs(3))).await;
    row("silence, timeout 2 s, deadline 3 s", (late, after(start)));

    row("redirect", (create(builder("redirect")).await, redirected()));
    let plain = |key: &str| Config::builder(key).base_url("http://host.invalid").build().map_err(|it| it.to_string());
    row("plain http to another host", (plain("sk_test_ok").err(), plain("sk_live_ok").err()));
    let live = create(Config::builder("sk_live_ok").base_url_without_tls("http://host.invalid")).await;
    row("live key over plain http to another host, asked for", live);

    requests("ok");
    create(builder("ok")).await.unwrap();
    row("telemetry", &requests("ok")[0]["headers"]);
}
