//! Entries: the commits of a ledger, as values.
//!
//! Input: the bytes of a commit object. Output: the content of the commit if it has the one form that a ledger allows,
//! or how it differs from that form. Git parses many encodings of a commit as the same commit, so a host without any
//! key could otherwise make a second id for a signed commit. Therefore every byte is accounted for here.

mod commit;
mod message;
mod tree;

pub use commit::{Commit, CommitError, ObjectFormat, signed_commit, unsigned_commit};
pub use message::{Trailers, message, stated};
pub use tree::{TreeEntry, parse_tree, with_entry};

use std::sync::Arc;

use crate::value::{CommitId, limit};

/// An entry as read from Git: the bytes of its commit, and the files that it adds.
#[derive(Debug, Clone)]
pub struct RawEntry {
    /// The id of the commit, recomputed from its bytes.
    pub id: CommitId,
    /// The bytes of the commit object.
    pub commit: Arc<[u8]>,
    /// The files that the commit's tree adds to its base, which is the tree that the entry must extend. If the commit's
    /// tree does not just add files, the reason as a phrase.
    pub added: Result<Vec<AddedFile>, String>,
}

impl RawEntry {
    /// Returns the total size of the added files, in bytes. A file that was not read, because it cannot be a record,
    /// counts as empty.
    pub fn bytes_of_files(&self) -> usize {
        let files = self.added.iter().flatten();
        files.map(|file| file.bytes.as_ref().map_or(0, |bytes| bytes.len())).sum()
    }
}

/// A file added by an entry.
#[derive(Debug, Clone)]
pub struct AddedFile {
    /// The full path.
    pub path: String,
    /// The bytes. If the object cannot be a record file, the reason as a phrase.
    pub bytes: Result<Arc<[u8]>, String>,
}

/// Returns a message if an entry adds too many files, or too many bytes in total; otherwise `None`.
pub fn beyond_limits(files: usize, bytes: usize) -> Option<String> {
    if files > limit::RECORDS_IN_ENTRY {
        return Some(format!("adds more than {} files", limit::RECORDS_IN_ENTRY));
    }
    (bytes > limit::ENTRY_BYTES).then(|| format!("adds more than {} bytes of files", limit::ENTRY_BYTES))
}
