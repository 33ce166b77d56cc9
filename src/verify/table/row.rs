//! The rows of records and entries, each of fixed length, and found again by an id.

use crate::packed::{PackedBytes, Row};
use crate::value::{CommitId, Digest, RecordId, Root, Time};

/// The number of nobody, and of a kind that is none of this program's.
pub(in crate::verify) const NOBODY: u32 = u32::MAX;
pub(super) const FOREIGN: u8 = u8::MAX;

/// A record that counts.
#[derive(Debug, Clone, Copy)]
pub(in crate::verify) struct RecordRow {
    pub(super) id: RecordId,
    pub(super) entry: u32,
    pub(super) author: u32,
    pub(super) person: u32,
    pub(super) point: u32,
    pub(super) created_at: Time,
    pub(super) kind: u8,
    pub(super) by_proposed_key: bool,
    pub(super) verdict: u8,
}

impl Row for RecordRow {
    const BYTES: usize = 32 + 4 * 4 + 8 + 3;

    fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.id.digest().as_bytes());
        for number in [self.entry, self.author, self.person, self.point] {
            to.extend(number.to_le_bytes());
        }
        to.extend(self.created_at.unix().to_le_bytes());
        to.extend([self.kind, u8::from(self.by_proposed_key), self.verdict]);
    }

    fn read(from: &mut PackedBytes<'_>) -> Option<Self> {
        Some(Self {
            id: RecordId::from_bytes(from.take()?),
            entry: from.number()?,
            author: from.number()?,
            person: from.number()?,
            point: from.number()?,
            created_at: Time::from_unix(i64::from_le_bytes(from.take()?))?,
            kind: from.byte()?,
            by_proposed_key: from.byte()? == 1,
            verdict: from.byte()?,
        })
    }
}

/// An entry that counts.
#[derive(Debug, Clone, Copy)]
pub(in crate::verify) struct EntryRow {
    pub(super) commit: [u8; 32],
    /// The length of the commit's id: 20 or 32 bytes.
    length: u8,
    pub(super) size: u64,
    pub(super) root: Root,
}

impl EntryRow {
    /// The row of an entry after which the ledger has this size and root.
    pub(super) fn new(commit: &CommitId, size: u64, root: Root) -> Self {
        let length = u8::try_from(commit.as_str().len() / 2).unwrap_or(0);
        Self { commit: Self::key(commit), length, size, root }
    }

    /// What finds an entry: its commit's id, filled up to 32 bytes.
    pub(super) fn key(commit: &CommitId) -> [u8; 32] {
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(commit.as_str().as_bytes().chunks_exact(2)) {
            let text = std::str::from_utf8(pair).unwrap_or_default();
            *byte = u8::from_str_radix(text, 16).unwrap_or(0);
        }
        key
    }

    /// The commit's id.
    pub(super) fn commit_id(&self) -> CommitId {
        let bytes = self.commit.get(..usize::from(self.length)).unwrap_or(&self.commit);
        CommitId::from_bytes(bytes)
    }
}

impl Row for EntryRow {
    const BYTES: usize = 32 + 1 + 8 + 32;

    fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.commit);
        to.push(self.length);
        to.extend(self.size.to_le_bytes());
        to.extend(self.root.digest().as_bytes());
    }

    fn read(from: &mut PackedBytes<'_>) -> Option<Self> {
        Some(Self {
            commit: from.take()?,
            length: from.byte().filter(|length| matches!(length, 20 | 32))?,
            size: u64::from_le_bytes(from.take()?),
            root: Root::new(Digest::from_bytes(from.take()?)),
        })
    }
}
