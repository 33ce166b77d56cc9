//! The policy: whether it names targets, which of its refs and paths match nothing, whether enough people can approve,
//! and what one person can do alone.

use super::finding::Symptom;
use super::patient::Patient;
use crate::ask::unmatched_paths;
use crate::draft::{Approvers, nobody_could_approve, unmatched_refs};
use crate::policy::Duties;
use crate::record::Body;
use crate::value::{Target, count};

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let Some(state) = &patient.state else { return Vec::new() };
    let targets = state.policy.targets();
    if targets.is_empty() {
        return vec![
            Symptom::wrong("it names no target, so the gate refuses every deployment")
                .next("countersign policy target add --help"),
        ];
    }
    let number = u64::try_from(targets.len()).unwrap_or(u64::MAX);
    let mut found = vec![Symptom::good(format!("it names {}", count(number, "target")))];
    for rules in targets.iter().filter(|rules| rules.refs.is_empty()) {
        let target = rules.target();
        found.push(Symptom::note(format!(
            "no push asks the gate about {target}: the policy names no ref for it"
        )));
    }
    found.extend(objections(patient));
    found.extend(duties(patient));
    found
}

/// Reports the refs and paths of the policy that match nothing, and the kinds of records for which the policy asks for
/// more approvals than the members can give.
fn objections(patient: &Patient<'_>) -> Vec<Symptom> {
    let (Some(state), past) = (&patient.state, patient.loaded.replay.past()) else { return Vec::new() };
    let body = state.policy.id().and_then(|id| past.body(&id).ok().flatten());
    let Some(Body::Policy(policy)) = body.as_deref() else { return Vec::new() };
    let mut found = nobody_could_approve(policy, None, Approvers::Members(&state.roster));
    found.extend(unmatched_refs(policy));
    found.extend(unmatched_paths(patient.workspace, policy, None).unwrap_or_default());
    let wrong = |(field, why): (String, String)| {
        Symptom::wrong(format!("{field} {why}")).next("countersign policy propose")
    };
    found.into_iter().map(wrong).collect()
}

/// Notes what one person can do alone, though it should take two.
fn duties(patient: &Patient<'_>) -> Vec<Symptom> {
    let Some(state) = &patient.state else { return Vec::new() };
    let targets = state.policy.targets().iter().map(crate::record::kind::policy::TargetRules::target);
    let of = |target: Target| Duties::of(&state.policy, &state.roster, &target);
    let mut said: Vec<String> = targets.map(of).flat_map(|duties| duties.says()).collect();
    said.sort();
    said.dedup();
    said.into_iter().map(Symptom::note).collect()
}
