//! The entries that halt a ledger, and the records that lead out of the halt.

use super::bodies::Unreadable;
use super::earlier::BrokenEntry;
use super::past::Past;
use crate::record::{Body, Kind};
use crate::value::CommitId;

impl Past {
    /// Whether the ledger is halted: at least one entry halts it. An entry does that if it does not count, unless a
    /// quarantine in effect names it or the ledger is of an earlier format.
    pub fn is_halted(&self) -> bool {
        self.broken.halt()
    }

    /// Whether an entry halts the ledger.
    pub fn is_unaccounted(&self, commit: &CommitId) -> Result<bool, Unreadable> {
        Ok(!self.broken.accounted().contains(commit) && self.broken.number(commit)?.is_some())
    }

    /// Whether an entry that does not count halts the ledger.
    pub fn is_halted_by(&self, broken: &BrokenEntry) -> bool {
        !self.broken.accounted().contains(&broken.commit)
    }

    /// Returns the entries that halt the ledger, in order.
    pub fn unaccounted(&self) -> impl Iterator<Item = Result<BrokenEntry, Unreadable>> {
        let all = self.is_halted().then(|| self.broken());
        let halts = |entry: &Result<BrokenEntry, Unreadable>| {
            entry.as_ref().map_or(true, |entry| self.is_halted_by(entry))
        };
        all.into_iter().flatten().filter(halts)
    }

    /// Returns the entries that do not count, in order, whether or not they halt the ledger.
    pub fn broken(&self) -> impl Iterator<Item = Result<BrokenEntry, Unreadable>> {
        (0..self.broken.len()).map(|number| self.broken.entry(number))
    }

    /// Returns the entry in this commit if it does not count; `None` if it counts, or if the commit is not in the
    /// ledger.
    pub fn broken_entry(&self, commit: &CommitId) -> Result<Option<BrokenEntry>, Unreadable> {
        self.broken.number(commit)?.map(|number| self.broken.entry(number)).transpose()
    }

    /// Whether a record may be added to a halted ledger: it is a quarantine, or a vote on a quarantine whose entry
    /// counts.
    pub fn leads_out_of_halt(&self, body: &Body) -> Result<bool, Unreadable> {
        Ok(match body {
            Body::Quarantine(_) => true,
            Body::Approval(approval) => {
                self.record(&approval.of)?.is_some_and(|about| about.kind == Some(Kind::Quarantine))
            }
            Body::Trust(_)
            | Body::Policy(_)
            | Body::Exception(_)
            | Body::Triage(_)
            | Body::RollbackPlan(_)
            | Body::Redesign(_)
            | Body::Release(_)
            | Body::Review(_)
            | Body::Closure(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Receipt(_)
            | Body::Outcome(_)
            | Body::Audit(_) => false,
        })
    }
}
