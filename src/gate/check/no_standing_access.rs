//! `no-standing-access`: nobody's access to a resource was renewed more often than the policy allows, and no renewal
//! added an action. Access that ended long enough ago is forgotten, and no longer counts.

use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, outcome};
use crate::record::kind::receipt::Outcome;
use crate::state::Access;

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let (most, now) = (given.rules.exceptions.max_renewals, given.facts.now);
    let is_standing = |access: &Access| {
        (access.renewals() > most || !access.grown.is_empty()) && now < access.forgotten_at()
    };
    let standing: Vec<Access> =
        given.state.access(&given.question.target, now).into_iter().filter(is_standing).collect();
    let Some(first) = standing.first() else {
        let found = "no grant is renewed more often than the policy allows";
        return outcome(CheckCode::NO_STANDING_ACCESS, Outcome::Pass, found).into();
    };
    let found = if first.renewals() > most {
        format!("{}'s access to {} was renewed more often than the policy allows", first.to, first.resource)
    } else {
        format!("renewals have extended what {} may do with {}", first.to, first.resource)
    };
    let lines = standing.iter().flat_map(|access| {
        let who = format!("{} on {}", access.to, access.resource);
        let renewed = (access.renewals() > most).then(|| {
            format!(
                "{who}: renewed {} times, and the policy allows {most}; it counts until {}",
                access.renewals(),
                access.forgotten_at()
            )
        });
        let grown = access.grown.iter().map(|(id, action)| {
            format!("{who}: renewal {} added `{action}`, which no earlier override gave", id.short())
        });
        renewed.into_iter().chain(grown.collect::<Vec<_>>())
    });
    let failed = outcome(CheckCode::NO_STANDING_ACCESS, Outcome::Fail, found)
        .with_details(lines)
        .with_records(standing.iter().flat_map(|access| access.overrides.iter().copied()));
    let last = first.overrides.last().map(crate::value::RecordId::short).unwrap_or_default();
    failed.with_next(Next::countersign(&["show", &last])).into()
}
