//! `redesign-effective`: no redesign has failed without a newer one on its way.

use super::repeating;
use crate::finding::Code;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckOutcome, outcome};
use crate::record::kind::receipt::Outcome;

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    let failed = it.patterns.iter().filter(|pattern| pattern.failed.is_some());
    let open: Vec<_> = failed.filter(|pattern| !repeating::is_on_its_way(it, pattern)).collect();
    let Some(first) = open.first() else {
        return outcome(Code::RedesignEffective, Outcome::Pass, "no redesign has failed without a newer one");
    };
    let line = |pattern: &&crate::state::Pattern| {
        let redesign = pattern.failed.map(|id| id.short()).unwrap_or_default();
        format!("{} / {}: came back after redesign {redesign}", pattern.workflow, pattern.cause)
    };
    let mut check = outcome(Code::RedesignEffective, Outcome::Fail, line(first))?
        .with_details(open.iter().skip(1).map(line))
        .with_records(open.iter().filter_map(|pattern| pattern.failed));
    check.next = Some(repeating::next(it, first));
    Some(check)
}
