//! `countersign sync`: records that only this clone has are appended to the shared ledger, and those that would not
//! count there are kept.

use crate::support::clones::{people, remote_of, tasks};
use crate::support::sandbox::{Sandbox, exception};

fn keep(sandbox: &Sandbox, task: &str) -> String {
    let cause = format!("c-{task}");
    let mut line = exception("It failed", task);
    let at = line.iter().position(|word| *word == "c").unwrap();
    line[at] = &cause;
    line.extend(["--local", "--json"]);
    crate::support::house::id(&sandbox.run(&line).ok())
}

#[test]
fn records_keep_their_bytes_and_their_order_on_top_of_what_others_shared() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let kept: Vec<String> = ["one", "two", "three"].iter().map(|task| keep(&alice, task)).collect();
    let raw = |clone: &Sandbox, id: &str| clone.run(&["show", id, "--raw"]).ok().stdout;
    let before: Vec<String> = kept.iter().map(|id| raw(&alice, id)).collect();
    bob.run(&exception("It failed", "theirs")).ok();
    let json = alice.run(&["sync", "--json"]).ok().json();
    assert_eq!((&json["fetched"], &json["shared"], &json["tries"]), (&1.into(), &3.into(), &1.into()));
    assert_eq!(json["on_top"].as_array().unwrap().len(), 3);
    bob.run(&["sync"]).ok().stdout_has("3 records of others fetched");
    assert_eq!(tasks(&bob), ["theirs", "one", "two", "three"]);
    for (id, bytes) in kept.iter().zip(before) {
        assert_eq!(raw(&bob, id), bytes);
    }
    alice.run(&["sync"]).ok().stdout_has("in step");
}

#[test]
fn what_would_be_void_on_top_goes_to_the_outbox_and_the_rest_does_not() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let first = keep(&bob, "before");
    // Alice takes bob's role away before he shares.
    let trust = alice.run(&["trust", "propose", "--print"]).ok().stdout;
    let at = trust.find("name = \"bob\"").unwrap();
    let (above, below) = trust.split_at(at);
    let file = alice.write(
        "trust.toml",
        &format!("{above}{}", below.replace("[[trust.member.role]]\nrole = \"reporter\"\n", "")),
    );
    alice.run(&["trust", "propose", "-f", &file]).ok();
    let pause = bob.run(&["pause", "--reason", "stop", "--local", "--json"]).ok().json();
    let synced = bob.run(&["sync", "--json"]).code(1);
    let json = synced.json();
    assert_eq!(json["displaced"][0]["id"], first.as_str());
    assert!(json["displaced"][0]["reason"].as_str().unwrap().contains("void"), "{json}");
    assert_eq!((&json["on_top"][0], &json["outbox"]), (&pause["id"], &1.into()));
    synced.stderr_has("is no longer in the ledger, but in the outbox");
    bob.run(&["outbox"]).ok().stdout_has(&first[..8]);
    alice.run(&["status", "--sync"]).ok().stdout_has("not-paused");
}

#[test]
fn an_unshared_receipt_is_decided_again_on_the_new_head() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.plan("removal");
    let gate: Vec<&str> =
        "gate --service payments --environment production --commit HEAD --record --json".split(' ').collect();
    let local = [&gate[..], &["--local"]].concat();
    let receipt = alice.run(&local).ok().json()["receipt"].as_str().unwrap().to_owned();
    keep(&bob, "theirs");
    bob.run(&["sync"]).ok();
    let json = alice.run(&["sync", "--json"]).ok().json();
    let again = &json["decided_again"][0];
    assert_eq!((again["receipt"].as_str(), again["answer"].as_str()), (Some(&*receipt), Some("allowed")));
    let new = again["new"].as_str().unwrap();
    assert_ne!(new, receipt);
    assert_eq!(json["outbox"], 0);
    bob.run(&["sync"]).ok();
    let log = bob.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    assert_eq!(log["records"].as_array().unwrap().len(), 1);
    assert_eq!((&log["records"][0]["id"], &log["records"][0]["verdict"]), (&new.into(), &"verified".into()));
    // If another person's pause comes first, the new decision is a refusal.
    let second = alice.commit("second");
    alice.plan("previous");
    alice.run(&["record", "outcome", "--of", &new[..8], "--result", "succeeded"]).ok();
    let line = local.iter().map(|word| if *word == "HEAD" { &*second } else { *word }).collect::<Vec<_>>();
    alice.run(&line).ok();
    bob.run(&["pause", "--reason", "stop"]).ok();
    let json = alice.run(&["sync", "--json"]).ok().json();
    assert_eq!(json["decided_again"][0]["answer"], "refused");
}

#[test]
fn somebody_who_only_reads_syncs_without_a_key() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.run(&exception("It failed", "t")).ok();
    bob.git(&["config", "user.signingkey", "/nowhere.pub"]).ok();
    bob.run(&["sync"]).ok().stdout_has("1 record of others fetched");
    assert_eq!(bob.ledger_head(), alice.ledger_head());
}

#[test]
fn a_remote_that_takes_nothing_is_an_error_and_what_was_recorded_stays() {
    let [alice, _] = people(&["bob"]).try_into().ok().unwrap();
    let hook = remote_of(&alice).join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = alice.script("hook", "#!/bin/sh\nprintf 'closed \\033[2Jfor the night\\n' >&2\nexit 1\n");
    std::fs::copy(&script, &hook).unwrap();
    let failed = alice.run(&exception("It failed", "t")).code(4);
    // The message of a server is shown, but cannot move the cursor (CVE-2024-52005).
    assert!(!failed.stderr.contains('\u{1b}'), "{}", failed.stderr);
    let _ = failed.stderr_has("for the night").stderr_has("it is kept in this clone");
    std::fs::remove_file(&hook).unwrap();
    alice.run(&["sync"]).ok().stdout_has("1 record shared");
}

#[test]
fn without_a_remote_there_is_nothing_to_share_with() {
    let sandbox = Sandbox::with_ledger();
    sandbox
        .run(&["sync"])
        .code(2)
        .stderr_has("the ledger has no remote")
        .stderr_has("git remote add origin URL");
    let json = sandbox.run(&["pause", "--reason", "stop", "--json"]).ok().json();
    assert_eq!((&json["sharing"], &json["next"]), (&"no-remote".into(), &serde_json::Value::Null));
    // A remote that has no ledger yet gets one only by `sync`.
    sandbox.with_remote();
    let json = sandbox.run(&[&exception("s", "t")[..], &["--json"]].concat()).ok().json();
    assert_eq!(json["sharing"], "no-remote-ledger");
    sandbox.run(&["sync"]).ok().stdout_has("4 records shared with origin");
    sandbox.run(&["sync"]).ok().stdout_has("in step: 4 records");
}

#[test]
fn what_nobody_else_has_can_be_taken_back_and_nothing_else() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let (one, two) = (keep(&alice, "one"), keep(&alice, "two"));
    let json = alice.run(&["undo", &one[..8], "--json"]).ok().json();
    assert_eq!(json["undone"][0], one.as_str());
    assert_eq!(tasks(&alice), ["two"]);
    // A record of another person, and a record that is shared, cannot be undone.
    let raw = bob.run(&[&exception("It failed", "his")[..], &["--local", "--json"]].concat()).ok();
    let his = crate::support::house::id(&raw);
    let file = alice.write("his.toml", &bob.run(&["show", &his, "--raw"]).ok().stdout);
    alice.run(&["append", &file, "--local"]).ok();
    alice.run(&["undo", &his[..8]]).code(1).stderr_has("a record of bob");
    alice.run(&["sync"]).ok();
    alice.run(&["undo", &two[..8]]).code(1).stderr_has("is shared");
    assert_eq!(tasks(&alice), ["two", "his"]);
    let alone = Sandbox::with_ledger();
    let id = alone.exception("t");
    alone.run(&["undo", &id[..8]]).code(1).stderr_has("is shared");
}

#[test]
fn refusals_that_nobody_else_saw_are_left_out_and_block_nothing() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    for _ in 0..2 {
        alice.run(&["gate", "--record", "--local"]).code(1);
    }
    keep(&bob, "theirs");
    bob.run(&["sync"]).ok();
    let json = alice.run(&["sync", "--json"]).ok().json();
    assert_eq!((&json["outbox"], &json["displaced"]), (&0.into(), &serde_json::json!([])));
    alice.run(&["verify"]).ok().stdout_has("SOUND");
    assert_eq!(alice.ledger_head(), bob.git(&["ls-remote", "origin", "refs/heads/ledger"]).ok().stdout[..40]);
}

#[test]
fn what_is_recorded_while_a_remote_is_away_is_shared_once_it_is_back() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let remote = remote_of(&alice).display().to_string();
    let tasks_there = || tasks(&alice).len();
    alice.git(&["remote", "remove", "origin"]).ok();
    alice.run(&exception("s", "alone")).ok();
    alice.run(&["pause", "--for", "2h", "--reason", "it burns"]).ok();
    alice.run(&["verify"]).ok();
    alice.git(&["remote", "add", "origin", &remote]).ok();
    alice.run(&["sync"]).ok();
    assert_eq!(tasks_there(), 1);
    // The clone still knows what was shared: a remote that has gone back is an alarm, even if it was removed
    // meanwhile.
    let shared = alice.ledger_head();
    let bare = crate::support::server::bare(std::path::Path::new(&remote));
    bare.git(&["update-ref", "refs/heads/ledger", &format!("{shared}~1")]).ok();
    alice.git(&["remote", "remove", "origin"]).ok();
    alice.git(&["remote", "add", "origin", &remote]).ok();
    alice.run(&["sync"]).code(3).stderr_has("rewound");
}
