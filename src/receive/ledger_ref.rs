//! Checks a push of the ledger's branch. Such a push may add nothing but entries that count.

use super::refs::ReceiveError;
use crate::finding::Code;
use crate::ledger::Loaded;
use crate::push::{PushError, PushedRef, check_ledger_push};
use crate::value::CommitId;
use crate::workspace::Workspace;

/// Returns the head that a push gives the ledger's branch. The head has to be a commit: a tag object, a tree or a file
/// is not an entry.
pub(super) fn new_head(workspace: &Workspace, pushed: &PushedRef) -> Result<CommitId, ReceiveError> {
    let Some(new) = &pushed.new else { return Err(PushError::LedgerDeleted.into()) };
    if workspace.repository.has_commit(new)? {
        return Ok(new.clone());
    }
    let why = format!("{} is not a commit, but every entry of a ledger is", new.short());
    Err(ReceiveError::Name { name: pushed.name.clone(), why })
}

/// Checks a push of the ledger's branch. `loaded` is the ledger as it would be after the push.
///
/// Without a known ledger id, only a push that creates the branch is accepted.
pub(super) fn check(workspace: &Workspace, loaded: &Loaded, pushed: &PushedRef) -> Result<(), ReceiveError> {
    match loaded.standing.fault() {
        // A halted ledger may be extended, because the entries that lead out of the halt extend it.
        None | Some((Code::Halted, _)) => {}
        Some((Code::Unanchored, _)) if pushed.old.is_none() => {}
        Some((Code::Unanchored, _)) => return Err(ReceiveError::Unanchored),
        Some((code, found)) => return Err(ReceiveError::Untrusted { code, found: found.to_owned() }),
    }
    Ok(check_ledger_push(workspace, loaded, pushed)?)
}
