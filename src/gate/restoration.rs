//! Is this the way back? It is never refused for what the way forward lacks (ledger-schema/deployment.md).

use crate::state::{Deployment, State};
use crate::value::{CommitId, Destination, Target};

/// How a receipt records that somebody said what ran before.
pub const PREVIOUS_OPTION: &str = "--previous";

/// Whether deploying a commit restores what ran on the target before: it is not what was last deployed
/// forward, and either an allowed receipt names it (also one of an earlier way back, so that a way back
/// that failed can be gone again), or it is where the plan of a newest receipt goes back to.
pub(super) fn is_restoration(state: &State, target: &Target, commit: &CommitId) -> bool {
    let Some(newest) = state.newest_allowed(target) else { return false };
    let forward = state.deployments.iter().rev().find(|it| it.is_allowed_expansion() && it.target == *target);
    if forward.is_some_and(|it| it.says.commit == *commit) {
        return false;
    }
    let ran_before = state.deployments_of(commit).any(|it| {
        it.is_allowed() && it.target == *target && it.says.commit == *commit && !state.has_failed(it)
    });
    let planned = |of: &Deployment| {
        let plan = of.says.rollback_plan.and_then(|id| state.plans.find(&id));
        plan.is_some_and(|plan| match &plan.says.to {
            Destination::Commit(to) => to == commit,
            // What somebody typed as the previous commit is no proof that it ran.
            Destination::Previous => of.says.previous.as_ref() == Some(commit) && !was_typed(of),
            Destination::Removal => false,
        })
    };
    ran_before || planned(newest) || forward.is_some_and(planned)
}

/// Whether the commit before was given on the command line.
fn was_typed(deployment: &Deployment) -> bool {
    deployment.says.options.iter().any(|option| option.as_str() == PREVIOUS_OPTION)
}
