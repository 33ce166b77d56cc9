//! A ledger that was loaded.

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
    /// How it stands.
    pub standing: Standing,
    /// What it was anchored by.
    pub anchored: Anchored,
    /// The pin before this run.
    pub pin: Option<Pin>,
    /// The head that was read; none where there is no ledger.
    pub head: Option<CommitId>,
    /// What the local branch points to.
    pub local: Option<CommitId>,
    /// The newest shared checkpoint: of the remote's ledger as it was fetched last, else of this one.
    pub shared: Option<Checkpoint>,
    /// Whether the remote has a ledger, as far as was fetched.
    pub has_remote: bool,
    /// What the pin may move to: the newest checkpoint that is known to be shared.
    pub(super) pinnable: Option<Checkpoint>,
    /// What vouches for the head.
    pub freshness: Freshness,
    /// What the verifier brought along.
    pub(crate) given: Given,
    /// The state, once it was asked for.
    pub(super) folded: Folded,
}

impl Loaded {
    /// Whether a position is shared.
    pub fn is_shared(&self, position: u64) -> bool {
        self.shared.is_some_and(|shared| position < shared.size)
    }

    /// Whether a commit is among those that were read, whether it counts or not.
    pub fn has_read(&self, entry: &CommitId) -> bool {
        self.replay.size_at(entry).is_some()
    }

    /// Takes note of an entry that landed on top.
    pub(crate) fn landed(&mut self, entry: &CommitId) {
        (self.head, self.local) = (Some(entry.clone()), Some(entry.clone()));
        if !self.has_remote {
            self.shared = Some(self.replay.past().checkpoint());
            // Where a remote is configured, nobody knows yet whether it will take this entry.
            self.pinnable = self.pinnable.and(self.shared);
        }
    }

    /// Why there is no state to ask: a record that was verified in an earlier run is not there any more, or the
    /// ledger is not founded yet.
    pub fn why_no_state(&self) -> (Code, String) {
        if self.replay.past().has_lost() {
            let found = "a record that was verified before is missing or damaged now".to_owned();
            return (Code::Incomplete, found);
        }
        (Code::Founding, "the ledger is not founded yet".to_owned())
    }

    /// How it stands, for the gate.
    pub fn gate_standing(&self) -> LedgerStanding {
        if self.replay.past().has_lost() {
            let (code, found) = self.why_no_state();
            return LedgerStanding::Untrusted { code, found };
        }
        match self.standing.fault() {
            None => LedgerStanding::Sound,
            Some((Code::Halted, found)) => LedgerStanding::Halted { found: format!("halted: {found}") },
            // What the remote has is judged, and what this clone adds to it is not: as with a halted one.
            Some((Code::Diverged, found)) => LedgerStanding::Halted { found: found.to_owned() },
            Some((code, found)) => LedgerStanding::Untrusted { code, found: found.to_owned() },
        }
    }

    /// The state at the head that was loaded; none before the ledger is founded, or where a record could not be
    /// read again.
    pub fn state(&self) -> Option<Arc<State>> {
        let past = self.replay.past();
        let standing = past.standing_digest();
        let goes_on = |(of, state): &(Digest, Arc<State>)| {
            let at = state.checkpoint;
            *of == standing && past.boundary(at.size) == Some(at.root)
        };
        let known = self.folded.known.borrow_mut().take().filter(goes_on);
        let state = match known {
            Some((_, state)) if state.checkpoint == past.checkpoint() => state,
            // What was appended meanwhile comes on top.
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
        let remembered = file.and_then(|file| recall(file, past).filter(|(_, state)| !state.has_lost()));
        if let Some(file) = file.filter(|_| remembered.is_none() && !past.has_lost()) {
            // What follows rests on nothing that was lost.
            file.found();
        }
        let known = remembered.as_ref().map_or(0, |(at, _)| *at);
        let state = remembered.map_or_else(|| State::fold(past), |(_, state)| Some(state))?;
        let new = past.size().saturating_sub(known);
        if let Some(file) = file.filter(|_| self.standing == Standing::Sound && new >= WORTH_WHILE) {
            remember(file, past, &state);
        }
        Some(state)
    }
}

/// The state as far as it was folded, and where it is remembered.
#[derive(Debug)]
pub(super) struct Folded {
    /// The file; none where nothing is to be taken from it.
    file: Option<CacheFile>,
    known: RefCell<Option<(Digest, Arc<State>)>>,
}

impl Folded {
    /// Nothing yet; kept in this file, if there is one.
    pub(super) fn new(file: Option<CacheFile>) -> Self {
        Self { file, known: RefCell::default() }
    }
}
