//! State files that cannot be used, and state files that cannot be written.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Method, Request, Response, StatusCode};
use stripe_identity_simulator::{Durability, Simulator, StateError, StateFile, WebhookEndpoint};

use crate::folder::Folder;

const SESSIONS: &str = "/v1/identity/verification_sessions";

fn open(path: &Path) -> Result<Simulator, StateError> {
    Simulator::builder().open(StateFile::new(path))
}

fn send(stripe: &Simulator, method: Method, path: &str, key: &str, body: &str) -> (Response<Bytes>, Value) {
    let request = Request::builder().method(method).uri(path).header("authorization", "Bearer sk_test_a");
    let request = request.header("idempotency-key", key);
    let response = stripe.handle(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap());
    let json = serde_json::from_slice(response.body()).unwrap();
    (response, json)
}

fn create(stripe: &Simulator, key: &str) -> (Response<Bytes>, Value) {
    send(stripe, Method::POST, SESSIONS, key, "type=document")
}

fn is_there(stripe: &Simulator, session: &Value) -> bool {
    let path = format!("{SESSIONS}/{}", session["id"].as_str().unwrap());
    send(stripe, Method::GET, &path, "", "").0.status() == 200
}

/// Returns all files of a folder, with their contents.
fn files(folder: &Folder) -> Vec<(PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    files.sort();
    files
}

/// Opens a file that is refused, and checks that it has not changed. Returns the error.
fn refused(folder: &Folder) -> StateError {
    let before = files(folder);
    let error = open(&folder.file()).unwrap_err();
    assert!(files(folder) == before, "{error}");
    assert!(error.to_string().contains("state.db"), "{error}");
    error
}

#[test]
fn file_that_is_not_a_database_is_refused_and_unchanged() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "notes that somebody needs\n".repeat(1000)).unwrap();
    let error = refused(&folder);
    assert!(matches!(error, StateError::Foreign { .. }), "{error}");
}

#[test]
fn database_of_another_program_is_refused_and_unchanged() {
    for journal in ["DELETE", "WAL"] {
        let folder = Folder::new();
        let other = Connection::open(folder.file()).unwrap();
        other.query_row(&format!("PRAGMA journal_mode = {journal}"), [], |_| Ok(())).unwrap();
        other.execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('a note')").unwrap();
        // As if the other program had been killed: its log stays.
        other.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        drop(other);
        let error = refused(&folder);
        assert!(matches!(error, StateError::Foreign { .. }), "{error}");
        let other = Connection::open(folder.file()).unwrap();
        assert_eq!(other.query_row("SELECT text FROM notes", [], |row| row.get::<_, String>(0)).unwrap(), "a note");
    }
}

#[test]
fn file_of_a_newer_release_is_refused_and_unchanged() {
    let folder = Folder::new();
    let stripe = open(&folder.file()).unwrap();
    assert_eq!(create(&stripe, "a").0.status(), 200);
    drop(stripe);
    let changed = Connection::open(folder.file()).unwrap();
    changed.pragma_update(None, "user_version", 2).unwrap();
    drop(changed);
    let error = refused(&folder);
    assert!(matches!(error, StateError::Newer { version: 2, .. }), "{error}");
    assert!(error.to_string().contains("expected version 1"), "{error}");
}

#[test]
fn damaged_file_is_refused_and_unchanged() {
    let folder = Folder::new();
    let stripe = open(&folder.file()).unwrap();
    for number in 0..100 {
        assert_eq!(create(&stripe, &number.to_string()).0.status(), 200);
    }
    drop(stripe);
    let bytes = std::fs::read(folder.file()).unwrap();
    let (mut refusals, pages) = (0, bytes.len() / 4096);
    for page in 1..pages {
        let mut damaged = bytes.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0x5a);
        std::fs::write(folder.file(), damaged).unwrap();
        if open(&folder.file()).is_err() {
            std::fs::write(folder.file(), &bytes).unwrap();
            let mut damaged = bytes.clone();
            damaged[page * 4096..(page + 1) * 4096].fill(0x5a);
            std::fs::write(folder.file(), damaged).unwrap();
            let error = refused(&folder);
            assert!(matches!(error, StateError::Damaged { .. }), "page {page}: {error}");
            refusals += 1;
        }
        std::fs::write(folder.file(), &bytes).unwrap();
    }
    // The other pages are empty.
    assert!(refusals >= pages - 3, "{refusals} of {pages}");
    assert!(open(&folder.file()).is_ok());
}

#[test]
fn error_of_an_invalid_row_names_its_kind_and_quotes_nothing() {
    let folder = Folder::new();
    let stripe = open(&folder.file()).unwrap();
    assert_eq!(create(&stripe, "a").0.status(), 200);
    drop(stripe);
    let changed = Connection::open(folder.file()).unwrap();
    changed.execute_batch(r#"UPDATE event SET value = '{"id": "secret", "type": {"secret": 1}}'"#).unwrap();
    drop(changed);
    let error = refused(&folder);
    assert!(matches!(error, StateError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("invalid event") && !error.to_string().contains("secret"), "{error}");
}

#[test]
fn file_in_use_is_refused() {
    let folder = Folder::new();
    let stripe = open(&folder.file()).unwrap();
    let (_, session) = create(&stripe, "a");
    let error = open(&folder.file()).unwrap_err();
    assert!(matches!(error, StateError::InUse { .. }), "{error}");

    // Another process, which succeeds if it is refused.
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "state_file::other_process", "--nocapture", "--test-threads=1"])
        .env("STATE_FILE_IN_USE", folder.file())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&other.stdout);
    assert!(other.status.success() && output.contains("was refused"), "{output}");
    if cfg!(target_os = "linux") {
        assert!(output.contains(&format!("process {}", std::process::id())), "{output}");
    }

    assert_eq!(create(&stripe, "b").0.status(), 200, "the first simulator continues");
    drop(stripe);
    assert!(is_there(&open(&folder.file()).unwrap(), &session));
}

#[test]
fn other_process() {
    let Ok(file) = std::env::var("STATE_FILE_IN_USE") else { return };
    let error = open(Path::new(&file)).unwrap_err();
    assert!(matches!(error, StateError::InUse { .. }), "{error}");
    println!("was refused: {error}");
}

#[test]
fn path_without_a_folder_or_of_a_folder_is_an_error() {
    let folder = Folder::new();
    let (none, here) = (folder.path().join("none"), folder.path().to_owned());
    let missing = format!("there is no folder {}", none.display());
    for (path, expected) in [(none.join("state.db"), &*missing), (here, "it is a folder")] {
        let error = open(&path).unwrap_err();
        assert!(matches!(error, StateError::Unusable { .. }) && error.to_string().contains(expected), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn error_of_a_file_on_a_read_only_disk_says_so() {
    let Some(disk) = Disk::new() else { return eprintln!("no small disk can be mounted here") };
    drop(open(&disk.0.file()).unwrap());
    let mount = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.0.path()).status().unwrap();
    assert!(mount.success());
    let error = open(&disk.0.file()).unwrap_err().to_string();
    assert!(error.contains("it is read-only: expected a file that can be written"), "{error}");
}

#[test]
fn file_with_full_durability_keeps_sessions() {
    let folder = Folder::new();
    let file = || StateFile::new(folder.file()).durability(Durability::Full);
    let stripe = Simulator::builder().open(file()).unwrap();
    let (_, session) = create(&stripe, "a");
    drop(stripe);
    assert!(is_there(&Simulator::builder().open(file()).unwrap(), &session));
}

#[cfg(unix)]
#[test]
fn new_file_can_be_read_only_by_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let stripe = open(&folder.file()).unwrap();
    create(&stripe, "a");
    for (path, _) in files(&folder) {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
}

/// A small disk, if this process may mount one.
struct Disk(Folder);

impl Disk {
    fn new() -> Option<Self> {
        let folder = Folder::new();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|mount| mount.status.success()).then(|| Self(folder))
    }

    /// Fills the disk.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.0.path().join("filler")).unwrap();
        for size in [4096, 512, 1] {
            while std::io::Write::write_all(&mut filler, &vec![b'x'; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

/// Checks that a response is the error of a simulator that cannot write.
fn assert_unwritten((response, error): &(Response<Bytes>, Value)) {
    assert_eq!((response.status(), &error["error"]["type"]), (StatusCode::INTERNAL_SERVER_ERROR, &"api_error".into()));
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("state file cannot be written") && message.contains("disk is full"), "{message}");
}

#[test]
fn full_disk_loses_nothing_and_requests_succeed_when_there_is_room() {
    let Some(disk) = Disk::new() else {
        return eprintln!("no small disk can be mounted here: only the limit of a file is tested");
    };
    let file = disk.0.file();
    let stripe = open(&file).unwrap();
    let world = stripe.world("sk_test_a").unwrap();
    world.add_webhook(WebhookEndpoint::new("http://localhost/", "whsec_x").unwrap());
    let (_, first) = create(&stripe, "first");
    disk.fill();
    let mut sessions = vec![first];
    let mut number = 0;
    let error = loop {
        let (response, session) = create(&stripe, &number.to_string());
        if response.status() != 200 {
            break (response, session);
        }
        sessions.push(session);
        number += 1;
    };
    assert_unwritten(&error);
    // Until the change is written, nothing else is executed or shown, and no webhook is sent.
    assert_unwritten(&send(&stripe, Method::GET, SESSIONS, "", ""));
    assert_unwritten(&create(&stripe, &number.to_string()));
    assert!(world.take_webhooks().is_empty());
    assert!(world.submit(sessions[0]["id"].as_str().unwrap(), stripe_identity_simulator::Outcome::Verified).is_err());
    // The same applies to other worlds.
    let request =
        Request::post(SESSIONS).header("authorization", "Bearer sk_test_b").body(Bytes::from("type=document"));
    assert_eq!(stripe.handle(request.unwrap()).status(), 500);

    disk.make_room();
    let (replayed, session) = create(&stripe, &number.to_string());
    assert_eq!(replayed.status(), 200, "{session}");
    assert!(replayed.headers().contains_key("idempotent-replayed"), "the request has taken effect once");
    sessions.push(session);
    assert_eq!(create(&stripe, "after").0.status(), 200);
    assert_eq!(world.take_webhooks().len(), sessions.len() + 1);
    assert!(sessions.iter().all(|session| is_there(&stripe, session)));
    drop((stripe, world));
    let stripe = open(&file).unwrap();
    assert!(sessions.iter().all(|session| is_there(&stripe, session)));
}

#[cfg(feature = "server")]
#[test]
fn server_sends_a_webhook_without_a_request_when_there_is_room_again() {
    let Some(disk) = Disk::new() else { return eprintln!("no small disk can be mounted here") };
    let stripe = open(&disk.0.file()).unwrap();
    let receiver = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", receiver.local_addr().unwrap());
    stripe.world("sk_test_a").unwrap().add_webhook(WebhookEndpoint::new(&url, "whsec_x").unwrap());
    let _server = stripe_identity_simulator::Server::start("127.0.0.1:0", stripe.clone()).unwrap();
    disk.fill();
    // Larger than the free space in the last page.
    let metadata = (0..40).map(|number| format!("&metadata[{number}]={}", "x".repeat(500))).collect::<String>();
    assert_unwritten(&send(&stripe, Method::POST, SESSIONS, "a", &format!("type=document{metadata}")));
    let (sender, arrived) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(receiver.accept().is_ok()));
    disk.make_room();
    // There is no further request.
    assert_eq!(arrived.recv_timeout(Duration::from_secs(60)), Ok(true));
}

#[test]
fn file_that_cannot_grow_keeps_every_acknowledged_session() {
    let folder = Folder::new();
    let stripe = Simulator::builder().open(StateFile::new(folder.file()).most_pages(60)).unwrap();
    let mut sessions = Vec::new();
    let error = loop {
        let (response, session) = create(&stripe, &sessions.len().to_string());
        if response.status() != 200 {
            break (response, session);
        }
        sessions.push(session);
        assert!(sessions.len() < 10_000);
    };
    assert_unwritten(&error);
    assert_unwritten(&send(&stripe, Method::GET, SESSIONS, "", ""));
    drop(stripe);
    let stripe = open(&folder.file()).unwrap();
    assert!(!sessions.is_empty() && sessions.iter().all(|session| is_there(&stripe, session)));
    let (retried, _) = create(&stripe, &sessions.len().to_string());
    assert!(retried.status() == 200 && !retried.headers().contains_key("idempotent-replayed"));
}

#[test]
fn number_of_commits_at_the_end_does_not_depend_on_the_number_of_worlds() {
    let commits_at_end = |worlds: usize| {
        let (folder, commits) = (Folder::new(), Arc::new(AtomicUsize::new(0)));
        let counted = commits.clone();
        let file = StateFile::new(folder.file()).on_commit(move |is_done| {
            counted.fetch_add(usize::from(is_done), Ordering::Relaxed);
        });
        let stripe = Simulator::builder().open(file).unwrap();
        for world in 0..worlds {
            let list = || Request::get("/v1/events").header("authorization", format!("Bearer sk_test_{world}"));
            // The second request changes only the next request id.
            for _ in 0..2 {
                assert_eq!(stripe.handle(list().body(Bytes::new()).unwrap()).status(), 200);
            }
        }
        let before = commits.load(Ordering::Relaxed);
        assert!(before >= worlds);
        drop(stripe);
        commits.load(Ordering::Relaxed) - before
    };
    assert_eq!(commits_at_end(10), commits_at_end(1));
}

#[test]
fn world_in_a_file_that_is_idle_for_days_stays() {
    let folder = Folder::new();
    let stripe = open(&folder.file()).unwrap();
    let (_, session) = create(&stripe, "a");
    stripe.advance(Duration::from_secs(10 * 24 * 60 * 60));
    drop(stripe);
    assert!(is_there(&open(&folder.file()).unwrap(), &session));
}
