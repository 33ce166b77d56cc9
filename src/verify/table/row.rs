//! The rows of records and entries. Values that occur in many rows are named by numbers.

use serde::{Deserialize, Serialize};

use crate::finding::Code;
use crate::record::Kind;
use crate::value::{CommitId, RecordId, Root, Time};

/// A record of an entry that counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::verify) struct RecordRow {
    pub(super) id: RecordId,
    /// The number of its entry.
    pub(super) entry: u64,
    pub(super) author: u32,
    pub(super) person: Option<u32>,
    pub(super) point: u32,
    pub(super) created_at: Time,
    /// `None` for a foreign record.
    pub(super) kind: Option<Kind>,
    pub(super) by_proposed_key: bool,
    /// The size of its checkpoint; 0 without one.
    pub(super) seen: u64,
    /// The code of the rule that makes it void; `None` if it is verified.
    pub(super) void: Option<Code>,
}

/// An entry that counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::verify) struct EntryRow {
    pub(super) commit: CommitId,
    /// The size of the ledger after it.
    pub(super) size: u64,
    /// The root of the ledger after it.
    pub(super) root: Root,
}
