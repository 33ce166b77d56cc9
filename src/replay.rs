//! Replays the entries of a ledger: verifies each against the past, and folds the state
//! that the gate queries.

use crate::finding::Finding;
use crate::state::{NoState, WholeState};
use crate::value::CommitId;
use crate::verify::{EntryVerdict, Examined, Past, Unreadable};

/// A ledger that is being replayed, entry by entry.
#[derive(Debug)]
pub struct Replay {
    past: Past,
    last: Option<CommitId>,
}

impl Replay {
    /// Starts an empty replay. The anchor is a ledger id; if it is given, only the ledger with this id is accepted.
    pub fn new(anchor: Option<crate::value::RecordId>) -> Self {
        Self { past: Past::new(anchor), last: None }
    }

    /// Continues from a cached past. `last` is the newest entry, whether it counts or is broken.
    pub fn resume(past: Past, last: CommitId) -> Self {
        Self { past, last: Some(last) }
    }

    /// Adds the next entry. Returns the findings that make its records void, or that break the entry.
    ///
    /// It is an error if something that was verified before cannot be read any more. Discard the replay after an error.
    pub fn push(&mut self, entry: &Examined) -> Result<Pushed, Unreadable> {
        let verdict = self.past.advance(entry)?;
        self.last = Some(entry.id().clone());
        Ok(match verdict {
            EntryVerdict::Counted(counted) => Pushed::Counted { void: counted.void },
            EntryVerdict::Broken(findings) => Pushed::Broken { findings },
        })
    }

    /// The verification state after the entries so far.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// The newest entry, whether it counts or is broken.
    pub fn last(&self) -> Option<&CommitId> {
        self.last.as_ref()
    }

    /// The size of the ledger after an entry, whether the entry counts or is broken; `None` if the entry was not
    /// read.
    pub fn size_at(&self, entry: &CommitId) -> Result<Option<u64>, Unreadable> {
        match self.past.size_after(entry)? {
            Some(size) => Ok(Some(size)),
            None => Ok(self.past.broken_entry(entry)?.map(|broken| broken.size)),
        }
    }

    /// The state folded from the records that are not void and stand at this head ([`Past::stands`]).
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
