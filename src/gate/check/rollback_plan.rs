//! `rollback-plan`: a plan is in force for the target.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, more, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::{ApprovalStatus, Life};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let (target, policy, now) = (&given.question.target, &given.state.policy, given.facts.now);
    if let Some(plan) = given.plan {
        let end = plan.end(policy).map(|end| format!(", until {end}")).unwrap_or_default();
        return outcome(
            CheckCode::ROLLBACK_PLAN,
            Outcome::Pass,
            format!("plan {} is in force{end}", plan.id.short()),
        )
        .with_records([plan.id])
        .into();
    }
    let missing =
        outcome(CheckCode::ROLLBACK_PLAN, Outcome::Fail, format!("no plan is in force for {target}"));
    let Some(plan) = given.state.newest_plan(target) else { return missing.with_next(record(given)).into() };
    let short = plan.id.short();
    let (detail, next) = match (plan.life(policy, now), plan.approvals.status()) {
        (Life::Undecided, ApprovalStatus::Undecided { missing }) => {
            let approve = Next::countersign(&["approve", &short]);
            (format!("plan {short} by {} waits for {}", plan.author, more(missing, "approval")), approve)
        }
        (Life::Rejected, ApprovalStatus::Rejected { by }) => {
            (format!("plan {short} was rejected by {by}"), record(given))
        }
        (Life::NotYet, _) => {
            (format!("plan {short} is dated after now"), Next::countersign(&["show", &short]))
        }
        (Life::Live, _) if !given.state.is_owned(plan) => {
            (format!("plan {short} has no owner: {} is no longer a member", plan.says.owner), record(given))
        }
        (Life::Live, _) => (format!("plan {short} is bound to another commit, or superseded"), record(given)),
        (Life::Over, _) => {
            let end = plan.end(policy).map(|end| end.to_string()).unwrap_or_default();
            (format!("plan {short} is over (it ended at {end}, or was closed or rejected)"), record(given))
        }
        (Life::Undecided | Life::Rejected, _) => (format!("plan {short} is not in effect"), record(given)),
    };
    let mut missing = missing.with_details([detail]).with_records([plan.id]).with_next(next);
    missing.rests_on_rejection =
        matches!(plan.approvals.status(), ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. });
    missing.into()
}

/// Returns the command that records a plan for the target.
pub(super) fn record(given: &Examination<'_>) -> Next {
    let mut next = Next::countersign(&["record", "rollback-plan"]);
    next.0.push(given.target_name());
    next
}
