//! `reviews-done`: every override of the target was reviewed in time, if a review of it is required. No review that
//! found an override unjustified lacks a follow-up that counts.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, more, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::{ExceptionItem, ReviewStanding};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let (state, now) = (given.state, given.facts.now);
    let standing: Vec<(&ExceptionItem, ReviewStanding)> =
        given.open_overrides().map(|item| (item, state.review(item, now))).collect();
    let owed: Vec<_> = standing
        .iter()
        .filter(|(_, standing)| {
            matches!(standing, ReviewStanding::Overdue { .. } | ReviewStanding::FollowUpMissing { .. })
        })
        .collect();
    let Some((first, _)) = owed.first() else {
        let due = standing.iter().filter(|(_, standing)| matches!(standing, ReviewStanding::Due { .. }));
        let due: Vec<_> = due.collect();
        if due.is_empty() {
            return outcome(CheckCode::REVIEWS_DONE, Outcome::Pass, "no review is owed").into();
        }
        let warned = outcome(
            CheckCode::REVIEWS_DONE,
            Outcome::Warn,
            format!("{} not reviewed yet", counted(due.len())),
        );
        let warned = warned.with_details(due.iter().map(|(item, standing)| line(item, standing)));
        return warned.with_records(due.iter().map(|(item, _)| item.id)).into();
    };
    let late = owed.iter().filter(|(_, standing)| matches!(standing, ReviewStanding::Overdue { .. })).count();
    let found = match (late, owed.len() - late) {
        (late, 0) => format!("{} not reviewed in time", counted(late)),
        (0, missing) => follow_ups_missing(missing),
        (late, missing) => {
            format!("{} not reviewed in time; {}", counted(late), follow_ups_missing(missing))
        }
    };
    let failed = outcome(CheckCode::REVIEWS_DONE, Outcome::Fail, found)
        .with_details(owed.iter().map(|(item, standing)| line(item, standing)))
        .with_records(owed.iter().map(|(item, _)| item.id));
    failed.with_next(Next::countersign(&["review", &first.id.short()])).into()
}

/// Returns a phrase such as `1 override was` or `2 overrides were`.
fn counted(number: usize) -> String {
    format!("{number} override{}", if number == 1 { " was" } else { "s were" })
}

fn follow_ups_missing(number: usize) -> String {
    format!("{number} follow-up{} missing", if number == 1 { " is" } else { "s are" })
}

fn line(item: &ExceptionItem, standing: &ReviewStanding) -> String {
    let name = item.says.exception.expected.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let what = format!("{} by {}{name}", item.id.short(), item.author);
    match standing {
        ReviewStanding::Due { by, missing } => format!("{what}: {}, due {by}", more(*missing, "review")),
        ReviewStanding::Overdue { by, missing } => {
            format!("{what}: {}, due since {by}", more(*missing, "review"))
        }
        ReviewStanding::FollowUpMissing { review } => {
            format!(
                "{what}: review {} found it unjustified, and none of its follow-ups counts",
                review.short()
            )
        }
        ReviewStanding::NotAsked | ReviewStanding::Reviewed => what,
    }
}
