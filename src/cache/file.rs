//! Files authenticated with HMAC-SHA-256 under a per-user key that is kept outside the repository:
//! a file that somebody else has put there (a restored CI cache, a prepared clone) is not used.
//!
//! A file is read and authenticated as a whole: its form, the MAC, the content.

use std::path::PathBuf;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::key::{NoKey, key, key_or_new};
use crate::store;
use crate::workspace::Workspace;

/// The length in bytes of the MAC.
const MAC: usize = 32;
/// The largest file that is read. A cache of a million records has about half of it.
const MOST_BYTES: u64 = 1 << 30;

/// A file of this program in the Git directory that all work trees share.
#[derive(Debug, Clone)]
pub(crate) struct AuthenticatedFile {
    path: PathBuf,
    /// The first line. It changes with everything that the file may hold.
    form: String,
}

/// An authenticated file was damaged, or written by another user. It has been removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was damaged or written by another user, and has been discarded")]
pub struct CorruptFile;

impl AuthenticatedFile {
    /// Names a file of a repository.
    pub(crate) fn new(workspace: &Workspace, name: &str, form: String) -> Self {
        Self { path: workspace.repository.common_directory().join("countersign").join(name), form }
    }

    /// Reads the content; `None` if there is no regular file of this form. A file that cannot be
    /// authenticated is removed.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, CorruptFile> {
        let Ok(Some(mut file)) = store::read(&self.path, MOST_BYTES) else { return Ok(None) };
        if !file.starts_with(self.form.as_bytes()) {
            return Ok(None);
        }
        let content = file.split_off(file.len().min(self.form.len() + MAC));
        let claimed = file.get(self.form.len()..).unwrap_or_default();
        let is_authentic =
            key().ok().flatten().and_then(|key| self.mac(&content, &key)?.verify_slice(claimed).ok());
        if is_authentic.is_none() {
            // If it cannot be removed, it is refused again next time.
            _ = std::fs::remove_file(&self.path);
            return Err(CorruptFile);
        }
        Ok(Some(content))
    }

    /// Replaces the content. It is an error if there is no key; that the file cannot be written costs time in
    /// the next run, and nothing else.
    pub(crate) fn write(&self, content: &[u8]) -> Result<(), NoKey> {
        let key = key_or_new()?;
        if let Some(mac) = self.mac(content, &key) {
            let mac = mac.finalize().into_bytes();
            _ = store::write(&self.path, &[self.form.as_bytes(), &mac, content].concat());
        }
        Ok(())
    }

    fn mac(&self, content: &[u8], key: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(self.form.as_bytes());
        mac.update(content);
        Some(mac)
    }
}
