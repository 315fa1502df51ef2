//! The parts that do not depend on async-stripe: worlds of the simulator, a receiver of webhooks, and the reports.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub const EVENTS: [&str; 6] = [
    "identity.verification_session.created",
    "identity.verification_session.processing",
    "identity.verification_session.requires_input",
    "identity.verification_session.verified",
    "identity.verification_session.canceled",
    "identity.verification_session.redacted",
];

/// A world of the simulator, with requests that do not go through the library.
#[derive(Clone)]
pub struct World {
    pub url: String,
    pub key: String,
    pub restricted: String,
}

impl World {
    fn new(number: usize) -> Self {
        let url = std::env::var("SIMULATOR").expect("SIMULATOR must be the address of the simulator");
        Self { url, key: format!("sk_test_operation{number}"), restricted: format!("rk_test_operation{number}") }
    }

    pub fn get(&self, path: &str) -> Value {
        let request = ureq::get(format!("{}{path}", self.url));
        let response = request.header("Authorization", format!("Bearer {}", self.key)).call();
        response.unwrap().body_mut().read_json().unwrap()
    }

    pub fn post(&self, path: &str, params: &[(&str, &str)]) -> Value {
        let request = ureq::post(format!("{}{path}", self.url));
        let response = request.header("Authorization", format!("Bearer {}", self.key));
        response.send_form(params.iter().copied()).unwrap().body_mut().read_json().unwrap()
    }

    /// Uploads a file. Returns its id.
    pub fn upload(&self, contents: &str) -> String {
        let part = "--cut\r\nContent-Disposition: form-data; name=";
        let file = "\"file\"; filename=\"a.txt\"";
        let body =
            format!("{part}\"purpose\"\r\n\r\ndispute_evidence\r\n{part}{file}\r\n\r\n{contents}\r\n--cut--\r\n");
        let request = ureq::post(format!("{}/v1/files", self.url));
        let request = request.header("Authorization", format!("Bearer {}", self.key));
        let response = request.header("Content-Type", "multipart/form-data; boundary=cut").send(body);
        text(&response.unwrap().body_mut().read_json::<Value>().unwrap()["id"])
    }

    pub fn submit(&self, session: &str, outcome: &str) {
        let path = format!("/_simulator/verification_sessions/{session}/submit");
        let person = ["first_name", "dob", "country"].map(|name| format!("person[{name}]"));
        let params = [&*person[0], &person[1], &person[2]].into_iter().zip(["Jenny", "1990-05-01", "US"]);
        let params = params.filter(|_| outcome == "verified").chain([("outcome", outcome)]);
        self.post(&path, &params.collect::<Vec<_>>());
    }

    pub fn fault(&self, params: &[(&str, &str)]) {
        self.post("/_simulator/faults", params);
    }

    pub fn faults_applied(&self) -> Vec<u64> {
        let faults = self.get("/_simulator/faults");
        faults["data"].as_array().unwrap().iter().map(|fault| fault["applied"].as_u64().unwrap()).collect()
    }

    /// Returns the ids of all sessions.
    pub fn sessions(&self) -> Vec<String> {
        let list = self.get("/v1/identity/verification_sessions?limit=100");
        list["data"].as_array().unwrap().iter().map(|session| text(&session["id"])).collect()
    }

    /// Returns once each webhook so far has been delivered.
    pub fn deliver(&self) {
        self.post("/_simulator/clock/run_until_idle", &[]);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns the status and the body of a link.
pub fn follow(url: &str) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let mut response = ureq::Agent::new_with_config(config).get(url).call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

/// A server that stores the webhooks that it receives, each as body and signature.
pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<(String, String)>>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&received);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                receive(connection.unwrap(), &keep);
            }
        });
        Self { url, received }
    }

    pub fn received(&self) -> Vec<(String, String)> {
        self.received.lock().unwrap().clone()
    }
}

fn receive(connection: TcpStream, received: &Mutex<Vec<(String, String)>>) {
    let mut reader = BufReader::new(&connection);
    let (mut length, mut signature) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim().split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value)) {
            Some((name, value)) if name == "content-length" => length = value.parse().unwrap(),
            Some((name, value)) if name == "stripe-signature" => signature = value.to_owned(),
            _ if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    received.lock().unwrap().push((String::from_utf8(body).unwrap(), signature));
    (&connection).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
}

type Attempt = Box<dyn FnOnce(World) -> Pin<Box<dyn Future<Output = ()> + Send>>>;

/// An operation: an attempt or, if the library does not support it, the reason, and an attempt that shows that.
pub struct Operation {
    name: &'static str,
    cannot: Option<&'static str>,
    attempt: Attempt,
}

fn operation<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    cannot: Option<&'static str>,
    attempt: impl FnOnce(World) -> F + 'static,
) -> Operation {
    Operation { name, cannot, attempt: Box::new(|world| Box::pin(attempt(world))) }
}

pub fn can<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    attempt: impl FnOnce(World) -> F + 'static,
) -> Operation {
    operation(name, None, attempt)
}

pub fn cannot(name: &'static str, reason: &'static str) -> Operation {
    operation(name, Some(reason), |_| async {})
}

pub fn cannot_as<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    reason: &'static str,
    proof: impl FnOnce(World) -> F + 'static,
) -> Operation {
    operation(name, Some(reason), proof)
}

/// Tries each operation in a world of its own, and reports the result.
pub async fn run(version: &str, operations: Vec<Operation>) {
    println!("{}", json!({ "version": version }));
    for (number, Operation { name, cannot, attempt }) in operations.into_iter().enumerate() {
        let (result, reason) = match tokio::spawn(attempt(World::new(number))).await {
            Ok(()) if cannot.is_some() => ("cannot", cannot),
            Ok(()) => ("yes", None),
            Err(_) => ("no", Some("the attempt panicked: its message is on standard error")),
        };
        println!("{}", json!({ "operation": name, "result": result, "reason": reason }));
    }
}
