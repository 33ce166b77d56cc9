//! The plan whose criteria are exported: the one in force for a target, or the one that is named.

use crate::record::kind::policy::TargetRules;
use crate::state::{ApprovalStatus, Life, PlanItem, State};
use crate::value::{CommitId, RecordId, Target, Time};

/// Which plan is meant.
#[derive(Debug, Clone)]
pub enum WantedPlan {
    /// The one that the gate would take for this commit.
    InForceFor(CommitId),
    /// This one.
    Named(RecordId),
}

/// A plan that was found.
#[derive(Debug)]
pub struct FoundPlan<'a> {
    /// The plan.
    pub plan: &'a PlanItem,
    /// Why it is not what the gate goes by, if it is not: for a person to know.
    pub not_in_force: Option<&'static str>,
}

/// Why there is no plan to export.
#[derive(Debug, thiserror::Error)]
pub enum NoPlan {
    /// The policy has no such target.
    #[error("the policy has no target `{}` in `{}`", target.service, target.environment)]
    UnknownTarget {
        /// What was asked about.
        target: Target,
        /// What the policy has.
        known: Vec<Target>,
    },
    /// None is in force.
    #[error("no plan is in force for {target}")]
    NoneInForce {
        /// The target.
        target: Target,
        /// The newest plan, if approvals are all that it lacks.
        waiting: Option<RecordId>,
    },
    /// The record is no plan, or is void.
    #[error("{} is no rollback plan that stands", .0.short())]
    NotAPlan(RecordId),
    /// The plan is for other targets.
    #[error("plan {} is not for {target}", id.short())]
    OtherTarget {
        /// The plan.
        id: RecordId,
        /// The target.
        target: Target,
    },
}

/// Finds the plan to export.
pub fn plan_to_export<'a>(
    state: &'a State,
    target: &Target,
    wanted: &WantedPlan,
    now: Time,
) -> Result<FoundPlan<'a>, NoPlan> {
    if state.policy.target(target).is_none() {
        let known = state.policy.targets().iter().map(TargetRules::target).collect();
        return Err(NoPlan::UnknownTarget { target: target.clone(), known });
    }
    match wanted {
        WantedPlan::InForceFor(commit) => {
            let plan = state.plan_in_force(target, commit, now);
            plan.map(|plan| FoundPlan { plan, not_in_force: None }).ok_or_else(|| none(state, target, now))
        }
        WantedPlan::Named(id) => {
            let plan = state.plans.find(id).ok_or(NoPlan::NotAPlan(*id))?;
            if !plan.touches(target) {
                return Err(NoPlan::OtherTarget { id: *id, target: target.clone() });
            }
            Ok(FoundPlan { plan, not_in_force: not_in_force(plan, state, target, now) })
        }
    }
}

fn none(state: &State, target: &Target, now: Time) -> NoPlan {
    let newest = state.plans.iter().rev().find(|plan| plan.touches(target));
    let waits = |plan: &&PlanItem| {
        let undecided = matches!(plan.approvals.status(), ApprovalStatus::Undecided { .. });
        undecided && plan.life(&state.policy, now) == Life::Undecided
    };
    NoPlan::NoneInForce { target: target.clone(), waiting: newest.filter(waits).map(|plan| plan.id) }
}

fn not_in_force(plan: &PlanItem, state: &State, target: &Target, now: Time) -> Option<&'static str> {
    match plan.life(&state.policy, now) {
        Life::Live => {
            // For the commit that it is bound to, else for one that no plan is bound to.
            let commit = plan.says.commit.clone().or_else(|| "0".repeat(40).parse().ok());
            let taken = commit.and_then(|commit| state.plan_in_force(target, &commit, now));
            taken.is_none_or(|taken| taken.id != plan.id).then_some("replaced by a newer one")
        }
        Life::Undecided => Some("not approved yet"),
        Life::Rejected => Some("rejected"),
        Life::NotYet => Some("dated after now"),
        Life::Over => Some("over"),
    }
}
