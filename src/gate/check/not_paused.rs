//! `not-paused`: nobody has stopped the expansion of the target.

use crate::finding::Code;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, Next, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::PauseItem;

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    let pauses: Vec<&PauseItem> = it.state.paused(&it.question.target, it.facts.now).collect();
    let Some(first) = pauses.first() else {
        return outcome(Code::NotPaused, Outcome::Pass, "no pause covers the target");
    };
    let found = format!("{} paused {} at {}", first.author, it.question.target, first.created_at);
    let line = |pause: &&PauseItem| {
        let because =
            pause.says.workflow.as_ref().map(|it| format!(" (because of {it})")).unwrap_or_default();
        let end =
            pause.says.expires_at.map_or("until somebody resumes".to_owned(), |end| format!("until {end}"));
        let reason = pause.says.reason.as_str().lines().next().unwrap_or_default();
        format!("pause {} by {}{because}, {end}: {reason}", pause.id.short(), pause.author)
    };
    let failed = outcome(Code::NotPaused, Outcome::Fail, found)?
        .with_details(pauses.iter().map(line))
        .with_records(pauses.iter().map(|pause| pause.id));
    Some(failed.with_next(Next::countersign(&["resume", &first.id.short(), "--reason", "…"])))
}
