//! Why Git could not be asked.

use std::path::PathBuf;

/// A repository could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is none.
    #[error("no Git repository at {} or above it", path.display())]
    NoRepository {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It could not be opened, e.g. because it belongs to another user.
    #[error("cannot open the Git repository {}: {reason}", path.display())]
    Open {
        /// Which one.
        path: PathBuf,
        /// What gix says.
        reason: String,
    },
    /// It uses an extension that is not known to be safe to read.
    #[error("the repository uses the extension `{name} = {value}`, which is not supported")]
    Extension {
        /// The extension.
        name: String,
        /// Its value.
        value: String,
    },
    /// The ledger's ref is a symbolic one.
    #[error("{name} is a symbolic ref: the ledger is a branch of its own")]
    SymbolicRef {
        /// The ref.
        name: String,
    },
    /// A configured or given name is not a branch's.
    #[error("`{name}` is no name of a branch")]
    BranchName {
        /// The name.
        name: String,
    },
    /// An object is missing, or the history ends at a shallow boundary.
    #[error("the object {id} is missing: the clone is shallow, partial or damaged")]
    Missing {
        /// Its id.
        id: String,
    },
    /// The history ends at a boundary of a shallow clone.
    #[error("the clone is shallow at {id}: what stands before it may not be there")]
    Shallow {
        /// The commit.
        id: String,
    },
    /// More was to be read for one entry than a reader was allowed to.
    #[error("more than {most} bytes of trees and files to read for one entry")]
    TooMuch {
        /// How much was allowed.
        most: usize,
    },
    /// A thread that reads ended early.
    #[error("a thread that examines entries ended early")]
    Interrupted,
    /// A bare repository lies inside a work tree.
    #[error("{} is a bare repository inside the work tree {}", path.display(), outer.display())]
    Embedded {
        /// The bare repository.
        path: PathBuf,
        /// The work tree.
        outer: PathBuf,
    },
    /// An object's bytes do not have the hash that it is named by.
    #[error("the object {id} is damaged: its bytes have another hash")]
    Damaged {
        /// Its id.
        id: String,
    },
    /// An object is of another type than its place asks for.
    #[error("the object {id} is a {found}; expected a {expected}")]
    Type {
        /// Its id.
        id: String,
        /// What it is.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Something that a person typed names no commit.
    #[error("`{spec}` names no commit of this repository")]
    NoCommit {
        /// What was typed.
        spec: String,
    },
    /// gix could not do something.
    #[error("{action}: {reason}")]
    Gix {
        /// What was tried.
        action: &'static str,
        /// What gix says.
        reason: String,
    },
    /// The program `git` is not there.
    #[error("the program `git` is not in PATH")]
    NoProgram,
    /// `git` could not be run.
    #[error("cannot run git {command}")]
    Run {
        /// Which command.
        command: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `git` failed.
    #[error("git {command} failed: {stderr}")]
    Failed {
        /// Which command.
        command: String,
        /// What it said.
        stderr: String,
    },
    /// A file or directory could not be flushed to the disk.
    #[error("cannot flush {} to the disk", path.display())]
    Flush {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl GitError {
    /// Wraps what gix says about something that was tried.
    pub(super) fn gix<E: std::error::Error>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Gix { action, reason: one_line(&error) }
    }

    /// Whether the history is not all there, so that nothing can be said about it.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Damaged { .. } | Self::Type { .. } | Self::Shallow { .. })
    }
}

/// An error and its causes on one line.
pub(super) fn one_line(error: &dyn std::error::Error) -> String {
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
