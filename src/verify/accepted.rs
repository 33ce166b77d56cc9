//! A record that counts: as the past keeps it, and as the state gets it where its author was entitled.

use std::sync::Arc;

use crate::finding::Code;
use crate::record::{Body, Kind};
use crate::value::{CommitId, MemberName, RecordId, Time};

/// A record that counts, as the past keeps it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Its position.
    pub position: u64,
    /// The size of the ledger before its entry: what it was judged by.
    pub judged_at: u64,
    /// Its entry; none while that is being judged.
    pub entry: Option<CommitId>,
    /// Who wrote it.
    pub author: MemberName,
    /// The person behind its author; none where it is void.
    pub person: Option<MemberName>,
    /// When, as the author says.
    pub created_at: Time,
    /// The point of the key that signed it.
    pub point: [u8; 32],
    /// Whether an open proposal lists that key for its author, and the trust in force does not.
    pub by_proposed_key: bool,
    /// Its kind; none for a foreign one.
    pub kind: Option<Kind>,
    /// What was said of it.
    pub verdict: Verdict,
}

/// What is said of a record that counts. It is never revised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its author was entitled to say it.
    Verified,
    /// Its author was not: it is visible, and has no effect.
    Void {
        /// The rule.
        code: Code,
        /// What was found.
        found: String,
    },
}

/// A record whose author was entitled to say it, at its position.
///
/// A [`Past`](super::Past) alone makes it, of what it has judged: only such records reach the state.
///
/// ```
/// use countersign::verify::{EntryVerdict, Examined, Past, VerifiedRecord};
/// fn verified(past: &mut Past, entry: &Examined) -> Vec<VerifiedRecord> {
///     match past.advance(entry) {
///         EntryVerdict::Counted(counted) => counted.verified,
///         EntryVerdict::Broken(_) => Vec::new(),
///     }
/// }
/// ```
///
/// ```compile_fail
/// use countersign::verify::{AuthenticRecord, EntryVerdict, Examined, Past, VerifiedRecord};
/// fn verified(past: &mut Past, entry: &AuthenticRecord) -> Vec<VerifiedRecord> {
///     match past.advance(entry) {
///         EntryVerdict::Counted(counted) => counted.verified,
///         EntryVerdict::Broken(_) => Vec::new(),
///     }
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
}

impl VerifiedRecord {
    /// Its id.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Its position.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The size of the ledger before its entry.
    pub fn judged_at(&self) -> u64 {
        self.judged_at
    }

    /// What it says.
    pub fn body(&self) -> &Arc<Body> {
        &self.record
    }

    /// Who wrote it.
    pub fn author(&self) -> &MemberName {
        &self.author
    }

    /// The person behind its author.
    pub fn person(&self) -> &MemberName {
        &self.person
    }

    /// When, as the author says.
    pub fn created_at(&self) -> Time {
        self.created_at
    }

    /// The point of the key that signed it.
    pub fn point(&self) -> &[u8; 32] {
        &self.point
    }

    /// Whether an open proposal lists that key for its author, and the trust in force does not.
    pub fn is_by_proposed_key(&self) -> bool {
        self.by_proposed_key
    }
}
