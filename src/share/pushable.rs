//! What may be pushed: entries that count, on top of what the remote has.

use std::collections::BTreeSet;

use crate::finding::{Code, Finding};
use crate::git::GitError;
use crate::ledger::{Anchored, Loaded};
use crate::value::CommitId;
use crate::workspace::Workspace;
use crate::write::AppendError;

/// Returns what breaks one of the commits after `on` up to `new`, which were read; `None` if all of them count.
pub fn broken_beyond<'a>(
    workspace: &Workspace,
    loaded: &'a Loaded,
    on: Option<&CommitId>,
    new: &CommitId,
) -> Result<Option<&'a Finding>, GitError> {
    let added = workspace.repository.chain(new, &|commit| on == Some(commit), |_, _| {})?;
    let added: BTreeSet<&CommitId> = added.commits.iter().map(|commit| &commit.id).collect();
    let is_added = |finding: &&Finding| finding.at.entry.as_ref().is_some_and(|entry| added.contains(entry));
    Ok(loaded.replay.report().broken.iter().find(is_added))
}

/// Checks that a ledger may be pushed onto what the remote has: it is sound; or it is halted, by what the remote has
/// already.
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
    match broken_beyond(workspace, loaded, on, new)? {
        None => Ok(()),
        Some(finding) => Err(untrusted(finding.code, &finding.found)),
    }
}
