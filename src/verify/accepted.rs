//! The records of entries that count.
//!
//! [`Accepted`] is any such record, as the past keeps it. [`VerifiedRecord`] is one whose author was entitled
//! to write it, as the state receives it.

use std::sync::Arc;

use crate::finding::Code;
use crate::record::{Body, Kind};
use crate::value::{CommitId, MemberName, RecordId, Time};

/// A record of an entry that counts, as the past keeps it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Its position in the ledger.
    pub position: u64,
    /// The size of the ledger before its entry. The state at that size decides the verdict on the record.
    pub judged_at: u64,
    /// The commit of its entry; `None` while that entry is being verified.
    pub entry: Option<CommitId>,
    /// Its author.
    pub author: MemberName,
    /// The person behind its author; `None` if the record is void.
    pub person: Option<MemberName>,
    /// When it was created, according to the author.
    pub created_at: Time,
    /// The curve point of the key that signed it.
    pub point: [u8; 32],
    /// Whether it votes on an open proposal with a key that the proposal lists for the author, but the trust in force
    /// does not.
    pub by_proposed_key: bool,
    /// The size of the ledger that its author had seen; 0 if the record has no checkpoint.
    pub seen: u64,
    /// Its kind; `None` for a foreign record.
    pub kind: Option<Kind>,
    /// The verdict on it.
    pub verdict: Verdict,
}

/// The verdict on a record of an entry that counts. A verdict is never revised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its author was entitled to write it.
    Verified,
    /// Its author was not entitled. The record stays visible, but has no effect.
    Void {
        /// The first rule that the record breaks.
        code: Code,
        /// What was found.
        found: String,
    },
}

impl Verdict {
    /// The code of the first rule that a void record breaks; `None` if the record is verified.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Verified => None,
            Self::Void { code, .. } => Some(*code),
        }
    }
}

/// A record whose author was entitled to write it at its position.
///
/// Only a [`Past`](super::Past) creates it, from records that it has verified. Only such records reach the
/// state.
///
/// ```
/// use countersign::verify::{EntryVerdict, Examined, Unreadable, Past, VerifiedRecord};
/// fn verified(past: &mut Past, entry: &Examined) -> Result<Vec<VerifiedRecord>, Unreadable> {
///     Ok(match past.advance(entry)? {
///         EntryVerdict::Counted(counted) => counted.verified,
///         EntryVerdict::Broken(_) => Vec::new(),
///     })
/// }
/// ```
///
/// ```compile_fail
/// use countersign::verify::{AuthenticRecord, EntryVerdict, Unreadable, Past, VerifiedRecord};
/// fn verified(past: &mut Past, entry: &AuthenticRecord) -> Result<Vec<VerifiedRecord>, Unreadable> {
///     Ok(match past.advance(entry)? {
///         EntryVerdict::Counted(counted) => counted.verified,
///         EntryVerdict::Broken(_) => Vec::new(),
///     })
/// }
/// ```
#[derive(Debug, Clone)]
pub struct VerifiedRecord {
    pub(super) id: RecordId,
    pub(super) position: u64,
    pub(super) judged_at: u64,
    pub(super) record: Arc<Body>,
    pub(super) author: MemberName,
    pub(super) person: MemberName,
    pub(super) created_at: Time,
    pub(super) point: [u8; 32],
    pub(super) by_proposed_key: bool,
    pub(super) seen: u64,
}

impl VerifiedRecord {
    /// Returns its id.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Returns its position in the ledger.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the size of the ledger before its entry.
    pub fn judged_at(&self) -> u64 {
        self.judged_at
    }

    /// Returns the size of the ledger that its author had seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Returns its content.
    pub fn body(&self) -> &Arc<Body> {
        &self.record
    }

    /// Returns its author.
    pub fn author(&self) -> &MemberName {
        &self.author
    }

    /// Returns the person behind its author.
    pub fn person(&self) -> &MemberName {
        &self.person
    }

    /// Returns when it was created, according to the author.
    pub fn created_at(&self) -> Time {
        self.created_at
    }

    /// Returns the curve point of the key that signed it.
    pub fn point(&self) -> &[u8; 32] {
        &self.point
    }

    /// Whether the record votes on an open proposal with a key that the proposal lists for the author, but the trust in
    /// force does not.
    pub fn is_by_proposed_key(&self) -> bool {
        self.by_proposed_key
    }
}
