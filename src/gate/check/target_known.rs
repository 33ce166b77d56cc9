//! `target-known`: the policy in force names the target. A target without rules must not pass unexamined.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::record::kind::receipt::Outcome;
use crate::value::Target;

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let target = &given.question.target;
    let policy = &given.state.policy;
    if policy.target(target).is_some() {
        return outcome(CheckCode::TARGET_KNOWN, Outcome::Pass, format!("the policy has {target}"))
            .with_records(policy.id())
            .into();
    }
    let found = format!("the policy has no target `{}` in `{}`", target.service, target.environment);
    let known: Vec<Target> =
        policy.targets().iter().map(crate::record::kind::policy::TargetRules::target).collect();
    let next = Next::countersign(&["policy", "propose"]);
    let failed = outcome(CheckCode::TARGET_KNOWN, Outcome::Fail, found).with_next(next);
    failed.with_details(known.iter().map(|target| format!("it has {target}"))).into()
}
