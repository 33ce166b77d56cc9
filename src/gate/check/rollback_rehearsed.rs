//! `rollback-rehearsed`: the plan in force was rehearsed, and worked, where the policy asks for that.

use super::rollback_plan;
use crate::finding::Code;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, Next, outcome};
use crate::record::kind::outcome::DeploymentResult;
use crate::record::kind::receipt::Outcome;
use crate::state::PlanItem;
use crate::value::Destination;

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    let within = it.rules.rollback.rehearsed_within?;
    let failed = |found: String| outcome(Code::RollbackRehearsed, Outcome::Fail, found);
    let Some(plan) = it.plan else {
        return failed("without a plan there is nothing to rehearse".to_owned())
            .map(|it_is| it_is.with_next(rollback_plan::record(it)));
    };
    if plan.says.to == Destination::Removal {
        let found = "a first deployment has nothing to go back to, and so nothing to rehearse";
        return outcome(Code::RollbackRehearsed, Outcome::Pass, found).map(|it| it.with_records([plan.id]));
    }
    let short = plan.id.short();
    let next = Next::countersign(&["record", "outcome", "--of", &short, "--result", "rehearsed"]);
    let Some(rehearsal) = it.state.last_rehearsal(plan, it.facts.now) else {
        let found = format!("plan {short} was never rehearsed; the policy asks for it within {within}");
        return failed(found)
            .map(|it| it.with_details([rehearsed_by(plan)]).with_records([plan.id]).with_next(next));
    };
    let (ended, id) = (rehearsal.says.ended_at, rehearsal.id);
    let records = [plan.id, id];
    if rehearsal.says.result != DeploymentResult::Rehearsed {
        let found = format!("the last rehearsal of plan {short}, of {ended}, failed");
        return failed(found)
            .map(|it| it.with_details([rehearsed_by(plan)]).with_records(records).with_next(next));
    }
    if ended.plus(within) <= it.facts.now {
        let found = format!("plan {short} was rehearsed at {ended}, more than {within} ago");
        return failed(found)
            .map(|it| it.with_details([rehearsed_by(plan)]).with_records(records).with_next(next));
    }
    let found = format!("plan {short} was rehearsed at {ended}, by {}", rehearsal.author);
    outcome(Code::RollbackRehearsed, Outcome::Pass, found).map(|it| it.with_records(records))
}

/// Who may say that it works.
fn rehearsed_by(plan: &PlanItem) -> String {
    format!("somebody other than {}, who wrote it, has to rehearse it", plan.author)
}
