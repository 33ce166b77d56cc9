//! `overrides-decided`: no live override of the target still waits for approvals, or for the date when it takes effect.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, more, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::{ApprovalStatus, ExceptionItem, OverrideStanding};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let (policy, now) = (&given.state.policy, given.facts.now);
    let open = |item: &&ExceptionItem| {
        matches!(item.standing(policy, now), OverrideStanding::Undecided | OverrideStanding::NotYet)
    };
    let undecided: Vec<&ExceptionItem> = given.open_overrides().filter(open).collect();
    let Some(first) = undecided.first() else {
        return outcome(CheckCode::OVERRIDES_DECIDED, Outcome::Pass, "no live override is undecided").into();
    };
    let line = |item: &&ExceptionItem| match item.approvals.status() {
        ApprovalStatus::Undecided { missing } => {
            format!("{} by {} waits for {}", item.id.short(), item.author, more(missing, "approval"))
        }
        ApprovalStatus::InEffect(effect) => {
            format!("{} by {} takes effect only at {}", item.id.short(), item.author, effect.at)
        }
        ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. } => {
            format!("{} by {}", item.id.short(), item.author)
        }
    };
    let count = undecided.len();
    let found = format!("{count} live override{} undecided", if count == 1 { " is" } else { "s are" });
    let failed = outcome(CheckCode::OVERRIDES_DECIDED, Outcome::Fail, found)
        .with_details(undecided.iter().map(line))
        .with_records(undecided.iter().map(|item| item.id));
    failed.with_next(Next::countersign(&["approve", &first.id.short()])).into()
}
