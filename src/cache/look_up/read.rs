//! [`LookUp`]: reads single records, entries and votes of an earlier run from the look-up file.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::row::{self, RowSigners};
use crate::cache::page::{Nonce, PAYLOAD, PagedFile};
use crate::entry::stated;
use crate::git::ObjectReader;
use crate::value::{CommitId, RecordId, Root};
use crate::verify::{BrokenEntry, Earlier, EarlierCounts, EarlierEntry, EarlierRecord, Unreadable, VoteOf};

/// What is needed to read a look-up file. It is stored, and authenticated, with the verified prefix.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::cache) struct LookUpIndex {
    pub(in crate::cache) nonce: Nonce,
    pub(super) signers: RowSigners,
    pub(super) records: RowSection,
    /// The positions of the records, in the order of their ids.
    pub(super) by_id: RowSection,
    pub(super) entries: RowSection,
    pub(super) votes: RowSection,
    /// The entries that do not count.
    pub(super) broken: RowSection,
    /// The numbers of the entries that do not count, in the order of their commits.
    pub(super) broken_by_commit: RowSection,
    /// The page with which the encoded findings of the entries that do not count begin.
    pub(super) findings_page: u64,
}

/// Rows of one width.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct RowSection {
    pub(super) first_page: u64,
    /// The width of a row, in bytes.
    pub(super) width: usize,
    pub(super) count: u64,
}

/// A look-up file.
pub(in crate::cache) struct LookUp {
    index: LookUpIndex,
    file: PagedFile,
    reader: Mutex<ObjectReader>,
}

impl std::fmt::Debug for LookUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LookUp").field("records", &self.index.records.count).finish_non_exhaustive()
    }
}

impl LookUpIndex {
    /// Returns the number of entries in the file that count, and the number of those that do not.
    pub(in crate::cache) fn counts(&self) -> EarlierCounts {
        EarlierCounts { entries: self.entries.count, broken: self.broken.count }
    }
}

/// How the name of every look-up file begins.
pub(in crate::cache) const LOOK_UP: &str = "look-up";

/// A search by hash interpolates for this many steps. Then it becomes a binary search.
const LIKELY_STEPS: u32 = 8;

impl LookUp {
    pub(in crate::cache) fn new(index: LookUpIndex, file: PagedFile, reader: ObjectReader) -> Self {
        Self { index, file, reader: Mutex::new(reader) }
    }

    /// Reads and decodes a row of a section.
    fn row<T>(
        &self,
        section: RowSection,
        number: u64,
        decode: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, Unreadable> {
        let place = || {
            let a_page = u64::try_from(PAYLOAD / section.width.max(1)).ok().filter(|rows| *rows > 0)?;
            let page = section.first_page.checked_add(number / a_page)?;
            let offset = usize::try_from(number % a_page).ok()?.checked_mul(section.width)?;
            (number < section.count).then_some((page, offset))
        };
        let (page, offset) = place().ok_or(Unreadable::LookUp)?;
        let page = self.file.page(page)?;
        let bytes = page.get(offset..).and_then(|rest| rest.get(..section.width));
        bytes.and_then(decode).ok_or(Unreadable::LookUp)
    }

    /// Returns the row number at a place of an index.
    fn number_at(&self, index: RowSection, place: u64) -> Result<u64, Unreadable> {
        self.row(index, place, |bytes| Some(u64::from(u32::from_be_bytes(bytes.try_into().ok()?))))
    }

    /// Returns the number of the row with the hash `wanted`; `None` if no row has it. `index` lists the numbers of the
    /// rows in the order of the rows' hashes. `hash` returns the hash of a row; `leading` returns the first bytes of a
    /// hash.
    fn find<T: Ord>(
        &self,
        index: RowSection,
        wanted: &T,
        leading: impl Fn(&T) -> u64,
        hash: impl Fn(u64) -> Result<T, Unreadable>,
    ) -> Result<Option<u64>, Unreadable> {
        // Hashes are spread evenly, so the place of a row in the index can be estimated from its hash.
        let mut left = LeftRows { low: 0, high: index.count, lowest: 0, highest: u64::MAX };
        let mut steps = 0;
        while left.low < left.high {
            let is_likely = steps < LIKELY_STEPS;
            let place = if is_likely { left.likely(leading(wanted)) } else { left.low.midpoint(left.high) };
            steps += 1;
            let number = self.number_at(index, place)?;
            let known = hash(number)?;
            match known.cmp(wanted) {
                std::cmp::Ordering::Equal => return Ok(Some(number)),
                std::cmp::Ordering::Less => (left.low, left.lowest) = (place + 1, leading(&known)),
                std::cmp::Ordering::Greater => (left.high, left.highest) = (place, leading(&known)),
            }
        }
        Ok(None)
    }

    fn vote_at(&self, place: u64) -> Result<(VoteOf, u64), Unreadable> {
        self.row(self.index.votes, place, row::decode_vote)
    }
}

impl Earlier for LookUp {
    fn records(&self) -> u64 {
        self.index.records.count
    }

    fn entries(&self) -> u64 {
        self.index.entries.count
    }

    fn record(&self, position: u64) -> Result<EarlierRecord, Unreadable> {
        let decode = |bytes: &[u8]| row::decode_record(bytes, &self.index.signers);
        self.row(self.index.records, position, decode)
    }

    fn position(&self, id: &RecordId) -> Result<Option<u64>, Unreadable> {
        let id_at = |position| self.row(self.index.records, position, row::id_of);
        self.find(self.index.by_id, id, |id| id.digest().leading(), id_at)
    }

    fn entry(&self, number: u64) -> Result<EarlierEntry, Unreadable> {
        self.row(self.index.entries, number, row::decode_entry)
    }

    fn entry_number(&self, commit: &CommitId) -> Result<Option<u64>, Unreadable> {
        // The commit states a size of the ledger. If the commit is an entry that counts, it is the stored entry of that
        // size.
        let Some((size, _)) = self.stated(commit) else { return Ok(None) };
        let Some(before) = size.checked_sub(1) else { return Ok(None) };
        let number = self.entry_beyond(before)?;
        if number >= self.entries() {
            return Ok(None);
        }
        Ok((self.entry(number)?.commit == *commit).then_some(number))
    }

    fn entry_beyond(&self, size: u64) -> Result<u64, Unreadable> {
        let (mut low, mut high) = (0, self.entries());
        while low < high {
            let number = low.midpoint(high);
            if self.entry(number)?.size <= size { low = number + 1 } else { high = number }
        }
        Ok(low)
    }

    fn root(&self, entry: &EarlierEntry) -> Result<Root, Unreadable> {
        // The entry was verified, so its root is the one that its commit states.
        let (size, root) = self.stated(&entry.commit).ok_or(Unreadable::LookUp)?;
        Some(root).filter(|_| size == entry.size).ok_or(Unreadable::LookUp)
    }

    fn vote(&self, of: &VoteOf) -> Result<Option<u64>, Unreadable> {
        let (mut low, mut high) = (0, self.index.votes.count);
        while low < high {
            let place = low.midpoint(high);
            let (known, position) = self.vote_at(place)?;
            match known.cmp(of) {
                std::cmp::Ordering::Equal => return Ok(Some(position)),
                std::cmp::Ordering::Less => low = place + 1,
                std::cmp::Ordering::Greater => high = place,
            }
        }
        Ok(None)
    }

    fn votes(&self) -> Result<Vec<(VoteOf, u64)>, Unreadable> {
        (0..self.index.votes.count).map(|place| self.vote_at(place)).collect()
    }

    fn broken_entries(&self) -> u64 {
        self.index.broken.count
    }

    fn broken_entry(&self, number: u64) -> Result<BrokenEntry, Unreadable> {
        let row = self.row(self.index.broken, number, row::decode_broken)?;
        let Range { start, end } = row.findings;
        let bytes = self.file.bytes(self.index.findings_page, start, end.saturating_sub(start))?;
        row.with_findings(&bytes).ok_or(Unreadable::LookUp)
    }

    fn broken_number(&self, commit: &CommitId) -> Result<Option<u64>, Unreadable> {
        let commit_at = |number| Ok(self.row(self.index.broken, number, row::decode_broken)?.commit);
        self.find(self.index.broken_by_commit, commit, leading, commit_at)
    }
}

impl LookUp {
    /// Returns the size and the root that a commit states in its message, as an entry does. `None` if there is no such
    /// commit, or if it states no checkpoint.
    fn stated(&self, commit: &CommitId) -> Option<(u64, Root)> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoint = stated(&reader.commit(commit)?)?;
        Some((checkpoint.size, checkpoint.root))
    }
}

/// Returns the first eight bytes of a commit's hash as a number, the first byte the highest.
fn leading(commit: &CommitId) -> u64 {
    commit.as_str().get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

/// The part of an index in which a hash is still searched. It has the places from `low` up to, but not including,
/// `high`. The leading bytes of the hashes in this part are between `lowest` and `highest`.
struct LeftRows {
    low: u64,
    high: u64,
    lowest: u64,
    highest: u64,
}

impl LeftRows {
    /// Returns the place where a hash with these leading bytes is likely to be, by linear interpolation.
    fn likely(&self, wanted: u64) -> u64 {
        let along = u128::from(wanted.saturating_sub(self.lowest)) * u128::from(self.high - self.low);
        let along = along / u128::from(self.highest.saturating_sub(self.lowest)).max(1);
        self.low.saturating_add(u64::try_from(along).unwrap_or(u64::MAX)).min(self.high - 1)
    }
}
