//! Tests of the program as a process.

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use stripe_identity_core::types::Timestamp;
use stripe_identity_simulator::Server;
use stripe_identity_webhook::{Delivery, Verifier};

use crate::folder::Folder;
use crate::http::{SESSIONS, exchange};
use crate::server::life_of_a_session;

const LONG: Duration = Duration::from_secs(60);

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stripe-identity-simulator"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STRIPE_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Runs the program, which must succeed, and returns its standard output.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running simulator, which is killed when it is dropped.
struct Running {
    child: Child,
    /// The ready line.
    line: String,
    stdout: BufReader<ChildStdout>,
    stderr: Option<BufReader<ChildStderr>>,
}

impl Running {
    /// Starts a simulator on a free port.
    fn start(arguments: &[&str]) -> Self {
        Self::of(program().args(["--listen", "127.0.0.1:0"]).args(arguments))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = child.stderr.take().map(BufReader::new);
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let mut running = Self { child, line, stdout, stderr };
        let error = if running.line.is_empty() { running.rest_of_stderr() } else { String::new() };
        assert!(!running.line.is_empty(), "the program does not start: {error}");
        running
    }

    fn url(&self) -> String {
        self.line.strip_prefix("listening on ").unwrap().split_whitespace().next().unwrap().to_owned()
    }

    fn address(&self) -> SocketAddr {
        self.url().strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// Makes a request with the key `sk_test_123`.
    fn ask(&self, head: &str, body: &str) -> Value {
        let key = "Authorization: Bearer sk_test_123\r\n";
        let (status, body) = exchange(self.address(), "localhost", head, key, body);
        assert_eq!(status, 200, "{head}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn session(&self, id: &str) -> Value {
        self.ask(&format!("GET {SESSIONS}/{}", id.trim()), "")
    }

    /// Runs a client command against the simulator, which must succeed.
    fn client(&self, arguments: &[&str]) -> String {
        printed(&[arguments, &["--url", &self.url()]].concat())
    }

    /// Reads standard error up to a line that begins with `start`.
    fn wait_for_line(&mut self, start: &str) -> String {
        let lines = self.stderr.as_mut().unwrap().lines().map(Result::unwrap);
        lines.into_iter().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("there is no line {start}"))
    }

    fn rest_of_stderr(&mut self) -> String {
        let mut rest = String::new();
        self.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
        rest
    }

    fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits until the process ends by itself.
    fn end(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap().success());
}

fn wait(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + LONG;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < end, "the program does not end");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for a connection, for a minute at most.
fn accept(receiver: &TcpListener) -> TcpStream {
    receiver.set_nonblocking(true).unwrap();
    let end = Instant::now() + LONG;
    let stream = loop {
        match receiver.accept() {
            Ok((stream, _)) => break stream,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        assert!(Instant::now() < end, "no webhook arrives");
        thread::sleep(Duration::from_millis(5));
    };
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// Receives one webhook, checks its signature, and returns the type of its event.
fn receive(receiver: &TcpListener, secret: &str) -> String {
    let mut stream = accept(receiver);
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let header = |name: &str| headers.iter().find(|(it, _)| it == name).unwrap().1.clone();
    let mut body = vec![0; header("content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    let signature = header("stripe-signature");
    match Verifier::new(secret).unwrap().verify_delivery(&body, Some(signature.as_bytes())).unwrap() {
        Delivery::Event(event) => event.type_.to_string(),
        Delivery::ThinEvent(event) => event.type_.to_string(),
    }
}

fn receiver() -> (TcpListener, String) {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/webhook", receiver.local_addr().unwrap());
    (receiver, url)
}

#[test]
fn help_has_each_option_of_the_server_and_each_option_has_its_variable() {
    let help = printed(&["--help"]);
    let options = [
        "listen",
        "public-url",
        "webhook",
        "thin-webhook",
        "webhook-secret",
        "webhook-host",
        "webhook-root",
        "virtual-signatures",
        "state",
        "durability",
        "seed-file",
        "seed",
        "clock",
        "processing",
        "redacting",
        "sensitive-reads",
        "rate",
        "allow-host",
        "control-token",
        "ready-file",
        "log",
    ];
    let lines: Vec<_> = help.lines().map(str::trim).collect();
    let of_help = help.lines().filter_map(|line| line.strip_prefix("      --"));
    let of_help: Vec<_> = of_help.map(|line| line.split(' ').next().unwrap()).collect();
    for option in options {
        assert!(of_help.contains(&option), "{option}");
    }
    for option in &of_help {
        let variable = format!("[env: STRIPE_SIMULATOR_{}]", option.to_uppercase().replace('-', "_"));
        assert!(lines.contains(&variable.as_str()), "{variable}");
    }
    assert_eq!(of_help.len(), options.len(), "an option is not tested: {of_help:?}");
    assert!(help.contains("new Stripe(") && help.contains("StripeClient(") && help.contains("curl -u sk_test_123:"));
    assert!(lines.contains(&"curl http://127.0.0.1:12111/_simulator") && help.contains("/_simulator/verify"), "{help}");
    for command in ["serve", "exec", "trigger", "submit", "advance", "reset", "export", "import"] {
        assert!(lines.iter().any(|line| line.starts_with(&format!("{command} "))), "{command}");
        assert!(printed(&[command, "--help"]).contains("Usage:"), "{command}");
    }
    let short = printed(&["-h"]);
    assert!(short.lines().count() < help.lines().count() / 2 && short.contains("--help"));
    assert!(printed(&["--version"]).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_shows_no_value_of_a_variable() {
    for arguments in [&["--help"][..], &["-h"], &["exec", "--help"], &["submit", "--help"], &["trigger", "--help"]] {
        let mut command = program();
        for name in ["CONTROL_TOKEN", "WEBHOOK_SECRET", "LISTEN"] {
            command.env(format!("STRIPE_SIMULATOR_{name}"), "127.0.0.1:7717");
        }
        command.env("STRIPE_SIMULATOR_URL", "http://127.0.0.1:7717").env("STRIPE_SECRET_KEY", "sk_test_7717");
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("7717"), "{arguments:?}");
    }
}

#[test]
fn options_take_precedence_over_variables() {
    let settings = [("processing", "30s"), ("redacting", "by_request"), ("sensitive-reads", "none"), ("rate", "25")];
    let mut by_variable = program();
    let mut by_option = program();
    by_option.env("STRIPE_SIMULATOR_PROCESSING", "retrieves:7").env("STRIPE_SIMULATOR_RATE", "7");
    for (name, value) in settings {
        by_variable.env(format!("STRIPE_SIMULATOR_{}", name.to_uppercase().replace('-', "_")), value);
        by_option.args([&format!("--{name}"), value]);
    }
    by_variable.env("STRIPE_SIMULATOR_LISTEN", "127.0.0.1:0");
    by_option.args(["--listen", "127.0.0.1:0"]);
    for mut command in [by_variable, by_option] {
        let running = Running::of(&mut command);
        let shown = running.ask("GET /_simulator/settings", "");
        for (name, value) in settings {
            let name = if name == "rate" { "rate_limit".to_owned() } else { name.replace('-', "_") };
            assert_eq!(shown[&name], value, "{name}");
        }
    }
}

#[test]
fn clock_seed_and_public_url_come_from_variables() {
    let start = || {
        let mut command = program();
        command
            .arg("serve")
            .env("STRIPE_SIMULATOR_LISTEN", "127.0.0.1:0")
            .env("STRIPE_SIMULATOR_CLOCK", "frozen:2030-01-01T00:00:00Z")
            .env("STRIPE_SIMULATOR_PUBLIC_URL", "https://id.example.test")
            .env("STRIPE_SIMULATOR_SEED", "7");
        let running = Running::of(&mut command);
        running.ask(&format!("POST {SESSIONS}"), "type=document")
    };
    let session = start();
    assert_eq!(session["created"].as_i64(), Some(1_893_456_000));
    assert!(session["url"].as_str().unwrap().starts_with("https://id.example.test/start/"));
    assert_eq!(session["id"], start()["id"]);
}

#[test]
fn hosts_and_the_control_token_come_from_variables() {
    let mut command = program();
    command
        .env("STRIPE_SIMULATOR_LISTEN", "0.0.0.0:0")
        .env("STRIPE_SIMULATOR_ALLOW_HOST", "simulator,other")
        .env("STRIPE_SIMULATOR_CONTROL_TOKEN", "made-up");
    let running = Running::of(&mut command);
    // The URL must work for a client.
    assert!(running.url().starts_with("http://127.0.0.1:"), "{}", running.line);
    let clock = |host: &str, token: &str| {
        let headers = format!("Authorization: Bearer sk_test_123\r\nSimulator-Token: {token}\r\n");
        exchange(running.address(), host, "GET /_simulator/clock", &headers, "").0
    };
    assert_eq!((clock("simulator", "made-up"), clock("other:1", "made-up")), (200, 200));
    assert_eq!((clock("third", "made-up"), clock("simulator", "x")), (403, 403));
    let url = running.url();
    let without = run(&["advance", "1s", "--url", &url]);
    assert_eq!(without.status.code(), Some(1));
    let error = stderr(&without);
    assert!(
        error.contains("--control-token") && error.contains("requires the token") && !error.contains(".:"),
        "{error}"
    );
    let wrong = stderr(&run(&["advance", "1s", "--url", &url, "--control-token", "x"]));
    assert!(wrong.contains("--control-token") && wrong.contains("another token"), "{wrong}");
    printed(&["advance", "1s", "--url", &url, "--control-token", "made-up"]);
}

#[test]
fn control_token_is_generated_and_printed_if_other_machines_can_reach_the_server() {
    // The last of two options counts.
    let running = Running::start(&["--listen", "0.0.0.0:0"]);
    let (_, token) = running.line.trim_end().split_once(" with the control token ").unwrap();
    assert_eq!(token.len(), 32);
    let clock = |token: &str| {
        let headers = format!("Authorization: Bearer sk_test_123\r\nSimulator-Token: {token}\r\n");
        exchange(running.address(), "localhost", "GET /_simulator/clock", &headers, "").0
    };
    assert_eq!((clock(token), clock("x")), (200, 403));
}

#[test]
fn server_of_the_ready_line_serves_sessions_at_the_real_time() {
    let running = Running::start(&[]);
    assert_eq!(running.line, format!("listening on http://{}\n", running.address()));
    let clock = running.ask("GET /_simulator/clock", "");
    assert_eq!(clock["clock"], "real");
    let now: Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
    assert!((now.as_secs() - Timestamp::now().as_secs()).abs() < 3600);
    life_of_a_session(running.address());
}

#[test]
fn signatures_have_the_time_of_the_world_on_demand() {
    for (value, is_virtual) in [("true", true), ("false", false)] {
        let (receiver, url) = receiver();
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0", "--clock", "frozen:2030-01-01T00:00:00Z", "--webhook", &url])
            .env("STRIPE_SIMULATOR_VIRTUAL_SIGNATURES", value);
        let running = Running::of(&mut command);
        running.client(&["trigger", "created"]);
        let mut lines = BufReader::new(accept(&receiver)).lines().map(Result::unwrap);
        let head = lines.find(|line| line.to_ascii_lowercase().starts_with("stripe-signature: ")).unwrap();
        assert_eq!(head.contains("t=1893456000,"), is_virtual, "{value}: {head}");
    }
}

/// Retrieves a session with the key of another world.
fn ask_elsewhere(running: &Running, session: &Value) -> u16 {
    let head = format!("GET {SESSIONS}/{}", session["id"].as_str().unwrap());
    exchange(running.address(), "x", &head, "Authorization: Bearer sk_test_other_made_up\r\n", "").0
}

#[test]
fn request_for_object_of_another_world_is_noted() {
    let mut running = Running::start(&[]);
    let session = running.ask(&format!("POST {SESSIONS}"), "type=document");
    assert_eq!(ask_elsewhere(&running, &session), 404);
    let line = running.wait_for_line("note: ");
    assert!(line.contains("\"other\"") && line.contains("\"123\""), "{line}");
    assert!(!line.contains("made_up"));
}

#[test]
fn log_has_a_line_for_each_request_and_no_text_of_a_client() {
    for (value, format) in [("text", Some("text")), ("json", Some("json")), ("off", Some("off")), ("text", None)] {
        let mut command = program();
        command.args(["--listen", "127.0.0.1:0"]);
        match format {
            Some(_) => command.env("STRIPE_SIMULATOR_LOG", value),
            None => &mut command,
        };
        let mut running = Running::of(&mut command);
        let session = running.ask(&format!("POST {SESSIONS}"), "type=document&metadata[secret_name]=secret_value");
        // It causes the last line, a note.
        assert_eq!(ask_elsewhere(&running, &session), 404);
        running.signal("TERM");
        running.end();
        let log = running.rest_of_stderr();
        let expected = if value == "off" { 0 } else { 3 };
        assert_eq!(log.lines().count(), expected, "{log}");
        for hidden in ["secret_value", "secret_name", "sk_test_", "made_up"] {
            assert!(!log.contains(hidden), "{log}");
        }
        if value == "json" {
            let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(lines.iter().any(|line| line["note"].is_string()), "{log}");
            let paths = lines.iter().filter_map(|line| line["path"].as_str());
            assert!(paths.into_iter().any(|path| path == SESSIONS), "{log}");
        } else if value == "text" {
            assert!(log.contains(SESSIONS) && log.lines().any(|line| line.starts_with("note: ")), "{log}");
        }
    }
}

#[test]
fn unread_log_does_not_block_requests() {
    let running = Running::start(&[]);
    let session = running.ask(&format!("POST {SESSIONS}"), "type=document");
    // More than a pipe holds.
    for _ in 0..2000 {
        assert_eq!(ask_elsewhere(&running, &session), 404);
    }
}

#[test]
fn webhooks_of_the_command_line_get_every_signed_event() {
    let ((snapshots, url), (thin, thin_url)) = (receiver(), receiver());
    let mut command = program();
    command
        .args(["--listen", "127.0.0.1:0", "--webhook", &url])
        .env("STRIPE_SIMULATOR_THIN_WEBHOOK", &thin_url)
        .env("STRIPE_SIMULATOR_WEBHOOK_SECRET", "whsec_made_up");
    let running = Running::of(&mut command);
    running.client(&["trigger", "redacted"]);
    let types = |receiver: &TcpListener| {
        let mut types: Vec<_> = (0..4).map(|_| receive(receiver, "whsec_made_up")).collect();
        types.sort();
        types
    };
    let expected = ["created", "processing", "redacted", "verified"];
    assert_eq!(types(&snapshots), expected.map(|it| format!("identity.verification_session.{it}")));
    assert_eq!(types(&thin), expected.map(|it| format!("v1.identity.verification_session.{it}")));
}

#[test]
fn generated_webhook_secret_is_printed_and_verifies() {
    let (receiver, url) = receiver();
    let mut command = program();
    command.args(["--listen", "127.0.0.1:0"]).env("STRIPE_SIMULATOR_WEBHOOK", format!("{url},{url}/2"));
    let mut running = Running::of(&mut command);
    let line = running.wait_for_line("note: webhooks are signed with ");
    running.client(&["trigger", "created"]);
    let secret = line.split(' ').next_back().unwrap();
    assert!(secret.starts_with("whsec_"));
    for _ in 0..2 {
        assert_eq!(receive(&receiver, secret), "identity.verification_session.created");
    }
}

#[test]
fn ready_file_is_private_and_removed_at_the_end() {
    let folder = Folder::new();
    let file = folder.path().join("ready.json");
    // The file of a simulator that was killed is replaced.
    fs::write(&file, "{}").unwrap();
    let mut command = program();
    command
        .args(["--listen", "127.0.0.1:0", "--control-token", "made-up", "--webhook", "http://127.0.0.1:1/"])
        .env("STRIPE_SIMULATOR_READY_FILE", &file);
    let mut running = Running::of(&mut command);
    let ready: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(ready["url"], running.url());
    assert_eq!(ready["pid"], running.child.id());
    assert_eq!(ready["control_token"], "made-up");
    assert!(ready["webhook_secret"].as_str().unwrap().starts_with("whsec_"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    running.signal("TERM");
    assert!(running.end().success());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn unwritable_ready_file_is_an_error() {
    let output = run(&["--listen", "127.0.0.1:0", "--ready-file", "/nonexistent/folder/ready.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot write the ready file /nonexistent/folder/ready.json"));
    assert!(output.stdout.is_empty());
}

#[test]
fn signal_ends_program_with_success_despite_a_hanging_delivery() {
    for name in ["TERM", "INT"] {
        let (receiver, url) = receiver();
        let mut running = Running::start(&["--webhook", &url]);
        running.client(&["trigger", "created"]);
        let _hangs = accept(&receiver);
        let start = Instant::now();
        running.signal(name);
        assert!(running.end().success(), "{name}");
        assert!(start.elapsed() < Duration::from_secs(10), "{name}");
        let mut rest = String::new();
        running.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "standard output has one line");
    }
}

#[test]
fn second_signal_ends_program_at_once() {
    let mut running = Running::start(&[]);
    running.ask("POST /_simulator/faults", "latency=600s");
    let mut stream = TcpStream::connect(running.address()).unwrap();
    write!(stream, "GET {SESSIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_123\r\n\r\n").unwrap();
    let end = Instant::now() + LONG;
    while running.ask("GET /_simulator/faults", "")["data"][0]["applied"] == 0 {
        assert!(Instant::now() < end);
    }
    let idle = TcpStream::connect(running.address()).unwrap();
    idle.set_read_timeout(Some(LONG)).unwrap();
    running.signal("TERM");
    // The server is stopping now, and waits for the request.
    assert_eq!((&idle).read(&mut [0]).unwrap_or(0), 0);
    running.signal("INT");
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn port_in_use_error_names_the_process() {
    let running = Running::start(&[]);
    let address = running.address().to_string();
    let output = run(&["--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    let pid = running.child.id();
    assert!(error.contains(&format!("cannot listen on {address}: the port is in use by another simulator")), "{error}");
    assert!(error.contains(&pid.to_string()) && error.contains("--listen 127.0.0.1:0"), "{error}");
    assert!(error.contains("--url"), "{error}");

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = run(&["--listen", &other.local_addr().unwrap().to_string()]);
    let error = stderr(&output);
    assert!(error.contains("the port is in use") && error.contains("--listen 127.0.0.1:0"), "{error}");
    if cfg!(target_os = "linux") {
        assert!(error.contains(&format!("with the process id {}", std::process::id())), "{error}");
    }
}

#[test]
fn wrong_command_line_ends_with_2_and_says_what_is_right() {
    for (arguments, expected) in [
        (&["--bogus"][..], "--bogus"),
        (&["--seed", "x"], "such as 7"),
        (&["--seed", "-1"], "such as 7"),
        (&["--webhook-host", "http://app"], "a host without scheme"),
        (&["--allow-host", "http://a"], "a host without scheme"),
        (&["--allow-host", "a:80"], "a host without scheme"),
        (&["trigger", "verified", "--code", "document_expired"], "requires-input"),
        (&["--state", "/nonexistent/folder/state.db"], "there is no folder /nonexistent/folder"),
        (&["--state", "/"], "it is a folder"),
        (&["import", "/nonexistent"], "cannot read /nonexistent"),
        (&["--seed-file", "/nonexistent"], "the seed file /nonexistent"),
        (&["--state", "x", "--webhook", "http://127.0.0.1/"], "--webhook-secret"),
        (&["--durability", "full"], "--state"),
        (&["--state", "x", "--durability", "some"], "full"),
        (&["--clock", "yesterday"], "`real`, `frozen`"),
        (&["--public-url", "id.example.test"], "http://HOST"),
        (&["--listen", "nowhere"], "127.0.0.1:0"),
        (&["--listen", "::1"], "127.0.0.1:0"),
        (&["--processing", "soon"], "at_once"),
        (&["--redacting", "soon"], "by_request"),
        (&["--sensitive-reads", "some"], "recent"),
        (&["--rate", "0"], "such as `25`"),
        (&["--log", "xml"], "json"),
        (&["--webhook", "localhost:4242"], "http://127.0.0.1:4242/webhook"),
        (&["--thin-webhook", "ftp://x/"], "http://127.0.0.1:4242/webhook"),
        (&["--webhook-secret", " "], "whsec_made_up"),
        (&["--webhook-root", "/nonexistent"], "--webhook-root"),
        (&["--control-token", ""], "--control-token"),
        (&["exec"], "COMMAND"),
        (&["trigger", "happiness"], "requires-input"),
        (&["trigger", "created", "--thin"], "--webhook"),
        (&["advance"], "--until-idle"),
        (&["advance", "3"], "30s, 5m, 24h or 4d"),
        (&["advance", "3s", "--next"], "--next"),
        (&["submit", "vs_1", "verified", "dob"], "NAME=VALUE"),
        (&["submit", "vs_1", "--url", "https://api.stripe.com"], "http://HOST:PORT"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    for (arguments, variable, value, expected) in [
        (&[][..], "STRIPE_SIMULATOR_RATE", "fast", "such as `25`"),
        (&[], "STRIPE_SIMULATOR_SEED", "", "such as 7"),
        (&[], "STRIPE_SIMULATOR_VIRTUAL_SIGNATURES", "maybe", "true or false"),
        (&[], "STRIPE_SIMULATOR_DURABILITY", "full", "--state FILE"),
        (&["export"], "STRIPE_SIMULATOR_URL", "nowhere", "http://HOST:PORT"),
    ] {
        let output = program().args(arguments).env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{variable}");
        let error = stderr(&output);
        assert!(error.contains(&format!("the variable {variable}")) && error.contains(expected), "{error}");
    }
}

#[test]
fn client_refuses_a_live_key_without_showing_it() {
    for arguments in [&["advance", "1s"][..], &["trigger", "created"], &["reset"]] {
        let output = program().args(arguments).env("STRIPE_SECRET_KEY", "sk_live_7717").output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("STRIPE_SECRET_KEY") && !stderr(&output).contains("7717"));
    }
}

#[test]
fn client_without_a_simulator_says_how_to_start_one() {
    // A port that is bound and closed refuses connections.
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    drop(socket);
    for arguments in [&["submit", "vs_1"][..], &["advance", "--next"], &["trigger", "created"], &["export"]] {
        let output = run(&[arguments, &["--url", &url]].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let error = stderr(&output);
        assert!(error.contains(&format!("no simulator listens on {url}")), "{error}");
        assert!(error.contains("start one with `stripe-identity-simulator`"), "{error}");
    }
}

#[test]
fn trigger_makes_each_event_happen() {
    let running = Running::start(&["--processing", "30s", "--clock", "frozen"]);
    for (event, status) in [
        ("created", "requires_input"),
        ("processing", "processing"),
        ("verified", "verified"),
        ("requires-input", "requires_input"),
        ("canceled", "canceled"),
        ("redacted", "verified"),
    ] {
        let id = running.client(&["trigger", event]);
        assert_eq!(running.session(&id)["status"], status, "{event}");
        let events =
            running.ask(&format!("GET /v1/events?type=identity.verification_session.{}", event.replace('-', "_")), "");
        let of_session = events["data"].as_array().unwrap().iter();
        let of_session = of_session.filter(|event| event["data"]["object"]["id"] == id.trim());
        assert_eq!(of_session.count(), 1, "{event}");
    }
    let id = running.client(&["trigger", "requires-input", "--code", "selfie_face_mismatch"]);
    assert_eq!(running.session(&id)["last_error"]["code"], "selfie_face_mismatch");
    let output = run(&["trigger", "requires-input", "--code", "bad_mood", "--url", &running.url()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("selfie_face_mismatch"), "{}", stderr(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn unprintable_line_is_an_error() {
    let running = Running::start(&[]);
    let id = running.client(&["trigger", "created"]);
    for arguments in [&["trigger", "created"][..], &["submit", id.trim()], &["advance", "1s"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program().args(arguments).args(["--url", &running.url()]).stdout(full).output().unwrap();
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("cannot print") && error.contains("keep standard output open"), "{error}");
    }
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let webhook = ["trigger", "created", "--webhook", "http://127.0.0.1:9", "--url", &running.url()];
    assert_eq!(program().args(webhook).stderr(full()).status().unwrap().code(), Some(1));
    assert_eq!(
        program().args(["advance", "1s", "--key", "sk_live_x"]).stderr(full()).status().unwrap().code(),
        Some(2)
    );
}

#[test]
fn trigger_adds_the_endpoint_of_its_option() {
    let running = Running::start(&[]);
    for (thin, prefix) in [(&["--thin"][..], "v1."), (&[], "")] {
        let (receiver, url) = receiver();
        let key = ["--key", "sk_test_of_trigger", "--webhook-secret", "whsec_made_up"];
        let simulator = running.url();
        let arguments = [&["trigger", "redacted", "--webhook", &url, "--url", &simulator], thin, &key].concat();
        let trigger = program().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let types: Vec<_> = (0..4).map(|_| receive(&receiver, "whsec_made_up")).collect();
        let output = trigger.wait_with_output().unwrap();
        assert!(output.status.success() && stderr(&output).contains("delivered 4 events"), "{}", stderr(&output));
        assert!(output.stdout.starts_with(b"vs_"));
        assert!(types.contains(&format!("{prefix}identity.verification_session.redacted")), "{types:?}");
    }
    // The endpoint is only in the world of the key.
    assert_eq!(running.ask("GET /_simulator/webhook_endpoints", "")["data"].as_array().unwrap().len(), 0);
}

#[test]
fn trigger_fails_if_the_receiver_does() {
    let mut running = Running::start(&[]);
    // A port that is bound and closed refuses connections.
    let (receiver, url) = receiver();
    drop(receiver);
    let secret = format!("{url}?token=hidden");
    let output =
        run(&["trigger", "identity.verification_session.created", "--webhook", &secret, "--url", &running.url()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.starts_with(b"vs_"));
    let error = stderr(&output);
    assert!(error.contains("identity.verification_session.created: unreachable, next try at "), "{error}");
    // The log of the simulator says so, too.
    let line = running.wait_for_line("note: webhook ");
    assert!(line.contains(&format!("identity.verification_session.created was not delivered to {url}: ")), "{line}");
    assert!(
        line.contains("no connection could be established; the next attempt is at ") && !line.contains("hidden"),
        "{line}"
    );
}

#[test]
fn trigger_takes_full_types_of_events() {
    let running = Running::start(&[]);
    for event in ["requires_input", "identity.verification_session.requires_input"] {
        let id = running.client(&["trigger", event]);
        assert_eq!(running.session(&id)["last_error"]["code"], "document_expired", "{event}");
    }
}

#[test]
fn submit_takes_details_as_in_metadata_and_prints_the_status() {
    let running = Running::start(&["--clock", "frozen:2030-01-01T00:00:00Z"]);
    let create = || {
        let session = running.ask(&format!("POST {SESSIONS}"), "type=document");
        session["id"].as_str().unwrap().to_owned()
    };
    let id = create();
    let failed = running.client(&["submit", &id, "document_expired"]);
    assert_eq!(failed, format!("{id}: requires_input: document_expired\n"));
    let verified = running.client(&["submit", &id, "verified", "dob=2012-05-01", "document.type=passport"]);
    assert_eq!(verified, format!("{id}: verified\n"));
    let head = format!("GET {SESSIONS}/{id}?expand[]=verified_outputs.dob");
    let (_, session) = exchange(running.address(), "x", &head, "Authorization: Bearer rk_test_123\r\n", "");
    assert!(session.contains("2012"), "{session}");

    let later = create();
    let printed = running.client(&["submit", &later, "verified", "after=30s"]);
    assert_eq!(printed, format!("{later}: will submit at 2030-01-01T00:00:30Z\n"));
}

#[test]
fn client_of_another_server_fails_and_writes_nothing() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", receiver.local_addr().unwrap());
    let folder = Folder::new();
    let file = folder.path().join("export.jsonl");
    fs::write(&file, "before").unwrap();
    let path = file.to_str().unwrap();
    for arguments in [&["export", path][..], &["import", path], &["reset"], &["export"]] {
        let mut client = program();
        client.args([arguments, &["--url", &url]].concat()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let client = client.spawn().unwrap();
        let mut stream = accept(&receiver);
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.is_empty()));
        let body = "<html>hello</html>";
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let output = client.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("is no simulator") && output.stdout.is_empty(), "{}", stderr(&output));
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn options_that_a_state_file_overrides_are_noted() {
    let folder = Folder::new();
    let (state, seed) = (folder.file(), folder.path().join("seed.jsonl"));
    let start = || {
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0", "--log", "off", "--seed", "7", "--clock", "frozen", "--state"])
            .arg(&state);
        command.arg("--seed-file").arg(&seed);
        command
    };
    fs::write(&seed, "{\"format\":\"stripe-identity-simulator\",\"version\":1}\n").unwrap();
    for is_first in [true, false] {
        let mut running = Running::of(&mut start());
        running.ask(&format!("POST {SESSIONS}"), "type=document");
        running.signal("TERM");
        assert!(running.end().success());
        let notes = running.rest_of_stderr();
        for part in ["--clock is not used", "--seed is not used", "the initial lines are not used"] {
            assert_eq!(notes.contains(part), !is_first, "{part}: {notes}");
        }
    }
}

#[test]
fn start_notes_reachable_address_and_unused_secret() {
    let mut running = Running::start(&["--listen", "0.0.0.0:0", "--webhook-secret", "whsec_made_up", "--log", "off"]);
    running.signal("TERM");
    assert!(running.end().success());
    let notes = running.rest_of_stderr();
    assert!(notes.contains("other machines can reach") && notes.contains("the webhook secret is not used"), "{notes}");
    assert!(!notes.contains("whsec_made_up"), "{notes}");
}

#[test]
fn submit_takes_an_outcome_and_details() {
    let running = Running::start(&[]);
    let create = || {
        let session = running.ask(&format!("POST {SESSIONS}"), "type=document");
        session["id"].as_str().unwrap().to_owned()
    };
    let verified = create();
    running.client(&["submit", &verified]);
    assert_eq!(running.session(&verified)["status"], "verified");

    let failed = create();
    running.client(&["submit", &failed, "document_expired"]);
    assert_eq!(running.session(&failed)["last_error"]["code"], "document_expired");
    running.client(&["submit", &failed, "verified", "person[dob]=2012-05-01", "after=0s"]);
    let key = "Authorization: Bearer rk_test_123\r\n";
    let head = format!("GET {SESSIONS}/{failed}?expand[]=verified_outputs.dob");
    let (_, session) = exchange(running.address(), "x", &head, key, "");
    assert!(session.contains("2012"), "{session}");

    let output = run(&["submit", &failed, "--url", &running.url()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("has the status verified"), "{}", stderr(&output));
}

#[test]
fn advance_moves_the_clock_of_a_world() {
    let running = Running::start(&["--clock", "frozen:2030-01-01T00:00:00Z", "--processing", "30s"]);
    assert_eq!(running.client(&["advance", "4d"]), "2030-01-05T00:00:00Z\n");
    let session = running.ask(&format!("POST {SESSIONS}"), "type=document");
    running.client(&["submit", session["id"].as_str().unwrap()]);
    assert_eq!(running.client(&["advance", "--next"]), "2030-01-05T00:00:30Z\n");
    assert_eq!(running.session(session["id"].as_str().unwrap())["status"], "verified");
    assert_eq!(running.client(&["advance", "--until-idle"]), "2030-01-05T00:00:30Z\n");
    assert_eq!(running.client(&["advance", "1m", "--key", "sk_test_other"]), "2030-01-01T00:01:00Z\n");
}

#[test]
fn exec_sets_the_variables_of_its_command() {
    let script = "test \"$STRIPE_API_BASE\" = \"$STRIPE_API_PROTOCOL://$STRIPE_API_HOST:$STRIPE_API_PORT\" &&
        test \"$STRIPE_API_BASE\" = \"$STRIPE_SIMULATOR_URL\" &&
        echo $STRIPE_SECRET_KEY $STRIPE_RESTRICTED_KEY $STRIPE_PUBLISHABLE_KEY $STRIPE_WEBHOOK_SECRET &&
        \"$0\" trigger verified && \"$0\" advance 1s";
    let simulator = env!("CARGO_BIN_EXE_stripe-identity-simulator");
    let output = program()
        .args(["exec", "--control-token", "made-up", "--webhook-secret", "whsec_made_up", "--", "sh", "-c", script])
        .arg(simulator)
        .env("STRIPE_SECRET_KEY", "sk_live_7717")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(lines[0], "sk_test_123 rk_test_123 pk_test_123 whsec_made_up");
    assert!(lines[1].starts_with("vs_") && lines.len() == 3, "{stdout}");
}

#[cfg(unix)]
#[test]
fn exec_names_a_host_of_ipv6_without_brackets() {
    if TcpListener::bind("[::1]:0").is_err() {
        return eprintln!("this machine has no IPv6");
    }
    let output = run(&["exec", "--listen", "[::1]:0", "--", "sh", "-c", "echo $STRIPE_API_HOST $STRIPE_API_BASE"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.starts_with("::1 http://[::1]:"), "{stdout}");
}

#[test]
fn exec_passes_arguments_and_status_on() {
    let status = |command: &[&str]| run(&[&["exec", "--"], command].concat()).status.code();
    assert_eq!(status(&["true"]), Some(0));
    assert_eq!(status(&["sh", "-c", "exit 7"]), Some(7));
    assert_eq!(status(&["sh", "-c", "kill -9 $$"]), Some(137));
    assert_eq!(status(&["/"]), Some(126));
    let output = run(&["exec", "--", "no-such-program", "x"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(stderr(&output).contains("there is no command no-such-program"), "{}", stderr(&output));
    assert_eq!(printed(&["exec", "echo", "--listen", "-h", "--", "x"]), "--listen -h -- x\n");
}

#[test]
fn exec_passes_signals_on_and_ends_after_its_command() {
    for (name, code) in [("TERM", 15), ("INT", 2)] {
        // The loop ends by itself if no signal arrives.
        let script = "trap 'exit 15' TERM; trap 'exit 2' INT; echo listening on $STRIPE_API_BASE; \
                      for i in $(seq 600); do sleep 0.05; done";
        let mut running = Running::of(program().args(["exec", "--", "sh", "-c", script]));
        assert!(TcpStream::connect(running.address()).is_ok());
        running.signal(name);
        assert_eq!(running.end().code(), Some(code));
    }
}

#[test]
fn url_of_server_on_all_addresses_is_a_loopback_address() {
    let server = Server::start("0.0.0.0:0", stripe_identity_simulator::Simulator::new()).unwrap();
    let address: SocketAddr = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    assert!(address.ip().is_loopback() && TcpStream::connect(address).is_ok());
}

#[test]
fn state_file_keeps_changes_from_one_start_to_the_next() {
    let folder = Folder::new();
    let start = |durability: &str| {
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0"])
            .env("STRIPE_SIMULATOR_STATE", folder.file())
            .env("STRIPE_SIMULATOR_DURABILITY", durability);
        command
    };
    let first = Running::of(&mut start("normal"));
    let session = first.ask(&format!("POST {SESSIONS}"), "type=document");
    let id = session["id"].as_str().unwrap();

    let second = start("normal").output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let error = stderr(&second);
    assert!(error.contains("in use") && error.contains(&first.child.id().to_string()), "{error}");
    // Dropping kills the process.
    drop(first);
    let mut again = Running::of(&mut start("full"));
    assert_eq!(again.session(id)["id"], id);
    again.client(&["submit", id]);
    again.signal("TERM");
    assert!(again.end().success());
    assert_eq!(Running::of(&mut start("normal")).session(id)["status"], "verified");
}

#[test]
fn file_that_is_no_state_file_is_refused_and_not_changed() {
    let folder = Folder::new();
    let text = "this is no database, but a text of some length".repeat(100);
    fs::write(folder.file(), &text).unwrap();
    let output = run(&["--listen", "127.0.0.1:0", "--state", folder.file().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("state.db"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);
}

#[test]
fn export_works_as_import_and_as_seed_file() {
    let folder = Folder::new();
    let file = folder.path().join("export.jsonl");
    let path = file.to_str().unwrap();
    let first = Running::start(&[]);
    let id = first.client(&["trigger", "verified"]);
    let output = run(&["export", path, "--url", &first.url()]);
    assert!(stderr(&output).starts_with("wrote 1 world, ") && stderr(&output).contains(path), "{}", stderr(&output));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(first.client(&["export"]).lines().next(), fs::read_to_string(&file).unwrap().lines().next());

    // Import into a running simulator, and reset.
    let second = Running::start(&[]);
    let imported = second.client(&["import", path]);
    assert_eq!(imported.replace("imported", "wrote").replace(" from ", " to "), stderr(&output));
    assert_eq!(second.session(&id)["status"], "verified");
    second.client(&["trigger", "created", "--key", "sk_test_other"]);
    let events = |key: &str| {
        let key = format!("Authorization: Bearer {key}\r\n");
        let body = exchange(second.address(), "x", "GET /v1/events", &key, "").1;
        serde_json::from_str::<Value>(&body).unwrap()["data"].as_array().unwrap().len()
    };
    assert!(events("sk_test_123") > 0 && events("sk_test_other") > 0);
    assert!(second.client(&["reset"]).contains("the world of the key"));
    assert!(events("sk_test_123") == 0 && events("sk_test_other") > 0);
    second.client(&["reset", "--all"]);
    assert_eq!(events("sk_test_other"), 0);

    // Start from the file, and reset to it.
    let mut command = program();
    command.args(["--listen", "127.0.0.1:0"]).env("STRIPE_SIMULATOR_SEED_FILE", &file);
    let third = Running::of(&mut command);
    assert_eq!(third.session(&id)["status"], "verified");
    let redact = format!("POST {SESSIONS}/{}/redact", id.trim());
    assert_eq!(third.ask(&redact, "")["redaction"]["status"], "processing");
    third.client(&["reset"]);
    assert!(third.session(&id)["redaction"].is_null());
}

#[test]
fn bad_line_is_refused_with_its_number() {
    let folder = Folder::new();
    let file = folder.path().join("bad.jsonl");
    let path = file.to_str().unwrap();
    let running = Running::start(&[]);
    let mut lines = running.client(&["export"]);
    lines.push_str("{\"kind\":\n");
    let number = format!("line {}", lines.lines().count());
    fs::write(&file, lines).unwrap();
    let output = run(&["--listen", "127.0.0.1:0", "--seed-file", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(&number) && stderr(&output).contains(path), "{}", stderr(&output));
    let output = run(&["import", path, "--url", &running.url()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&number) && stderr(&output).contains(path), "{}", stderr(&output));
    let output = run(&["import", "/nonexistent", "--url", &running.url()]);
    assert!(stderr(&output).contains("cannot read /nonexistent"), "{}", stderr(&output));
}

#[test]
fn import_may_be_larger_than_other_requests() {
    let running = Running::start(&[]);
    let mut lines = running.client(&["export"]).into_bytes();
    let blank = " ".repeat(1 << 20) + "\n";
    lines.extend_from_slice(blank.repeat(20).as_bytes());
    let folder = Folder::new();
    let file = folder.path().join("large.jsonl");
    fs::write(&file, lines).unwrap();
    running.client(&["import", file.to_str().unwrap()]);
}
