//! Appends an entry durably: writes and flushes its objects, then moves the ref by compare-and-swap and
//! flushes it.
//!
//! gix never flushes, so this module flushes each object file of the entry (also one that already existed),
//! its directory, and `objects/`. The ref is moved by `git update-ref` with `core.fsync`. Once
//! [`Repository::move_ref`] returns [`RefMove::Landed`], the entry survives a power failure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use gix::ObjectId;
use gix::objs::{Kind, Write as _};

use super::error::GitError;
use super::moving::Moving;
use super::program::stderr;
use super::read::{commit_id, object_id, read};
use super::repository::Repository;
use crate::entry::{TreeEntry, parse_tree, with_entry};
use crate::store;
use crate::value::{CommitId, limit};

/// The ids of the objects of an entry that is being written; they are flushed before the ref moves.
#[derive(Debug, Default)]
pub struct NewEntry {
    objects: BTreeSet<ObjectId>,
}

/// The result of an attempt to move a ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefMove {
    /// The ref points to the new entry, durably.
    Landed,
    /// Another writer moved the ref first.
    Overtaken,
}

/// The age from which a temporary file counts as abandoned by its writer.
const TEMPORARY: Duration = Duration::from_hours(1);

impl Repository {
    /// Adds record files to the tree `base`, writes the blobs and trees that this takes, and returns the id of the new
    /// tree. Without `base`, the tree has only these files.
    pub fn write_tree(
        &self,
        entry: &mut NewEntry,
        base: Option<&CommitId>,
        files: &[(String, &[u8])],
    ) -> Result<CommitId, GitError> {
        let repository = self.gix.to_thread_local();
        let mut tree = base.map(object_id).transpose()?;
        for (path, bytes) in files {
            let blob = write(&repository, entry, Kind::Blob, bytes)?;
            let parts: Vec<&str> = path.split('/').collect();
            tree = Some(insert(&repository, entry, tree, &parts, blob)?);
        }
        let tree = tree.ok_or_else(|| GitError::NoCommit { spec: "an entry without files".to_owned() })?;
        Ok(commit_id(&tree))
    }

    /// Writes a commit object.
    pub fn write_commit(&self, entry: &mut NewEntry, bytes: &str) -> Result<CommitId, GitError> {
        let repository = self.gix.to_thread_local();
        write(&repository, entry, Kind::Commit, bytes.as_bytes()).map(|id| commit_id(&id))
    }

    /// Flushes an entry's objects, then moves the ref from `old` to `new`. Without `old`, the ref is created. If the
    /// ref was moved, but the move cannot be flushed, the error is [`GitError::Unflushed`].
    pub fn move_ref(
        &self,
        entry: &NewEntry,
        name: &str,
        old: Option<&CommitId>,
        new: &CommitId,
    ) -> Result<RefMove, GitError> {
        if let Some(work_tree) = self.checked_out(name) {
            return Err(GitError::CheckedOut { name: name.to_owned(), work_tree });
        }
        self.flush(entry)?;
        let moving = Moving::begin(self, name, new)?;
        let mut output = self.update_ref(name, old, new)?;
        if output.status.code().is_none() {
            // `git` was killed, and may have left its lock of the ref.
            moving.remove_stale_lock();
            output = self.update_ref(name, old, new)?;
            if output.status.code().is_none() {
                moving.remove_stale_lock();
            }
        }
        drop(moving);
        if !output.status.success() {
            // `git` may have been killed after the move, so only the ref shows what happened. Messages of `git` are not
            // parsed.
            let now = self.ref_head(name)?;
            if now.as_ref() == old {
                let command = format!("update-ref {name}");
                return Err(GitError::Failed { command, stderr: stderr(&output) });
            }
            if now.as_ref() != Some(new) {
                return Ok(RefMove::Overtaken);
            }
        }
        self.flush_ref(name).map(|()| RefMove::Landed)
    }

    /// Returns a work tree in which this branch is checked out, if there is one. `git fetch` refuses to move such a
    /// branch, too.
    fn checked_out(&self, name: &str) -> Option<PathBuf> {
        let repository = self.gix.to_thread_local();
        let all = repository.worktrees_including_main().ok()?;
        all.flatten().find_map(|one| {
            let head = one.head_name().ok()??;
            one.workdir().filter(|_| head.as_bstr() == name).map(Path::to_owned)
        })
    }

    fn update_ref(&self, name: &str, old: Option<&CommitId>, new: &CommitId) -> Result<Output, GitError> {
        let nothing = "0".repeat(self.object_format().digits());
        self.git.run(&[
            "-c",
            "core.fsync=committed,reference",
            "-c",
            "core.fsyncMethod=fsync",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.filesRefLockTimeout=3000",
            "update-ref",
            "--create-reflog",
            "-m",
            "countersign: append",
            name,
            new.as_str(),
            old.map_or(nothing.as_str(), CommitId::as_str),
        ])
    }

    /// Removes temporary files that killed writers left behind more than an hour ago. They were to become objects, or
    /// files of this program.
    pub fn sweep(&self, now: std::time::SystemTime) {
        let own = self.common_directory().join("countersign");
        let folders = [self.common_directory().join("objects"), own.join("queue"), own.join("outbox"), own];
        let is_old = |path: &Path| {
            let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| now.duration_since(modified).ok());
            age.is_some_and(|age| age > TEMPORARY)
        };
        let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        for entry in entries.flatten() {
            let is_temporary = entry.file_name().to_string_lossy().starts_with(".tmp");
            if is_temporary && is_old(&entry.path()) {
                // A file that cannot be removed now is removed by a later append.
                _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Flushes the directories above a ref's file: Git flushes only the file itself.
    fn flush_ref(&self, name: &str) -> Result<(), GitError> {
        let path = self.common_directory().join(name);
        let above = path.ancestors().skip(1).take_while(|path| path.starts_with(self.common_directory()));
        for directory in above {
            match store::flush(directory) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(GitError::Unflushed { path: directory.to_owned(), source: error });
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn flush(&self, entry: &NewEntry) -> Result<(), GitError> {
        let flush = |path: &Path| match store::flush(path) {
            // An object in a pack has no file of its own. It was flushed with the pack.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(GitError::Flush { path: path.to_owned(), source }),
            Ok(()) => Ok(()),
        };
        let objects = self.common_directory().join("objects");
        let mut directories: BTreeSet<PathBuf> = BTreeSet::new();
        for id in &entry.objects {
            let hex = id.to_string();
            let (fan, rest) = hex.split_at(2);
            flush(&objects.join(fan).join(rest))?;
            directories.insert(objects.join(fan));
        }
        directories.iter().try_for_each(|directory| flush(directory))?;
        flush(&objects)
    }
}

fn write(
    repository: &gix::Repository,
    entry: &mut NewEntry,
    kind: Kind,
    bytes: &[u8],
) -> Result<ObjectId, GitError> {
    let id = gix::objs::compute_hash(repository.object_hash(), kind, bytes)
        .map_err(GitError::gix("cannot write an object"))?;
    // If gix created the directory, only the user of this process could access it, even if a group shares the
    // repository.
    let fan: String = id.to_string().chars().take(2).collect();
    let directory = repository.common_dir().join("objects").join(fan);
    _ = store::make_directory(&directory);
    repository.objects.write_buf(kind, bytes).map_err(GitError::gix("cannot write an object"))?;
    let name: String = id.to_string().chars().skip(2).collect();
    // A failure does not matter: an object that another user wrote, or that is in a pack, is readable already.
    _ = store::let_read(&directory.join(name));
    entry.objects.insert(id);
    Ok(id)
}

/// Adds a blob to a tree at a path, and writes every tree that this changes or creates. Returns the id of the new
/// tree, or that of the blob if the path is empty.
fn insert(
    repository: &gix::Repository,
    entry: &mut NewEntry,
    tree: Option<ObjectId>,
    path: &[&str],
    blob: ObjectId,
) -> Result<ObjectId, GitError> {
    let Some((name, below)) = path.split_first() else { return Ok(blob) };
    let old = tree
        .map(|tree| read(repository, &tree, Kind::Tree, limit::OBJECT_BYTES))
        .transpose()?
        .unwrap_or_default();
    let other = |reason| GitError::Gix { action: "cannot read a tree", reason };
    let parsed = parse_tree(&old, blob.as_bytes().len()).map_err(other)?;
    let known = parsed.iter().find(|known| known.name == *name && known.is_directory);
    let inner = known.map(|directory| ObjectId::from_bytes_or_panic(directory.id));
    let id = insert(repository, entry, inner, below, blob)?;
    let added = TreeEntry { is_directory: !below.is_empty(), name, id: id.as_bytes() };
    let bytes = with_entry(&parsed, &added);
    write(repository, entry, Kind::Tree, &bytes)
}
