//! `rollback-target`: what the plan goes back to exists, and the plan's method can reach it. If the deployment is
//! itself a restoration, the commit to be deployed exists and is a known way back.

use super::rollback_plan;
use std::collections::BTreeSet;

use crate::finding::CheckCode;
use crate::gate::Revert;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::gate::restoration::{KnownWayBack, confirm};
use crate::record::kind::receipt::{Outcome, Purpose};
use crate::record::kind::rollback_plan::Method;
use crate::state::PlanItem;
use crate::value::{CommitId, Destination, MemberName};

/// What the check says if the plan goes back to removal, because nothing is known to have run on the target before.
const REMOVED: &str = "the way back is removal: nothing ran there before";

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
        (Method::Redeploy, Destination::Previous) => match (&given.previous, given.known_to_run) {
            (Some(previous), _) => leads_to(given, &previous.commit),
            (None, None) => Ok(REMOVED.to_owned()),
            (None, Some(known)) => Err(format!(
                "{} is the only commit known to have run there; name the commit to go back to",
                known.short()
            )),
        },
        (Method::Redeploy, Destination::Removal) => match given.known_to_run {
            None => Ok(REMOVED.to_owned()),
            Some(ran) => {
                Err(format!("`removal` is for a first deployment only; {} was deployed there", ran.short()))
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

/// Checks whether the plan's commit can be undone on top of the commit to be deployed. Returns what was found: `Ok` if
/// it can be undone, otherwise `Err`.
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

/// Checks whether the plan can go back to a commit. Returns what was found: `Ok` if the plan can, otherwise `Err`.
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
    let (commit, target) = (given.question.commit.short(), &given.question.target);
    let fail = |found: String, next: Next| -> CheckAnswer {
        outcome(CheckCode::ROLLBACK_TARGET, Outcome::Fail, found).with_next(next).into()
    };
    let (result, found) = match &given.way_back {
        KnownWayBack::No => {
            let found = format!("{commit} is not known to have run on {target}, and no plan goes back to it");
            return fail(found, Next::countersign(&["log", "--kind", "receipt"]));
        }
        KnownWayBack::Unconfirmed(receipt) => {
            let found = format!(
                "{commit} was allowed on {target} at {}, and nothing confirms that it ran there",
                receipt.says.at
            );
            let mut next = confirm(receipt);
            next.0.push("--restore".to_owned());
            return fail(found, next);
        }
        KnownWayBack::SaidBy(persons) if is_asker_alone(given, persons) => {
            (Outcome::Warn, format!("{commit} is the way back, but only you have reported what ran there"))
        }
        KnownWayBack::SaidBy(persons) => {
            let names: Vec<&str> = persons.iter().map(|person| person.as_str()).collect();
            (Outcome::Pass, format!("{commit} is the way back, as reported by {}", names.join(" and ")))
        }
        KnownWayBack::Yes => (Outcome::Pass, format!("{commit} ran there before, or a plan goes back to it")),
    };
    if !given.facts.commit_exists {
        let found = format!("this repository does not have {commit}");
        return fail(found, Next(["git", "fetch", "--all"].map(str::to_owned).to_vec()));
    }
    outcome(CheckCode::ROLLBACK_TARGET, result, found).into()
}

/// Whether nobody but the person who will sign the receipt has reported what ran. `persons` are all who have reported
/// it.
fn is_asker_alone(given: &Examination<'_>, persons: &BTreeSet<&MemberName>) -> bool {
    let signer = given.facts.freshness.signer.as_ref();
    signer.is_some_and(|signer| persons.iter().all(|person| *person == signer))
}
