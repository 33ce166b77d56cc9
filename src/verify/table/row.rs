//! The row of an entry.

use serde::{Deserialize, Serialize};

use crate::value::{CommitId, Root};
use crate::verify::earlier::EarlierEntry;

/// An entry that counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::verify) struct EntryRow {
    pub(super) commit: CommitId,
    /// The size of the ledger after it.
    pub(super) size: u64,
    /// The root of the ledger after it.
    pub(super) root: Root,
}

impl EntryRow {
    /// Returns the size of the ledger after the entry.
    pub(in crate::verify) fn size(&self) -> u64 {
        self.size
    }

    /// Returns the entry without the root, which the commit states too.
    pub(in crate::verify) fn without_root(&self) -> EarlierEntry {
        EarlierEntry { commit: self.commit.clone(), size: self.size }
    }
}
