//! Random ledgers of all kinds of records, and random questions about them, decided by the program and by the second
//! gate, which was written from `ledger-schema/deployment.md` alone. Both must give the same answers.
//!
//! A failure names its seed: `COUNTERSIGN_SEED=n` repeats that ledger, and `COUNTERSIGN_CASES=n` multiplies the number
//! of ledgers. With `--nocapture`, the test prints how often each check had each result.
//!
//! LIMIT: only the program has a rule for which root causes look alike, so no two causes here do.

mod alone;
mod criteria;
mod disputed;
mod ledgers;
mod live;
mod records;
mod rules;
mod vectors;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use countersign::gate::Decision;
use serde_json::Value;

use crate::support::effort::{cases, seed};
use crate::support::second_gate::{Asked, EveryQuestion, answer};
use crate::support::second_verifier::has_python;
use world::World;

/// The number of ledgers in a run, before `COUNTERSIGN_CASES`.
const CASES: usize = 24;
/// A run of at least this many ledgers must reach all results in [`WANTED`].
const ENOUGH: u64 = 120;
/// A run of at least this many ledgers must also reach the results in [`RARE`].
const ENOUGH_FOR_RARE: u64 = 480;
/// The number of entries of each ledger, not counting those of its founding.
const ENTRIES: usize = 60;

#[test]
fn random_questions_are_decided_as_the_rules_are_written() {
    if !has_python() {
        return;
    }
    let seeds = seed().map_or(0..u64::try_from(cases(CASES)).unwrap(), |seed| seed..seed + 1);
    let number = seeds.end - seeds.start;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut second = EveryQuestion::start();
    for seed in seeds {
        one_ledger(seed, &mut second, &mut counts);
    }
    for (what, count) in &counts {
        eprintln!("{count:6} {what}");
    }
    let wanted = if number >= ENOUGH { &WANTED[..] } else { &[] };
    let rare = if number >= ENOUGH_FOR_RARE { &RARE[..] } else { &[] };
    let missing: Vec<&str> =
        wanted.iter().chain(rare).copied().filter(|what| !counts.contains_key(*what)).collect();
    assert!(missing.is_empty(), "these never occurred: {missing:?}");
}

fn one_ledger(seed: u64, second: &mut EveryQuestion, counts: &mut BTreeMap<String, usize>) {
    let mut world = World::found(seed);
    for _ in 0..ENTRIES {
        world.append();
        world.ask();
    }
    let questions: Vec<Vec<Value>> =
        world.asked.iter().map(|asked| asked.iter().map(|(asked, _)| asked.json()).collect()).collect();
    let answers = second.answers(&world.ledger.objects, &world.entries, &questions);
    for (verdict, number) in &world.verdicts {
        *counts.entry(verdict.clone()).or_default() += number;
    }
    // When a ledger that has a head is dropped, it is written to a repository, and the verifiers are compared there.
    // The answers are compared below, so the head is removed.
    world.ledger.parent = None;
    for (at, (asked, answers)) in world.asked.iter().zip(&answers).enumerate() {
        for ((asked, decision), second) in asked.iter().zip(answers) {
            let program = answer(decision);
            count(&program, counts);
            let found = differences(&program, second, decision);
            assert!(
                found.is_empty(),
                "COUNTERSIGN_SEED={seed}, entry {at} of {}\n{}\n{}\n{}",
                world.entries.len(),
                world.log(at),
                described(asked),
                found.join("\n"),
            );
        }
    }
}

/// Describes a question, without the code repository, which is always the same.
fn described(asked: &Asked) -> Value {
    let mut json = asked.json();
    let fields = json.as_object_mut().unwrap();
    ["commits", "undoing"].iter().for_each(|field| _ = fields.remove(*field));
    json
}

/// Returns the fields and the checks about which two answers differ, with what the program found.
fn differences(program: &Value, second: &Value, decision: &Decision) -> Vec<String> {
    let mut found = Vec::new();
    for (field, value) in program.as_object().unwrap() {
        if field != "checks" && *value != second[field] {
            found.push(format!("{field}: the program has {value}, the second gate {}", second[field]));
        }
    }
    let results = |answer: &Value| -> BTreeMap<String, String> {
        let checks = answer["checks"].as_array().unwrap().iter();
        checks.map(|check| (check["code"].to_string(), check["result"].to_string())).collect()
    };
    let (ours, theirs) = (results(program), results(second));
    let codes: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for code in codes.into_iter().filter(|code| ours.get(*code) != theirs.get(*code)) {
        let (one, other) = (ours.get(code), theirs.get(code));
        found.push(format!("{code}: the program has {one:?}, the second gate {other:?}"));
        let own = decision.checks.iter().filter(|check| *code == format!("\"{}\"", check.code));
        found.extend(own.map(|check| format!("  {}: {}", check.found, check.details.join("; "))));
    }
    found
}

fn count(answer: &Value, counts: &mut BTreeMap<String, usize>) {
    let mut seen = |what: String| *counts.entry(what).or_default() += 1;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if answer["unchanged"].is_string() {
        return seen("unchanged".to_owned());
    }
    seen(format!("{} {}", text(&answer["decision"]), text(&answer["purpose"])));
    for check in answer["checks"].as_array().unwrap() {
        seen(format!("{} {}", text(&check["code"]), text(&check["result"])));
    }
    for field in ["previous_from", "release", "rollback_plan"] {
        if answer[field].is_string() {
            let value = if field == "previous_from" { text(&answer[field]) } else { String::new() };
            seen(format!("{field} {value}"));
        }
    }
    for field in ["redesigns", "waivers"] {
        if !answer[field].as_array().unwrap().is_empty() {
            seen(field.to_owned());
        }
    }
}

/// The results that a long run must reach.
const WANTED: [&str; 41] = [
    "unchanged",
    "allowed expansion",
    "allowed restoration",
    "refused expansion",
    "refused restoration",
    "ledger-valid pass",
    "ledger-valid warn",
    "ledger-fresh pass",
    "ledger-fresh warn",
    "ledger-fresh fail",
    "target-known fail",
    "not-paused fail",
    "not-paused waived",
    "rollback-plan pass",
    "rollback-plan fail",
    "rollback-criteria pass",
    "rollback-criteria warn",
    "rollback-criteria fail",
    "rollback-target pass",
    "rollback-target fail",
    "rollback-rehearsed pass",
    "rollback-rehearsed fail",
    "overrides-decided fail",
    "overrides-closed fail",
    "no-repeating-exceptions pass",
    "no-repeating-exceptions warn",
    "no-repeating-exceptions fail",
    "redesign-effective fail",
    "reviews-done warn",
    "reviews-done fail",
    "credentials-revoked fail",
    "release-approved fail",
    "rollback-plan waived",
    "previous_from ref",
    "previous_from given",
    "previous_from ledger",
    "redesigns",
    "waivers",
    "release ",
    "rollback_plan ",
    "ledger-valid fail",
];

/// Results that are rare, because they need several records that fit together.
const RARE: [&str; 3] = ["no-standing-access fail", "release-approved pass", "rollback-target warn"];
