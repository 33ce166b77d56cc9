//! Is this the way back? It is never refused for what the way forward lacks (ledger-schema/deployment.md).

use super::facts::Question;
use crate::state::{Deployment, State};
use crate::value::Destination;

/// How a receipt records that somebody said what ran before.
pub const PREVIOUS_OPTION: &str = "--previous";

/// Whether deploying a commit restores what ran on the target before: it is not what was last deployed
/// forward, and either an allowed receipt names it (also one of an earlier way back, so that a way back
/// that failed can be gone again), or it is where the plan of a newest receipt goes back to.
pub(super) fn is_restoration(state: &State, question: &Question) -> bool {
    let Question { target, commit, .. } = question;
    let Some(newest) = state.newest_allowed(target) else { return false };
    let is_forward =
        |deployment: &&Deployment| deployment.is_allowed_expansion() && deployment.target == *target;
    let forward = state.deployments.iter().rev().find(is_forward);
    if forward.is_some_and(|deployment| deployment.says.commit == *commit) {
        return false;
    }
    let ran_before = state.deployments_of(commit).any(|deployment| {
        deployment.is_allowed() && deployment.target == *target && !state.has_failed(deployment)
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
