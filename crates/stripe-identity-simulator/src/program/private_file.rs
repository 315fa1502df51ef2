//! Files with secrets, which only their owner can read.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file that appears under its name only when it is complete. Until then it is written to another file in the same
/// folder, which is removed when this value is dropped.
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

    /// Moves the file to its name.
    pub(super) fn keep(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.new, path)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // After `keep`, there is nothing to remove.
        let _ = fs::remove_file(&self.new);
    }
}
