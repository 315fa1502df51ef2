//! Files that hold secrets: only their owner can read them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file that takes its place when it is whole. Until then another one is written beside it, which is removed with this
/// value.
#[derive(Debug)]
pub(super) struct PrivateFile {
    pub(super) file: File,
    new: PathBuf,
}

impl PrivateFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut name: OsString = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: options.open(&new)?, new })
    }

    /// Puts the file in its place.
    pub(super) fn keep(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.new, path)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // It is not there once it has its place.
        let _ = fs::remove_file(&self.new);
    }
}
