//! Moves a ref so that no stale lock remains if the process or its child is killed.
//!
//! Git's own lock of a ref is a file beside the ref. If `git` is killed, it leaves that file behind.
//!
//! While a process of this program moves a ref, it holds a lock of this program, and a note file names the ref and the
//! new commit. The system releases the lock when the process ends. If the next process that takes the lock finds a
//! note, the process before it was killed. If the note names the ref that is to be moved now, the next process waits a
//! moment for the `git` of the killed process. If Git's lock is then still there, and is empty or contains the noted
//! commit, it was left by that `git`, and is removed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::GitError;
use super::repository::Repository;
use crate::store;
use crate::value::CommitId;

/// How long to wait for a child that has outlived its parent.
const CHILD: Duration = Duration::from_secs(3);
/// The largest lock file or note that is read, in bytes.
const NOTE_BYTES: u64 = 4096;

/// A ref that is being moved.
pub(super) struct Moving {
    /// Git's lock of the ref.
    lock: PathBuf,
    /// The note file: it names the ref and the new commit.
    note: PathBuf,
    new: String,
    /// The lock of this program. `None` if another process of this program is moving a ref: Git's own lock then keeps
    /// the two processes apart.
    turn: Option<File>,
}

impl Moving {
    /// Begins to move a ref. If an earlier process of this program was killed, removes the lock of Git that its `git`
    /// left.
    pub(super) fn begin(repository: &Repository, name: &str, new: &CommitId) -> Result<Self, GitError> {
        let directory = repository.common_directory().join("countersign");
        let failed = |error: store::StoreError| GitError::Flush { path: error.path, source: error.source };
        let turn = store::try_lock(&directory.join("moving.lock")).map_err(failed)?;
        let lock = repository.common_directory().join(format!("{name}.lock"));
        let moving = Self { lock, note: directory.join("moving"), new: new.to_string(), turn };
        if moving.turn.is_none() {
            return Ok(moving);
        }
        let before = store::read(&moving.note, NOTE_BYTES).ok().flatten().unwrap_or_default();
        if let Some((of, commit)) = String::from_utf8_lossy(&before).trim().split_once(' ')
            && of == name
        {
            moving.wait_for_child();
            remove_lock_of(&moving.lock, commit);
        }
        store::write(&moving.note, format!("{name} {new}\n").as_bytes()).map_err(failed)?;
        Ok(moving)
    }

    /// Removes the lock of Git that the `git` of this process left. The caller must know that this `git` was killed.
    pub(super) fn remove_stale_lock(&self) {
        remove_lock_of(&self.lock, &self.new);
    }

    fn wait_for_child(&self) {
        let mut waited = Duration::ZERO;
        let pause = Duration::from_millis(20);
        while waited < CHILD && self.lock.symlink_metadata().is_ok() {
            std::thread::sleep(pause);
            waited += pause;
        }
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        if self.turn.is_some() {
            // If the note cannot be removed, the next process examines it, and it does no harm.
            _ = std::fs::remove_file(&self.note);
        }
    }
}

/// Removes Git's lock of a ref if the lock is empty or names this commit. A lock that names another commit belongs to
/// another process, and stays.
fn remove_lock_of(lock: &Path, commit: &str) {
    let Ok(Some(content)) = store::read(lock, NOTE_BYTES) else { return };
    let content = String::from_utf8_lossy(&content);
    if content.trim().is_empty() || content.trim() == commit {
        _ = std::fs::remove_file(lock);
    }
}
