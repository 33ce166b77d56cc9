//! Errors of reading and writing a Git repository.

use std::path::PathBuf;

/// A repository could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no repository.
    #[error("no Git repository at {} or above it", path.display())]
    NoRepository {
        /// The directory where the search began.
        path: PathBuf,
    },
    /// The repository cannot be opened, e.g. because it belongs to another user.
    #[error("cannot open the Git repository {}: {reason}", path.display())]
    Open {
        /// The repository.
        path: PathBuf,
        /// The error reported by gix.
        reason: String,
    },
    /// The repository uses an extension that is not known to be safe to read.
    #[error("the repository uses the extension `{name} = {value}`, which is not supported")]
    Extension {
        /// The extension.
        name: String,
        /// Its value.
        value: String,
    },
    /// The ledger's ref is a symbolic ref.
    #[error("{name} is a symbolic ref; the ledger must be a branch of its own")]
    SymbolicRef {
        /// The ref.
        name: String,
    },
    /// A branch that is to be moved is checked out in a work tree. After the move, files of that work tree would seem
    /// to be changed or deleted.
    #[error("the branch {name} is checked out in {}, so it cannot be moved", work_tree.display())]
    CheckedOut {
        /// The ref.
        name: String,
        /// The work tree.
        work_tree: PathBuf,
    },
    /// A configured or given name is not a valid branch name.
    #[error("`{name}` is not a valid branch name")]
    BranchName {
        /// The name.
        name: String,
    },
    /// A setting of the repository's configuration has an invalid value.
    #[error("the setting {name} is `{value}`; expected {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// The values that it may have.
        expected: &'static str,
    },
    /// A remote is not pushed to the URL that it is fetched from, or it is pushed to several URLs.
    #[error("{remote} is pushed to another URL than it is fetched from (remote.{remote}.pushurl)")]
    PushUrl {
        /// The name of the remote.
        remote: String,
    },
    /// An object is missing.
    #[error("the object {id} is missing: the clone is shallow, partial or damaged")]
    Missing {
        /// Its id.
        id: String,
    },
    /// The history ends at the boundary of a shallow clone.
    #[error("the clone is shallow at {id}; older history may be missing")]
    Shallow {
        /// The commit.
        id: String,
    },
    /// An entry exceeds a reader's byte allowance.
    #[error("an entry needs more than {most} bytes of trees and files to be read")]
    TooMuch {
        /// The allowance, in bytes.
        most: usize,
    },
    /// A thread that examines entries ended early.
    #[error("a thread that examines entries ended early")]
    Interrupted,
    /// An object's bytes do not hash to its id.
    #[error("the object {id} is damaged: its bytes have another hash")]
    Damaged {
        /// Its id.
        id: String,
    },
    /// An object is not of the expected type, or is too large.
    #[error("the object {id} is a {found}; expected a {expected}")]
    Type {
        /// Its id.
        id: String,
        /// The type of the object. If the object is too large, the expected type and the object's size.
        found: String,
        /// The expected type. If the object is too large, `smaller one`.
        expected: &'static str,
    },
    /// A revision names no commit.
    #[error("`{spec}` names no commit of this repository")]
    NoCommit {
        /// The revision.
        spec: String,
    },
    /// An operation of gix failed.
    #[error("{action}: {reason}")]
    Gix {
        /// The failed operation, as a phrase.
        action: &'static str,
        /// The error reported by gix.
        reason: String,
    },
    /// The program `git` is not in PATH.
    #[error("the program `git` is not in PATH")]
    NoProgram,
    /// `git` could not be run.
    #[error("cannot run git {command}")]
    Run {
        /// The command.
        command: String,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// `git` exited with an error.
    #[error("git {command} failed: {stderr}")]
    Failed {
        /// The command.
        command: String,
        /// Its standard error, on one line.
        stderr: String,
    },
    /// A remote refused a push.
    #[error("git {command} failed: {stderr}")]
    Refused {
        /// The command.
        command: String,
        /// The remote's message, on one line.
        stderr: String,
    },
    /// The ref was moved, but the move could not be flushed to the disk.
    #[error("the entry is in the ledger, but {} cannot be flushed to the disk", path.display())]
    Unflushed {
        /// The directory.
        path: PathBuf,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// `git` did not end in time.
    #[error("git {command} did not end within {seconds} s")]
    Deadline {
        /// The command.
        command: String,
        /// The time that it had, in seconds.
        seconds: u64,
    },
    /// A file or directory could not be flushed to the disk.
    #[error("cannot flush {} to the disk", path.display())]
    Flush {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
}

impl GitError {
    /// Returns why a remote gave no useful answer, without the command that was run: the first line of what Git or the
    /// remote said. After a timeout, the text says so.
    pub fn of_remote(&self) -> String {
        if let Self::Failed { stderr, .. } | Self::Refused { stderr, .. } = self {
            return stderr.split("; ").next().unwrap_or_default().to_owned();
        }
        if let Self::Deadline { seconds, .. } = self {
            return format!("it gave no answer within {} s", (*seconds).max(1));
        }
        one_line(self)
    }

    /// Whether the error may be temporary: `git` failed or did not end in time, as when a remote cannot be
    /// reached. A refusal by the remote is not temporary.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Deadline { .. })
    }

    /// Returns a function that turns an error of gix into a [`GitError::Gix`] which names the operation that failed.
    pub(super) fn gix<E: std::error::Error>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Gix { action, reason: one_line(&error) }
    }

    /// Whether history is missing or corrupt, so that no statement about it is possible.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Damaged { .. } | Self::Type { .. } | Self::Shallow { .. })
    }
}

/// Renders an error and its causes on one line.
pub fn one_line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
