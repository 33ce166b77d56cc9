//! `target-known`: the policy in force names the target. A target without rules must not pass unexamined.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::likeness::closest;
use crate::record::kind::policy::TargetRules;
use crate::record::kind::receipt::Outcome;
use crate::value::{Target, TargetName};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let target = &given.question.target;
    let policy = &given.state.policy;
    if policy.target(target).is_some() {
        return outcome(CheckCode::TARGET_KNOWN, Outcome::Pass, format!("the policy has {target}"))
            .with_records(policy.id())
            .into();
    }
    let found = format!("the policy has no target `{}` in `{}`", target.service, target.environment);
    let known: Vec<Target> = policy.targets().iter().map(TargetRules::target).collect();
    let names: Vec<String> =
        known.iter().cloned().map(|target| TargetName::from(target).to_string()).collect();
    let asked = TargetName::from(target.clone()).to_string();
    let failed = outcome(CheckCode::TARGET_KNOWN, Outcome::Fail, found);
    let failed = failed.with_details(known.iter().map(|target| format!("it has {target}")));
    match closest(&asked, names.iter().map(String::as_str)).first() {
        Some(meant) => {
            let commit = given.question.commit.short();
            let next = Next::countersign(&["gate", meant, "--commit", commit]);
            failed.with_details([format!("did you mean {meant}?")]).with_next(next).into()
        }
        None => failed.with_next(Next::countersign(&["policy", "target", "add", &asked])).into(),
    }
}
