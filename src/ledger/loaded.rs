//! [`Loaded`]: a ledger that was loaded, and the state folded from it.

use std::cell::RefCell;
use std::sync::Arc;

use super::given::{Anchored, Given};
use super::standing::Standing;
use crate::cache::Cache;
use crate::finding::Code;
use crate::gate::{Freshness, LedgerStanding};
use crate::record::Checkpoint;
use crate::replay::Replay;
use crate::state::{NoState, State};
use crate::value::{CommitId, Digest};
use crate::verify::{MissingBody, Pin};

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
    /// What was not used or not written, the cache or the pin, and why: sentences for a note.
    pub notes: Vec<String>,
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

    /// Updates the shared checkpoints after the ledger's remote has taken the head.
    pub fn was_shared(&mut self) {
        self.has_remote = true;
        self.shared = Some(self.replay.past().checkpoint());
        self.pinnable = self.shared;
    }

    /// Returns the standing of the ledger as the gate sees it.
    pub fn gate_standing(&self) -> LedgerStanding {
        match self.standing.fault() {
            None => LedgerStanding::Sound,
            Some((Code::Halted, found)) => {
                LedgerStanding::Halted { found: format!("halted: {found}"), outbox: Vec::new() }
            }
            // The remote's ledger was verified, and what this clone adds was not: the gate treats it as
            // halted.
            Some((Code::Diverged, found)) => {
                LedgerStanding::Halted { found: found.to_owned(), outbox: Vec::new() }
            }
            Some((code, found)) => LedgerStanding::Untrusted { code, found: found.to_owned() },
        }
    }

    /// Returns the state at the loaded head.
    pub fn state(&self) -> Result<Arc<State>, NoState> {
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
        Ok(state)
    }

    /// Returns the state at the loaded head; `None` before the ledger is founded.
    pub fn state_if_founded(&self) -> Result<Option<Arc<State>>, MissingBody> {
        match self.state() {
            Ok(state) => Ok(Some(state)),
            Err(NoState::NotFounded) => Ok(None),
            Err(NoState::Missing(missing)) => Err(missing),
        }
    }

    fn fold(&self) -> Result<State, NoState> {
        let Some(cache) = &self.folded.cache else { return self.replay.state() };
        let (state, folded) = cache.state(&self.replay)?;
        if self.standing.is_cached() {
            cache.write_state(&self.replay, &state, folded);
        }
        Ok(state)
    }
}

/// The folded state, and the cache for it.
#[derive(Debug)]
pub(super) struct Folded {
    /// `None` if the cache is not used.
    cache: Option<Cache>,
    known: RefCell<Option<(Digest, Arc<State>)>>,
}

impl Folded {
    /// Creates it without a state.
    pub(super) fn new(cache: Option<Cache>) -> Self {
        Self { cache, known: RefCell::default() }
    }
}
