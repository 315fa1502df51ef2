//! Requests to a running simulator.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::arguments::{At, Key};
use super::failure::Failure;
use super::url::Url;

const FORM: &str = "application/x-www-form-urlencoded";
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// A client of a simulator, with a connection for each request.
pub(super) struct Client<'a> {
    url: &'a Url,
    token: Option<&'a str>,
    key: Option<&'a str>,
}

impl<'a> Client<'a> {
    /// Creates a client without a key, for requests that concern all worlds or name their world by an id.
    pub(super) fn new(at: &'a At) -> Self {
        Self { url: &at.url, token: at.control_token.as_deref(), key: None }
    }

    pub(super) fn with_key(self, key: &'a Key) -> Result<Self, Failure> {
        let is_test = ["sk_test_", "rk_test_", "sk_org_test_"].iter().any(|prefix| key.key.starts_with(prefix));
        // A live key must not leave this process, and the error does not quote it.
        if is_test {
            Ok(Self { key: Some(&key.key), ..self })
        } else {
            Err(Failure::usage("--key, or the variable STRIPE_SECRET_KEY, is not a test key: expected sk_test_NAME"))
        }
    }

    pub(super) fn at(url: &'a Url) -> Self {
        Self { url, token: None, key: None }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(Method::GET, path, FORM, Bytes::new()).await
    }

    /// Posts lines of JSON.
    pub(super) async fn post_lines(&self, path: &str, lines: Bytes) -> Result<Value, Failure> {
        self.json(Method::POST, path, "application/jsonl", lines).await
    }

    /// Posts a form.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Value, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.json(Method::POST, path, FORM, body.into()).await
    }

    async fn json(&self, method: Method, path: &str, content_type: &str, body: Bytes) -> Result<Value, Failure> {
        let response = self.send(method, path, content_type, body).await?;
        let body = response.into_body().collect().await.map_err(|error| self.broken(&error))?.to_bytes();
        serde_json::from_slice(&body).map_err(|_| self.no_simulator())
    }

    /// Sends a request. A response with a status other than 2xx is an error.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, Failure> {
        let stream = self.connect().await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.broken(&error))?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, format!("{}:{}", self.url.host, self.url.port))
            .header(CONTENT_TYPE, content_type);
        if let Some(key) = self.key {
            request = request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{key}:"))));
        }
        if let Some(token) = self.token {
            request = request.header("Simulator-Token", token);
        }
        let request = request.body(Full::new(body)).map_err(|error| {
            Failure::usage(format!("cannot make a request: {error}: pass a control token of visible ASCII characters"))
        })?;
        let response = sender.send_request(request).await.map_err(|error| self.broken(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response).await) }
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        let host = self.url.host.trim_matches(['[', ']']);
        let connecting = tokio::time::timeout(LONGEST_CONNECT, TcpStream::connect((host, self.url.port)));
        let reason = match connecting.await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no connection within {} s", LONGEST_CONNECT.as_secs()),
        };
        Err(Failure::new(format!(
            "no simulator listens on {}: {reason}: start one with `stripe-identity-simulator`, or pass the URL of one: \
             --url http://HOST:PORT, or the variable STRIPE_SIMULATOR_URL",
            self.url
        )))
    }

    /// Describes an error of the API.
    async fn refused(&self, response: Response<Incoming>) -> Failure {
        let status = response.status();
        let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let Some(message) = body["error"]["message"].as_str() else { return self.no_simulator() };
        if status == StatusCode::FORBIDDEN && message.contains("Simulator-Token") {
            let message = message.trim_end_matches('.');
            return Failure::new(format!(
                "{message}: pass the token that the simulator has printed: --control-token TOKEN, or the variable \
                 STRIPE_SIMULATOR_CONTROL_TOKEN"
            ));
        }
        Failure::new(message)
    }

    fn broken(&self, error: &hyper::Error) -> Failure {
        Failure::new(format!(
            "the connection to {} broke: {error}: see the log of the simulator, and try again",
            self.url
        ))
    }

    pub(super) fn no_simulator(&self) -> Failure {
        Failure::new(format!(
            "the server on {} is no simulator: pass the URL of one: --url http://HOST:PORT, or the variable \
             STRIPE_SIMULATOR_URL",
            self.url
        ))
    }
}
