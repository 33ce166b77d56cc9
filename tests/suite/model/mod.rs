//! Random ledgers, verified by the program and by the second verifier. Both must report the same after every
//! entry.
//!
//! `values` holds the contents of a ledger as plain values; `generate`, `vote`, `speak` and `propose` generate them at
//! random; `write` encodes them. `reported` holds what the program reports about a ledger, and `compare` compares that
//! with `examples/second-verifier`; without `python3` the test reports `NOT RUN`, and compares only with `approvals`.
//! `approvals` computes what the second verifier does not report: the effect, the end and the closure of records that
//! take approvals. A failure names its seed: `COUNTERSIGN_SEED=n` repeats that ledger, and `COUNTERSIGN_CASES=n`
//! multiplies the number of ledgers. With `--nocapture`, the test prints how often each code and effect occurred.
//!
//! LIMIT: there are no hardware keys, no distrust in the first trust, no patterns, deployments or gate
//! decisions, and every first entry is good. Other tests cover these.

mod approvals;
mod compare;
mod generate;
mod propose;
mod reported;
mod speak;
pub mod values;
mod vote;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use countersign::finding::{Code, CodeGroup};
use countersign::replay::Pushed;

use crate::support::effort::{cases, seed};
use crate::support::ledger::{Ledger, codes};
use crate::support::second_verifier::{EveryEntry, has_python};
use compare::{all_items_agree, assert_same_reports, report};
use generate::Generator;
use reported::{Accepted, Reported};
use values::Says;
use write::Ids;

/// The number of ledgers in a run, which `COUNTERSIGN_CASES` multiplies.
const CASES: usize = 24;
/// A run of at least this many ledgers must reach every code and effect.
const ENOUGH: u64 = 120;
/// The number of entries of each ledger.
const ENTRIES: usize = 40;
/// Ledgers with a smaller seed are also given to both verifiers as repositories, which is slow.
const AS_REPOSITORIES: u64 = 5;

/// How often each code and effect occurred.
type Counts = BTreeMap<String, usize>;

#[test]
fn random_ledgers_are_verified_as_the_rules_are_written() {
    let seeds = seed().map_or(0..u64::try_from(cases(CASES)).unwrap(), |seed| seed..seed + 1);
    let is_enough = seeds.end - seeds.start >= ENOUGH;
    let mut counts = Counts::new();
    let mut second = has_python().then(EveryEntry::start);
    for seed in seeds {
        one_ledger(seed, second.as_mut(), &mut counts);
    }
    for (what, count) in &counts {
        eprintln!("{count:6} {what}");
    }
    if is_enough {
        assert_all_seen(&counts);
    }
}

fn one_ledger(seed: u64, second: Option<&mut EveryEntry>, counts: &mut Counts) {
    let mut ledger = Ledger::empty();
    let mut generator = Generator::new(seed);
    let mut reported = Reported::default();
    let mut ids = Ids::default();
    let mut broken = BTreeSet::new();
    let mut entries = Vec::new();
    for step in 0..ENTRIES {
        let mut entry = generator.entry(&reported);
        let pushed = ids.push(&mut ledger, &mut entry);
        let before = reported.clone();
        reported.update(&ledger, &mut ids, &entry, &pushed);
        let place = format!("COUNTERSIGN_SEED={seed}, entry {step}: {entry:#?}");
        all_items_agree(&ledger, &reported, &place);
        count_entry(&before, &reported, &pushed, counts);
        let numbers = entry.records.iter().map(|record| record.number);
        if matches!(pushed, Pushed::Counted { .. }) {
            numbers
                .filter(|number| broken.remove(number))
                .for_each(|_| count(counts, "appended again, and counts"));
        } else {
            broken.extend(numbers);
        }
        entries.push((report(&ledger, &reported, &mut ids, &pushed), entry, before, place));
    }
    count_items(&reported, counts);
    if let Some(second) = second {
        let answers = second.reports(&ledger.objects, &ids.entries);
        assert_eq!(answers.len(), entries.len());
        for ((program, entry, before, place), second) in entries.iter().zip(&answers) {
            assert_same_reports(program, second, entry, before, place);
        }
    }
    if seed >= AS_REPOSITORIES {
        // Without a head, the ledger is not given to the verifiers as a repository when it is dropped.
        ledger.parent = None;
    }
}

fn count(counts: &mut Counts, what: impl Into<String>) {
    *counts.entry(what.into()).or_default() += 1;
}

fn count_entry(before: &Reported, after: &Reported, pushed: &Pushed, counts: &mut Counts) {
    if let Pushed::Broken { findings } = pushed {
        let codes: BTreeSet<Code> = codes(findings).into_iter().collect();
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
    for position in &after.quarantines[before.quarantines.len()..] {
        let Says::Quarantine { entries } = &after.at(*position).record.says else { unreachable!() };
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
    let no_longer = |accepted: &&Accepted| accepted.stands && !after.at(accepted.position).stands;
    if before.accepted.iter().any(|accepted| no_longer(&accepted)) {
        count(counts, "records that no longer stand");
    }
    let closed =
        before.open.iter().any(|position| !after.open.contains(position) && !took_effect(after, *position));
    if closed {
        count(counts, "proposal closed without effect");
    }
}

fn took_effect(reported: &Reported, position: u64) -> bool {
    reported.trusts.iter().chain(&reported.policies).any(|effect| effect.position == position)
        || reported.quarantines.contains(&position)
}

fn count_items(reported: &Reported, counts: &mut Counts) {
    for item in reported.items() {
        let kind = match &reported.at(item.position).record.says {
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
            ("owing an approval", reported.owes(&item)),
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
    // In generated ledgers the first entry is good, and all trees and record signatures are valid.
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

/// The verdicts that must occur on triages, releases, reviews, pauses, resumes, outcomes and audits.
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
