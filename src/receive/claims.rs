//! Compares what a push claims about refs with what the refs hold. Git compares them only later, when it moves the
//! refs.
//!
//! Each command of a push names the old value of its ref. The hook runs before Git checks this value. If the value is
//! wrong, Git does not carry out the command but, without `--atomic`, carries out the others. So such a command must
//! not influence a decision.

use std::collections::BTreeSet;
use std::path::Path;

use super::refs::ReceiveError;
use crate::git::GitError;
use crate::push::{PushError, PushedRef};
use crate::state::State;
use crate::value::Ascii;
use crate::workspace::Workspace;

fn refused(one: &PushedRef, why: &str) -> ReceiveError {
    ReceiveError::Name { name: one.name.clone(), why: why.to_owned() }
}

/// Refuses a push that names a ref twice, because the first command would change the value that the decision on the
/// second is based on. Also refuses a push in which the old and the new value of a ref are the same; Git never sends
/// such a command.
pub(super) fn are_single(refs: &[PushedRef]) -> Result<(), ReceiveError> {
    let mut names = BTreeSet::new();
    if let Some(one) = refs.iter().find(|one| !names.insert(&one.name)) {
        return Err(refused(one, "the push names it twice"));
    }
    match refs.iter().find(|one| one.old == one.new) {
        Some(one) => Err(refused(one, "the push does not move it: its old and its new commit are the same")),
        None => Ok(()),
    }
}

/// Refuses a push to a name that is only an alias of another ref, through a symbolic ref or a symbolic link.
pub(super) fn are_direct(workspace: &Workspace, refs: &[PushedRef]) -> Result<(), ReceiveError> {
    for one in refs {
        let is_symbolic =
            matches!(workspace.repository.ref_head(&one.name), Err(GitError::SymbolicRef { .. }));
        if is_symbolic || leads_elsewhere(workspace.repository.common_directory(), &one.name) {
            let why = "it is an alias (symbolic ref or link) of another ref here: push that ref instead";
            return Err(refused(one, why));
        }
    }
    Ok(())
}

/// Whether a symbolic link lies on the way to the file of a ref. Git follows such a link. A link whose text is the name
/// of a ref is a symbolic ref to Git (gitrepository-layout).
fn leads_elsewhere(directory: &Path, name: &str) -> bool {
    let mut path = directory.to_owned();
    name.split('/').any(|part| {
        path.push(part);
        path.symlink_metadata().is_ok_and(|found| found.is_symlink())
    })
}

/// Refuses a ref of a target if no receipt could name the ref. A deletion of the ref needs no receipt, and passes.
pub(super) fn can_be_named(one: &PushedRef) -> Result<(), ReceiveError> {
    match one.name.parse::<Ascii>() {
        Err(_) if one.new.is_some() => Err(refused(one, "a receipt names refs in printable ASCII only")),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Refuses a push if one of its refs does not hold what the push claims. Then another push has moved the ref, or the
/// claim is false.
pub(super) fn holds_what_is_claimed(workspace: &Workspace, one: &PushedRef) -> Result<(), ReceiveError> {
    if workspace.repository.ref_head(&one.name)? == one.old {
        return Ok(());
    }
    Err(refused(one, "the ref is not at the commit that the push expects: fetch, and push again"))
}

/// Returns the pushed refs that a target names under the policy of any of these states.
pub(super) fn of_targets<'a>(refs: &'a [PushedRef], states: &[&State]) -> Vec<&'a PushedRef> {
    let named = |one: &&PushedRef| {
        let mut targets = states.iter().flat_map(|state| state.policy.targets());
        targets.any(|rules| rules.names_ref(&one.name))
    };
    refs.iter().filter(named).collect()
}

/// Refuses a push of the ledger together with a ref of a target. Git may move the ref and not the ledger. Then the
/// decision about the ref would rest on a ledger that was not received.
pub(super) fn must_be_apart(
    of_ledger: Option<&PushedRef>,
    of_targets: &[&PushedRef],
) -> Result<(), ReceiveError> {
    if of_ledger.is_some() && !of_targets.is_empty() {
        return Err(PushError::LedgerWithBranch.into());
    }
    Ok(())
}
