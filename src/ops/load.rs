//! Loading a ledger: read, verified, anchored, and compared with the pin.

use std::path::PathBuf;

use super::freshness::{cosigned, fetched_at};
use super::pin::{anchor, lower_bounds, read_pin};
use super::remembered::{Remembered, recall, remember};
use super::sealed::Place;
use super::standing::{Head, Standing};
use super::state::{self, Folded};
use super::walk::replay_to;
use crate::finding::Code;
use crate::gate::Freshness;
use crate::git::GitError;
use crate::record::Checkpoint;
use crate::replay::Replay;
use crate::sshsig::PublicKey;
use crate::store::StoreError;
use crate::value::{CommitId, FormError, MemberName, RecordId};
use crate::verify::{AtLeast, Pin, PinError};
use crate::workspace::Workspace;

/// Told how many of how many entries are done.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// Why a ledger could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The pin could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pin is damaged.
    #[error("{} is damaged", path.display())]
    Pin {
        /// The file.
        path: PathBuf,
        /// How.
        #[source]
        source: PinError,
    },
    /// `COUNTERSIGN_AT_LEAST` is no lower bound.
    #[error("COUNTERSIGN_AT_LEAST: {0}")]
    Bound(FormError),
    /// `COUNTERSIGN_LEDGER_ID` is no ledger id.
    #[error("COUNTERSIGN_LEDGER_ID is no ledger id: expected 64 digits 0-9a-f")]
    Variable,
}

/// What a verifier brings along from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The ledger id.
    pub ledger_id: Option<RecordId>,
    /// A lower bound of the ledger.
    pub at_least: Option<AtLeast>,
    /// Witnesses of the verifier's own, with their keys.
    pub witnesses: Vec<(MemberName, PublicKey)>,
    /// Verify from the first entry on, whatever is remembered.
    pub full: bool,
}

/// Where the ledger id came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorSource {
    /// `--ledger-id`.
    Option,
    /// `COUNTERSIGN_LEDGER_ID`.
    Variable,
    /// The pin.
    Pin,
}

/// Whether a ledger id came from outside the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchored {
    /// It did.
    By {
        /// The id.
        id: RecordId,
        /// From where.
        source: AnchorSource,
    },
    /// Those that came do not agree.
    Disagreeing,
    /// None did.
    No,
}

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
    pub(super) given: Given,
    /// The state, as far as it was asked for.
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
    pub(super) fn landed(&mut self, entry: &CommitId) {
        (self.head, self.local) = (Some(entry.clone()), Some(entry.clone()));
        if !self.has_remote {
            self.shared = Some(self.replay.past().checkpoint());
            // Where a remote is configured, nobody knows yet whether it will take this entry.
            self.pinnable = self.pinnable.and(self.shared);
        }
    }
}

/// Reads and verifies the whole ledger. That it cannot be trusted is an answer, not an error.
pub fn load(workspace: &Workspace, given: &Given, progress: Progress<'_>) -> Result<Loaded, LoadError> {
    let pin = read_pin(workspace)?;
    let anchored = anchor(given.ledger_id, pin.as_ref())?;
    let bounds = lower_bounds(given)?;
    let anchor = match &anchored {
        Anchored::By { id, .. } => Some(*id),
        Anchored::Disagreeing | Anchored::No => None,
    };
    let repository = &workspace.repository;
    let local = repository.ref_head(&workspace.ledger_ref())?;
    let tracking = repository.ref_head(&workspace.tracking_ref())?;
    let mut loaded = Loaded {
        replay: Replay::new(anchor),
        standing: Standing::Sound,
        anchored,
        pin,
        head: None,
        local: local.clone(),
        shared: None,
        has_remote: tracking.is_some(),
        pinnable: None,
        freshness: Freshness::default(),
        given: given.clone(),
        folded: Folded::default(),
    };
    loaded.folded.file = (!given.full).then(|| Place::new(workspace, state::FILE));
    let remembered = if given.full { None } else { recall(workspace, anchor) };
    let mut known = 0;
    let head = heads(workspace, remembered.as_ref(), local.as_ref(), tracking.as_ref());
    let read = head.and_then(|head| {
        if let Head::At(at) | Head::Diverged(at) = &head {
            (loaded.replay, known) = replay_to(workspace, anchor, remembered, at, progress)?;
            loaded.head = Some(at.clone());
        }
        Ok(head)
    });
    match read {
        Ok(head) => loaded.judge(&head, tracking.as_ref(), &bounds),
        Err(error) if error.is_incomplete() => {
            loaded.replay = Replay::new(anchor);
            loaded.standing = Standing::Untrusted { code: Code::Incomplete, found: error.to_string() };
        }
        Err(error) => return Err(error.into()),
    }
    loaded.shared = loaded.shared_checkpoint(tracking.as_ref());
    let configured = workspace.config.has_remote(workspace.config.ledger_remote());
    loaded.pinnable = loaded.shared.filter(|_| tracking.is_some() || !configured);
    let moved =
        |pin: &Pin| pin.checkpoint.is_some_and(|it| loaded.pinnable.is_some_and(|now| now.size > it.size));
    let fetched = fetched_at(workspace);
    loaded.freshness = Freshness {
        at_least: bounds.iter().filter_map(|bound| bound.at).max(),
        pin_moved: loaded.pin.as_ref().is_some_and(moved),
        // Where nothing was ever fetched, this ledger did not come from the remote.
        has_remote: configured && (tracking.is_some() || fetched.is_some()),
        fetched_at: fetched,
        witnesses: u64::try_from(given.witnesses.len()).unwrap_or(u64::MAX),
        ..Freshness::default()
    };
    for (vouch, checkpoint) in cosigned(workspace, &loaded, given) {
        loaded.against_witness(&vouch.witness, &checkpoint);
        loaded.freshness.vouches.push(vouch);
    }
    remember(workspace, &loaded, known);
    Ok(loaded)
}

/// Which head to read: the local one, unless what was fetched goes on from it, or has grown apart from it.
fn heads(
    workspace: &Workspace,
    remembered: Option<&Remembered>,
    local: Option<&CommitId>,
    tracking: Option<&CommitId>,
) -> Result<Head, GitError> {
    let is_on_chain = |ancestor: &CommitId, head: &CommitId| {
        // What stands below an entry that is remembered is remembered too, broken entries apart from the sizes.
        let known = |id: &CommitId| {
            let replay = &remembered?.replay;
            let size = replay.past().size_after(id)?;
            match replay.past().size_after(ancestor) {
                Some(below) => Some(below <= size),
                None if replay.size_at(ancestor).is_none() => Some(false),
                None => None,
            }
        };
        workspace.repository.is_on_chain(ancestor, head, &known)
    };
    Ok(match (local, tracking) {
        (None, None) => Head::None,
        (Some(head), None) | (None, Some(head)) => Head::At(head.clone()),
        (Some(local), Some(tracking)) if is_on_chain(tracking, local)? => Head::At(local.clone()),
        (Some(local), Some(tracking)) if is_on_chain(local, tracking)? => Head::At(tracking.clone()),
        (Some(_), Some(tracking)) => Head::Diverged(tracking.clone()),
    })
}

impl Loaded {
    /// The newest shared checkpoint: of the remote's ledger as it was fetched last, else of this one.
    fn shared_checkpoint(&self, tracking: Option<&CommitId>) -> Option<Checkpoint> {
        let past = self.replay.past();
        match tracking {
            None => self.head.as_ref().map(|_| past.checkpoint()),
            Some(tracking) => {
                // Where its head is broken, the last good entry before that.
                let size = self.replay.size_at(tracking).filter(|size| *size > 0)?;
                past.boundary(size).map(|root| Checkpoint { size, root })
            }
        }
    }
}
