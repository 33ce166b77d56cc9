//! `rollback-target`: what the plan goes back to exists, and is not the commit to be deployed.

use super::rollback_plan;
use crate::finding::Code;
use crate::gate::Revert;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, Next, outcome};
use crate::record::kind::receipt::{Outcome, Purpose};
use crate::record::kind::rollback_plan::Method;
use crate::state::PlanItem;
use crate::value::{CommitId, Destination};

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    if it.purpose == Purpose::Restoration {
        return restoration(it);
    }
    let Some(plan) = it.plan else {
        let found = "without a plan there is no way back";
        return outcome(Code::RollbackTarget, Outcome::Fail, found)
            .map(|failed| failed.with_next(rollback_plan::record(it)));
    };
    let judged = match (&plan.says.method, &plan.says.to) {
        (Method::Revert, _) => reverts(it, plan),
        (Method::Redeploy, Destination::Commit(to)) => leads_to(it, to),
        (Method::Redeploy, Destination::Previous) => match &it.previous {
            Some(previous) => leads_to(it, previous),
            None => {
                Err("nothing is known to have run there before; a first deployment has `to = \"removal\"`"
                    .to_owned())
            }
        },
        (Method::Redeploy, Destination::Removal) => match &it.previous {
            None => Ok("to take it away again: nothing ran there before".to_owned()),
            Some(previous) => {
                Err(format!("`removal` is for a first deployment only; {} ran there", previous.short()))
            }
        },
    };
    match judged {
        Ok(found) => outcome(Code::RollbackTarget, Outcome::Pass, found).map(|it| it.with_records([plan.id])),
        Err(found) => {
            let failed = outcome(Code::RollbackTarget, Outcome::Fail, found)?.with_records([plan.id]);
            Some(failed.with_next(rollback_plan::record(it)))
        }
    }
}

/// The commit that the plan undoes can be undone on top of what is deployed.
fn reverts(it: &Examination<'_>, plan: &PlanItem) -> Result<String, String> {
    let undone = plan.says.commit.as_ref().map(CommitId::short).unwrap_or_default();
    match &it.facts.revert {
        Some(Revert::Clean) => Ok(format!("undoing {undone} applies cleanly")),
        Some(Revert::Conflicts(paths)) => {
            let shown: Vec<&str> = paths.iter().take(3).map(String::as_str).collect();
            let more = if paths.len() > 3 { ", …" } else { "" };
            Err(format!("undoing {undone} conflicts with later changes of {}{more}", shown.join(", ")))
        }
        Some(Revert::Impossible(why)) => Err(format!("{undone} cannot be undone: {why}")),
        None => Err(format!("nobody could look whether undoing {undone} applies cleanly")),
    }
}

fn leads_to(it: &Examination<'_>, to: &CommitId) -> Result<String, String> {
    if *to == it.question.commit {
        Err(format!("the plan goes back to {}, which is the commit to be deployed", to.short()))
    } else if !it.facts.exists(to) {
        Err(format!("the plan goes back to {}, which this repository does not have", to.short()))
    } else {
        Ok(format!("back to {}", to.short()))
    }
}

fn restoration(it: &Examination<'_>) -> Option<CheckOutcome> {
    let commit = it.question.commit.short();
    if !it.restores {
        let found = format!(
            "{commit} is not known to have run on {} before, and no plan goes back to it",
            it.question.target
        );
        let next = Next::countersign(&["log", "--kind", "receipt"]);
        return outcome(Code::RollbackTarget, Outcome::Fail, found).map(|failed| failed.with_next(next));
    }
    if !it.facts.commit_exists {
        let found = format!("this repository does not have {commit}");
        let next = Next(["git", "fetch", "--all"].map(str::to_owned).to_vec());
        return outcome(Code::RollbackTarget, Outcome::Fail, found).map(|failed| failed.with_next(next));
    }
    outcome(
        Code::RollbackTarget,
        Outcome::Pass,
        format!("{commit} ran there, or is where the plan goes back to"),
    )
}
