//! Finds the plan whose criteria are exported. It is the plan in force for a target, or a plan that the user names.

use crate::record::kind::policy::TargetRules;
use crate::state::{ApprovalStatus, Life, PlanItem, State};
use crate::value::{CommitId, RecordId, Target, Time};

/// The plan to find.
#[derive(Debug, Clone)]
pub enum WantedPlan {
    /// The plan that the gate would use for this commit.
    InForceFor(CommitId),
    /// The plan with this id.
    Named(RecordId),
}

/// The plan that was found.
#[derive(Debug)]
pub struct FoundPlan<'a> {
    /// The plan.
    pub plan: &'a PlanItem,
    /// A phrase for a warning: why the gate does not use this plan. `None` if the gate uses it.
    pub not_in_force: Option<&'static str>,
}

/// Why there is no plan to export.
#[derive(Debug, thiserror::Error)]
pub enum NoPlan {
    /// The policy has no such target.
    #[error("the policy has no target `{}` in `{}`", target.service, target.environment)]
    UnknownTarget {
        /// The target that was asked about.
        target: Target,
        /// The targets of the policy.
        known: Vec<Target>,
    },
    /// No plan is in force.
    #[error("no plan is in force for {target}")]
    NoneInForce {
        /// The target.
        target: Target,
        /// The newest plan of the target, if it lacks nothing but approvals.
        waiting: Option<RecordId>,
    },
    /// No rollback plan that stands has this id.
    #[error("{} is not a valid rollback plan", .0.short())]
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
            let plan = state.plan(id).ok_or(NoPlan::NotAPlan(*id))?;
            if !plan.touches(target) {
                return Err(NoPlan::OtherTarget { id: *id, target: target.clone() });
            }
            Ok(FoundPlan { plan, not_in_force: not_in_force(plan, state, target, now) })
        }
    }
}

fn none(state: &State, target: &Target, now: Time) -> NoPlan {
    let newest = state.newest_plan(target);
    let waits = |plan: &&PlanItem| {
        let undecided = matches!(plan.approvals.status(), ApprovalStatus::Undecided { .. });
        undecided && plan.life(&state.policy, now) == Life::Undecided
    };
    NoPlan::NoneInForce { target: target.clone(), waiting: newest.filter(waits).map(|plan| plan.id) }
}

fn not_in_force(plan: &PlanItem, state: &State, target: &Target, now: Time) -> Option<&'static str> {
    match plan.life(&state.policy, now) {
        Life::Live => {
            // Ask for the commit that the plan is bound to. If it is bound to none, ask for a commit that no plan is
            // bound to.
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
