//! Git repositories: hermetic reads, durable writes.
//!
//! Objects are read with gix, without replace refs, grafts, commit-graph or lazy fetching. Every ledger
//! object is hashed again. The user's own `git` moves refs, fetches and pushes; it is found in PATH once for each
//! repository, and called by its absolute path. No read runs a command that a repository's configuration names.

mod adding;
mod alternates;
mod append;
mod code;
mod config;
mod config_value;
mod discover;
mod error;
mod existing;
mod indices;
mod loose;
mod merge;
mod moving;
mod own_config;
mod predicted;
mod program;
mod quarantine;
mod read;
mod reflog;
mod remote;
mod repository;
mod revert;
mod trailers;
mod user_config;

pub use append::{NewEntry, RefMove};
pub use config::{Config, ShareMode};
pub use error::{GitError, one_line};
pub use predicted::{Predicted, TreeBudget};
pub use program::GitProgram;
pub use quarantine::ObjectQuarantine;
pub use read::{Bytes, Chain, ChainCommit, ObjectReader, ObjectReaders, parent_of, tree_of};
pub use reflog::{RefHistory, RefValue};
pub use remote::RemoteMove;
pub use repository::Repository;
pub use revert::NotClean;
pub use user_config::{Identity, SigningPrograms, UserConfig};
