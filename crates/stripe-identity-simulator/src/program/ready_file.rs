//! The file that says that the server is ready.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use stripe_identity_simulator::Server;

/// A file that is removed with this value.
#[derive(Debug)]
pub(super) struct ReadyFile {
    path: PathBuf,
    contents: String,
}

impl ReadyFile {
    pub(super) fn write(path: &Path, server: &Server, webhook_secret: Option<&str>) -> io::Result<Self> {
        let contents = json!({
            "url": server.url(),
            "pid": std::process::id(),
            "control_token": server.control_token(),
            "webhook_secret": webhook_secret,
        });
        let file = Self { path: path.to_owned(), contents: format!("{contents}\n") };
        let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = path.with_file_name(name);
        let written = write_private(&new, &file.contents).and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written.map(|()| file)
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Another simulator may have written its own there by now.
        if fs::read_to_string(&self.path).is_ok_and(|contents| contents == self.contents) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a new file that only its owner can read: it may hold secrets.
fn write_private(path: &Path, contents: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(contents.as_bytes())?;
    file.flush()
}
