//! The cache file, authenticated with HMAC-SHA-256 under a per-user key that is kept outside the repository:
//! a file that somebody else has put there (a restored CI cache, a prepared clone) is not used.
//!
//! The file is read and authenticated as a whole: its form, the MAC, the content.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::environ;
use crate::finding::Code;
use crate::record::Kind;
use crate::store;
use crate::workspace::Workspace;

/// The first line of a cache file. It changes with everything that a file may hold: the encoding, the version
/// of the program, and the words for verdicts and kinds of record.
static FORM: LazyLock<String> = LazyLock::new(|| {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
    let words: Vec<&str> = codes.chain(kinds).collect();
    let digest = crate::value::Digest::of(words.join(" ").as_bytes());
    format!("countersign cache 1, program {}, words {digest}\n", env!("CARGO_PKG_VERSION"))
});
/// The name of the file.
const NAME: &str = "cache";
/// The length in bytes of the MAC, and of the key.
const MAC: usize = 32;

/// The cache file of a repository, in the directory that all worktrees share.
#[derive(Debug, Clone)]
pub(crate) struct CacheFile {
    path: PathBuf,
}

/// A cache file was damaged, or written by another user. It has been removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the local cache was damaged or written by another user, and has been discarded")]
pub struct CorruptCache;

impl CacheFile {
    pub(crate) fn new(workspace: &Workspace) -> Self {
        Self { path: workspace.repository.common_directory().join("countersign").join(NAME) }
    }

    /// Reads the content; `None` if there is no file of this form. A file that cannot be authenticated is
    /// removed.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, CorruptCache> {
        let Ok(Some(mut file)) = store::read(&self.path) else { return Ok(None) };
        if !file.starts_with(FORM.as_bytes()) {
            return Ok(None);
        }
        let content = file.split_off(file.len().min(FORM.len() + MAC));
        let is_authentic =
            key().and_then(|key| mac(&content, &key)?.verify_slice(file.get(FORM.len()..)?).ok());
        if is_authentic.is_none() {
            // If it cannot be removed, it is refused again next time.
            _ = std::fs::remove_file(&self.path);
            return Err(CorruptCache);
        }
        Ok(Some(content))
    }

    /// Replaces the content. A failure costs time in the next run, and nothing else.
    pub(crate) fn write(&self, content: &[u8]) {
        _ = self.try_write(content);
    }

    fn try_write(&self, content: &[u8]) -> Option<()> {
        let mac = mac(content, &key_or_new()?)?.finalize().into_bytes();
        store::write(&self.path, &[FORM.as_bytes(), &mac, content].concat()).ok()
    }
}

fn mac(content: &[u8], key: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(FORM.as_bytes());
    mac.update(content);
    Some(mac)
}

fn key_path() -> Option<PathBuf> {
    Some(environ::state_directory()?.join("countersign").join("cache-key"))
}

/// Returns the user's key; `None` if there is none yet.
fn key() -> Option<Vec<u8>> {
    store::read(&key_path()?).ok().flatten().filter(|key| key.len() == MAC)
}

/// Returns the user's key, which is created on first use.
fn key_or_new() -> Option<Vec<u8>> {
    if let Some(known) = key() {
        return Some(known);
    }
    let mut bytes = [0; MAC];
    File::open("/dev/urandom").ok()?.read_exact(&mut bytes).ok()?;
    store::write_once(&key_path()?, &bytes).ok()?;
    // If two processes created one at the same time, the first one wins.
    key()
}
