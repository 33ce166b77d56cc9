//! Moves a ref so that no stale lock remains if the process or its child is killed.
//!
//! Git's own lock is a file beside the ref, which a killed `git` leaves behind. While a process of this program moves a
//! ref, it holds a lock that the system releases when the process ends, and a note file names the ref and the new
//! commit. If the next process that takes this lock finds a note, the process before it was killed. A lock of Git that
//! contains the noted commit, or is still empty, then belonged to the killed process's child, and is removed.

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
    /// The file that names the ref and the commit.
    note: PathBuf,
    new: String,
    /// The lock of this program. `None` if another process of this program is moving a ref: Git's own lock then keeps
    /// the two processes apart.
    turn: Option<File>,
}

impl Moving {
    /// Begins to move a ref, and removes a lock that a killed process of this program left.
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

    /// Removes the lock that the child of this process left when it was killed.
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
            // A note that stays is examined by the next process, and does no harm.
            _ = std::fs::remove_file(&self.note);
        }
    }
}

/// Removes Git's lock of a ref if it is empty or names this commit. Any other lock belongs to another process.
fn remove_lock_of(lock: &Path, commit: &str) {
    let Ok(Some(content)) = store::read(lock, NOTE_BYTES) else { return };
    let content = String::from_utf8_lossy(&content);
    if content.trim().is_empty() || content.trim() == commit {
        _ = std::fs::remove_file(lock);
    }
}
