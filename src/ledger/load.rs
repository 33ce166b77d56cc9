//! Loading a ledger: read, verified, anchored, and compared with the pin.

use super::freshness::{cosigned, fetched_at};
use super::given::{Given, LoadError, Progress};
use super::loaded::{Folded, Loaded};
use super::pin::{anchor, lower_bounds, read_pin};
use super::standing::{Head, Standing, StandingEvidence};
use super::walk::replay_to;
use crate::cache::verified::{recall, remember};
use crate::cache::{CacheFile, Remembered, state};
use crate::gate::Freshness;
use crate::git::GitError;
use crate::record::Checkpoint;
use crate::replay::Replay;
use crate::value::{CommitId, RecordId};
use crate::workspace::Workspace;

/// Reads and verifies the whole ledger. That it cannot be trusted is an answer, not an error.
pub fn load(workspace: &Workspace, given: &Given, progress: Progress<'_>) -> Result<Loaded, LoadError> {
    let pin = read_pin(workspace)?;
    let anchored = anchor(given.ledger_id, pin.as_ref())?;
    let bounds = lower_bounds(given)?;
    let local = workspace.repository.ref_head(&workspace.ledger_ref())?;
    let tracking = workspace.repository.ref_head(&workspace.tracking_ref())?;
    let refs = Refs { local: local.as_ref(), tracking: tracking.as_ref() };
    let Read { replay, head, cached } = read_or_incomplete(workspace, given, anchored.id(), refs, progress)?;
    let past = replay.past();
    let cosigned = cosigned(workspace, past, given);
    let standing = Standing::judge(&StandingEvidence {
        replay: &replay,
        head: &head,
        anchored: &anchored,
        pin: pin.as_ref().and_then(|pin| pin.checkpoint),
        tracking: refs.tracking,
        bounds: &bounds,
        cosigned: &cosigned,
    });
    if standing == Standing::Sound {
        remember(workspace, &replay, cached);
    }
    let head = head.commit().cloned();
    let shared = shared_checkpoint(&replay, head.as_ref(), refs.tracking);
    let configured = workspace.config.has_remote(workspace.config.ledger_remote());
    let pinnable = shared.filter(|_| tracking.is_some() || !configured);
    let pinned = pin.as_ref().and_then(|pin| pin.checkpoint);
    let fetched_at = fetched_at(workspace);
    let freshness = Freshness {
        at_least: bounds.iter().filter_map(|bound| bound.at).max(),
        pin_moved: pinned.zip(pinnable).is_some_and(|(pinned, now)| now.size > pinned.size),
        // Where nothing was ever fetched, this ledger did not come from the remote.
        has_remote: configured && (tracking.is_some() || fetched_at.is_some()),
        fetched_at,
        witnesses: u64::try_from(given.witnesses.len()).unwrap_or(u64::MAX),
        vouches: cosigned.into_iter().map(|(vouch, _)| vouch).collect(),
        ..Freshness::default()
    };
    Ok(Loaded {
        folded: Folded::new((!given.full).then(|| CacheFile::new(workspace, state::FILE))),
        has_remote: tracking.is_some(),
        given: given.clone(),
        replay,
        standing,
        anchored,
        pin,
        head,
        local,
        shared,
        pinnable,
        freshness,
    })
}

/// Where the ledger's branch points to: here, and at the remote as it was fetched last.
#[derive(Clone, Copy)]
struct Refs<'a> {
    local: Option<&'a CommitId>,
    tracking: Option<&'a CommitId>,
}

/// What was read of a ledger.
struct Read {
    replay: Replay,
    head: Head,
    /// How many of its entries were verified in an earlier run.
    cached: u64,
}

/// Reads the ledger. Where objects are missing, nothing of it is used, and the head says so.
fn read_or_incomplete(
    workspace: &Workspace,
    given: &Given,
    anchor: Option<RecordId>,
    refs: Refs<'_>,
    progress: Progress<'_>,
) -> Result<Read, GitError> {
    match read(workspace, given, anchor, refs, progress) {
        Err(error) if error.is_incomplete() => {
            let head = Head::Incomplete(error.to_string());
            Ok(Read { replay: Replay::new(anchor), head, cached: 0 })
        }
        read => read,
    }
}

fn read(
    workspace: &Workspace,
    given: &Given,
    anchor: Option<RecordId>,
    refs: Refs<'_>,
    progress: Progress<'_>,
) -> Result<Read, GitError> {
    let remembered = if given.full { None } else { recall(workspace, anchor) };
    let head = heads(workspace, remembered.as_ref(), refs)?;
    let (replay, cached) = match head.commit() {
        Some(commit) => replay_to(workspace, anchor, remembered, commit, progress)?,
        None => (Replay::new(anchor), 0),
    };
    Ok(Read { replay, head, cached })
}

/// Which head to read: the local one, unless what was fetched goes on from it, or has grown apart from it.
fn heads(workspace: &Workspace, remembered: Option<&Remembered>, refs: Refs<'_>) -> Result<Head, GitError> {
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
    Ok(match (refs.local, refs.tracking) {
        (None, None) => Head::None,
        (Some(head), None) | (None, Some(head)) => Head::At(head.clone()),
        (Some(local), Some(tracking)) if is_on_chain(tracking, local)? => Head::At(local.clone()),
        (Some(local), Some(tracking)) if is_on_chain(local, tracking)? => Head::At(tracking.clone()),
        (Some(_), Some(tracking)) => Head::Diverged(tracking.clone()),
    })
}

/// The newest shared checkpoint: of the remote's ledger as it was fetched last, else of this one.
fn shared_checkpoint(
    replay: &Replay,
    head: Option<&CommitId>,
    tracking: Option<&CommitId>,
) -> Option<Checkpoint> {
    let past = replay.past();
    match tracking {
        None => head.map(|_| past.checkpoint()),
        Some(tracking) => {
            // Where its head is broken, the last good entry before that.
            let size = replay.size_at(tracking).filter(|size| *size > 0)?;
            past.boundary(size).map(|root| Checkpoint { size, root })
        }
    }
}
