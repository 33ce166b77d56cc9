//! `redesign-effective`: for each pattern of the target whose redesign has failed, a newer redesign is on its way.

use super::repeating;
use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, outcome};
use crate::record::kind::receipt::Outcome;

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let failed = given.patterns.iter().filter(|pattern| pattern.failed.is_some());
    let open: Vec<_> = failed.filter(|pattern| !repeating::is_on_its_way(given, pattern)).collect();
    let Some(first) = open.first() else {
        return outcome(
            CheckCode::REDESIGN_EFFECTIVE,
            Outcome::Pass,
            "no redesign has failed without a newer one on its way",
        )
        .into();
    };
    let line = |pattern: &&crate::state::Pattern| {
        let redesign = pattern.failed.map(|id| id.short()).unwrap_or_default();
        format!("{}: came back after redesign {redesign}", pattern.name())
    };
    let mut check = outcome(CheckCode::REDESIGN_EFFECTIVE, Outcome::Fail, line(first))
        .with_details(open.iter().skip(1).map(line))
        .with_records(open.iter().filter_map(|pattern| pattern.failed));
    check.next = Some(repeating::next(given, first));
    check.into()
}
