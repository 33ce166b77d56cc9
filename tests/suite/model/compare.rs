//! Compares what the program reports about a ledger with what the second verifier and `approvals` report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use countersign::finding::Code;
use countersign::replay::Pushed;
use countersign::state::{self, ApprovalStatus};
use countersign::value::RecordId;
use countersign::verify::{Accepted, Verdict};
use serde_json::{Value, json};

use super::approvals::{Item, Life};
use super::reported::{Reported, policies, trusts};
use super::values::{Entry, Minute, Says};
use super::write::{Ids, time};
use crate::support::ledger::{Ledger, codes};
use crate::support::whole::WholeState;

/// Returns what the program reports after an entry, with the fields of
/// `tests/suite/support/every_entry.py`.
pub fn report(ledger: &Ledger, reported: &Reported, ids: &mut Ids, pushed: &Pushed) -> Value {
    let past = ledger.replay.past();
    let broken: BTreeSet<&str> = match pushed {
        Pushed::Counted { .. } => BTreeSet::new(),
        Pushed::Broken { findings } => codes(findings).into_iter().map(Code::as_str).collect(),
    };
    let records: Vec<(RecordId, Accepted)> = past.records().collect::<Result<_, _>>().unwrap();
    let positions_of = records.iter().map(|(_, accepted)| (accepted.position, accepted.judged_at));
    let ids_of = |records: &[RecordId]| records.iter().map(ToString::to_string).collect::<Vec<_>>();
    let in_force = |list: Vec<(u64, RecordId)>| {
        list.into_iter().map(|(since, id)| (since, id.to_string())).collect::<Vec<_>>()
    };
    let positions = |holds: &dyn Fn(&RecordId, &Accepted) -> bool| {
        let verified = records.iter().filter(|(_, accepted)| accepted.verdict == Verdict::Verified);
        verified
            .filter(|(id, accepted)| holds(id, accepted))
            .map(|(_, accepted)| accepted.position)
            .collect::<Vec<_>>()
    };
    let void = records.iter().filter_map(|(_, accepted)| match &accepted.verdict {
        Verdict::Verified => None,
        Verdict::Void { code, .. } => Some((accepted.position, code.as_str())),
    });
    let open: BTreeSet<String> = past.proposals().iter().map(|proposal| proposal.id.to_string()).collect();
    let distrusted = reported.distrusted.iter().map(|(key, from)| {
        let point = ids.actor(*key).public().point;
        (point.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), *from)
    });
    let unaccounted: BTreeSet<String> =
        past.unaccounted().map(|entry| entry.unwrap().commit.to_string()).collect();
    json!({
        "broken": broken,
        "size": past.size(),
        "root": past.checkpoint().root.to_string(),
        "entries": past.entries(),
        "founded": ledger.replay.state().is_ok(),
        "records": records.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>(),
        "positions": positions_of.collect::<Vec<_>>(),
        "void": void.collect::<Vec<_>>(),
        "by_proposed_key": positions(&|_, accepted| accepted.by_proposed_key),
        "stands_for_ever": positions(&|id, _| past.stands_for_ever(id)),
        "stands": positions(&|id, accepted| past.stands_accepted(id, accepted)),
        "trusts": in_force(trusts(ledger)),
        "policies": in_force(policies(ledger)),
        "quarantines": ids_of(past.quarantines()),
        "open": open,
        "unaccounted": unaccounted,
        "distrusted": distrusted.collect::<BTreeMap<_, _>>(),
        "ledger_time": past.ledger_time().map(|time| time.to_string()),
    })
}

/// Asserts that the second verifier reports the same after an entry; `before` is the ledger without that entry.
pub fn assert_same_reports(program: &Value, second: &Value, entry: &Entry, before: &Reported, place: &str) {
    let fields = |report: &Value| report.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    same("fields", &fields(program), &fields(second), place);
    for field in fields(program).iter().filter(|field| *field != "broken") {
        same(field, &program[field], &second[field], place);
    }
    let codes = |report: &Value| -> BTreeSet<String> {
        report["broken"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
    };
    let (found, other) = (codes(program), codes(second));
    let is_damaged = entry.damage.is_some() || entry.records.iter().any(|record| record.damage.is_some());
    if entry.records.iter().any(|record| before.numbered(record.number).is_some()) {
        // The tree of such an entry adds no file, so the second verifier examines none of its records.
        let is_refused = found.contains("duplicate") && other.contains("tree");
        assert!(is_refused, "a record that counts is repeated: {found:?} {other:?}\n{place}");
    } else if is_damaged {
        // A damaged record is not examined further, so either side may lack codes of the other.
        assert!(!found.is_disjoint(&other), "broken: {found:?} {other:?}\n{place}");
    } else {
        same("broken", &found, &other, place);
    }
}

fn same<T: PartialEq + Debug>(what: &str, program: &T, other: &T, place: &str) {
    assert!(program == other, "{what}: the program has {program:?}, the other {other:?}\n{place}");
}

/// Compares the exceptions, plans and redesigns of the program with those of `approvals`.
pub fn all_items_agree(ledger: &Ledger, reported: &Reported, place: &str) {
    let Ok(state) = ledger.replay.state().map(WholeState::from) else { return };
    let of_kind = |fits: fn(&Says) -> bool| -> Vec<Item> {
        let items = reported.items().into_iter();
        items.filter(|item| fits(&reported.at(item.position).record.says)).collect()
    };
    let exceptions = of_kind(|says| matches!(says, Says::Exception(_)));
    items_agree(&state, state.exceptions().iter(), &exceptions, reported, place);
    let plans = of_kind(|says| matches!(says, Says::Plan(_)));
    items_agree(&state, state.plans().iter(), &plans, reported, place);
    let redesigns = of_kind(|says| matches!(says, Says::Redesign(_)));
    items_agree(&state, state.redesigns().iter(), &redesigns, reported, place);
}

/// Compares effect, end, closure and life of each record that takes approvals, and of observations.
fn items_agree<'a, T: state::Says + 'a>(
    state: &state::State,
    found: impl Iterator<Item = &'a state::Item<T>> + Clone,
    expected: &[Item],
    reported: &Reported,
    place: &str,
) {
    let positions = |items: &[Item]| items.iter().map(|item| item.position).collect::<Vec<u64>>();
    same("items", &found.clone().map(|item| item.position).collect(), &positions(expected), place);
    for (found, expected) in found.zip(expected) {
        let record = &reported.at(expected.position).record;
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
        let end = reported.end(expected);
        same("end", &found.end(&state.policy), &end.map(time), &place);
        let created = record.created_at;
        let effect = expected.effect.map_or(created, |effect| effect.1);
        let moments =
            [Some(created), Some(created - 1), Some(effect - 1), Some(effect), end.map(|end| end - 1), end];
        for now in moments.into_iter().flatten() {
            let (found, life) = (life(found, state, now), reported.life(expected, now));
            if reported.is_observation(expected) {
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
