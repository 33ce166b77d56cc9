//! `rollback-target`: the commit that the plan goes back to exists, and is not the commit to be deployed.

use super::rollback_plan;
use crate::finding::CheckCode;
use crate::gate::Revert;
use crate::gate::examination::{Examination, KnownWayBack};
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::record::kind::receipt::{Outcome, Purpose};
use crate::record::kind::rollback_plan::Method;
use crate::state::PlanItem;
use crate::value::{CommitId, Destination};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    if given.purpose == Purpose::Restoration {
        return restoration(given);
    }
    let Some(plan) = given.plan else {
        let found = "without a plan there is no way back";
        return outcome(CheckCode::ROLLBACK_TARGET, Outcome::Fail, found)
            .with_next(rollback_plan::record(given))
            .into();
    };
    let way_back = match (&plan.says.method, &plan.says.to) {
        (Method::Revert, _) => reverts(given, plan),
        (Method::Redeploy, Destination::Commit(to)) => leads_to(given, to),
        (Method::Redeploy, Destination::Previous) => match &given.previous {
            Some(previous) => leads_to(given, previous),
            None => {
                Err("nothing is known to have run there before; a first deployment has `to = \"removal\"`"
                    .to_owned())
            }
        },
        (Method::Redeploy, Destination::Removal) => match &given.previous {
            None => Ok("it is removed again: nothing ran there before".to_owned()),
            Some(previous) => {
                Err(format!("`removal` is for a first deployment only; {} ran there", previous.short()))
            }
        },
    };
    let (result, found) = match way_back {
        Ok(found) => (Outcome::Pass, found),
        Err(found) => (Outcome::Fail, found),
    };
    let check = outcome(CheckCode::ROLLBACK_TARGET, result, found).with_records([plan.id]);
    match result {
        Outcome::Pass | Outcome::Warn | Outcome::Waived => check.into(),
        Outcome::Fail => check.with_next(rollback_plan::record(given)).into(),
    }
}

/// Whether the plan's commit can be undone on top of the commit to be deployed; `Ok` or `Err` with what was
/// found.
fn reverts(given: &Examination<'_>, plan: &PlanItem) -> Result<String, String> {
    let undone = plan.says.commit.as_ref().map(CommitId::short).unwrap_or_default();
    match &given.facts.revert {
        Some(Revert::Clean) => Ok(format!("undoing {undone} applies cleanly")),
        Some(Revert::Conflicts(paths)) => {
            let shown: Vec<&str> = paths.iter().take(3).map(String::as_str).collect();
            let more = if paths.len() > 3 { ", …" } else { "" };
            Err(format!("undoing {undone} conflicts with later changes of {}{more}", shown.join(", ")))
        }
        Some(Revert::Impossible(why)) => Err(format!("{undone} cannot be undone: {why}")),
        None => Err(format!("could not check whether undoing {undone} applies cleanly")),
    }
}

/// Whether the plan can go back to a commit; `Ok` or `Err` with what was found.
fn leads_to(given: &Examination<'_>, to: &CommitId) -> Result<String, String> {
    if *to == given.question.commit {
        Err(format!("the plan goes back to {}, which is the commit to be deployed", to.short()))
    } else if !given.facts.exists(to) {
        Err(format!("the plan goes back to {}, which this repository does not have", to.short()))
    } else {
        Ok(format!("back to {}", to.short()))
    }
}

fn restoration(given: &Examination<'_>) -> CheckAnswer {
    let commit = given.question.commit.short();
    if given.way_back == KnownWayBack::No {
        let found = format!(
            "{commit} is not known to have run on {} before, and no plan goes back to it",
            given.question.target
        );
        let next = Next::countersign(&["log", "--kind", "receipt"]);
        return outcome(CheckCode::ROLLBACK_TARGET, Outcome::Fail, found).with_next(next).into();
    }
    if !given.facts.commit_exists {
        let found = format!("this repository does not have {commit}");
        let next = Next(["git", "fetch", "--all"].map(str::to_owned).to_vec());
        return outcome(CheckCode::ROLLBACK_TARGET, Outcome::Fail, found).with_next(next).into();
    }
    outcome(
        CheckCode::ROLLBACK_TARGET,
        Outcome::Pass,
        format!("{commit} ran there before, or a plan goes back to it"),
    )
    .into()
}
