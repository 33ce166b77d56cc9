//! [`Earlier`]: what was verified in an earlier run, looked up on demand.

use serde::{Deserialize, Serialize};

use super::bodies::Unreadable;
use crate::finding::{Code, Finding};
use crate::record::Kind;
use crate::value::{CommitId, RecordId, Root, Time};

/// A record of an entry that counts, with numbers in place of names and key points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierRecord {
    /// Its id.
    pub id: RecordId,
    /// The number of its author's name.
    pub author: u32,
    /// The number of the name of the person behind the author; `None` if the record is void.
    pub person: Option<u32>,
    /// The number of the point of the key that signed it.
    pub point: u32,
    /// When it was created, according to the author.
    pub created_at: Time,
    /// Its kind; `None` for a foreign record.
    pub kind: Option<Kind>,
    /// Whether it votes on an open proposal with a key that the proposal lists for the author, but the trust in force
    /// did not.
    pub by_proposed_key: bool,
    /// The size of its checkpoint; 0 if it has none.
    pub seen: u64,
    /// The code of the rule that makes it void; `None` if it is verified.
    pub void: Option<Code>,
}

/// An entry that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierEntry {
    /// Its commit.
    pub commit: CommitId,
    /// The size of the ledger after it.
    pub size: u64,
}

/// An entry that does not count: it is broken, or comes after a broken one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenEntry {
    /// Its commit.
    pub commit: CommitId,
    /// The size of the ledger before it. The entry does not change that size.
    pub size: u64,
    /// A finding for each rule that it breaks.
    pub findings: Vec<Finding>,
}

/// The lookup key of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VoteOf {
    /// The position of the record that is voted on.
    pub subject: u64,
    /// The number of the name of the person who votes.
    pub person: u32,
    /// Whether the vote is on an open proposal, and is signed with a key that the proposal lists for the voter, but the
    /// trust in force does not.
    pub by_proposed_key: bool,
}

/// What was verified in an earlier run: the first records and entries of a ledger, the votes among them, and the
/// entries that do not count.
pub trait Earlier: std::fmt::Debug + Send + Sync {
    /// Returns the number of records.
    fn records(&self) -> u64;

    /// Returns the number of entries.
    fn entries(&self) -> u64;

    /// Returns the record at a position below [`Earlier::records`].
    fn record(&self, position: u64) -> Result<EarlierRecord, Unreadable>;

    /// Returns the position of a record.
    fn position(&self, id: &RecordId) -> Result<Option<u64>, Unreadable>;

    /// Returns an entry by its number, which is below [`Earlier::entries`].
    fn entry(&self, number: u64) -> Result<EarlierEntry, Unreadable>;

    /// Returns the number of an entry.
    fn entry_number(&self, commit: &CommitId) -> Result<Option<u64>, Unreadable>;

    /// Returns the number of the first entry after which the ledger has more than `size` records.
    fn entry_beyond(&self, size: u64) -> Result<u64, Unreadable>;

    /// Returns the root after an entry.
    fn root(&self, entry: &EarlierEntry) -> Result<Root, Unreadable>;

    /// Returns the position of the latest vote of a person on a record.
    fn vote(&self, of: &VoteOf) -> Result<Option<u64>, Unreadable>;

    /// Returns every vote with its position, in the order of [`VoteOf`].
    fn votes(&self) -> Result<Vec<(VoteOf, u64)>, Unreadable>;

    /// Returns the number of entries that do not count.
    fn broken_entries(&self) -> u64;

    /// Returns an entry that does not count, by its number, which is below [`Earlier::broken_entries`].
    fn broken_entry(&self, number: u64) -> Result<BrokenEntry, Unreadable>;

    /// Returns the number of an entry that does not count.
    fn broken_number(&self, commit: &CommitId) -> Result<Option<u64>, Unreadable>;
}
