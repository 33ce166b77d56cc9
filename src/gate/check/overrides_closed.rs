//! `overrides-closed`: every override that took effect and has ended has a closure, once the grace period is over.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::{ExceptionItem, OverrideStanding};
use crate::value::count;

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let (policy, now) = (&given.state.policy, given.facts.now);
    let owed: Vec<&ExceptionItem> = given
        .open_overrides()
        .filter(|item| item.standing(policy, now) == OverrideStanding::Unclosed)
        .collect();
    let Some(first) = owed.first() else {
        return outcome(CheckCode::OVERRIDES_CLOSED, Outcome::Pass, "no override ended without a closure")
            .into();
    };
    let line = |item: &&ExceptionItem| {
        let end = item.end(policy).map(|end| end.to_string()).unwrap_or_default();
        format!("{} by {} ended at {end}", item.id.short(), item.author)
    };
    let found = format!("{} ended without a closure", count(owed.len(), "override"));
    let failed = outcome(CheckCode::OVERRIDES_CLOSED, Outcome::Fail, found)
        .with_details(owed.iter().map(line))
        .with_records(owed.iter().map(|item| item.id));
    failed.with_next(Next::countersign(&["close", &first.id.short()])).into()
}
