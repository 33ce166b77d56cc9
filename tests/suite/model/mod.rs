//! Random ledgers, verified by the program and by a small model of the rules. Both must agree after every
//! entry.
//!
//! `values` holds the contents of a ledger as plain values; `generate`, `speak` and `propose` generate them
//! at random; `write` encodes them. `rules`, `verdict` and `effect` are the model, written from ledger-schema
//! alone, and `compare` compares it with the program. A failure names its seed: `COUNTERSIGN_SEED=n` repeats
//! that ledger, and `COUNTERSIGN_CASES=n` multiplies the number of ledgers. With `--nocapture`, the test
//! prints how often each code and effect occurred.
//!
//! LIMIT: there are no hardware keys, no distrust in the first trust, no patterns, deployments or gate
//! decisions, and every first entry is good. Other tests cover these.

mod compare;
mod effect;
mod generate;
mod propose;
mod rules;
mod speak;
pub mod values;
mod verdict;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use countersign::finding::{Code, CodeGroup};

use crate::support::effort::{cases, seed};
use crate::support::ledger::Ledger;
use compare::{fates_agree, states_agree};
use generate::Generator;
use rules::{Fate, Model};
use values::Says;
use write::Ids;

/// The number of ledgers in a run, before `COUNTERSIGN_CASES`.
const CASES: usize = 24;
/// A run of at least this many ledgers must reach every code and effect.
const ENOUGH: u64 = 120;
/// The number of entries of each ledger.
const ENTRIES: usize = 40;
/// Ledgers with a smaller seed are also given to the second verifier, which is slow.
const FOR_THE_SECOND_VERIFIER: u64 = 5;

/// How often each code and effect occurred.
type Counts = BTreeMap<String, usize>;

#[test]
fn random_ledgers_are_judged_as_the_rules_are_written() {
    let seeds = seed().map_or(0..u64::try_from(cases(CASES)).unwrap(), |seed| seed..seed + 1);
    let is_enough = seeds.end - seeds.start >= ENOUGH;
    let mut counts = Counts::new();
    for seed in seeds {
        one_ledger(seed, &mut counts);
    }
    for (what, count) in &counts {
        eprintln!("{count:6} {what}");
    }
    if is_enough {
        assert_all_seen(&counts);
    }
}

fn one_ledger(seed: u64, counts: &mut Counts) {
    let mut ledger = Ledger::empty();
    let mut generator = Generator::new(seed);
    let mut model = Model::default();
    let mut ids = Ids::default();
    let mut broken = BTreeSet::new();
    for step in 0..ENTRIES {
        let mut entry = generator.entry(&model);
        let pushed = ids.push(&mut ledger, &mut entry);
        let before = model.clone();
        let fate = model.advance(&entry);
        let place = format!("COUNTERSIGN_SEED={seed}, entry {step}: {entry:#?}");
        fates_agree(&pushed, &fate, &entry, &place);
        states_agree(&ledger, &model, &mut ids, &place);
        count_entry(&before, &model, &fate, counts);
        let numbers = entry.records.iter().map(|record| record.number);
        if fate == Fate::Counted {
            numbers
                .filter(|number| broken.remove(number))
                .for_each(|_| count(counts, "appended again, and counts"));
        } else {
            broken.extend(numbers);
        }
    }
    count_items(&model, counts);
    if seed >= FOR_THE_SECOND_VERIFIER {
        // Without a head, the ledger is not given to the second verifier when it is dropped.
        ledger.parent = None;
    }
}

fn count(counts: &mut Counts, what: impl Into<String>) {
    *counts.entry(what.into()).or_default() += 1;
}

fn count_entry(before: &Model, after: &Model, fate: &Fate, counts: &mut Counts) {
    if let Fate::Broken(codes) = fate {
        codes.iter().for_each(|code| count(counts, format!("broken {}", code.as_str())));
    }
    for accepted in after.accepted.iter().filter(|accepted| accepted.position >= before.size()) {
        let verdict = accepted.void.map_or("verified", Code::as_str);
        count(counts, if accepted.void.is_some() { format!("void {verdict}") } else { verdict.to_owned() });
        count(counts, format!("{} {verdict}", accepted.record.says.kind()));
        if accepted.by_proposed_key && accepted.void.is_none() {
            count(counts, "vote with a proposed key");
        }
    }
    if before.trusts.is_empty() && !after.trusts.is_empty() {
        count(
            counts,
            if before.accepted.is_empty() { "founded at once" } else { "founded by a second admin" },
        );
    }
    for effect in after.trusts.iter().filter(|effect| effect.position > 0 && effect.since > before.size()) {
        count(counts, "trust in effect");
        let distrust = &after.trust_of(effect.position).unwrap().distrust;
        if distrust.iter().any(|distrusted| distrusted.1 < effect.position) {
            count(counts, "trust with distrust from the past in effect");
        }
    }
    after
        .policies
        .iter()
        .filter(|effect| effect.since > before.size())
        .for_each(|_| count(counts, "policy in effect"));
    for effect in after.quarantines.iter().filter(|effect| effect.since > before.size()) {
        let Says::Quarantine { entries } = &after.at(effect.position).record.says else { unreachable!() };
        let counting = after.accepted.iter().any(|accepted| entries.contains(&accepted.entry));
        count(
            counts,
            if counting {
                "quarantine of an entry that counts in effect"
            } else {
                "quarantine of a broken entry in effect"
            },
        );
    }
    if !before.unaccounted.is_empty() && after.unaccounted.is_empty() {
        count(counts, "end of a halt");
    }
    let no_longer =
        |accepted: &&rules::Accepted| before.stands(accepted) && !after.stands(after.at(accepted.position));
    if before.accepted.iter().any(|accepted| no_longer(&accepted)) {
        count(counts, "records that no longer stand");
    }
    let closed =
        before.open.iter().any(|position| !after.open.contains(position) && !took_effect(after, *position));
    if closed {
        count(counts, "proposal closed without effect");
    }
}

fn took_effect(model: &Model, position: u64) -> bool {
    [&model.trusts[..], &model.policies, &model.quarantines]
        .concat()
        .iter()
        .any(|effect| effect.position == position)
}

fn count_items(model: &Model, counts: &mut Counts) {
    for item in model.items() {
        let kind = match &model.at(item.position).record.says {
            Says::Plan(_) => "plan",
            Says::Redesign(_) => "redesign",
            Says::Exception(exception) if exception.expected.is_some() => "expected exception",
            says if says.is_override() => "override",
            _ => "observation",
        };
        let states = [
            ("in effect", item.effect.is_some()),
            ("in effect by a new trust or policy", item.effect.is_some_and(|effect| effect.2)),
            ("stopped by a rejection", item.is_rejected),
            ("ended by a rejection", item.ended.is_some()),
            ("closed", item.closed.is_some()),
            ("owing an approval", model.owes(&item)),
            ("undecided", item.effect.is_none() && !item.is_rejected),
        ];
        for (state, _) in states.iter().filter(|state| state.1) {
            count(counts, format!("{kind} {state}"));
        }
    }
}

/// Asserts that every code that a generated ledger can have and every effect occurred, so that the comparison
/// cannot silently become empty.
fn assert_all_seen(counts: &Counts) {
    // The first entry of a generated ledger is good, its trees and record signatures are valid, and all of it
    // is read.
    let not_generated = [Code::Tree, Code::Signature, Code::FirstEntry];
    let wanted =
        Code::ALL.iter().filter(|code| !not_generated.contains(code)).filter_map(|code| match code.group() {
            CodeGroup::Broken => Some(format!("broken {}", code.as_str())),
            CodeGroup::Void => Some(format!("void {}", code.as_str())),
            CodeGroup::Check | CodeGroup::Ledger => None,
        });
    let effects = EFFECTS.iter().chain(&VERDICTS).map(ToString::to_string);
    let missing: Vec<String> = wanted.chain(effects).filter(|name| !counts.contains_key(name)).collect();
    assert!(missing.is_empty(), "these never occurred: {missing:?}");
}

/// The verdicts of record kinds about other records that must occur.
const VERDICTS: [&str; 32] = [
    "triage verified",
    "triage reference",
    "triage role",
    "triage scope",
    "release verified",
    "release reference",
    "release role",
    "release scope",
    "release lifetime",
    "review verified",
    "review reference",
    "review seen",
    "review role",
    "review scope",
    "review concerned",
    "pause verified",
    "pause role",
    "pause scope",
    "pause lifetime",
    "resume verified",
    "resume reference",
    "resume seen",
    "resume role",
    "resume scope",
    "outcome verified",
    "outcome reference",
    "outcome role",
    "outcome scope",
    "outcome concerned",
    "audit verified",
    "audit reference",
    "audit role",
];

/// The effects that must occur.
const EFFECTS: [&str; 29] = [
    "expected exception owing an approval",
    "appended again, and counts",
    "founded at once",
    "founded by a second admin",
    "trust in effect",
    "trust with distrust from the past in effect",
    "policy in effect",
    "quarantine of a broken entry in effect",
    "quarantine of an entry that counts in effect",
    "end of a halt",
    "records that no longer stand",
    "proposal closed without effect",
    "vote with a proposed key",
    "override in effect",
    "override in effect by a new trust or policy",
    "override stopped by a rejection",
    "override ended by a rejection",
    "override closed",
    "override undecided",
    "expected exception in effect",
    "expected exception undecided",
    "plan in effect",
    "plan in effect by a new trust or policy",
    "plan stopped by a rejection",
    "plan ended by a rejection",
    "plan closed",
    "redesign in effect",
    "redesign stopped by a rejection",
    "observation closed",
];
