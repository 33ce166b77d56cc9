//! Entries: the commits of a ledger, as values.
//!
//! A commit object's bytes come in; out comes what it says if it is in the one form, or why it is
//! not. Git reads many forms of a commit as the same, so that a host without any key could make a
//! second id for a signed one: here, every byte is accounted for.

mod commit;
mod message;
mod tree;

pub use commit::{Commit, CommitError, ObjectFormat, signed_commit, unsigned_commit};
pub use message::{Trailers, message};
pub use tree::{TreeEntry, parse_tree, with_entry};

use std::sync::Arc;

use crate::value::CommitId;

/// An entry as it was read: the commit's bytes, and the files that its tree adds to its parent's.
#[derive(Debug, Clone)]
pub struct RawEntry {
    /// The commit's id, recomputed from its bytes.
    pub id: CommitId,
    /// The commit object.
    pub commit: Arc<[u8]>,
    /// What its tree adds to the tree that it has to build on, or why it does not just add.
    pub added: Result<Vec<AddedFile>, String>,
}

/// A file that an entry adds.
#[derive(Debug, Clone)]
pub struct AddedFile {
    /// Its full path.
    pub path: String,
    /// Its bytes; where it is larger than a record can be, what was found instead.
    pub bytes: Result<Arc<[u8]>, String>,
}
