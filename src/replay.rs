//! Entries into a past, a report, and the state that the gate asks: the only loop over all of them.

use crate::finding::Finding;
use crate::state::State;
use crate::value::CommitId;
use crate::verify::{EntryVerdict, Examined, Past, VerifiedRecord};

/// A ledger that is being replayed, entry by entry.
#[derive(Debug)]
pub struct Replay {
    past: Past,
    verified: Vec<VerifiedRecord>,
    report: Report,
}

/// What a replay found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What broke entries, in order.
    pub broken: Vec<Finding>,
    /// Records that are void.
    pub void: Vec<Finding>,
    /// The last entry that counts.
    pub last_good: Option<CommitId>,
}

impl Replay {
    /// Starts with nothing, believing only in the ledger of this id, if one is given.
    pub fn new(anchor: Option<crate::value::RecordId>) -> Self {
        Self { past: Past::new(anchor), verified: Vec::new(), report: Report::default() }
    }

    /// Takes the next entry, and says how many of its records are void, or that it is broken.
    pub fn push(&mut self, entry: &Examined) -> Pushed {
        match self.past.advance(entry) {
            EntryVerdict::Counted(counted) => {
                let void = counted.void.clone();
                self.verified.extend(counted.verified);
                self.report.void.extend(counted.void);
                self.report.last_good = Some(entry.id().clone());
                Pushed::Counted { void }
            }
            EntryVerdict::Broken(findings) => {
                self.report.broken.extend(findings.iter().cloned());
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

    /// The fold of what stands at this head; none before the ledger is founded.
    pub fn state(&self) -> Option<State> {
        State::fold(&self.past, &self.verified)
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
