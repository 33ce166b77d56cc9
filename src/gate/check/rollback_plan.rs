//! `rollback-plan`: a plan is in force for the target.

use crate::finding::Code;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, Next, more, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::{ApprovalStatus, Life};

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    let (target, policy, now) = (&it.question.target, &it.state.policy, it.facts.now);
    if let Some(plan) = it.plan {
        let end = plan.end(policy).map(|end| format!(", until {end}")).unwrap_or_default();
        return outcome(
            Code::RollbackPlan,
            Outcome::Pass,
            format!("plan {} is in force{end}", plan.id.short()),
        )
        .map(|found| found.with_records([plan.id]));
    }
    let missing = outcome(Code::RollbackPlan, Outcome::Fail, format!("no plan is in force for {target}"))?;
    let newest = it.state.plans.iter().rev().find(|plan| plan.touches(target));
    let Some(plan) = newest else { return Some(missing.with_next(record(it))) };
    let short = plan.id.short();
    let (detail, next) = match (plan.life(policy, now), plan.approvals.status()) {
        (Life::Undecided, ApprovalStatus::Undecided { missing }) => {
            let approve = Next::countersign(&["approve", &short]);
            (format!("plan {short} by {} waits for {}", plan.author, more(missing, "approval")), approve)
        }
        (Life::Rejected, ApprovalStatus::Rejected { by }) => {
            (format!("plan {short} was rejected by {by}"), record(it))
        }
        (Life::NotYet, _) => {
            (format!("plan {short} is dated after now"), Next::countersign(&["show", &short]))
        }
        (Life::Live, _) => (format!("plan {short} is bound to another commit, or replaced"), record(it)),
        (Life::Over, _) => {
            let end = plan.end(policy).map(|end| end.to_string()).unwrap_or_default();
            (format!("plan {short} is over (it ended at {end}, or was closed or rejected)"), record(it))
        }
        (Life::Undecided | Life::Rejected, _) => (format!("plan {short} is not in effect"), record(it)),
    };
    let mut missing = missing.with_details([detail]).with_records([plan.id]).with_next(next);
    missing.rests_on_rejection =
        matches!(plan.approvals.status(), ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. });
    Some(missing)
}

/// The command that records a plan for the target.
pub(super) fn record(it: &Examination<'_>) -> Next {
    let mut next = Next::countersign(&["record", "rollback-plan"]);
    next.0.extend(it.target_options());
    next
}
