//! Files that are authenticated with HMAC-SHA-256 under the user's key. That key is kept outside any repository. So a
//! file that this user did not write is not used. Such a file may be in a restored CI cache or in a prepared clone.
//!
//! A file consists of its form (the first line), the MAC, and the content. It is read and authenticated as a whole.

use std::path::PathBuf;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::key::{NoKey, key, key_or_new};
use super::page::{Nonce, PagedFile, file_name};
use crate::environ;
use crate::store;
use crate::workspace::Workspace;

/// The length of the MAC in bytes.
const MAC: usize = 32;
/// The largest file that is read, in bytes. A cache is far smaller: its size grows with the number of open items.
const MOST_BYTES: u64 = 1 << 30;

/// A paged file of this age is removed once there is a newer one. By then, no run reads the older file any more.
const UNREAD_AFTER: std::time::Duration = std::time::Duration::from_hours(3);

/// A file of this program in the Git directory that all work trees share.
#[derive(Debug, Clone)]
pub(crate) struct AuthenticatedFile {
    path: PathBuf,
    /// The first line. It names the file's format, and changes whenever the format does.
    form: String,
}

/// An authenticated file was damaged, or another user wrote it. The file has been removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was damaged or written by another user, and has been discarded")]
pub struct CorruptFile;

impl AuthenticatedFile {
    /// Refers to a file of a repository, whether or not the file exists.
    pub(crate) fn new(workspace: &Workspace, name: &str, form: String) -> Self {
        Self { path: workspace.repository.common_directory().join("countersign").join(name), form }
    }

    /// Reads the content; `None` if there is no regular file of this form. A file of this form is removed if it cannot
    /// be authenticated.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, CorruptFile> {
        let Ok(Some(mut file)) = store::read(&self.path, MOST_BYTES) else { return Ok(None) };
        if !file.starts_with(self.form.as_bytes()) {
            return Ok(None);
        }
        let start = file.len().min(self.form.len() + MAC);
        let (head, content) = file.split_at(start);
        let claimed = head.get(self.form.len()..).unwrap_or_default();
        let is_authentic =
            key().ok().flatten().and_then(|key| self.mac(content, &key)?.verify_slice(claimed).ok());
        if is_authentic.is_none() {
            return Err(self.discard());
        }
        file.drain(..start);
        Ok(Some(file))
    }

    /// Replaces the content. A missing key is an error. A failed write is ignored, because all it costs is time in the
    /// next run.
    pub(crate) fn write(&self, content: &[u8]) -> Result<(), NoKey> {
        let key = key_or_new()?;
        if let Some(mac) = self.mac(content, &key) {
            let mac = mac.finalize().into_bytes();
            _ = store::write(&self.path, &[self.form.as_bytes(), &mac, content].concat());
        }
        Ok(())
    }

    /// Opens the paged file that has this kind and nonce and lies beside this file. If that fails, this file is of no
    /// use, and is removed.
    pub(super) fn paged(&self, kind: &str, nonce: Nonce) -> Result<PagedFile, CorruptFile> {
        let key = key().ok().flatten().ok_or(CorruptFile)?;
        let path = self.path.with_file_name(file_name(kind, nonce));
        PagedFile::open(&path, key, nonce).ok_or_else(|| self.discard())
    }

    /// Writes a paged file of this kind beside this file. `encode` returns the bytes to write, and the index that is
    /// needed to read them. Returns the index; `None` if the paged file could not be encoded or written.
    pub(super) fn write_paged<T>(
        &self,
        kind: &str,
        encode: impl FnOnce(&[u8], Nonce) -> Option<(Vec<u8>, T)>,
    ) -> Result<Option<T>, NoKey> {
        let key = key_or_new()?;
        let Ok(nonce) = environ::random_bytes() else { return Ok(None) };
        let Some((bytes, index)) = encode(&key, nonce) else { return Ok(None) };
        let path = self.path.with_file_name(file_name(kind, nonce));
        Ok(store::write(&path, &bytes).ok().map(|()| index))
    }

    /// Removes the paged files of a kind that are some hours old, because no run reads them any more. The file with the
    /// nonce `own` stays.
    pub(super) fn remove_older(&self, kind: &str, own: Option<Nonce>) {
        let own = own.map(|nonce| file_name(kind, nonce));
        let Some(files) = self.path.parent().and_then(|directory| std::fs::read_dir(directory).ok()) else {
            return;
        };
        for file in files.flatten() {
            let name = file.file_name();
            let name = name.to_str().unwrap_or_default();
            let is_of_kind = name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'));
            let is_other = is_of_kind && Some(name) != own.as_deref();
            let age = file.metadata().ok().and_then(|metadata| metadata.modified().ok()?.elapsed().ok());
            if is_other && age.is_some_and(|age| age > UNREAD_AFTER) {
                // If the file cannot be removed, the next run tries again.
                _ = std::fs::remove_file(file.path());
            }
        }
    }

    /// Removes the file. It is damaged, or a paged file that it names cannot be opened.
    fn discard(&self) -> CorruptFile {
        // If the file cannot be removed, the next run refuses it again.
        _ = std::fs::remove_file(&self.path);
        CorruptFile
    }

    fn mac(&self, content: &[u8], key: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(self.form.as_bytes());
        mac.update(content);
        Some(mac)
    }
}
