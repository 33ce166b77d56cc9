//! A damaged cache is never used: every answer is the one that the ledger itself gives.

use std::path::Path;

use serde_json::Value;

use super::cached_clone::{CachedClone, NOTE};
use crate::support::effort::cases;
use crate::support::ledger::{Ledger, NOW, exception};
use crate::support::sandbox::Ran;

/// A clone of a ledger with so many records that its state is cached.
pub fn long() -> CachedClone {
    let mut ledger = Ledger::team();
    let cause = |number: u32| ["late", "stale", "wrong"][(number % 3) as usize];
    for chunk in (0..560).collect::<Vec<u32>>().chunks(8) {
        let texts: Vec<String> =
            chunk.iter().map(|number| exception(cause(*number), &format!("run {number}"), "", "")).collect();
        let records: Vec<_> = texts.iter().map(|text| ("ops", "exception", text.as_str())).collect();
        ledger.append_together(&records, NOW);
    }
    CachedClone::of(ledger)
}

/// Commands that read much of the cache.
const COMMANDS: [&str; 6] = [
    "verify --json",
    "log --json",
    "patterns --json",
    "export metrics",
    "gate --service payments --environment production --commit ledger --json",
    "status --commit ledger --json",
];

/// Returns the exit code of a command, and its output without the parts that depend on the time.
pub fn answer_of(ran: &Ran) -> (Option<i32>, String) {
    let at = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            if let Some(object) = value.as_object_mut() {
                object.retain(|name, _| name != "at" && name != "as_of");
            }
            value.to_string()
        }
        Err(_) => text.lines().filter(|line| !line.contains("age") && !line.contains("seconds")).collect(),
    };
    (ran.code, at(&ran.stdout))
}

fn flip(path: &Path, good: &[u8], place: usize) {
    let mut bytes = good.to_vec();
    bytes[place] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_cache_is_discarded_and_the_answer_comes_from_the_ledger() {
    let long = long();
    let good: Vec<_> = COMMANDS.map(|words| answer_of(&long.run(words))).to_vec();
    let bytes = std::fs::read(long.cache()).unwrap();
    let form = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let step = bytes.len() / cases(4) + 1;
    let mut places: Vec<usize> = (form + 1..bytes.len()).step_by(step).collect();
    places.extend([form + 32, bytes.len() - 1]);
    for place in places {
        for (words, good) in COMMANDS.iter().zip(&good) {
            flip(&long.cache(), &bytes, place);
            let ran = long.run(words);
            assert_eq!(answer_of(&ran), *good, "{words} with byte {place}: {}", ran.stderr);
            ran.stderr_has(NOTE);
            let again = long.run(words);
            assert_eq!(answer_of(&again), *good, "{words} after byte {place}");
            assert!(!again.stderr.contains(NOTE), "{words} after byte {place}: {}", again.stderr);
        }
    }
}

#[test]
fn a_cache_of_another_form_or_cut_off_before_its_content_is_ignored() {
    let long = long();
    let good =
        answer_of(&long.run("gate --service payments --environment production --commit ledger --json"));
    let bytes = std::fs::read(long.cache()).unwrap();
    let form = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    for length in [0, 1, form, form + 1, form + 20, form + 33, bytes.len() - 1] {
        std::fs::write(long.cache(), &bytes[..length]).unwrap();
        let ran = long.run("gate --service payments --environment production --commit ledger --json");
        assert_eq!(answer_of(&ran), good, "cut to {length} bytes: {}", ran.stderr);
    }
    let mut other = bytes.clone();
    other[form - 1] ^= 1;
    std::fs::write(long.cache(), &other).unwrap();
    let ran = long.run("gate --service payments --environment production --commit ledger --json");
    assert_eq!(answer_of(&ran), good);
    let again = std::fs::read(long.cache()).unwrap();
    assert_eq!(again[..form], bytes[..form], "it is written again");
    assert_ne!(again, other);
}
