//! `rollback-rehearsed`: the plan in force was rehearsed successfully and recently. The check applies only if the
//! policy requires rehearsals.

use super::rollback_plan;
use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, CheckOutcome, Next, outcome};
use crate::record::kind::outcome::DeploymentResult;
use crate::record::kind::receipt::Outcome;
use crate::record::kind::rollback_plan::Method;
use crate::state::PlanItem;
use crate::value::{Destination, Duration, RecordId};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    match given.rules.rollback.rehearsed_within {
        None => CheckAnswer::NotAsked,
        Some(within) => rehearsed(given, within).into(),
    }
}

fn rehearsed(given: &Examination<'_>, within: Duration) -> CheckOutcome {
    let failed = |found: String| outcome(CheckCode::ROLLBACK_REHEARSED, Outcome::Fail, found);
    let Some(plan) = given.plan else {
        let found = "without a plan there is nothing to rehearse".to_owned();
        return failed(found).with_next(rollback_plan::record(given));
    };
    if plan.says.to == Destination::Removal && plan.says.method == Method::Redeploy {
        let found = "a first deployment has nothing to go back to, and so nothing to rehearse";
        return outcome(CheckCode::ROLLBACK_REHEARSED, Outcome::Pass, found).with_records([plan.id]);
    }
    let short = plan.id.short();
    let not_rehearsed = |found: String, records: &[RecordId]| {
        let next = Next::countersign(&["record", "outcome", "--of", &short, "--result", "rehearsed"]);
        let check = failed(found).with_details([rehearsed_by(plan)]);
        check.with_records(records.iter().copied()).with_next(next)
    };
    let Some(rehearsal) = given.state.last_rehearsal(plan, given.facts.now) else {
        let found = format!("plan {short} was never rehearsed; the policy asks for it within {within}");
        return not_rehearsed(found, &[plan.id]);
    };
    let (ended, records) = (rehearsal.says.ended_at, [plan.id, rehearsal.id]);
    if rehearsal.says.result != DeploymentResult::Rehearsed {
        return not_rehearsed(format!("the last rehearsal of plan {short}, of {ended}, failed"), &records);
    }
    if ended.plus(within) <= given.facts.now {
        let found = format!("plan {short} was rehearsed at {ended}, more than {within} ago");
        return not_rehearsed(found, &records);
    }
    let found = format!("plan {short} was rehearsed at {ended}, by {}", rehearsal.author);
    outcome(CheckCode::ROLLBACK_REHEARSED, Outcome::Pass, found).with_records(records)
}

/// Returns a line about who may rehearse a plan.
fn rehearsed_by(plan: &PlanItem) -> String {
    format!("somebody other than {}, who wrote it, has to rehearse it", plan.author)
}
