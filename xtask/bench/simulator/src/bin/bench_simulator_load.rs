//! Sends requests to a server over concurrent connections: `PORT CONNECTIONS REQUESTS retrieve|create PATH`. Prints the
//! number of responses a second, and the length of a body.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use stripe_identity_bench_simulator::Failure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [port, connections, requests, method, path] = &arguments[..] else {
        return Err("usage: PORT CONNECTIONS REQUESTS retrieve|create PATH".into());
    };
    let (port, connections, requests) = (port.parse::<u16>()?, connections.parse::<u64>()?, requests.parse::<u64>()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (left, started) = (Arc::new(AtomicU64::new(requests)), Instant::now());
        let mut tasks = Vec::new();
        for _ in 0..connections {
            let (left, is_create, path) = (left.clone(), method == "create", path.clone());
            tasks.push(tokio::spawn(async move { exchange(port, &left, is_create, &path).await }));
        }
        let mut length = 0;
        for task in tasks {
            length = task.await??.max(length);
        }
        #[expect(clippy::cast_precision_loss, reason = "the number of requests is far below 2^52")]
        let rate = requests as f64 / started.elapsed().as_secs_f64();
        println!("{rate:.0} {length}");
        Ok(())
    })
}

/// Sends requests until none is left. Returns the length of a body.
async fn exchange(port: u16, left: &AtomicU64, is_create: bool, path: &str) -> io::Result<usize> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (mut buffer, mut length) = (vec![0; 64 * 1024], 0);
    let take = |left: u64| left.checked_sub(1);
    while let Ok(number) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
        stream.write_all(request(port, number, is_create, path).as_bytes()).await?;
        length = read_response(&mut stream, &mut buffer).await?;
    }
    Ok(length)
}

/// Returns a request in the form in which a client of this workspace sends it.
fn request(port: u16, number: u64, is_create: bool, path: &str) -> String {
    let common = format!(
        "host: 127.0.0.1:{port}\r\nauthorization: Bearer sk_test_bench\r\nstripe-version: 2026-10-28.endive\r\n\
         user-agent: stripe-identity-rust/0.1.0\r\naccept: application/json\r\n"
    );
    if !is_create {
        return format!("GET {path} HTTP/1.1\r\n{common}\r\n");
    }
    let body = "type=document";
    format!(
        "POST {path} HTTP/1.1\r\n{common}content-type: application/x-www-form-urlencoded\r\n\
         idempotency-key: {number:032x}{:08x}\r\ncontent-length: {}\r\n\r\n{body}",
        std::process::id(),
        body.len()
    )
}

/// Reads a response. Returns the length of its body.
async fn read_response(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        let head = std::str::from_utf8(&buffer[..filled]).unwrap_or_default();
        let Some(end) = head.find("\r\n\r\n") else { continue };
        if !head.starts_with("HTTP/1.1 200") {
            return Err(io::Error::other("the status of the response must be 200"));
        }
        let (_, length) = head[..end].split_once("content-length: ").unwrap_or_default();
        let length = length.lines().next().and_then(|length| length.parse::<usize>().ok()).unwrap_or_default();
        if filled >= end + 4 + length {
            return Ok(length);
        }
    }
}
