//! `target-known`: the policy in force names the target; nothing examined is not a pass.

use crate::finding::Code;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, Next, outcome};
use crate::record::kind::receipt::Outcome;
use crate::value::Target;

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    let target = &it.question.target;
    let policy = &it.state.policy;
    if policy.target(target).is_some() {
        return outcome(Code::TargetKnown, Outcome::Pass, format!("the policy has {target}"))
            .map(|found| found.with_records(policy.id()));
    }
    let found = format!("the policy has no target `{}` in `{}`", target.service, target.environment);
    let known: Vec<Target> =
        policy.targets().iter().map(crate::record::kind::policy::TargetRules::target).collect();
    let next = Next::countersign(&["policy", "propose"]);
    let failed = outcome(Code::TargetKnown, Outcome::Fail, found)?.with_next(next);
    Some(failed.with_details(known.iter().map(|target| format!("it has {target}"))))
}
