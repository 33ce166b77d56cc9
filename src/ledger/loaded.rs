//! [`Loaded`]: a ledger that was loaded, and the state folded from it.

use std::cell::RefCell;
use std::sync::Arc;

use super::given::{Anchored, Given, Progress};
use super::standing::Standing;
use crate::cache::Cache;
use crate::finding::{Code, Finding};
use crate::gate::{Freshness, LedgerStanding};
use crate::git::ChainCommit;
use crate::record::{Body, Checkpoint};
use crate::replay::Replay;
use crate::state::{GradualFold, Inquiry, NoState, State, WholeState};
use crate::value::{CommitId, Digest};
use crate::verify::{Past, Pin, Unreadable};

/// A ledger that was loaded.
pub struct Loaded {
    /// Everything that was verified.
    pub replay: Replay,
    /// The verdict on the ledger as a whole.
    pub standing: Standing,
    /// Whether the ledger id was supplied from outside the ledger, and by what.
    pub anchored: Anchored,
    /// The pin before this run.
    pub pin: Option<Pin>,
    /// The head that was read; `None` if there is no ledger, or if the ledger is incomplete.
    pub head: Option<CommitId>,
    /// The head of the local branch.
    pub local: Option<CommitId>,
    /// The newest shared checkpoint: that of the remote's ledger as last fetched or, if none was fetched, that of the
    /// loaded ledger.
    pub shared: Option<Checkpoint>,
    /// Whether a ledger was fetched from the remote.
    pub has_remote: bool,
    /// The checkpoint that the pin may move to: the newest one that is known to be shared, if there is one.
    pub(super) pinnable: Option<Checkpoint>,
    /// The evidence that the head is recent.
    pub freshness: Freshness,
    /// Notes for the user, as sentences: why the cache or the pin was not used or not written.
    pub notes: Vec<String>,
    /// What the verifier supplied.
    pub(crate) given: Given,
    /// The states that were folded so far.
    pub(super) folded: Folded,
}

impl Loaded {
    /// Whether the record at a position is shared.
    pub fn is_shared(&self, position: u64) -> bool {
        self.shared.is_some_and(|shared| position < shared.size)
    }

    /// Whether a commit was read as an entry. The entry need not count.
    pub fn has_read(&self, entry: &CommitId) -> Result<bool, Unreadable> {
        Ok(self.replay.size_at(entry)?.is_some())
    }

    /// Returns the first finding of the first broken entry among these commits; `None` if there is none. Commits that
    /// were not read are passed over.
    pub fn first_broken(&self, commits: &[ChainCommit]) -> Result<Option<Finding>, Unreadable> {
        for commit in commits {
            let broken = self.replay.past().broken_entry(&commit.id)?;
            let finding = broken.and_then(|broken| broken.findings.into_iter().next());
            if finding.is_some() {
                return Ok(finding);
            }
        }
        Ok(None)
    }

    /// Updates the heads and shared checkpoints after an entry was appended.
    pub(crate) fn landed(&mut self, entry: &CommitId) {
        (self.head, self.local) = (Some(entry.clone()), Some(entry.clone()));
        if !self.has_remote {
            self.shared = Some(self.replay.past().checkpoint());
            // If a remote is configured, but no ledger was fetched from it, this stays `None`: it is not known yet
            // whether the remote will accept the entry.
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
            // The remote's ledger was verified, but the entries that only this clone has were not. So the gate treats
            // the ledger as halted.
            Some((Code::Diverged, found)) => {
                LedgerStanding::Halted { found: found.to_owned(), outbox: Vec::new() }
            }
            Some((code, found)) => LedgerStanding::Untrusted { code, found: found.to_owned() },
        }
    }

    /// Returns the whole state at the loaded head.
    pub fn state(&self) -> Result<WholeState, NoState> {
        self.state_with(&mut |_, _| {})
    }

    /// Returns the whole state, like [`Loaded::state`], and reports the progress of its fold.
    pub fn state_with(&self, progress: Progress<'_>) -> Result<WholeState, NoState> {
        let past = self.replay.past();
        let mut whole = self.folded.whole.borrow_mut();
        let is_under_way = whole.is_under_way(past);
        let state = whole.state(past, progress)?;
        if !is_under_way {
            self.folded.write(&self.replay, &self.standing, &state);
        }
        Ok(state)
    }

    /// Returns a state at the loaded head that can answer an inquiry. It is the whole state if that was folded already,
    /// or if no live state can answer the inquiry. Otherwise it is the live state.
    pub fn live(&self, inquiry: &Inquiry) -> Result<Arc<State>, NoState> {
        self.live_with(inquiry, &mut |_, _| {})
    }

    /// Returns a state that can answer an inquiry, like [`Loaded::live`], and reports the progress if the whole ledger
    /// has to be folded for it.
    pub fn live_with(&self, inquiry: &Inquiry, progress: Progress<'_>) -> Result<Arc<State>, NoState> {
        let past = self.replay.past();
        if !self.folded.whole.borrow().is_under_way(past)
            && let Some(state) = self.extended_for(inquiry)?
            && state.can_answer(past, inquiry)?
        {
            return Ok(state);
        }
        self.state_with(progress).map(Arc::from)
    }

    /// Returns the live state at the loaded head, like [`Loaded::extended`], with the exceptions that the inquiry asks
    /// about.
    fn extended_for(&self, inquiry: &Inquiry) -> Result<Option<Arc<State>>, NoState> {
        let Some(state) = self.extended()? else { return Ok(None) };
        // This reference is dropped, so that a state that nothing else refers to is changed in place, not copied.
        drop(self.folded.live.take());
        let prepared = state.prepared(inquiry)?;
        *self.folded.live.borrow_mut() = Some(KnownState::new(self.replay.past(), Arc::clone(&prepared)));
        Ok(Some(prepared))
    }

    /// Returns the live state at the loaded head. It starts from the live state that this run used before, otherwise
    /// from the cached one, and takes in the records after that. `None` if there is neither, or if it cannot take these
    /// records.
    fn extended(&self) -> Result<Option<Arc<State>>, NoState> {
        let past = self.replay.past();
        let state = match self
            .folded
            .live
            .borrow_mut()
            .take()
            .filter(|known| known.standing == past.standing_digest())
        {
            Some(known) if known.at == past.checkpoint() => Some(known.state),
            Some(known) => {
                Arc::unwrap_or_clone(known.state).extend(past, known.at.size, &mut |_, _| {})?.map(Arc::new)
            }
            None => self.cached()?.map(Arc::new),
        };
        *self.folded.live.borrow_mut() = state.clone().map(|state| KnownState::new(past, state));
        Ok(state)
    }

    fn cached(&self) -> Result<Option<State>, NoState> {
        let Some(cache) = self.folded.cache.as_ref().filter(|_| self.standing.is_cached()) else {
            return Ok(None);
        };
        let Some((state, folded)) = cache.live(&self.replay)? else { return Ok(None) };
        cache.write_live(&self.replay, &state, folded);
        Ok(Some(state))
    }

    /// Returns the whole state at the loaded head; `None` before the ledger is founded.
    pub fn state_if_founded(&self) -> Result<Option<WholeState>, Unreadable> {
        if_founded(self.state())
    }

    /// Returns a state that can answer an inquiry; `None` before the ledger is founded.
    pub fn live_if_founded(&self, inquiry: &Inquiry) -> Result<Option<Arc<State>>, Unreadable> {
        if_founded(self.live(inquiry))
    }

    /// Returns a state that can answer questions about what a draft names; `None` before the ledger is founded.
    pub fn live_about(&self, draft: &Body) -> Result<Option<Arc<State>>, Unreadable> {
        self.live_if_founded(&Inquiry::default().and_named_in(draft))
    }
}

fn if_founded<T>(state: Result<T, NoState>) -> Result<Option<T>, Unreadable> {
    match state {
        Ok(state) => Ok(Some(state)),
        Err(NoState::NotFounded) => Ok(None),
        Err(NoState::Missing(missing)) => Err(missing),
    }
}

/// The states that were folded, and the cache for the live state.
#[derive(Debug)]
pub(super) struct Folded {
    /// `None` if the cache is not used.
    cache: Option<Cache>,
    whole: RefCell<GradualFold>,
    live: RefCell<Option<KnownState>>,
}

/// A live state, the checkpoint up to which it was folded, and the [`Past::standing_digest`] when it was folded.
#[derive(Debug)]
struct KnownState {
    standing: Digest,
    at: Checkpoint,
    state: Arc<State>,
}

impl KnownState {
    fn new(past: &Past, state: Arc<State>) -> Self {
        Self { standing: past.standing_digest(), at: past.checkpoint(), state }
    }
}

impl Folded {
    /// Creates the value with the fold that accompanied the verification.
    pub(super) fn new(cache: Option<Cache>, whole: GradualFold) -> Self {
        Self { cache, whole: RefCell::new(whole), live: RefCell::default() }
    }

    /// Folds the records that the accompanying fold has not reached, and writes the state to the cache. Does nothing if
    /// no fold is under way.
    pub(super) fn catch_up(&self, replay: &Replay, standing: &Standing) -> Result<(), Unreadable> {
        let mut whole = self.whole.borrow_mut();
        if whole.is_under_way(replay.past())
            && let Some(state) = if_founded(whole.state(replay.past(), &mut |_, _| {}))?
        {
            self.write(replay, standing, &state);
        }
        Ok(())
    }

    /// Writes a whole state to the cache, if a ledger of this standing is cached.
    fn write(&self, replay: &Replay, standing: &Standing, state: &WholeState) {
        if let Some(cache) = self.cache.as_ref().filter(|_| standing.is_cached()) {
            cache.write_live(replay, state.state(), replay.past().size());
        }
    }
}
