//! A signed record that cannot be appended is kept: it waits in the outbox, outside of the ledger.

use crate::cli::append_races::run_overtaken;
use crate::support::sandbox::{Sandbox, exception};

/// A ledger that a stranger's commit has halted.
fn halted() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    let script = "c=$(git commit-tree -m x -p ledger 'ledger^{tree}'); git update-ref refs/heads/ledger $c";
    sandbox.at(&sandbox.repository, "bash", &["-euc", script]).ok();
    sandbox.run(&["verify"]).code(3).stdout_has("HALTED");
    sandbox
}

fn waiting(sandbox: &Sandbox) -> Vec<serde_json::Value> {
    sandbox.run(&["outbox", "--json"]).ok().json().as_array().unwrap().clone()
}

#[test]
fn what_is_recorded_while_the_ledger_is_halted_waits_and_lands_when_that_is_over() {
    let sandbox = halted();
    let ran = sandbox.run(&exception("It failed", "run 1")).code(3);
    let _ = ran
        .stderr_has("halted")
        .stderr_has("kept in the outbox, not in the ledger")
        .stderr_has("countersign outbox send");
    let rows = waiting(&sandbox);
    let id = rows[0]["id"].as_str().unwrap().to_owned();
    assert_eq!((rows.len(), &rows[0]["became"], &rows[0]["kind"]), (1, &"waits".into(), &"exception".into()));
    sandbox.run(&["outbox"]).ok().stdout_has(&id[..8]);
    // The record is not in the ledger, and the ledger is still halted.
    sandbox.run(&["show", &id]).code(2);
    let still = sandbox.run(&["outbox", "send", "--json"]).code(1).json();
    assert_eq!(still[0]["became"], "waits");
    assert!(still[0]["found"].as_str().unwrap().contains("nothing can be appended to the ledger"), "{still}");
    sandbox.run(&["record", "quarantine", "--reason", "an incident", "--yes"]).ok();
    sandbox.run(&["status"]).code(0).stdout_has("1 record in the outbox");
    let landed = sandbox.run(&["outbox", "send", "--json"]).ok().json();
    assert_eq!((&landed[0]["became"], &landed[0]["id"]), (&"landed".into(), &id.as_str().into()));
    sandbox.run(&["show", &id]).ok().stdout_has("verified");
    assert!(waiting(&sandbox).is_empty());
    sandbox.run(&["outbox", "send"]).ok().stdout_has("the outbox is empty");
    sandbox.run(&["verify"]).ok().stdout_has("0 void");
}

#[test]
fn a_record_that_is_there_already_waits_no_more_and_one_can_be_dropped() {
    let sandbox = halted();
    for task in ["run 1", "run 2", "run 3"] {
        sandbox.run(&exception("It failed", task)).code(3);
    }
    let rows = waiting(&sandbox);
    let id = |at: usize| rows[at]["id"].as_str().unwrap().to_owned();
    let file = |at: usize| rows[at]["file"].as_str().unwrap().to_owned();
    sandbox.run(&["record", "quarantine", "--reason", "an incident", "--yes"]).ok();
    sandbox.run(&["append", &file(0)]).ok();
    sandbox.run(&["outbox", "drop", &id(1)[..10]]).ok().stdout_has("dropped");
    sandbox.run(&["outbox", "drop", &id(1)[..10]]).code(2).stderr_has("nothing in the outbox");
    // A file that was changed is reported, and stays.
    let text = std::fs::read_to_string(file(2)).unwrap();
    std::fs::write(file(2), text.replace("It failed", "It worked")).unwrap();
    let sent = sandbox.run(&["outbox", "send", "--json"]).code(1).json();
    let became = |id: &str| {
        let mut rows = sent.as_array().unwrap().iter();
        rows.find(|row| row["file"].as_str().unwrap().contains(id)).unwrap()["became"].clone()
    };
    assert_eq!(became(&id(0)), "already");
    // The change gave the record another id, which the signature does not match.
    assert_eq!(became(&id(2)), "waits");
    std::fs::write(file(2), "no record").unwrap();
    sandbox.run(&["outbox", "send"]).code(1).stdout_has("damaged");
    sandbox.run(&["outbox", "drop", &id(2)[..8]]).ok();
    assert!(waiting(&sandbox).is_empty());
}

#[test]
fn a_record_that_would_be_void_after_a_lost_race_waits_and_says_why() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let (one, other) =
        (shown.replace("redesigns = 1", "redesigns = 0"), shown.replace("overrides = 1", "overrides = 0"));
    let mine = sandbox.write("mine.toml", &one);
    let bobs = sandbox.write("bobs.toml", &other);
    // Both proposals supersede the same policy, so the second one is void.
    let ran =
        run_overtaken(&sandbox, &["policy", "propose", "-f", &bobs], &["policy", "propose", "-f", &mine]);
    let _ = ran.code(1).stderr_has("version").stderr_has("kept in the outbox");
    assert_eq!(waiting(&sandbox)[0]["kind"], "policy");
    let sent = sandbox.run(&["outbox", "send", "--json"]).code(1).json();
    assert!(sent[0]["found"].as_str().unwrap().contains("version"), "{sent}");
}

#[test]
fn a_record_that_is_refused_at_once_is_not_queued() {
    let sandbox = Sandbox::with_ledger();
    let ran = sandbox.run(&["approve", &"0".repeat(64), "--yes"]);
    assert_ne!(ran.code, Some(0));
    assert!(waiting(&sandbox).is_empty());
    sandbox.run(&["outbox", "drop", "abc"]).code(2);
}
