//! The key that authenticates the program's own files. Each user has one key, which is kept outside any repository.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::environ;
use crate::store;

/// The length of the key in bytes.
pub(super) const KEY_BYTES: usize = 32;

/// Why there is no key. Without one, nothing is cached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// The user has no home directory.
    #[error("no home directory is known: neither HOME nor the user database names one")]
    NoHome,
    /// The key cannot be relied on, for example because others can read it or may have chosen it.
    #[error("the key {} {why}", path.display())]
    Unsafe {
        /// The file of the key.
        path: PathBuf,
        /// What is wrong with the file, as a phrase that follows the path.
        why: String,
    },
    /// The key cannot be created.
    #[error("the key {} cannot be created", .0.display())]
    NotCreated(PathBuf),
}

/// Returns the user's key; `Ok(None)` if there is none yet.
pub(super) fn key() -> Result<Option<Vec<u8>>, NoKey> {
    let path = key_path()?;
    let Ok(metadata) = path.symlink_metadata() else { return Ok(None) };
    let unsafe_key = |why: &str| NoKey::Unsafe { path: path.clone(), why: why.to_owned() };
    if !metadata.is_file() {
        return Err(unsafe_key("is not a regular file"));
    }
    if !environ::is_own(&metadata) {
        return Err(unsafe_key("belongs to another user"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(unsafe_key("can be read by others; next: chmod 600 on it"));
    }
    must_be_outside_repositories(&path)?;
    let bytes = store::read(&path, u64::try_from(KEY_BYTES).unwrap_or(u64::MAX)).ok().flatten();
    match bytes.filter(|bytes| bytes.len() == KEY_BYTES) {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(unsafe_key("does not have 32 bytes")),
    }
}

/// Returns the user's key. If the user has no key yet, a new one is created.
pub(super) fn key_or_new() -> Result<Vec<u8>, NoKey> {
    if let Some(known) = key()? {
        return Ok(known);
    }
    let path = key_path()?;
    must_be_outside_repositories(&path)?;
    let create = || -> Option<()> {
        let bytes: [u8; KEY_BYTES] = environ::random_bytes().ok()?;
        store::write_once(&path, &bytes).ok().map(drop)
    };
    create().ok_or_else(|| NoKey::NotCreated(path.clone()))?;
    // If two processes create a key at the same time, both use the one that was written first.
    key()?.ok_or(NoKey::NotCreated(path))
}

fn key_path() -> Result<PathBuf, NoKey> {
    let directory = environ::state_directory().ok_or(NoKey::NoHome)?;
    Ok(directory.join("countersign").join("cache-key"))
}

/// Refuses a key in or below a work tree or a Git directory, where a commit or a clone may have put it.
fn must_be_outside_repositories(path: &Path) -> Result<(), NoKey> {
    // If the directory does not exist yet, the nearest existing one above it is examined.
    let above = path.ancestors().skip(1).find_map(|above| above.canonicalize().ok());
    let holds =
        |directory: &&Path| directory.join(".git").symlink_metadata().is_ok() || is_git_directory(directory);
    match above.as_deref().and_then(|above| above.ancestors().find(holds)) {
        None => Ok(()),
        Some(repository) => {
            let why = format!("lies in the repository {}", repository.display());
            Err(NoKey::Unsafe { path: path.to_owned(), why })
        }
    }
}

/// Whether a directory has the parts of a Git directory (gitrepository-layout).
fn is_git_directory(directory: &Path) -> bool {
    directory.join("HEAD").is_file() && ["objects", "refs"].iter().all(|name| directory.join(name).is_dir())
}
