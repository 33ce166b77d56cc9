//! Recognises restorations: deployments that go back. A restoration is never refused because it lacks what an
//! expansion needs (ledger-schema/deployment.md).

use super::facts::Question;
use crate::state::{Deployment, State};
use crate::value::Destination;

/// The option in a receipt which records that the previous commit was given on the command line.
pub const PREVIOUS_OPTION: &str = "--previous";

/// Whether deploying a commit restores what ran on the target before. It must not be the commit of the newest
/// allowed expansion. In addition, either an allowed receipt that did not fail names it, or the plan of the
/// newest allowed receipt or expansion goes back to it. Receipts of earlier restorations count too, so that
/// a restoration that failed can be repeated.
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
        let plan = of.says.rollback_plan.and_then(|id| state.plan(&id));
        plan.is_some_and(|plan| match &plan.says.to {
            Destination::Commit(to) => to == commit,
            // A previous commit that was given on the command line is no proof that it ran.
            Destination::Previous => of.says.previous.as_ref() == Some(commit) && !was_typed(of),
            Destination::Removal => false,
        })
    };
    ran_before || planned(newest) || forward.is_some_and(planned)
}

/// Whether the previous commit of a deployment was given on the command line.
fn was_typed(deployment: &Deployment) -> bool {
    deployment.says.options.iter().any(|option| option.as_str() == PREVIOUS_OPTION)
}
