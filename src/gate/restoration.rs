//! Is this the way back? It is never refused for what the way forward lacks (protocol G).

use crate::state::State;
use crate::value::{CommitId, Destination, Target};

/// Whether deploying a commit restores what ran on the target before: it is not what runs there now,
/// and either an older allowed receipt names it, or it is where the plan of the newest one goes back to.
pub(super) fn is_restoration(state: &State, target: &Target, commit: &CommitId) -> bool {
    let Some(newest) = state.newest_allowed(target) else { return false };
    let forward = state.deployments.iter().rev().find(|it| it.is_allowed_expansion() && it.target == *target);
    if forward.is_some_and(|it| it.says.commit == *commit) {
        return false;
    }
    let ran_before = state
        .deployments
        .iter()
        .any(|it| it.is_allowed() && it.target == *target && it.position < newest.position && it.says.commit == *commit);
    let plan = newest.says.rollback_plan.and_then(|id| state.plans.iter().find(|plan| plan.id == id));
    let planned = plan.is_some_and(|plan| match &plan.says.to {
        Destination::Commit(to) => to == commit,
        Destination::Previous => newest.says.previous.as_ref() == Some(commit),
        Destination::Removal => false,
    });
    ran_before || planned
}
