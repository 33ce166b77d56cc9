//! `not-paused`: no pause stops expansions to the target.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::PauseItem;

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let pauses: Vec<&PauseItem> = given.state.paused(&given.question.target, given.facts.now).collect();
    let Some(first) = pauses.first() else {
        return outcome(CheckCode::NOT_PAUSED, Outcome::Pass, "no pause covers the target").into();
    };
    let found = format!("{} paused {} at {}", first.author, given.question.target, first.created_at);
    let line = |pause: &&PauseItem| {
        let because = pause
            .says
            .workflow
            .as_ref()
            .map(|workflow| format!(" (because of {workflow})"))
            .unwrap_or_default();
        let end =
            pause.says.expires_at.map_or("until somebody resumes".to_owned(), |end| format!("until {end}"));
        let reason = pause.says.reason.as_str().lines().next().unwrap_or_default();
        format!("pause {} by {}{because}, {end}: {reason}", pause.id.short(), pause.author)
    };
    let failed = outcome(CheckCode::NOT_PAUSED, Outcome::Fail, found)
        .with_details(pauses.iter().map(line))
        .with_records(pauses.iter().map(|pause| pause.id));
    failed.with_next(Next::countersign(&["resume", &first.id.short()])).into()
}
