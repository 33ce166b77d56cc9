//! `credentials-revoked`: no closed override still has a pending credential once the grace period is over.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::ExceptionItem;
use crate::value::count;

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let (policy, now) = (&given.state.policy, given.facts.now);
    let owed: Vec<&ExceptionItem> =
        given.open_overrides().filter(|item| item.is_unrevoked(policy, now)).collect();
    let Some(first) = owed.first() else {
        return outcome(
            CheckCode::CREDENTIALS_REVOKED,
            Outcome::Pass,
            "no closure left a credential pending",
        )
        .into();
    };
    let line = |item: &&ExceptionItem| {
        let pending = item.pending_credentials(policy, now);
        let pending: Vec<String> = pending.iter().map(ToString::to_string).collect();
        format!("{} by {}: {}", item.id.short(), item.author, pending.join(", "))
    };
    let found = format!("{} left a credential pending", count(owed.len(), "closure"));
    let next = Next::countersign(&["close", &first.id.short()]);
    let failed =
        outcome(CheckCode::CREDENTIALS_REVOKED, Outcome::Fail, found).with_details(owed.iter().map(line));
    failed.with_records(owed.iter().map(|item| item.id)).with_next(next).into()
}
