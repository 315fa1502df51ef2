//! Creates a session with bare hyper.

use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Deserialize;

#[derive(Deserialize)]
struct Session {
    id: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_only().enable_http1().build();
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    let request = Request::post("https://api.stripe.com/v1/identity/verification_sessions")
        .header(AUTHORIZATION, format!("Bearer {}", std::env::var("STRIPE_SECRET_KEY")?))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from_static(b"type=document")))?;
    let response = client.request(request).await?;
    if !response.status().is_success() {
        return Err("the status of the response must be 200".into());
    }
    let session: Session = serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?;
    println!("{}", session.id);
    Ok(())
}
