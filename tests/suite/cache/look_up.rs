//! The look-up file of a long ledger gives the same answers as the ledger itself, and a damaged page of it is never
//! used.

use super::cached_clone::CachedClone;
use crate::support::ledger::{Actor, Ledger, NOW, body, exception, override_};
use crate::support::sandbox::Sandbox;
use crate::support::stranger::add_commits_of_a_stranger;

/// A number of entries so large that most of them are looked up.
const ENTRIES: u32 = 1_300;

#[test]
fn what_is_looked_up_is_what_the_ledger_says_and_damage_is_not_believed() {
    let mut ledger = Ledger::team();
    ledger.is_quiet = true;
    let old = ledger.append("ops", "exception", &exception("late", "the first run", "", ""), NOW);
    let text = override_("alice", "2026-11-30T00:00:00Z");
    let voted = ledger.append("alice", "exception", &text, NOW);
    ledger.approve("bob", &voted, NOW);
    // Dated months ago, so it is void.
    ledger.append("ops", "exception", &exception("c", "old", "", ""), "2026-01-02T00:00:00Z");
    for number in 0..ENTRIES {
        ledger.append("ops", "exception", &exception("late", &format!("run {number}"), "", ""), NOW);
    }
    let early = ledger.replay.past().checkpoints().nth(7).unwrap().unwrap().1;
    let commands = [
        "log -n 0 --json".to_owned(),
        format!("show {old} --json"),
        format!("show {voted} --json"),
        "log --void --json".to_owned(),
        "verify --json --as-of 2026-12-01T00:00:00Z".to_owned(),
        format!("verify --json --as-of 2026-12-01T00:00:00Z --at-least {}:{}", early.size, early.root),
        "export metrics".to_owned(),
    ];
    CachedClone::of(ledger).assert_damage_is_never_used("look-up-", &commands);
}

#[test]
fn entries_that_do_not_count_are_looked_up_too() {
    let mut ledger = Ledger::team();
    let record = ledger.record("alice", body("exception", &exception("c", "t", "", "")), NOW);
    ledger.push_files(&Actor::new("alice"), &[Actor::new("mallory").file(&record.payload())]);
    let entry = ledger.parent.clone().unwrap();
    let text = format!("[quarantine]\nentries = [\"{entry}\"]\nreason = \"an incident\"\n");
    ledger.append("alice", "quarantine", &text, NOW);
    let clone = CachedClone::of(ledger);
    add_commits_of_a_stranger(&clone.sandbox, &clone.directory, 1_300);
    let commands = [
        "verify --json --as-of 2026-12-01T00:00:00Z",
        "gate --service payments --environment production --commit ledger --json",
        "log -n 0 --json",
    ];
    clone.assert_damage_is_never_used("look-up-", &commands.map(str::to_owned));
}

#[test]
fn a_quarantine_of_entries_that_are_looked_up_leads_out() {
    let sandbox = Sandbox::with_ledger();
    add_commits_of_a_stranger(&sandbox, &sandbox.repository, 1_100);
    let verify = |options: &[&str]| sandbox.run(&[&["verify", "--json"], options].concat());
    let halted = verify(&[]).code(3).json();
    assert_eq!(halted["broken"].as_array().unwrap().len(), 2_200);
    sandbox.run(&["record", "quarantine", "--reason", "an incident", "--yes"]).ok();
    sandbox.exception("a");
    let as_of = ["--as-of", "2026-12-01T00:00:00Z"];
    let sound = verify(&as_of).ok();
    assert_eq!(sound.json()["broken"].as_array().unwrap().len(), 0);
    assert_eq!(sound.json()["quarantined"], halted["broken"]);
    assert_eq!(verify(&[&["--full"], &as_of[..]].concat()).ok().stdout, sound.stdout);
    // One more commit of a stranger halts the ledger again, although the quarantine covers the earlier ones.
    add_commits_of_a_stranger(&sandbox, &sandbox.repository, 1);
    let again = verify(&[]).code(3).json();
    assert_eq!(again["broken"].as_array().unwrap().len(), 1);
    assert_eq!(again["quarantined"], halted["broken"]);
}
