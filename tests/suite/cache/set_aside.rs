//! Exceptions that the cached live state has set aside: a question about them is answered as in a fresh clone, and a
//! damaged page of their file is never used.

use super::cached_clone::CachedClone;
use crate::support::ledger::{Ledger, exception};

/// Returns a clone of a ledger in which root causes repeat.
fn repeating() -> CachedClone {
    let mut ledger = Ledger::team();
    for day in ["20", "21", "22"] {
        let at = format!("2026-11-{day}T09:00:00Z");
        for chunk in (0..120).collect::<Vec<u32>>().chunks(8) {
            let text = |number: &u32| {
                let cause = ["late", "stale", "wrong"][(number % 3) as usize];
                exception(cause, &format!("run {number}"), "", "")
            };
            let texts: Vec<String> = chunk.iter().map(text).collect();
            let records: Vec<_> = texts.iter().map(|text| ("ops", "exception", text.as_str())).collect();
            ledger.append_together(&records, &at);
        }
    }
    CachedClone::of(ledger)
}

#[test]
fn what_is_set_aside_is_what_the_ledger_says_and_damage_is_not_believed() {
    let clone = repeating();
    let gate = "gate --service payments --environment production --commit ledger";
    clone.run(&format!("{gate} --verbose")).code(1).stdout_has("It failed");
    let commands = [
        format!("{gate} --json"),
        format!("{gate} --verbose"),
        "status --commit ledger --json".to_owned(),
        format!("{gate} --restore --json"),
    ];
    clone.assert_damage_is_never_used("set-aside-", &commands);
}
