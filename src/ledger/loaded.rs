//! [`Loaded`]: a ledger that was loaded, and the state folded from it.

use std::cell::RefCell;
use std::sync::Arc;

use super::given::{Anchored, Given};
use super::standing::Standing;
use crate::cache::CacheFile;
use crate::cache::state::{WORTH_WHILE, recall, remember};
use crate::finding::Code;
use crate::gate::{Freshness, LedgerStanding};
use crate::record::Checkpoint;
use crate::replay::Replay;
use crate::state::State;
use crate::value::{CommitId, Digest};
use crate::verify::Pin;

/// A ledger that was loaded.
pub struct Loaded {
    /// Everything that was verified.
    pub replay: Replay,
    /// The verdict on the ledger as a whole.
    pub standing: Standing,
    /// Where its ledger id came from.
    pub anchored: Anchored,
    /// The pin before this run.
    pub pin: Option<Pin>,
    /// The head that was read; `None` if there is no ledger, or it is incomplete.
    pub head: Option<CommitId>,
    /// The head of the local branch.
    pub local: Option<CommitId>,
    /// The newest shared checkpoint: of the remote's ledger as last fetched, or if there is none, of this
    /// one.
    pub shared: Option<Checkpoint>,
    /// Whether a ledger was fetched from the remote.
    pub has_remote: bool,
    /// The checkpoint that the pin may move to: the newest that is known to be shared.
    pub(super) pinnable: Option<Checkpoint>,
    /// The evidence that the head is recent.
    pub freshness: Freshness,
    /// What the verifier supplied.
    pub(crate) given: Given,
    /// The state, kept once it was folded.
    pub(super) folded: Folded,
}

impl Loaded {
    /// Whether the record at a position is shared.
    pub fn is_shared(&self, position: u64) -> bool {
        self.shared.is_some_and(|shared| position < shared.size)
    }

    /// Whether a commit is an entry that was read, whether it counts or not.
    pub fn has_read(&self, entry: &CommitId) -> bool {
        self.replay.size_at(entry).is_some()
    }

    /// Updates the heads and shared checkpoints after an entry was appended.
    pub(crate) fn landed(&mut self, entry: &CommitId) {
        (self.head, self.local) = (Some(entry.clone()), Some(entry.clone()));
        if !self.has_remote {
            self.shared = Some(self.replay.past().checkpoint());
            // If a remote is configured, it is not known yet whether it will accept this entry.
            self.pinnable = self.pinnable.and(self.shared);
        }
    }

    /// Returns why there is no state: a record that was verified in an earlier run is corrupt or missing, or
    /// the ledger is not founded yet.
    pub fn why_no_state(&self) -> (Code, String) {
        if self.replay.past().has_lost() {
            let found = "a record that was verified before is missing or damaged now".to_owned();
            return (Code::Incomplete, found);
        }
        (Code::Founding, "the ledger is not founded yet".to_owned())
    }

    /// Returns the standing of the ledger as the gate sees it.
    pub fn gate_standing(&self) -> LedgerStanding {
        if self.replay.past().has_lost() {
            let (code, found) = self.why_no_state();
            return LedgerStanding::Untrusted { code, found };
        }
        match self.standing.fault() {
            None => LedgerStanding::Sound,
            Some((Code::Halted, found)) => LedgerStanding::Halted { found: format!("halted: {found}") },
            // The remote's ledger was verified, and what this clone adds was not: the gate treats it as
            // halted.
            Some((Code::Diverged, found)) => LedgerStanding::Halted { found: found.to_owned() },
            Some((code, found)) => LedgerStanding::Untrusted { code, found: found.to_owned() },
        }
    }

    /// Returns the state at the loaded head; `None` before the ledger is founded, or if a record could not be
    /// read again.
    pub fn state(&self) -> Option<Arc<State>> {
        let past = self.replay.past();
        let standing = past.standing_digest();
        let can_continue = |(of, state): &(Digest, Arc<State>)| {
            let at = state.checkpoint;
            *of == standing && past.boundary(at.size) == Some(at.root)
        };
        let known = self.folded.known.borrow_mut().take().filter(can_continue);
        let state = match known {
            Some((_, state)) if state.checkpoint == past.checkpoint() => state,
            // Fold only what was appended since.
            Some((_, state)) => {
                let from = state.checkpoint.size;
                Arc::new(Arc::unwrap_or_clone(state).go_on(past, from)?)
            }
            None => Arc::new(self.fold()?),
        };
        *self.folded.known.borrow_mut() = Some((standing, Arc::clone(&state)));
        Some(state)
    }

    fn fold(&self) -> Option<State> {
        let past = self.replay.past();
        let file = self.folded.file.as_ref();
        let cached = file.and_then(|file| recall(file, past).filter(|(_, state)| !state.has_lost()));
        if let Some(file) = file.filter(|_| cached.is_none() && !past.has_lost()) {
            // The state is folded from the start, so it does not depend on a corrupt cache.
            file.found();
        }
        let known = cached.as_ref().map_or(0, |(at, _)| *at);
        let state = cached.map_or_else(|| State::fold(past), |(_, state)| Some(state))?;
        let new = past.size().saturating_sub(known);
        if let Some(file) = file.filter(|_| self.standing == Standing::Sound && new >= WORTH_WHILE) {
            remember(file, past, &state);
        }
        Some(state)
    }
}

/// The folded state, and the file that caches it.
#[derive(Debug)]
pub(super) struct Folded {
    /// The cache file; `None` if the cache is not used.
    file: Option<CacheFile>,
    known: RefCell<Option<(Digest, Arc<State>)>>,
}

impl Folded {
    /// Creates it without a state, backed by a cache file if one is given.
    pub(super) fn new(file: Option<CacheFile>) -> Self {
        Self { file, known: RefCell::default() }
    }
}
