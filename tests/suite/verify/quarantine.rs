//! Quarantines: they end a halt, and cancel the effect of entries that count (ledger-schema/trust.md).

use countersign::finding::Code;
use countersign::replay::Pushed;
use countersign::value::{CommitId, RecordId};

use crate::support::ledger::{Actor, Ledger, NOW, body, broken, exception, member, override_, time, trust};
use crate::support::sandbox::{Sandbox, exception as exception_command};

const ALL: &[&str] = &["admin", "reporter", "approver", "gate"];
const END: &str = "2026-11-25T09:00:00Z";

/// Creates a ledger whose quarantines need two admins.
fn team() -> Ledger {
    let mut ledger = Ledger::empty();
    let people = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", ALL)).concat();
    let ops = member(&Actor::new("ops"), "service of alice", &["reporter"]);
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 2], &[people, ops]), "2026-10-01T08:00:00Z");
    ledger.append("alice", "policy", crate::support::ledger::POLICY, "2026-10-01T08:00:00Z");
    ledger
}

/// Pushes a broken entry, and returns its commit.
fn push_broken(ledger: &mut Ledger) -> CommitId {
    let record = ledger.record("alice", body("exception", &exception("c", "broken", "", "")), NOW);
    let file = Actor::new("alice").file(&record.payload().replace("It failed", "It failed\"x"));
    assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[file])), [Code::Spelling]);
    ledger.parent.clone().unwrap()
}

fn quarantine(entries: &[&CommitId]) -> String {
    let list: Vec<String> = entries.iter().map(|entry| format!("\"{entry}\"")).collect();
    format!("[quarantine]\nentries = [{}]\nreason = \"an incident\"\n", list.join(", "))
}

fn is_halted(ledger: &Ledger) -> bool {
    ledger.replay.past().is_halted()
}

#[test]
fn a_halt_ends_when_the_threshold_of_admins_has_quarantined_what_broke_the_ledger() {
    let mut ledger = team();
    let head = ledger.head();
    let bad = push_broken(&mut ledger);
    let id = ledger.append("alice", "quarantine", &quarantine(&[&bad]), NOW);
    assert!(is_halted(&ledger), "only one of two admins has approved");
    ledger.approve("bob", &id, NOW);
    assert!(!is_halted(&ledger));
    assert_eq!(ledger.replay.past().quarantines(), [id]);
    // A broken entry has no leaves and no positions, and does not change the size.
    assert_eq!(ledger.replay.past().size(), head.size + 2);
    let after = ledger.append("ops", "exception", &exception("c", "after", "", ""), NOW);
    assert_eq!(ledger.void(&after), None);
}

#[test]
fn good_looking_entries_above_a_broken_one_are_named_too_and_appended_again() {
    let mut ledger = team();
    let bad = push_broken(&mut ledger);
    let record = ledger.record("ops", body("exception", &exception("c", "innocent", "", "")), NOW);
    let file = Actor::new("ops").file(&record.payload());
    let above = broken(&ledger.push_files(&Actor::new("ops"), std::slice::from_ref(&file)));
    assert_eq!(above, [Code::AfterHalt]);
    let innocent = ledger.parent.clone().unwrap();
    let first = ledger.append("alice", "quarantine", &quarantine(&[&bad]), NOW);
    ledger.approve("bob", &first, NOW);
    assert!(is_halted(&ledger), "the entry above is still unaccounted for");
    let second = ledger.append("alice", "quarantine", &quarantine(&[&innocent]), NOW);
    ledger.approve("carol", &second, NOW);
    assert!(!is_halted(&ledger));
    let again = ledger.push_files(&Actor::new("ops"), &[file]);
    assert!(
        matches!(again, Pushed::Counted { ref void } if void.is_empty()),
        "the same bytes must count again: {again:?}"
    );
}

#[test]
fn no_admin_has_a_veto_and_nobody_else_has_a_vote() {
    let mut ledger = team();
    let bad = push_broken(&mut ledger);
    let by_service = ledger.append("ops", "quarantine", &quarantine(&[&bad]), NOW);
    assert_eq!(ledger.void(&by_service), Some(Code::Role));
    let id = ledger.append("alice", "quarantine", &quarantine(&[&bad]), NOW);
    let no = ledger.reject("carol", &id, NOW);
    assert_eq!(ledger.void(&no), None);
    ledger.approve("bob", &id, NOW);
    assert!(!is_halted(&ledger));
    let late = ledger.approve("carol", &id, NOW);
    assert_eq!(ledger.void(&late), Some(Code::Closed));
}

#[test]
fn records_of_a_quarantined_entry_no_longer_stand_and_date_nothing() {
    let mut ledger = team();
    let id = ledger.append("carol", "exception", &override_("carol", END), NOW);
    let entry = ledger.parent.clone().unwrap();
    ledger.append("bob", "exception", &exception("c", "far", "", ""), "2099-01-01T00:00:00Z");
    let far = ledger.parent.clone().unwrap();
    ledger.append("ops", "exception", &exception("c", "far", "", ""), "2098-01-01T00:00:00Z");
    assert_eq!(ledger.replay.past().ledger_time(), Some(time("2098-01-01T00:00:00Z")));
    assert!(ledger.state().exceptions().iter().any(|exception| exception.id == id));
    let (size, root) = (ledger.head().size, ledger.head().root);
    let quarantined = ledger.append("alice", "quarantine", &quarantine(&[&entry, &far]), NOW);
    ledger.approve("bob", &quarantined, NOW);
    assert!(!ledger.state().exceptions().iter().any(|exception| exception.id == id));
    assert_eq!(ledger.replay.past().ledger_time(), Some(time(NOW)));
    assert_eq!(ledger.replay.past().boundary(size), Ok(Some(root)), "leaves and roots must stay");
    let late = ledger.approve("bob", &id, NOW);
    assert_eq!(ledger.void(&late), Some(Code::Reference));
}

#[test]
fn what_stands_for_ever_is_not_quarantined() {
    let mut ledger = Ledger::empty();
    let people = ["alice", "bob"].map(|name| member(&Actor::new(name), "human", ALL)).concat();
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &[people]), "2026-10-01T08:00:00Z");
    let first = ledger.parent.clone().unwrap();
    ledger.append("alice", "policy", crate::support::ledger::POLICY, "2026-10-01T08:00:00Z");
    let policy = ledger.parent.clone().unwrap();
    let nowhere: CommitId = "1".repeat(64).parse().unwrap();
    for entry in [&first, &policy, &nowhere] {
        let id = ledger.append("bob", "quarantine", &quarantine(&[entry]), NOW);
        assert_eq!(ledger.void(&id), Some(Code::Reference), "{entry}");
    }
    ledger.append(
        "alice",
        "exception",
        &exception("c", "t", "", "").replace("identity = \"ops\"", "identity = \"x\""),
        NOW,
    );
    let good = ledger.parent.clone().unwrap();
    let id = ledger.append("bob", "quarantine", &quarantine(&[&good]), NOW);
    assert_eq!(ledger.void(&id), None);
    assert!(ledger.state().exceptions().is_empty());
}

#[test]
fn a_trust_that_was_proposed_in_a_quarantined_entry_is_closed() {
    let mut ledger = team();
    let text = trust(
        2,
        ledger.id,
        [2, 1, 2],
        &[["alice", "bob"].map(|name| member(&Actor::new(name), "human", ALL)).concat()],
    );
    let proposal = ledger.append("carol", "trust", &text, NOW);
    let entry = ledger.parent.clone().unwrap();
    assert!(ledger.replay.past().proposals().get(&proposal).is_some());
    let id = ledger.append("alice", "quarantine", &quarantine(&[&entry]), NOW);
    ledger.approve("bob", &id, NOW);
    assert!(ledger.replay.past().proposals().get(&proposal).is_none());
}

/// Appends a commit that is no entry, and returns its id.
fn break_by_hand(sandbox: &Sandbox) -> String {
    let script =
        "c=$(git commit-tree -p ledger -m x ledger^{tree}); git update-ref refs/heads/ledger $c; echo $c";
    sandbox.at(&sandbox.repository, "bash", &["-c", script]).ok().stdout.trim().to_owned()
}

#[test]
fn on_the_command_line_a_halt_is_ended_with_one_command_and_stays_visible() {
    let sandbox = Sandbox::with_ledger();
    let bad = break_by_hand(&sandbox);
    sandbox.run(&["verify"]).code(3).stdout_has("HALTED");
    sandbox.run(&exception_command("s", "t")).code(3).stderr_has("countersign record quarantine --reason");
    sandbox.run(&["record", "quarantine"]).code(2);
    sandbox.run(&["record", "quarantine", "--reason", "a broken client"]).ok().stdout_has("in force");
    sandbox
        .run(&["verify"])
        .ok()
        .stdout_has("quarantine in effect")
        .stdout_has("SOUND: 3 records in 3 entries");
    sandbox.run(&exception_command("s", "t")).ok();
    sandbox.git(&["fsck", "--strict"]).ok();
    // The broken commit stays in the history for ever, but later trees do not contain its files.
    sandbox.git(&["merge-base", "--is-ancestor", &bad, "ledger"]).ok();
    sandbox
        .run(&["record", "quarantine", "--entry", &"1".repeat(40), "--reason", "x"])
        .code(1)
        .stderr_has("is not an entry of this ledger");
}

#[test]
fn files_that_broke_the_ledger_are_gone_from_the_tree_after_the_quarantine() {
    let sandbox = Sandbox::with_ledger();
    let script = "export GIT_INDEX_FILE=$PWD/index; git read-tree ledger; b=$(echo x | git hash-object -w --stdin); \
        git update-index --add --cacheinfo 100644,$b,README; c=$(git commit-tree -p ledger -m x $(git write-tree)); \
        git update-ref refs/heads/ledger $c";
    sandbox.at(&sandbox.repository, "bash", &["-euc", script]).ok();
    sandbox.run(&["verify"]).code(3);
    sandbox.run(&["record", "quarantine", "--reason", "a file that is no record"]).ok();
    sandbox.run(&["verify"]).ok();
    let files = sandbox.git(&["ls-tree", "-r", "--name-only", "ledger"]).ok().stdout;
    assert!(!files.contains("README"), "{files}");
}

#[test]
fn with_two_admins_the_quarantine_is_shared_and_approved_while_the_ledger_is_halted() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let file = sandbox.write("trust.toml", &shown.replace("quarantine = 1", "quarantine = 2"));
    sandbox.run(&["trust", "propose", "-f", &file]).ok();
    sandbox.with_remote();
    break_by_hand(&sandbox);
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let ran = sandbox.run(&["record", "quarantine", "--reason", "a broken client", "--json"]).ok().json();
    let id: RecordId = ran["id"].as_str().unwrap().parse().unwrap();
    sandbox.run(&["verify"]).code(3).stdout_has("open      proposal");
    sandbox.bob(&["approve", &id.short(), "--yes"]).ok().stdout_has("in force");
    sandbox.run(&["verify"]).ok();
}
