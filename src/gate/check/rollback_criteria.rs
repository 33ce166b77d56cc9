//! `rollback-criteria`: the plan in force has at least as many criteria as the policy asks for. If the policy demands
//! machine-readable criteria, a program can measure every one of them.

use super::rollback_plan;
use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, outcome};
use crate::measure::not_machine_readable;
use crate::policy::Demand;
use crate::record::kind::receipt::Outcome;

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let Some(plan) = given.plan else {
        let found = "without a plan there is nothing to measure";
        return outcome(CheckCode::ROLLBACK_CRITERIA, Outcome::Fail, found)
            .with_next(rollback_plan::record(given))
            .into();
    };
    let (has, needs) = (plan.says.criterion.len(), given.rules.rollback.min_criteria);
    let enough = u64::try_from(has).unwrap_or(u64::MAX) >= needs;
    let unreadable: Vec<String> = not_machine_readable(&plan.says).collect();
    let measurable = format!("{has} measurable; the policy asks for {needs}");
    let (result, found) = match (enough, unreadable.len()) {
        (false, _) => (Outcome::Fail, measurable),
        (true, 0) => (Outcome::Pass, measurable),
        (true, number) => {
            let must = given.rules.rollback.machine_readable == Demand::Yes;
            (
                if must { Outcome::Fail } else { Outcome::Warn },
                format!("{number} of {has} not machine-readable"),
            )
        }
    };
    let found = outcome(CheckCode::ROLLBACK_CRITERIA, result, found).with_records([plan.id]);
    let found = found.with_details(unreadable);
    if result == Outcome::Fail { found.with_next(rollback_plan::record(given)) } else { found }.into()
}
