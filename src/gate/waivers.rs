//! Waivers: failed checks that a break-glass or another expected exception waives. They are shown as waived,
//! never as passed.

use super::facts::{Facts, Question};
use super::outcome::CheckOutcome;
use crate::finding::CheckCode;
use crate::record::kind::receipt::Outcome;
use crate::state::{ExceptionItem, Life, State};
use crate::value::{CommitId, RecordId, Target, Time};

/// Returns the expected exceptions that touch a target, are live, and name checks to waive, in the order of the ledger.
pub(super) fn waiving<'a>(
    state: &'a State,
    target: &'a Target,
    now: Time,
) -> impl Iterator<Item = &'a ExceptionItem> {
    state.open_overrides().filter(move |item| {
        !item.says.exception.waives.is_empty()
            && item.touches(target)
            && item.life(&state.policy, now) == Life::Live
    })
}

/// Waives the failed checks that a live expected exception may waive. Returns the exceptions that waived one.
pub(super) fn apply(
    state: &State,
    question: &Question,
    facts: &Facts,
    checks: &mut [CheckOutcome],
) -> Vec<RecordId> {
    let waiving: Vec<&ExceptionItem> = waiving(state, &question.target, facts.now).collect();
    let mut used = Vec::new();
    for check in checks.iter_mut().filter(|check| check.result == Outcome::Fail) {
        if check.code.is_never_waived() || check.rests_on_rejection {
            continue;
        }
        let mut named = waiving.iter().filter(|item| waives(state, item, check.code));
        let Some(by) = named.clone().find(|item| is_for(item, question, facts)) else {
            let other = named.find_map(|item| Some((item, item.says.exception.for_commit.as_ref()?)));
            check.details.extend(other.map(|(item, commit)| {
                format!(
                    "{} waives this only for {} and commits that contain it",
                    item.id.short(),
                    commit.short()
                )
            }));
            continue;
        };
        check.result = Outcome::Waived;
        check.next = None;
        check.details.push(format!("waived by {} of {}: its review is owed", by.id.short(), by.author));
        if !used.contains(&by.id) {
            used.push(by.id);
        }
    }
    used
}

/// Whether an exception names a check to waive, and its entry in the policy in force allows that.
fn waives(state: &State, item: &ExceptionItem, code: CheckCode) -> bool {
    let exception = &item.says.exception;
    let entry = exception.expected.as_ref().and_then(|name| state.policy.expected(name));
    entry.is_some_and(|entry| entry.may_waive.contains(&code)) && exception.waives.contains(&code)
}

/// Whether an exception applies to the commit to be deployed. It does if it names no commit in `for_commit`, or names
/// this commit or one that this commit contains.
fn is_for(item: &ExceptionItem, question: &Question, facts: &Facts) -> bool {
    let contains = |commit: &CommitId| facts.commits.get(commit).is_some_and(|fact| fact.contained);
    let bound = item.says.exception.for_commit.as_ref();
    bound.is_none_or(|commit| *commit == question.commit || contains(commit))
}
