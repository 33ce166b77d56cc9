//! [`BrokenEntries`]: the entries that do not count, and which of them halt the ledger.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::bodies::Unreadable;
use super::earlier::{BrokenEntry, Earlier};
use crate::value::CommitId;

/// The entries that do not count, in order: first those that `earlier` looks up, then those in `held`.
#[derive(Debug, Clone, Default)]
pub(super) struct BrokenEntries {
    earlier: Option<Arc<dyn Earlier>>,
    /// The number of the first entry in `held`. Numbers begin at 0, so this is also how many entries `earlier` has.
    first: u64,
    held: Vec<BrokenEntry>,
    numbers: HashMap<CommitId, u64>,
    /// The entries that do not halt the ledger: a quarantine names them, or the ledger is of an earlier format.
    accounted: BTreeSet<CommitId>,
}

impl BrokenEntries {
    /// Restores the entries of an earlier run: all that `earlier` has, and after them those in `held`.
    pub(super) fn restore(
        held: Vec<BrokenEntry>,
        accounted: BTreeSet<CommitId>,
        earlier: Option<Arc<dyn Earlier>>,
    ) -> Self {
        let first = earlier.as_ref().map_or(0, |earlier| earlier.broken_entries());
        let numbers = held.iter().map(|entry| entry.commit.clone()).zip(first..).collect();
        Self { earlier, first, held, numbers, accounted }
    }

    pub(super) fn add(&mut self, entry: BrokenEntry) {
        self.numbers.insert(entry.commit.clone(), self.len());
        self.held.push(entry);
    }

    /// Notes that an entry does not halt the ledger from now on. Returns whether it did until now. If it did not,
    /// nothing is noted.
    pub(super) fn account_for(&mut self, commit: &CommitId) -> Result<bool, Unreadable> {
        Ok(self.number(commit)?.is_some() && self.accounted.insert(commit.clone()))
    }

    pub(super) fn held(&self) -> &[BrokenEntry] {
        &self.held
    }

    /// Returns the entries that do not halt the ledger.
    pub(super) fn accounted(&self) -> &BTreeSet<CommitId> {
        &self.accounted
    }

    /// Whether any entry halts the ledger.
    pub(super) fn halt(&self) -> bool {
        u64::try_from(self.accounted.len()).is_ok_and(|accounted| accounted < self.len())
    }

    pub(super) fn len(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.held.len()).unwrap_or(u64::MAX))
    }

    pub(super) fn number(&self, commit: &CommitId) -> Result<Option<u64>, Unreadable> {
        match (self.numbers.get(commit), &self.earlier) {
            (Some(number), _) => Ok(Some(*number)),
            (None, Some(earlier)) => earlier.broken_number(commit),
            (None, None) => Ok(None),
        }
    }

    pub(super) fn entry(&self, number: u64) -> Result<BrokenEntry, Unreadable> {
        match (number.checked_sub(self.first), &self.earlier) {
            (None, Some(earlier)) => earlier.broken_entry(number),
            (held, _) => {
                let held = held.and_then(|held| usize::try_from(held).ok());
                held.and_then(|held| self.held.get(held)).cloned().ok_or(Unreadable::LookUp)
            }
        }
    }
}
