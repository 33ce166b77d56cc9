//! Replays the entries of a ledger: verifies each against the past, collects a report, and folds the state
//! that the gate queries.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::state::{NoState, WholeState};
use crate::value::CommitId;
use crate::verify::{EntryVerdict, Examined, Past, Unreadable};

/// A ledger that is being replayed, entry by entry.
#[derive(Debug)]
pub struct Replay {
    past: Past,
    report: Report,
}

/// What a replay found.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// The findings that broke entries, in order.
    pub broken: Vec<Finding>,
    /// The size of the ledger at each broken entry.
    pub passed: BTreeMap<CommitId, u64>,
    /// The newest entry, whether it counts or is broken.
    pub last: Option<CommitId>,
}

impl Replay {
    /// Starts an empty replay. If an anchor is given, only the ledger with this id is accepted.
    pub fn new(anchor: Option<crate::value::RecordId>) -> Self {
        Self::resume(Past::new(anchor), Report::default())
    }

    /// Continues from a cached past and report.
    pub fn resume(past: Past, report: Report) -> Self {
        Self { past, report }
    }

    /// Adds the next entry. Returns the findings that make its records void, or that break the entry.
    ///
    /// It is an error if something that was verified before cannot be read any more; this replay is of no use then.
    pub fn push(&mut self, entry: &Examined) -> Result<Pushed, Unreadable> {
        let verdict = self.past.advance(entry)?;
        self.report.last = Some(entry.id().clone());
        Ok(match verdict {
            EntryVerdict::Counted(counted) => Pushed::Counted { void: counted.void },
            EntryVerdict::Broken(findings) => {
                self.report.broken.extend(findings.iter().cloned());
                self.report.passed.insert(entry.id().clone(), self.past.size());
                Pushed::Broken { findings }
            }
        })
    }

    /// The verification state after the entries so far.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// The report so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The size of the ledger after an entry, whether the entry counts or is broken; `None` if it was not
    /// read.
    pub fn size_at(&self, entry: &CommitId) -> Result<Option<u64>, Unreadable> {
        Ok(self.past.size_after(entry)?.or_else(|| self.report.passed.get(entry).copied()))
    }

    /// The state folded from the records that stand at this head: those that are not void, not signed by a
    /// key distrusted at their position, and not in a quarantined entry.
    pub fn state(&self) -> Result<WholeState, NoState> {
        WholeState::fold(&self.past)
    }
}

/// The result of adding an entry.
#[derive(Debug)]
pub enum Pushed {
    /// The entry counts; some of its records may be void.
    Counted {
        /// The findings that make records void.
        void: Vec<Finding>,
    },
    /// The entry is broken.
    Broken {
        /// Every rule that the entry breaks.
        findings: Vec<Finding>,
    },
}
