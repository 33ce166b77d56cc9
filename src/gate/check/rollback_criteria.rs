//! `rollback-criteria`: the plan in force has as many measurable criteria as the policy asks for.

use super::rollback_plan;
use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, outcome};
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
    let (result, found) = if enough {
        (Outcome::Pass, format!("{has} measurable; the policy asks for {needs}"))
    } else {
        (Outcome::Fail, format!("{has} measurable; the policy asks for {needs}"))
    };
    let found = outcome(CheckCode::ROLLBACK_CRITERIA, result, found).with_records([plan.id]);
    if enough { found } else { found.with_next(rollback_plan::record(given)) }.into()
}
