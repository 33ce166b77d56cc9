//! What whoever pushes claims about refs is compared with what they hold: Git does so only when it moves them.
//!
//! Each command of a push names what its ref holds before. The hook is asked first, so a command that Git will not carry
//! out must not decide anything; and without `--atomic` Git carries out the others.

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

/// Refuses a push that names a ref twice, since the second command would not be what was decided, or that moves a ref to
/// where it is, which Git never asks for.
pub(super) fn are_single(refs: &[PushedRef]) -> Result<(), ReceiveError> {
    let mut names = BTreeSet::new();
    if let Some(one) = refs.iter().find(|one| !names.insert(&one.name)) {
        return Err(refused(one, "the push names it twice"));
    }
    match refs.iter().find(|one| one.old == one.new) {
        Some(one) => Err(refused(one, "the push moves it to where it is")),
        None => Ok(()),
    }
}

/// Refuses what moves a ref under another name: a symbolic ref here leads to it.
pub(super) fn are_direct(workspace: &Workspace, refs: &[PushedRef]) -> Result<(), ReceiveError> {
    for one in refs {
        let is_symbolic =
            matches!(workspace.repository.ref_head(&one.name), Err(GitError::SymbolicRef { .. }));
        if is_symbolic || leads_elsewhere(workspace.repository.common_directory(), &one.name) {
            return Err(refused(one, "it is another name of a ref here: push that one"));
        }
    }
    Ok(())
}

/// Whether a symbolic link lies on the way to the file of a ref. Git follows one, and takes one whose text is the name of
/// a ref for a symbolic ref (gitrepository-layout).
fn leads_elsewhere(directory: &Path, name: &str) -> bool {
    let mut path = directory.to_owned();
    name.split('/').any(|part| {
        path.push(part);
        path.symlink_metadata().is_ok_and(|found| found.is_symlink())
    })
}

/// Refuses a ref of a target that no receipt could name.
pub(super) fn can_be_named(one: &PushedRef) -> Result<(), ReceiveError> {
    match one.name.parse::<Ascii>() {
        Err(_) if one.new.is_some() => Err(refused(one, "a receipt names refs in printable ASCII only")),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Refuses a ref that does not hold what the push claims: somebody else has moved it, or it is a lie.
pub(super) fn holds_what_is_claimed(workspace: &Workspace, one: &PushedRef) -> Result<(), ReceiveError> {
    if workspace.repository.ref_head(&one.name)? == one.old {
        return Ok(());
    }
    Err(refused(one, "it does not hold any more what the push says: fetch, and push again"))
}

/// Returns the pushed refs that a target names, under one of some policies.
pub(super) fn of_targets<'a>(refs: &'a [PushedRef], states: &[&State]) -> Vec<&'a PushedRef> {
    let named = |one: &&PushedRef| {
        let mut targets = states.iter().flat_map(|state| state.policy.targets());
        targets.any(|rules| rules.names_ref(&one.name))
    };
    refs.iter().filter(named).collect()
}

/// Refuses the ledger together with a ref of a target: Git may move one and not the other, and the ref would have been
/// decided by a ledger that is not there.
pub(super) fn must_be_apart(
    of_ledger: Option<&PushedRef>,
    of_targets: &[&PushedRef],
) -> Result<(), ReceiveError> {
    if of_ledger.is_some() && !of_targets.is_empty() {
        return Err(PushError::LedgerWithBranch.into());
    }
    Ok(())
}
