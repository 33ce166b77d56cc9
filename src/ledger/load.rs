//! Loads a ledger: reads and verifies it, and compares it with the anchor, the pin, lower bounds and cosigned
//! checkpoints.

use super::asked::{answer, had_remote, leave_stamp};
use super::freshness::cosigned;
use super::given::{Given, HostRole, LedgerView, LoadError, Progress};
use super::loaded::{Folded, Loaded};
use super::pin::{anchor, lower_bounds, read_pin};
use super::standing::{Head, Standing, StandingEvidence};
use super::walk::{Replayed, WalkError, replay_to};
use crate::cache::{Cache, Cached, Keeps, NewlyRead};
use crate::environ;
use crate::gate::{Freshness, RemoteAnswer};
use crate::git::GitError;
use crate::record::Checkpoint;
use crate::replay::Replay;
use crate::state::GradualFold;
use crate::value::{CommitId, RecordId};
use crate::verify::{AtLeast, Past, Pin, Unreadable};
use crate::witness::Vouch;
use crate::workspace::Workspace;

/// Reads the pin. If this user may not read it, and the ledger id is given, the pin is ignored, and a note says so.
/// Only one thing is unknown then: how far the ledger was verified before.
fn readable_pin(workspace: &Workspace, given: &Given) -> Result<(Option<Pin>, Option<String>), LoadError> {
    let has_id = given.ledger_id.is_some() || environ::variable("COUNTERSIGN_LEDGER_ID").is_some();
    let pin = read_pin(workspace);
    if let Err(LoadError::PinUnread(error)) = &pin
        && error.is_denied()
        && has_id
    {
        let why = format!("the pin was not used: {error}: {}", error.source);
        return Ok((None, Some(why)));
    }
    Ok((pin?, None))
}

/// Reads and verifies a ledger, except for the prefix that the cache has (with `given.full`, all of it), and evaluates
/// its standing.
///
/// A ledger that cannot be trusted is not an error: see [`Loaded::standing`].
pub fn load(workspace: &Workspace, given: &Given, progress: Progress<'_>) -> Result<Loaded, LoadError> {
    let loaded = load_once(workspace, given, progress);
    if let Err(LoadError::Unreadable(Unreadable::LookUp)) = loaded {
        // The damaged file has been removed. So this attempt discards the rest of the cache, and says so in a note.
        return load_once(workspace, given, progress);
    }
    loaded
}

fn load_once(workspace: &Workspace, given: &Given, progress: Progress<'_>) -> Result<Loaded, LoadError> {
    let (pin, unread) = readable_pin(workspace, given)?;
    let anchored = anchor(given.ledger_id, pin.as_ref())?;
    let bounds = lower_bounds(given)?;
    workspace.repository.open_indices_early();
    let (local, tracking) = branches(workspace, given)?;
    let read = local.as_ref().filter(|_| given.view == LedgerView::Both);
    let refs = Refs { local: read, tracking: tracking.as_ref() };
    let (cache, cached) = if given.full {
        (None, Ok(None))
    } else {
        let keeps = match given.role {
            HostRole::Clone | HostRole::Server => Keeps::WhatIsVerified,
            HostRole::Receiving(_) => Keeps::Nothing,
        };
        let (cache, cached) = Cache::open(workspace, anchored.id(), keeps);
        (Some(cache), cached)
    };
    let corrupt = cached.as_ref().err();
    let mut notes: Vec<String> = unread.into_iter().collect();
    notes.extend(corrupt.map(|corrupt| format!("the cache was not used: {corrupt}")));
    let Read { replay, head, newly, fold } =
        read_or_incomplete(workspace, anchored.id(), cached.ok().flatten(), refs, progress)?;
    let past = replay.past();
    let cosigned = cosigned(workspace, past, given);
    let standing = Standing::evaluate(&StandingEvidence {
        replay: &replay,
        head: &head,
        anchored: &anchored,
        pin: pin.as_ref().and_then(|pin| pin.checkpoint),
        tracking: refs.tracking,
        bounds: &bounds,
        cosigned: &cosigned,
    })?;
    if let Some(cache) = cache.as_ref().filter(|_| standing.is_cached()) {
        let written = cache.write_prefix(&replay, newly);
        notes.extend(written.err().map(|why| format!("nothing is cached: {why}")));
    }
    let folded = Folded::new(cache, fold);
    folded.catch_up(&replay, &standing)?;
    let head = head.commit().cloned();
    let shared = shared_checkpoint(&replay, head.as_ref(), refs.tracking)?;
    // If there is or was a remote, but no ledger was fetched from it, the entries here are not known to be shared yet.
    let configured = given.role == HostRole::Clone
        && (workspace.config.ledger_remote_url().is_some() || had_remote(workspace));
    let pinnable = shared.filter(|_| tracking.is_some() || !configured);
    let vouches = cosigned.into_iter().map(|(vouch, _)| vouch).collect();
    let freshness = freshness(workspace, given, &replay, &bounds, vouches)?;
    Ok(Loaded {
        folded,
        notes,
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

/// Returns two heads: that of the local branch, and that of the remote's branch as last fetched. A server has no
/// remote. While it receives a push, its local head is the head that the push would set.
fn branches(workspace: &Workspace, given: &Given) -> Result<(Option<CommitId>, Option<CommitId>), GitError> {
    let head_of = |name: &str| workspace.repository.ref_head(name);
    Ok(match &given.role {
        HostRole::Clone if is_server(workspace) => (head_of(&workspace.ledger_ref())?, None),
        HostRole::Clone => (head_of(&workspace.ledger_ref())?, head_of(&workspace.tracking_ref())?),
        HostRole::Server => (head_of(&workspace.ledger_ref())?, None),
        HostRole::Receiving(head) => (Some(head.clone()), None),
    })
}

/// Whether others push to this repository: it is bare, and has no remote for the ledger. Nothing is fetched into such a
/// repository, so a ref with the name of the tracking ref can only have been pushed, and is ignored.
fn is_server(workspace: &Workspace) -> bool {
    workspace.repository.work_tree().is_none() && workspace.config.ledger_remote_url().is_none()
}

/// Returns the evidence that the head is recent.
fn freshness(
    workspace: &Workspace,
    given: &Given,
    replay: &Replay,
    bounds: &[AtLeast],
    vouches: Vec<Vouch>,
) -> Result<Freshness, Unreadable> {
    let remote = match given.role {
        HostRole::Clone => answer(workspace, given.asked.as_ref(), replay)?,
        HostRole::Server | HostRole::Receiving(_) => RemoteAnswer::NoRemote,
    };
    if let (Some(asked), Some(ledger)) = (&given.asked, replay.past().ledger_id())
        && matches!(remote, RemoteAnswer::At(_) | RemoteAnswer::NoLedger(_))
    {
        leave_stamp(workspace, asked, ledger);
    }
    Ok(Freshness {
        at_least: bounds.iter().filter_map(|bound| bound.at).max(),
        remote,
        witnesses: u64::try_from(given.witnesses.len()).unwrap_or(u64::MAX),
        vouches,
        ..Freshness::default()
    })
}

/// The heads of the ledger's branch: the local one, and the remote's as last fetched.
#[derive(Clone, Copy)]
struct Refs<'a> {
    local: Option<&'a CommitId>,
    tracking: Option<&'a CommitId>,
}

/// The result of reading a ledger.
struct Read {
    replay: Replay,
    head: Head,
    /// What was read for the replay, beyond what came from the cache.
    newly: NewlyRead,
    /// The fold that accompanied the replay, if that started from the first entry.
    fold: GradualFold,
}

/// Reads the ledger. If it is incomplete (an object is missing, for example), nothing of it is used, and the
/// head is [`Head::Incomplete`].
fn read_or_incomplete(
    workspace: &Workspace,
    anchor: Option<RecordId>,
    cached: Option<Cached>,
    refs: Refs<'_>,
    progress: Progress<'_>,
) -> Result<Read, LoadError> {
    let incomplete = |error: &WalkError| {
        let head = Head::Incomplete(error.to_string());
        let (newly, fold) = (NewlyRead::default(), GradualFold::default());
        Ok(Read { replay: Replay::new(anchor), head, newly, fold })
    };
    match read(workspace, anchor, cached, refs, progress) {
        Ok(read) => Ok(read),
        Err(WalkError::Git(error)) if !error.is_incomplete() => Err(error.into()),
        Err(WalkError::Missing(error @ Unreadable::LookUp)) => Err(error.into()),
        Err(error) => incomplete(&error),
    }
}

fn read(
    workspace: &Workspace,
    anchor: Option<RecordId>,
    cached: Option<Cached>,
    refs: Refs<'_>,
    progress: Progress<'_>,
) -> Result<Read, WalkError> {
    let head = heads(workspace, cached.as_ref(), refs)?;
    let mut fold = GradualFold::default();
    let mut keep_up = |past: &Past| fold.keep_up(past);
    let Replayed { replay, read } = match head.commit() {
        Some(commit) => replay_to(workspace, anchor, cached, commit, &mut keep_up, progress)?,
        None => Replayed { replay: Replay::new(anchor), read: NewlyRead::default() },
    };
    Ok(Read { replay, head, newly: read, fold })
}

/// Chooses the head to read. It is the fetched one if there is no local one, if the fetched one extends the local one,
/// or if the two have diverged. Otherwise it is the local one.
fn heads(workspace: &Workspace, cached: Option<&Cached>, refs: Refs<'_>) -> Result<Head, GitError> {
    let is_on_chain = |ancestor: &CommitId, head: &CommitId| {
        // Every entry before a cached one is cached too, so an ancestor that is not cached is not on the chain. Only
        // about a broken ancestor the cache has no answer: `size_after` gives no size for it.
        let known = |id: &CommitId| {
            // If a lookup fails, the chain is read instead.
            let replay = &cached?.replay;
            let size = replay.past().size_after(id).ok()??;
            match replay.past().size_after(ancestor).ok()? {
                Some(below) => Some(below <= size),
                None if replay.size_at(ancestor).ok()?.is_none() => Some(false),
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

/// Returns the newest shared checkpoint: that of the remote's ledger as last fetched or, if none was fetched, that of
/// the ledger that was read.
fn shared_checkpoint(
    replay: &Replay,
    head: Option<&CommitId>,
    tracking: Option<&CommitId>,
) -> Result<Option<Checkpoint>, Unreadable> {
    let past = replay.past();
    let Some(tracking) = tracking else { return Ok(head.map(|_| past.checkpoint())) };
    // If the remote's head is broken, this is the size after the last earlier entry that counts.
    let Some(size) = replay.size_at(tracking)?.filter(|size| *size > 0) else { return Ok(None) };
    Ok(past.boundary(size)?.map(|root| Checkpoint { size, root }))
}
