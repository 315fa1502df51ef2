use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _};
use stripe::{Client, ClientBuilder, RequestStrategy, StripeError, StripeRequest as _};
use stripe_misc::IdentityVerificationSession as Session;
use stripe_misc::identity_verification_session::{
    CreateIdentityVerificationSession as Create, CreateIdentityVerificationSessionType as Type,
    ListIdentityVerificationSession as List, ProvidedDetailsParam, RetrieveIdentityVerificationSession as Retrieve,
};
use stripe_webhook::Webhook;

use crate::{PAGES, PARSE, SILENCE, after, attempts, logged, redirected, requests, row, server, shows, webhooks};

fn builder(name: &str) -> ClientBuilder {
    ClientBuilder::new(format!("sk_test_{name}")).url(format!("{}/", server()))
}

fn client(name: &str) -> Client {
    builder(name).build().unwrap()
}

fn document() -> Create {
    Create::new().type_(Type::Document)
}

async fn create(name: &str, strategy: RequestStrategy) -> Result<Session, StripeError> {
    document().customize().request_strategy(strategy).send(&client(name)).await
}

pub async fn rows() {
    let lost = document().send(&client("lost")).await;
    row("lost responses", (lost.map(|it| it.id), attempts("lost")));
    let backoff = create("lost", RequestStrategy::ExponentialBackoff(3)).await;
    row("lost responses, ExponentialBackoff(3)", (backoff.map(|it| it.id), attempts("lost")));
    let cut = create("cutonce", RequestStrategy::ExponentialBackoff(3)).await;
    row("cut response once, ExponentialBackoff(3)", (cut.map(|it| it.id), attempts("cutonce")));
    let unavailable = create("unavailable", RequestStrategy::ExponentialBackoff(3)).await;
    row("503, ExponentialBackoff(3)", (unavailable.is_err(), attempts("unavailable")));

    for name in PAGES {
        let client = client(name);
        let found: Result<Vec<_>, _> = List::new().limit(2).paginate().stream(&client).take(101).try_collect().await;
        row(&format!("pages: {name}"), (found.map(|it| it.len()), "objects", requests(name).len(), "requests"));
    }

    let session = Retrieve::new("vs_1").send(&client("ok")).await.unwrap();
    row("output: Debug", shows(&format!("{session:?}")));
    row("output: Debug of the client", shows(&format!("{:?}", client("ok"))));
    logged();
    let mut details = ProvidedDetailsParam::new();
    details.email = Some("EMAIL".to_owned());
    row("output: Debug of the parameters", shows(&format!("{:?}", document().provided_details(details.clone()))));
    document().provided_details(details).send(&client("ok")).await.unwrap();
    row("output: tracing", logged());

    for name in PARSE {
        let parsed = Retrieve::new("vs_1").send(&client(name)).await;
        row(&format!("parse: {name}"), parsed.map(|session| session.status).map_err(|error| error.to_string()));
    }
    for (name, payload) in webhooks() {
        let header = Webhook::generate_test_header(&payload, "whsec_new", None);
        let event = Webhook::construct_event(&payload, &header, "whsec_new");
        row(&format!("webhook {name}"), event.map(|event| event.id));
    }

    let start = Instant::now();
    let timeout = Duration::from_secs(2);
    let dripped = document().customize().timeout(timeout).send(&client("drip")).await;
    row("a body of 10 s in drips, timeout 2 s", (dripped.map(|it| it.id), after(start)));
    let waited = tokio::time::timeout(SILENCE, document().send(&client("silent"))).await;
    row("silence, timeout by default", waited.map(|result| result.map(|it| it.id)));

    let result = document().send(&client("redirect")).await;
    row("redirect", (result.is_err(), redirected()));
    let live = ClientBuilder::new("sk_live_ok").url("http://host.invalid/").build().unwrap();
    row("live key over plain http to another host", document().send(&live).await.map(|it| it.id));
}
