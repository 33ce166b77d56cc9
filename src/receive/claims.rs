//! What whoever pushes claims about refs is compared with what they hold: Git does so only when it moves them.
//!
//! Each command of a push names what its ref holds before. The hook is asked first, so a command that Git will not carry
//! out must not decide anything; and without `--atomic` Git carries out the others.

use std::collections::BTreeSet;

use super::refs::ReceiveError;
use crate::git::GitError;
use crate::push::{PushError, PushedRef};
use crate::state::State;
use crate::workspace::Workspace;

fn refused(one: &PushedRef, why: &str) -> ReceiveError {
    ReceiveError::Name { name: one.name.clone(), why: why.to_owned() }
}

/// Refuses a push that names a ref twice: the second command would not be what was decided.
pub(super) fn are_single(refs: &[PushedRef]) -> Result<(), ReceiveError> {
    let mut names = BTreeSet::new();
    match refs.iter().find(|one| !names.insert(&one.name)) {
        Some(one) => Err(refused(one, "the push names it twice")),
        None => Ok(()),
    }
}

/// Refuses what moves a ref under another name: a symbolic ref here leads to it.
pub(super) fn are_direct(workspace: &Workspace, refs: &[PushedRef]) -> Result<(), ReceiveError> {
    for one in refs {
        if matches!(workspace.repository.ref_head(&one.name), Err(GitError::SymbolicRef { .. })) {
            return Err(refused(one, "it is another name of a ref here: push that one"));
        }
    }
    Ok(())
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
        let mut patterns =
            states.iter().flat_map(|state| state.policy.targets()).flat_map(|rules| rules.refs.iter());
        patterns.any(|pattern| pattern.matches(one.name.as_bytes()))
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
