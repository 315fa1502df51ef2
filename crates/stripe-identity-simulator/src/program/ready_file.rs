//! The file that exists while the server is ready.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use stripe_identity_simulator::Server;

use super::private_file::PrivateFile;

/// The file, which is removed when this value is dropped.
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
        let mut new = PrivateFile::create(path)?;
        new.file.write_all(file.contents.as_bytes())?;
        new.keep(path)?;
        Ok(file)
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // In the meantime, another simulator may have written its file there.
        if fs::read_to_string(&self.path).is_ok_and(|contents| contents == self.contents) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
