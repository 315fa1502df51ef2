//! A server that records the bytes of each request and responds from a simulator.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::Request;
use stripe_identity_simulator::SimulatorTransport;

/// The bytes of a request: the request line, the headers with names in lower case and sorted, and the body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct WireServer {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Wire>>>,
}

impl WireServer {
    pub(crate) fn start(stripe: SimulatorTransport) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let for_thread = seen.clone();
        // The thread ends with the process, and each connection with its client or after 30 s of silence.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, stripe) = (for_thread.clone(), stripe.clone());
                thread::spawn(move || serve(stream, &seen, &stripe));
            }
        });
        Self { url, seen }
    }

    pub(crate) fn take(&self) -> Vec<Wire> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Wire>>, stripe: &SimulatorTransport) {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(wire) = read(&mut reader) {
        let mut words = wire.line.split(' ');
        let mut request = Request::builder().method(words.next().unwrap()).uri(words.next().unwrap());
        for (name, value) in &wire.headers {
            request = request.header(name, value);
        }
        let request = request.body(Bytes::from(wire.body.clone())).unwrap();
        seen.lock().unwrap().push(wire);

        let response = stripe.handle(request);
        let mut head = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", response.status(), response.body().len());
        for (name, value) in response.headers() {
            head.extend([name.as_str(), ": ", value.to_str().unwrap(), "\r\n"]);
        }
        let bytes = [head.as_bytes(), b"\r\n", response.body()].concat();
        if writer.write_all(&bytes).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Wire> {
    let mut text = String::new();
    reader.read_line(&mut text).ok().filter(|&length| length > 0)?;
    let line = text.trim_end().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut text = String::new();
        reader.read_line(&mut text).ok()?;
        let Some((name, value)) = text.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    headers.sort();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Wire { line, headers, body })
}
