//! Entries into a past, a report, and the state that the gate asks: the only loop over all of them.

use crate::finding::Finding;
use crate::state::State;
use crate::value::CommitId;
use crate::verify::{EntryVerdict, Examined, Past};

/// A ledger that is being replayed, entry by entry.
#[derive(Debug)]
pub struct Replay {
    past: Past,
    report: Report,
}

/// What a replay found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What broke entries, in order.
    pub broken: Vec<Finding>,
    /// Each entry that was broken, and the size of the ledger there.
    pub passed: Vec<(CommitId, u64)>,
}

impl Replay {
    /// Starts with nothing, believing only in the ledger of this id, if one is given.
    pub fn new(anchor: Option<crate::value::RecordId>) -> Self {
        Self::resume(Past::new(anchor), Report::default())
    }

    /// Goes on from what was remembered.
    pub fn resume(past: Past, report: Report) -> Self {
        Self { past, report }
    }

    /// Takes the next entry, and says how many of its records are void, or that it is broken.
    pub fn push(&mut self, entry: &Examined) -> Pushed {
        match self.past.advance(entry) {
            EntryVerdict::Counted(counted) => Pushed::Counted { void: counted.void },
            EntryVerdict::Broken(findings) => {
                self.report.broken.extend(findings.iter().cloned());
                self.report.passed.push((entry.id().clone(), self.past.size()));
                Pushed::Broken { findings }
            }
        }
    }

    /// What everything was judged by so far.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// What was found so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The size of the ledger after an entry that was read, whether it counts or not.
    pub fn size_at(&self, entry: &CommitId) -> Option<u64> {
        let passed = || self.report.passed.iter().find(|(id, _)| id == entry).map(|(_, size)| *size);
        self.past.size_after(entry).or_else(passed)
    }

    /// The fold of what stands at this head; none before the ledger is founded.
    pub fn state(&self) -> Option<State> {
        State::fold(&self.past)
    }
}

/// What became of an entry.
#[derive(Debug)]
pub enum Pushed {
    /// It counts; these of its records are void.
    Counted {
        /// What was found against them.
        void: Vec<Finding>,
    },
    /// It is broken.
    Broken {
        /// Every rule that it breaks.
        findings: Vec<Finding>,
    },
}
