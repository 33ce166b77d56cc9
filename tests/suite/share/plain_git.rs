//! Nothing that a person does with plain Git hurts the others, and each way out that the program suggests works.

use crate::support::clones::{people, tasks};
use crate::support::sandbox::{Sandbox, exception};

/// Runs a command in a work tree of the ledger branch, as a person would who follows Git's hints.
fn in_ledger(sandbox: &Sandbox, line: &str) {
    let tree = sandbox.root.path().join("tree");
    sandbox.git(&["worktree", "add", "-q", &tree.display().to_string(), "ledger"]).ok();
    sandbox.at(&tree, "bash", &["-c", line]).ok();
    sandbox.git(&["worktree", "remove", "--force", &tree.display().to_string()]).ok();
}

/// Commands that people run on the ledger branch, each with what the program then says about the branch.
const DONE: &[(&str, &str)] = &[
    ("git pull -q --no-rebase --no-edit origin ledger", "is a merge commit, as `git pull` makes"),
    ("git pull -q --rebase origin ledger", "has no signature"),
    ("git commit -q --allow-empty -m oops", "has no signature"),
    ("echo x > x; git add x; git commit -q -m x", "has no signature"),
    ("git commit -q --amend -m mine", "has no signature"),
    ("git fetch -q; git merge -q --squash origin/ledger; git commit -q -m squash", "has no signature"),
];

#[test]
fn the_hook_refuses_each_and_sync_repairs_it_without_losing_a_record() {
    for (line, found) in DONE {
        let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
        alice.run(&["hooks", "install"]).ok();
        let mut mine = exception("It failed", "mine");
        mine.push("--local");
        alice.run(&mine).ok();
        bob.run(&exception("It failed", "theirs")).ok();
        in_ledger(&alice, line);
        let push = alice.git(&["push", "-q", "-f", "origin", "ledger"]);
        assert_ne!(push.code, Some(0), "{line}");
        let _ = push.stderr_has("next: countersign sync");
        // Others are not affected.
        bob.run(&["verify", "--sync"]).ok();
        alice.run(&["sync"]).ok().stderr_has("was left out").stderr_has(found);
        alice.run(&["verify"]).ok().stdout_has("SOUND");
        bob.run(&["sync"]).ok();
        assert_eq!(tasks(&bob), ["theirs", "mine"], "{line}");
    }
}

#[test]
fn the_hook_refuses_what_takes_entries_away_and_lets_entries_pass() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.run(&["hooks", "install"]).ok();
    bob.run(&["pause", "--reason", "stop"]).ok();
    // Such a push would remove the shared pause.
    alice.git(&["push", "-q", "-f", "origin", "ledger"]).code(1).stderr_has("would take entries away");
    alice.git(&["push", "-q", "origin", ":ledger"]).code(1).stderr_has("the ledger is not deleted");
    alice
        .git(&["push", "-q", "origin", "+production:ledger"])
        .code(1)
        .stderr_has("is no commit of the ledger");
    alice.run(&["sync"]).ok();
    let mut mine = exception("It failed", "mine");
    mine.push("--local");
    alice.run(&mine).ok();
    alice.git(&["push", "-q", "origin", "ledger"]).ok();
    let back = format!("+{}:ledger", alice.git(&["rev-parse", "ledger~1"]).ok().stdout.trim());
    alice.git(&["push", "-q", "origin", &back]).code(1).stderr_has("would take entries away");
    bob.run(&["status", "--sync"]).ok().stdout_has("not-paused");
}

/// Alice and bob, after alice has pushed, past the hook, an entry that halts the ledger for everybody. Bob has a record
/// that he has not shared.
fn halted(line: &str) -> [Sandbox; 2] {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let local = |task| [&exception("It failed", task)[..], &["--local"]].concat();
    alice.run(&local("mine")).ok();
    bob.run(&exception("It failed", "theirs")).ok();
    in_ledger(&alice, line);
    alice.git(&["push", "-q", "--no-verify", "origin", "ledger"]).ok();
    bob.run(&local("his")).ok();
    [alice, bob]
}

#[test]
fn above_a_broken_commit_the_innocent_record_pause_and_set_it_aside() {
    let [alice, bob] = halted("git pull -q --rebase origin ledger");
    bob.run(&["verify", "--sync"]).code(3).stdout_has("has no signature");
    let kept = bob.run(&["pause", "--reason", "stop"]).code(3);
    let _ = kept.stderr_has("outbox").stderr_has("countersign record quarantine --reason");
    bob.run(&["record", "quarantine", "--reason", "a rebase", "--yes"]).ok().stdout_has("shared");
    bob.run(&["outbox", "send"]).ok();
    alice.run(&["sync"]).ok();
    alice.run(&["status"]).ok().stdout_has("not-paused");
    assert_eq!(tasks(&bob), tasks(&alice));
    assert!(tasks(&bob).contains(&"his".to_owned()), "{:?}", tasks(&bob));
}

#[test]
fn a_merge_that_hides_what_others_had_shared_is_set_back_and_nobody_loses_a_record() {
    let [alice, bob] = halted("git pull -q --no-rebase --no-edit origin ledger");
    let said = bob.run(&["verify", "--sync"]).code(3).stderr_has("is a merge commit, as `git pull` makes");
    // Meanwhile bob can record and pause in his own clone.
    let paused = bob.run(&["pause", "--reason", "stop"]).code(4);
    let _ = paused.stderr_has("is a merge commit").stderr_has("it is kept in this clone");
    bob.run(&["status"]).ok().stdout_has("not-paused");
    // The suggested command works as it is printed.
    let back =
        said.stderr.lines().find(|line| line.contains("git push --no-verify")).unwrap().trim().to_owned();
    bob.at(&bob.repository, "bash", &["-c", &back]).ok();
    bob.run(&["sync"]).ok();
    // Alice had seen the merge that bob's push removed, so she is told to ask before she accepts the removal.
    let said = alice.run(&["sync"]).code(3).stderr_has("has gone back");
    let accept = said.stderr.lines().find(|line| line.contains("git fetch")).unwrap().trim().to_owned();
    alice.at(&alice.repository, "bash", &["-c", &accept]).ok();
    alice.run(&["sync"]).ok().stderr_has("was left out");
    bob.run(&["sync"]).ok();
    assert_eq!(tasks(&bob), ["theirs", "his", "mine"]);
    assert_eq!(alice.ledger_head(), bob.ledger_head());
    alice.run(&["status"]).ok().stdout_has("not-paused");
}
