//! Checks that a push of the ledger gives the remote no new entries except those that count.

use crate::finding::Code;
use crate::ledger::{Anchored, Loaded};
use crate::value::CommitId;
use crate::workspace::Workspace;
use crate::write::AppendError;

/// Checks that a ledger may be pushed onto what the remote has: it is sound, or it is halted only by entries that the
/// remote already has.
pub(super) fn must_be_pushable(
    workspace: &Workspace,
    loaded: &Loaded,
    on: Option<&CommitId>,
    new: &CommitId,
) -> Result<(), AppendError> {
    let untrusted = |code, found: &str| AppendError::Untrusted { code, found: found.to_owned() };
    match loaded.standing.fault() {
        None => {}
        Some((Code::Halted, _)) if loaded.anchored != Anchored::No => {}
        Some((code, found)) => return Err(untrusted(code, found)),
    }
    let added = workspace.repository.chain(new, &|commit| on == Some(commit), |_, _| {})?;
    match loaded.first_broken(&added.commits)? {
        None => Ok(()),
        Some(finding) => Err(untrusted(finding.code, &finding.found)),
    }
}
