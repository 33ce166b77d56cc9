//! Outcomes of deployments: whether they confirm that the deployment ran, and the way back that `--restore` asks for.

use super::Args;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::record::kind::outcome::DeploymentResult;
use crate::record::kind::policy::TargetRules;
use crate::record::{Body, Kind};
use crate::state::{Confirmation, Deployment, State};
use crate::value::{CommitId, MemberName, Target};

/// A commit to go back to on a target.
pub(super) struct Restoring {
    pub(super) target: Target,
    pub(super) commit: CommitId,
}

/// Returns the way back that `--restore` asks for after an outcome of a deployment; `None` without the option.
pub(super) fn restoring(
    args: &Args,
    state: Option<&State>,
    body: &Body,
) -> Result<Option<Restoring>, CommandError> {
    if !args.deployment.restore {
        return Ok(None);
    }
    let usage = || CommandError::usage("--restore needs an outcome of a deployment; --of names the receipt");
    let Body::Outcome(outcome) = body else { return Err(usage()) };
    let state = state.ok_or_else(usage)?;
    let deployment = state.deployment(&outcome.of).ok_or_else(usage)?;
    if matches!(outcome.result, DeploymentResult::Failed | DeploymentResult::NeverStarted) {
        let found = format!("a deployment whose outcome is `{}` cannot be a way back", outcome.result);
        let hint = "leave --restore out, and ask for the way back to another commit";
        return Err(CommandError::usage(found).hint(hint));
    }
    Ok(Some(Restoring { target: today(state, deployment)?, commit: deployment.says.commit.clone() }))
}

/// Returns the target of a deployment, under the target's name in the policy in force. If the target has no name there,
/// returns its old name. If it has several, that is an error.
fn today(state: &State, deployment: &Deployment) -> Result<Target, CommandError> {
    if state.policy.target(&deployment.target).is_some() {
        return Ok(deployment.target.clone());
    }
    let names = state.policy.targets().iter().map(TargetRules::target);
    let heirs: Vec<Target> = names.filter(|target| state.was_to(deployment, target)).collect();
    match heirs.as_slice() {
        [] => Ok(deployment.target.clone()),
        [one] => Ok(one.clone()),
        _ => {
            let names: Vec<String> = heirs.iter().map(ToString::to_string).collect();
            let found = format!("{} has several names now: {}", deployment.target, names.join(", "));
            let hint = "leave --restore out, and ask `countersign gate --restore` for one of them";
            Err(CommandError::usage(found).hint(hint))
        }
    }
}

/// Refuses `--restore` for a kind other than an outcome, before an editor opens.
pub(super) fn check(args: &Args) -> Result<(), CommandError> {
    if args.deployment.restore && args.kind != Kind::Outcome {
        return Err(CommandError::usage("--restore is for an outcome"));
    }
    Ok(())
}

/// Warns if an outcome says that a deployment ran, but would not count as a confirmation. This is called before the
/// outcome is recorded.
pub(super) fn warn_unconfirmed(context: &Context, state: Option<&State>, author: &MemberName, body: &Body) {
    let Body::Outcome(outcome) = body else { return };
    let confirmation = state.and_then(|state| state.confirmation(author, outcome));
    let why = match confirmation {
        Some(Confirmation::OutsideReceipt { from, to }) => format!(
            "it says that the deployment began at {}, but the receipt was good only from {from} until {to} \
             (`receipts.lifetime` of the policy sets how long)",
            outcome.started_at
        ),
        Some(Confirmation::NotEntitled) => {
            format!("{author} has neither the role gate nor approver for the target")
        }
        Some(Confirmation::Confirms | Confirmation::NotRan) | None => return,
    };
    context.ui.note(&format!("warning: this outcome does not confirm that the deployment ran: {why}"));
}
