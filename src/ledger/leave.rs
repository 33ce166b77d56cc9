//! Leaving a ledger that only this clone has, and joining the ledger that others have.

use super::loaded::Loaded;
use super::pin::{read_pin, remove_pin};
use super::standing::{Standing, finding_of_first_entry};
use super::walk::{WalkError, replay_to};
use crate::finding::Code;
use crate::git::{GitError, NewEntry, RefMove};
use crate::store::StoreError;
use crate::value::{CommitId, RecordId};
use crate::verify::Unreadable;
use crate::workspace::Workspace;

/// Two ledgers in one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoLedgers {
    /// The ledger that this clone has.
    pub own: RecordId,
    /// The ledger that the remote has, which is not verified yet.
    pub theirs: RecordId,
}

/// Returns the ids of both ledgers if the ledger of the remote is not the ledger of this clone.
pub fn two_ledgers(loaded: &Loaded) -> Result<Option<TwoLedgers>, Unreadable> {
    let is_other = matches!(loaded.standing, Standing::Untrusted { code: Code::WrongAnchor, .. });
    let is_elsewhere = loaded.local.as_ref().is_some_and(|local| loaded.head.as_ref() != Some(local));
    let own = loaded.anchored.id().filter(|_| is_other && loaded.has_remote && is_elsewhere);
    let Some(own) = own else { return Ok(None) };
    let theirs = finding_of_first_entry(loaded.replay.past())?.and_then(|finding| finding.at.record);
    Ok(theirs.map(|theirs| TwoLedgers { own, theirs }))
}

/// Why a ledger was not left for another.
#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    /// The remote had no ledger when it was last fetched.
    #[error("the remote has no ledger")]
    NoLedger,
    /// The remote has another ledger than the one that is to be joined.
    #[error("the ledger of the remote is not {0}")]
    Other(RecordId),
    /// There is nothing to leave: this clone has the remote's ledger already, is pinned to it, or has no ledger.
    #[error("this clone has that ledger already, or has no ledger to leave")]
    Joined,
    /// Another process moved the branch.
    #[error("another process has moved the branch of the ledger")]
    Overtaken,
    /// The ledger of the remote could not be read.
    #[error("the ledger of the remote cannot be read: {0}")]
    Unread(String),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The pin could not be removed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Leaves the local ledger, and joins the remote's ledger as last fetched. The id of the remote's ledger must be
/// `theirs`. Moves the local branch to the remote's head, and removes the pin. The head of the ledger that was left is
/// kept under a ref; returns the name of that ref.
pub fn leave(workspace: &Workspace, theirs: RecordId) -> Result<String, LeaveError> {
    let (repository, name) = (&workspace.repository, workspace.ledger_ref());
    let there = repository.ref_head(&workspace.tracking_ref())?.ok_or(LeaveError::NoLedger)?;
    let local = repository.ref_head(&name)?.ok_or(LeaveError::Joined)?;
    let unread = |error: WalkError| LeaveError::Unread(error.to_string());
    let is_theirs = |head: &CommitId| -> Result<bool, LeaveError> {
        let replayed = replay_to(workspace, Some(theirs), None, head, &mut |_| Ok(()), &mut |_, _| {})
            .map_err(unread)?;
        let past = replayed.replay.past();
        Ok(past.ledger_id() == Some(theirs) && past.size() > 0)
    };
    if !is_theirs(&there)? {
        return Err(LeaveError::Other(theirs));
    }
    // If this clone already has the remote's ledger, or is pinned to it, there is nothing to leave, whatever state that
    // ledger is in, here or there.
    let is_pinned = read_pin(workspace).ok().flatten().is_some_and(|pin| pin.ledger == theirs);
    if is_pinned || is_theirs(&local)? {
        return Err(LeaveError::Joined);
    }
    let left = format!("refs/countersign/left/{}", local.short());
    if repository.move_ref(&NewEntry::default(), &left, None, &local)? == RefMove::Overtaken
        && repository.ref_head(&left)?.as_ref() != Some(&local)
    {
        return Err(LeaveError::Overtaken);
    }
    match repository.move_ref(&NewEntry::default(), &name, Some(&local), &there)? {
        RefMove::Landed => remove_pin(workspace)?,
        RefMove::Overtaken => return Err(LeaveError::Overtaken),
    }
    Ok(left)
}
