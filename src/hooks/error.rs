//! Why a hook was not installed, or not removed.

use std::path::PathBuf;

use crate::git::GitError;
use crate::store::StoreError;

/// Why a hook was not installed, or not removed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// A hook that is not ours exists, and beside it an older hook that was moved aside for ours.
    #[error(
        "{} is not countersign's. Beside it is {}, which nothing runs any more: move what the second file does \
         into the first (with lefthook, as a job), remove the second, and run this again",
        hook.display(),
        before.display()
    )]
    TwoHooks {
        /// The hook.
        hook: PathBuf,
        /// The older hook.
        before: PathBuf,
    },
    /// The hook is ours, but was edited.
    #[error(
        "{} is countersign's, but was edited: move your edit to another hook, then remove this one",
        hook.display()
    )]
    Edited {
        /// The hook.
        hook: PathBuf,
    },
    /// Git runs no hooks here, because it looks for them at a path that is not a directory.
    #[error(
        "Git runs no hooks here: it looks for them in {}, which is no directory. \
         `git config --show-origin --get core.hooksPath` says where that path is set",
        path.display()
    )]
    NoDirectory {
        /// Where Git looks.
        path: PathBuf,
    },
    /// Lefthook's local configuration exists, and does not call the program.
    #[error("{} exists: add this job to it, and run this again:\n{job}", file.display())]
    Lefthook {
        /// The file.
        file: PathBuf,
        /// The job that is to be added.
        job: &'static str,
    },
    /// A script cannot hold the path of this program.
    #[error("the path of this program is not UTF-8, or holds a line break: {}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// A file could not be written, moved or made executable.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}
