//! `rollback-criteria`: the plan in force has as many measurable criteria as the policy asks for.

use super::rollback_plan;
use crate::finding::Code;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, outcome};
use crate::record::kind::receipt::Outcome;

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    let Some(plan) = it.plan else {
        let found = "without a plan there is nothing to measure";
        return outcome(Code::RollbackCriteria, Outcome::Fail, found)
            .map(|failed| failed.with_next(rollback_plan::record(it)));
    };
    let (has, needs) = (plan.says.criterion.len(), it.rules.rollback.min_criteria);
    let enough = u64::try_from(has).unwrap_or(u64::MAX) >= needs;
    let (result, found) = if enough {
        (Outcome::Pass, format!("{has} measurable; the policy asks for {needs}"))
    } else {
        (Outcome::Fail, format!("{has} measurable; the policy asks for {needs}"))
    };
    let found = outcome(Code::RollbackCriteria, result, found)?.with_records([plan.id]);
    Some(if enough { found } else { found.with_next(rollback_plan::record(it)) })
}
