//! Updates this clone once the ledger's remote has accepted the head.

use super::asked::{Asked, leave_stamp};
use super::loaded::Loaded;
use crate::git::{GitError, NewEntry};
use crate::value::{CommitId, Time};
use crate::workspace::Workspace;

/// Notes that the ledger's remote has just accepted the head of a ledger: stores that head as the remote's answer, and
/// moves the tracking ref.
pub fn was_shared(workspace: &Workspace, loaded: &mut Loaded, now: Time) -> Result<(), GitError> {
    loaded.was_shared();
    let (Some(head), Some(ledger)) = (loaded.head.clone(), loaded.replay.past().ledger_id()) else {
        return Ok(());
    };
    if let Some(url) = workspace.config.ledger_remote_url() {
        leave_stamp(workspace, &Asked { url: url.to_owned(), head: Some(head.clone()), at: now }, ledger);
    }
    let name = workspace.tracking_ref();
    let known = workspace.repository.ref_head(&name)?;
    let is_behind = |known: &CommitId| workspace.repository.is_on_chain(known, &head, &|_| None);
    if known.as_ref() != Some(&head) && known.as_ref().map_or(Ok(true), is_behind)? {
        // Git's push moves the tracking ref only if the remote's refspecs name that ref. If another process has moved
        // it further, it stays there.
        workspace.repository.move_ref(&NewEntry::default(), &name, known.as_ref(), &head)?;
    }
    Ok(())
}
