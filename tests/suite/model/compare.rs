//! Compares the program's view of a ledger with the model's.

use std::collections::BTreeSet;
use std::fmt::Debug;

use countersign::finding::Code;
use countersign::replay::Pushed;
use countersign::state::{self, ApprovalStatus};
use countersign::value::{CommitId, RecordId};
use countersign::verify::Verdict;

use super::effect::{Item, Life};
use super::rules::{Fate, InForce, Model};
use super::values::{Entry, Minute, Number, Says};
use super::write::{Ids, time};
use crate::support::ledger::{Ledger, codes};

fn same<T: PartialEq + Debug>(what: &str, program: &T, model: &T, place: &str) {
    assert!(program == model, "{what}: the program has {program:?}, the model {model:?}\n{place}");
}

/// Asserts that program and model agree on whether an entry counts, or on the codes that break it.
pub fn fates_agree(pushed: &Pushed, fate: &Fate, entry: &Entry, place: &str) {
    match (pushed, fate) {
        (Pushed::Counted { .. }, Fate::Counted) => {}
        (Pushed::Broken { findings }, Fate::Broken(expected)) => {
            let mut found = codes(findings);
            found.sort_unstable();
            found.dedup();
            if entry.damage.is_none() && entry.records.iter().all(|record| record.damage.is_none()) {
                same("broken", &found, expected, place);
            } else {
                // A damaged record is not examined further, so codes may be missing or additional.
                assert!(
                    found.iter().any(|code| expected.contains(code)),
                    "broken: {found:?} {expected:?}\n{place}"
                );
            }
        }
        _ => panic!("the program has {pushed:?}, the model {fate:?}\n{place}"),
    }
}

/// Asserts that program and model agree on verdicts, on what is in force, and on the state.
pub fn states_agree(ledger: &Ledger, model: &Model, ids: &mut Ids, place: &str) {
    in_force_agrees(ledger, model, ids, place);
    verdicts_agree(ledger, model, ids, place);
    let past = ledger.replay.past();
    same("ledger time", &past.ledger_time(), &model.ledger_time().map(time), place);
    let state = ledger.replay.state();
    same("founded", &state.is_ok(), &!model.trusts.is_empty(), place);
    let Ok(state) = state else { return };
    let of_kind = |fits: fn(&Says) -> bool| -> Vec<Item> {
        model.items().into_iter().filter(|item| fits(&model.at(item.position).record.says)).collect()
    };
    let exceptions = of_kind(|says| matches!(says, Says::Exception(_)));
    let found: Vec<_> = state.exceptions.clone();
    items_agree(&state, found.iter(), &exceptions, model, place);
    items_agree(&state, state.plans.iter(), &of_kind(|says| matches!(says, Says::Plan(_))), model, place);
    items_agree(
        &state,
        state.redesigns.iter(),
        &of_kind(|says| matches!(says, Says::Redesign(_))),
        model,
        place,
    );
}

/// Compares the verdict of each record that counts, and whether it stands.
fn verdicts_agree(ledger: &Ledger, model: &Model, ids: &Ids, place: &str) {
    let past = ledger.replay.past();
    same("size", &past.size(), &model.size(), place);
    for accepted in &model.accepted {
        let id = ids.records[accepted.record.number];
        let found = past.record(&id).unwrap_or_else(|| panic!("{id} does not count\n{place}"));
        let place = format!("the record at {}: {:?}\n{place}", accepted.position, accepted.record);
        let void = match &found.verdict {
            Verdict::Verified => None,
            Verdict::Void { code, .. } => Some(*code),
        };
        same("void", &void.map(Code::as_str), &accepted.void.map(Code::as_str), &place);
        same(
            "position",
            &(found.position, found.judged_at),
            &(accepted.position, accepted.judged_at),
            &place,
        );
        if void.is_none() {
            same("by a proposed key", &found.by_proposed_key, &accepted.by_proposed_key, &place);
            let for_ever = past.stands_for_ever(&id);
            same("stands for ever", &for_ever, &model.stands_for_ever(accepted), &place);
            let stands = for_ever || past.is_standing(&found.point, found.position);
            same("stands", &stands, &model.stands(accepted), &place);
        }
    }
}

/// Compares the trusts, policies and quarantines in effect, the open proposals, the unaccounted entries, and
/// the distrusted keys.
fn in_force_agrees(ledger: &Ledger, model: &Model, ids: &mut Ids, place: &str) {
    let past = ledger.replay.past();
    let record = |position: u64| ids.records[model.at(position).record.number];
    if past.trust().is_some() {
        let rosters: Vec<(u64, RecordId)> =
            past.rosters().iter().map(|entry| (entry.since, entry.roster.id())).collect();
        // The first roster applies from size 0, because there is none before it.
        let since = |effect: &InForce| if effect.position == 0 { 0 } else { effect.since };
        let expected = model.trusts.iter().map(|effect| (since(effect), record(effect.position))).collect();
        same("trusts", &rosters, &expected, place);
    }
    let policies: Vec<(u64, RecordId)> =
        past.policies().iter().filter_map(|entry| Some((entry.0, entry.1.id()?))).collect();
    let expected = model.policies.iter().map(|effect| (effect.since, record(effect.position))).collect();
    same("policies", &policies, &expected, place);
    let expected: Vec<RecordId> = model.quarantines.iter().map(|effect| record(effect.position)).collect();
    same("quarantines", &past.quarantines().to_vec(), &expected, place);
    let open: BTreeSet<RecordId> = past.proposals().iter().map(|proposal| proposal.id).collect();
    let expected = model.open.iter().map(|position| record(*position)).collect();
    same("open proposals", &open, &expected, place);
    let commit = |entry: &Number| ids.entries[*entry].clone();
    let expected: BTreeSet<CommitId> = model.unaccounted.iter().map(commit).collect();
    same("unaccounted", past.unaccounted(), &expected, place);
    for key in model.registered().iter().map(|pair| pair.1) {
        let point = ids.actor(key).public().point;
        let from = (0..=past.size()).find(|position| !past.is_believed(&point, *position));
        let expected = model.distrusted_from(key);
        same(&format!("distrust of {key:?}"), &from, &expected, place);
    }
}

/// Compares effect, end, closure and life of each record that takes approvals, and of observations.
fn items_agree<'a, T: state::Says + 'a>(
    state: &state::State,
    found: impl Iterator<Item = &'a state::Item<T>> + Clone,
    expected: &[Item],
    model: &Model,
    place: &str,
) {
    let positions = |items: &[Item]| items.iter().map(|item| item.position).collect::<Vec<u64>>();
    same("items", &found.clone().map(|item| item.position).collect(), &positions(expected), place);
    for (found, expected) in found.zip(expected) {
        let record = &model.at(expected.position).record;
        let place = format!(
            "the item at {}: {record:?}\n{expected:?}\n{:?}\n{place}",
            found.position, found.approvals
        );
        same("person", &Some(found.person.as_str()), &expected.person, &place);
        let effect = found.approvals.effect().map(|effect| (effect.position, effect.at));
        same("effect", &effect, &expected.effect.map(|effect| (effect.0, time(effect.1))), &place);
        let (rejected, ended) = match found.approvals.status() {
            ApprovalStatus::Rejected { .. } => (true, None),
            ApprovalStatus::Ended { position, .. } => (false, Some(position)),
            ApprovalStatus::InEffect(_) | ApprovalStatus::Undecided { .. } => (false, None),
        };
        same("ended by a rejection", &ended, &expected.ended, &place);
        same("stopped by a rejection", &rejected, &expected.is_rejected, &place);
        same("closed", &found.closed, &expected.closed, &place);
        let end = model.end(expected);
        same("end", &found.end(&state.policy), &end.map(time), &place);
        let created = record.created_at;
        let effect = expected.effect.map_or(created, |effect| effect.1);
        let moments =
            [Some(created), Some(created - 1), Some(effect - 1), Some(effect), end.map(|end| end - 1), end];
        for now in moments.into_iter().flatten() {
            let (found, life) = (life(found, state, now), model.life(expected, now));
            if model.is_observation(expected) {
                same(&format!("over at {now}"), &(found == Life::Over), &(life == Life::Over), &place);
            } else {
                same(&format!("life at {now}"), &found, &life, &place);
            }
        }
    }
}

fn life<T: state::Says>(item: &state::Item<T>, state: &state::State, now: Minute) -> Life {
    match item.life(&state.policy, time(now)) {
        state::Life::Live => Life::Live,
        state::Life::Undecided => Life::Undecided,
        state::Life::Rejected => Life::Rejected,
        state::Life::NotYet => Life::NotYet,
        state::Life::Over => Life::Over,
    }
}
