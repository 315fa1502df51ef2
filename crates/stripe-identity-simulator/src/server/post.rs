//! Sends one webhook over HTTP/1.1.

use std::pin::pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::delivery::{AttemptResult, DeliveryFailure, LONGEST_SAMPLE};
use crate::receiver::{self, Receivers};

/// The settings for sending webhooks.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) receivers: Receivers,
    pub(super) tls: Option<Arc<ClientConfig>>,
}

impl Post {
    /// Sends a request. If `is_cut`, its body is shorter than its headers say.
    pub(super) async fn send(&self, mut request: Request<Bytes>, is_cut: bool) -> AttemptResult {
        let url = std::mem::take(request.uri_mut());
        let host = receiver::host(&url).to_owned();
        let stream = match self.connect(&url, &host).await {
            Ok(stream) => stream,
            Err(failure) => return failure.into(),
        };
        if let Some(host) = url.authority().and_then(|authority| HeaderValue::try_from(authority.as_str()).ok()) {
            request.headers_mut().insert(HOST, host);
        }
        // The path of a valid URL parses.
        *request.uri_mut() = url.path_and_query().map_or("/", |path| path.as_str()).parse().unwrap_or_default();
        if url.scheme_str() != Some("https") {
            return exchange(stream, request, is_cut).await;
        }
        let (Some(tls), Ok(name)) = (&self.tls, ServerName::try_from(host)) else { return DeliveryFailure::Tls.into() };
        match TlsConnector::from(tls.clone()).connect(name, stream).await {
            Ok(stream) => exchange(stream, request, is_cut).await,
            Err(_) => DeliveryFailure::Tls.into(),
        }
    }

    /// Connects to a host. Unless the host is named in the settings, its address must be a loopback address.
    async fn connect(&self, url: &Uri, host: &str) -> Result<TcpStream, DeliveryFailure> {
        let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 });
        let addresses = tokio::net::lookup_host((host, port)).await.map_err(|_| DeliveryFailure::Unreachable)?;
        let is_named = self.receivers.name(host);
        let mut failure = DeliveryFailure::HostNotAllowed;
        for address in addresses.filter(|address| is_named || receiver::is_loopback(address.ip())) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(_) => failure = DeliveryFailure::Unreachable,
            }
        }
        Err(failure)
    }
}

async fn exchange<S>(stream: S, request: Request<Bytes>, is_cut: bool) -> AttemptResult
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if is_cut {
        return cut(stream, &request).await.into();
    }
    let Ok((mut sender, connection)) = http1::handshake(TokioIo::new(stream)).await else {
        return DeliveryFailure::Closed.into();
    };
    let mut response = pin!(async move {
        let response = sender.send_request(request.map(Full::new)).await.ok()?;
        Some(sample(response).await)
    });
    // On the same task, so that the connection ends with the timeout.
    let response = tokio::select! {
        biased;
        response = &mut response => response,
        _ = connection => response.await,
    };
    response.map_or(DeliveryFailure::Closed.into(), AttemptResult::from)
}

/// Reads the part of a body that is kept. A body that breaks off counts, since the status has arrived.
async fn sample(response: Response<Incoming>) -> Response<BytesMut> {
    let (parts, mut body) = response.into_parts();
    let mut sample = BytesMut::new();
    while sample.len() < LONGEST_SAMPLE
        && let Some(Ok(frame)) = body.frame().await
    {
        sample.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
    }
    Response::from_parts(parts, sample)
}

/// Writes a request whose body is shorter than its headers say, and ends the connection.
async fn cut(mut stream: impl AsyncWrite + Unpin, request: &Request<Bytes>) -> DeliveryFailure {
    let mut head = BytesMut::from(format!("{} {} HTTP/1.1\r\n", request.method(), request.uri()).as_bytes());
    for (name, value) in request.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head.extend_from_slice(request.body());
    // An error changes nothing: the receiver got at most this part.
    let _ = stream.write_all(&head).await;
    let _ = stream.shutdown().await;
    DeliveryFailure::Cut
}
