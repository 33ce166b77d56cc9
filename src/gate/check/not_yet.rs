//! What a policy asks for and this version cannot examine: it fails, under the code that it will have.
//!
//! Nothing examined is not a pass. Where the policy does not ask, these checks are no part of a decision.

use super::{Examination, outcome};
use crate::finding::Code;
use crate::gate::{CheckOutcome, Next};
use crate::record::kind::receipt::Outcome;
use crate::state::ExceptionItem;

pub(super) fn rollback_rehearsed(it: &Examination<'_>) -> Option<CheckOutcome> {
    let within = it.rules.rollback.rehearsed_within;
    let asks =
        within.map(|within| format!("the policy asks for a rehearsal within {within}")).unwrap_or_default();
    cannot(Code::RollbackRehearsed, within.is_some(), &asks)
}

pub(super) fn release_approved(it: &Examination<'_>) -> Option<CheckOutcome> {
    let releases = it.rules.approvals.releases;
    cannot(
        Code::ReleaseApproved,
        releases > 0,
        &format!("the policy asks for {releases} approval(s) of a release"),
    )
}

pub(super) fn reviews_done(it: &Examination<'_>) -> Option<CheckOutcome> {
    let (policy, now) = (&it.state.policy, it.facts.now);
    let overdue = |item: &&ExceptionItem| {
        let entry = item.says.exception.expected.as_ref().and_then(|name| policy.expected(name));
        let used = item.decided.effect().is_some();
        entry.is_some_and(|entry| used && item.created_at.plus(entry.review_within) <= now)
    };
    let here = it.state.exceptions.iter().filter(|item| item.touches(&it.question.target));
    let owed: Vec<_> = here.filter(overdue).map(|item| item.id).collect();
    let found = format!("{} expected exception(s) were not reviewed in time", owed.len());
    cannot(Code::ReviewsDone, !owed.is_empty(), &found).map(|failed| failed.with_records(owed))
}

fn cannot(code: Code, asked: bool, what: &str) -> Option<CheckOutcome> {
    if !asked {
        return None;
    }
    let found = format!("{what}, which this version cannot examine");
    outcome(code, Outcome::Fail, found)
        .map(|failed| failed.with_next(Next::countersign(&["explain", code.as_str()])))
}
