//! Git repositories: read in a hermetic view, written durably.
//!
//! Objects are read with gix without replace refs, grafts, commit-graph or lazy fetching, and every one
//! is hashed again; a repository's configuration runs nothing. Refs are moved, and what has to be
//! pushed is pushed, by the user's own `git`, found once by absolute path.

mod adding;
mod append;
mod code;
mod config;
mod error;
mod predicted;
mod program;
mod read;
mod repository;
mod revert;

pub use append::{NewEntry, RefMove};
pub use config::{Config, Identity};
pub use error::GitError;
pub use predicted::{Most, Predicted};
pub use program::GitProgram;
pub use read::{Bytes, Chain, ObjectReader, ObjectReaders, tree_of};
pub use repository::Repository;
pub use revert::NotClean;
