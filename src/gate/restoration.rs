//! Recognises restorations: deployments that go back. A restoration is never refused because it lacks what an expansion
//! needs. So that not every deployment can pass for one, it must go back to something that is confirmed: its commit ran
//! on the target, or the plan of the newest confirmed deployment leads to it (ledger-schema/deployment.md).

use std::collections::BTreeSet;

use super::facts::{Facts, Question};
use super::outcome::Next;
use crate::record::kind::receipt::PreviousFrom;
use crate::record::kind::rollback_plan::Method;
use crate::state::{ApprovalStatus, Deployment, PlanItem, Ran, State};
use crate::value::{CommitId, Destination, MemberName};

/// Whether the commit to be deployed is a known way back.
#[derive(Debug, Clone)]
pub(in crate::gate) enum KnownWayBack<'a> {
    /// Git confirms that it ran on the target, or that the deployment ran whose plan leads back to it.
    Yes,
    /// It is, but only on the word of these persons. They have reported that it ran, or that another deployment ran
    /// whose plan leads back to it.
    SaidBy(BTreeSet<&'a MemberName>),
    /// It would be one if anything confirmed that this deployment of it ran.
    Unconfirmed(&'a Deployment),
    /// It is not.
    No,
}

/// Returns whether the commit of a question is a known way back.
pub(super) fn known_way_back<'a>(
    state: &'a State,
    question: &Question,
    facts: &'a Facts,
) -> KnownWayBack<'a> {
    let Question { target, commit, .. } = question;
    let told = facts.told.as_ref();
    let forward = state.newest_expansion(target);
    if forward.is_some_and(|newest| newest.says.commit == *commit) {
        // The commit of the newest expansion can be a way back only if another commit was pushed past the hook since.
        // Then the ref holds another commit, which no allowed receipt of the target names.
        let holds = told.and_then(|told| told.holds.as_ref());
        let is_unknown = |held: &CommitId| {
            held != commit
                && !state.deployments_of(held).any(|one| one.is_allowed() && state.was_to(one, target))
        };
        if !holds.is_some_and(is_unknown) {
            return KnownWayBack::No;
        }
    }
    // A plan does not make a commit a way back if the newest allowed deployment of the commit is barred.
    let is_barred = || state.newest_of_commit(target, commit).is_some_and(Deployment::is_barred);
    let planned = || planned(state, question, facts).filter(|_| !is_barred());
    match state.ran(target, commit, told) {
        Ran::Confirmed => KnownWayBack::Yes,
        Ran::SaidBy(persons) => match planned() {
            Some(Confirmed::ByGit) => KnownWayBack::Yes,
            Some(Confirmed::ByPersons(more)) => {
                KnownWayBack::SaidBy(persons.into_iter().chain(more).collect())
            }
            None => KnownWayBack::SaidBy(persons),
        },
        Ran::Barred => KnownWayBack::No,
        ran @ (Ran::Unconfirmed(_) | Ran::Unknown) => match (planned(), ran) {
            (Some(Confirmed::ByGit), _) => KnownWayBack::Yes,
            (Some(Confirmed::ByPersons(persons)), _) => KnownWayBack::SaidBy(persons),
            (None, Ran::Unconfirmed(deployment)) => KnownWayBack::Unconfirmed(deployment),
            (None, Ran::Unknown | Ran::Confirmed | Ran::SaidBy(_) | Ran::Barred) => KnownWayBack::No,
        },
    }
}

/// Who confirms the newest confirmed deployment of a target.
enum Confirmed<'a> {
    ByGit,
    ByPersons(BTreeSet<&'a MemberName>),
}

/// Returns who confirms the newest confirmed deployment, if its plan leads to the commit of the question. A plan leads
/// to a commit if it goes back to it (`redeploy`), or if undoing the plan's commit gives its tree (`revert`).
fn planned<'a>(state: &'a State, question: &Question, facts: &'a Facts) -> Option<Confirmed<'a>> {
    let told = facts.told.as_ref();
    let newest = state.newest_confirmed(&question.target, told)?;
    let leads_there = facts.is_reverted || is_planned(state, newest, &question.commit);
    let by_git = || state.is_confirmed_by_git(newest, &question.target, told);
    let confirmed = || {
        if by_git() { Confirmed::ByGit } else { Confirmed::ByPersons(newest.confirmed_by().collect()) }
    };
    leads_there.then(confirmed)
}

/// Whether the plan of the newest confirmed receipt goes back to a commit by the method `redeploy`.
fn is_planned(state: &State, newest: &Deployment, commit: &CommitId) -> bool {
    let Some(plan) = plan_of(state, newest).filter(|plan| plan.says.method == Method::Redeploy) else {
        return false;
    };
    match (&plan.says.to, newest.says.previous_from) {
        (Destination::Commit(to), _) => to == commit,
        (Destination::Previous, Some(PreviousFrom::Ref)) => newest.says.previous.as_ref() == Some(commit),
        // A commit that comes from an option, or from a remote whose word does not count, is not proven to have run. A
        // commit that comes from the ledger was taken from its receipts, and `State::ran` has already evaluated these.
        (Destination::Previous, Some(PreviousFrom::Given | PreviousFrom::Ledger) | None)
        | (Destination::Removal, _) => false,
    }
}

/// Returns the plan that a receipt names, unless the plan was rejected.
pub(super) fn plan_of<'a>(state: &'a State, deployment: &Deployment) -> Option<&'a PlanItem> {
    let plan = state.plan(&deployment.says.rollback_plan?)?;
    let is_rejected =
        matches!(plan.approvals.status(), ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. });
    (!is_rejected).then_some(plan)
}

/// Returns the command that confirms a deployment by recording its outcome.
pub(super) fn confirm(deployment: &Deployment) -> Next {
    let at = deployment.says.at.to_string();
    Next::countersign(&[
        "record",
        "outcome",
        "--of",
        &deployment.id.short(),
        "--result",
        "succeeded",
        "--started-at",
        &at,
    ])
}
