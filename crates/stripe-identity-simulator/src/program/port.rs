//! Errors for an address that the server cannot listen on.

use std::io::{self, ErrorKind};
use std::time::Duration;

use super::client::Client;
use super::failure::Failure;
use super::url;

/// The time for a simulator at the port to respond.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) async fn failure(listen: &str, error: &io::Error) -> Failure {
    let what = match error.kind() {
        ErrorKind::AddrInUse => {
            let user = user(listen).await.map(|user| format!(" by {user}")).unwrap_or_default();
            format!(
                "the port is in use{user}: end that program, or listen on a free port: --listen 127.0.0.1:0. \
                 The other commands then need the URL of the ready line: --url http://HOST:PORT"
            )
        }
        ErrorKind::PermissionDenied => {
            format!("{error}: listen on port 1024 or higher, such as --listen 127.0.0.1:12111")
        }
        ErrorKind::AddrNotAvailable => format!(
            "{error}: listen on an address of this machine, --listen 127.0.0.1:12111, or on all of them, \
             --listen 0.0.0.0:12111"
        ),
        _ => format!("{error}: pass an address of this machine and a port: --listen 127.0.0.1:12111"),
    };
    Failure::new(format!("cannot listen on {listen}: {what}"))
}

/// Describes the program that listens on the port, or returns `None` if it cannot be found.
async fn user(listen: &str) -> Option<String> {
    let (host, port) = listen.rsplit_once(':')?;
    let host = if matches!(host, "0.0.0.0" | "[::]") { "127.0.0.1" } else { host };
    let simulator = tokio::time::timeout(PATIENCE, simulator(host, port)).await.ok().flatten();
    simulator.or_else(|| program(port.parse().ok()?))
}

async fn simulator(host: &str, port: &str) -> Option<String> {
    let url = url::parse(&format!("http://{host}:{port}")).ok()?;
    let health = Client::at(&url).get("/_simulator/health").await.ok()?;
    let pid = (health["object"] == "simulator.health").then(|| health["pid"].as_u64())??;
    Some(format!("another simulator with the process id {pid}"))
}

/// Finds the process of the same user that listens on a port.
#[cfg(target_os = "linux")]
fn program(port: u16) -> Option<String> {
    use std::fs;

    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inode = tables.iter().find_map(|table| inode(&fs::read_to_string(table).ok()?, port))?;
    let socket = format!("socket:[{inode}]");
    let has_socket = |pid: u32| {
        let mut files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.any(|file| fs::read_link(file.path()).is_ok_and(|link| link.as_os_str() == socket.as_str()))
    };
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let pid = processes.filter_map(|it| it.file_name().to_str()?.parse().ok()).find(|pid| has_socket(*pid))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(format!("{} with the process id {pid}", name.trim_end()))
}

#[cfg(not(target_os = "linux"))]
fn program(_: u16) -> Option<String> {
    None
}

/// Finds the socket that listens on a port, in a table of the kernel.
#[cfg(target_os = "linux")]
fn inode(table: &str, port: u16) -> Option<String> {
    const LISTENING: &str = "0A";
    table.lines().find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let of_line = u16::from_str_radix(fields.get(1)?.rsplit_once(':')?.1, 16).ok()?;
        (of_line == port && *fields.get(3)? == LISTENING).then(|| fields.get(9).map(ToString::to_string))?
    })
}
