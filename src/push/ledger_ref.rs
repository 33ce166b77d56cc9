//! Checks a push of the ledger itself. Such a push may add nothing to what the remote has but entries that count.

use super::refs::{PushError, PushedRef};
use crate::finding::{Code, Finding};
use crate::ledger::Loaded;
use crate::value::CommitId;
use crate::workspace::Workspace;

/// Whether there is a ledger: its id is known, or records were read. In a repository without a ledger, a branch of this
/// name may be something else.
pub fn is_ledger(loaded: &Loaded) -> bool {
    loaded.anchored.id().is_some() || loaded.replay.past().size() > 0
}

/// Refuses a push of the ledger's branch if it takes entries away from the remote, or if it adds an entry that does not
/// count or a commit that is not an entry. `loaded` is the ledger of the clone that pushes. On a server, it is the
/// ledger as it would be after the push.
pub fn check_ledger_push(
    workspace: &Workspace,
    loaded: &Loaded,
    pushed: &PushedRef,
) -> Result<(), PushError> {
    let refused = |found: String| Err(PushError::LedgerRefused { found });
    let Some(new) = &pushed.new else { return Err(PushError::LedgerDeleted) };
    match loaded.standing.fault() {
        None | Some((Code::Unanchored | Code::Halted, _)) => {}
        Some((Code::Diverged, _)) => {
            return refused("the remote has entries that are not in this branch".to_owned());
        }
        Some((code, found)) => return Err(PushError::Untrusted { code, found: found.to_owned() }),
    }
    let short = new.short();
    if !loaded.has_read(new)? {
        return refused(format!("{short} is no commit of the ledger that this clone has"));
    }
    if let Some(old) = &pushed.old
        && (!loaded.has_read(old)? || !workspace.repository.is_on_chain(old, new, &|_| None)?)
    {
        return refused("the push would take entries away from the remote".to_owned());
    }
    let added = workspace.repository.chain(new, &|commit| pushed.old.as_ref() == Some(commit), |_, _| {})?;
    match loaded.first_broken(&added.commits)? {
        Some(Finding { at, found, .. }) => {
            let entry = at.entry.as_ref().map(CommitId::short).unwrap_or_default();
            refused(format!("{entry} would halt it for everybody: {found}"))
        }
        None => Ok(()),
    }
}
