//! Sharing when the ledger or the remote is hostile or damaged: nothing unsound is pushed, no record is lost, and no
//! rewind of the remote goes unnoticed.

use crate::support::clones::{ledger_id, people, remote_of, tasks};
use crate::support::sandbox::{Sandbox, exception};

fn local(sandbox: &Sandbox, task: &str) {
    sandbox.run(&[&exception("It failed", task)[..], &["--local"]].concat()).ok();
}

fn in_ledger(sandbox: &Sandbox, line: &str) {
    let tree = sandbox.root.path().join("tree");
    sandbox.git(&["worktree", "add", "-q", &tree.display().to_string(), "ledger"]).ok();
    sandbox.at(&tree, "bash", &["-ec", line]).ok();
    sandbox.git(&["worktree", "remove", "--force", &tree.display().to_string()]).ok();
}

fn head_there(sandbox: &Sandbox) -> String {
    sandbox.git(&["ls-remote", "origin", "refs/heads/ledger"]).ok().stdout[..40].to_owned()
}

const JUNK: &str = "echo x > README; git add README; git commit -q -m junk";

#[test]
fn a_ledger_that_is_not_sound_is_never_pushed() {
    for anchored in ["no pin", "a bound that it lacks"] {
        let [_alice, bob] = people(&["bob"]).try_into().ok().unwrap();
        local(&bob, "his");
        in_ledger(&bob, JUNK);
        let before = head_there(&bob);
        let mut record = exception("It failed", "more");
        let bound = format!("999:{}", "a".repeat(64));
        if anchored == "no pin" {
            std::fs::remove_file(bob.repository.join(".git/countersign/pin")).unwrap();
        } else {
            record.extend(["--at-least", &bound]);
        }
        assert_ne!(bob.run(&record).code, Some(0), "{anchored}");
        if anchored == "no pin" {
            assert_ne!(bob.run(&["sync"]).code, Some(0));
        }
        assert_eq!(head_there(&bob), before, "{anchored}");
    }
}

#[test]
fn records_are_kept_whatever_else_their_commit_holds() {
    for line in [
        "echo x > README; git add README; git commit -q --amend -m both",
        "f=$(git ls-files exception | tail -n 1); chmod +x $f; git add $f; git commit -q --amend -m mode",
        "git reset -q --hard HEAD~1; echo x > README; git add README; git commit -q -m x; git cherry-pick -q ORIG_HEAD 2>/dev/null || git cherry-pick ORIG_HEAD >/dev/null",
        "f=$(git ls-files exception | tail -n 1); git mv $f elsewhere.toml; git commit -q --amend -m moved",
    ] {
        let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
        local(&alice, "mine");
        in_ledger(&alice, line);
        bob.run(&exception("It failed", "theirs")).ok();
        alice.run(&["sync"]).ok().stderr_has("was left out");
        bob.run(&["sync"]).ok();
        assert_eq!(tasks(&bob), ["theirs", "mine"], "{line}");
        // The entries that were left out are kept under a ref.
        alice
            .git(&[
                "show",
                "-s",
                alice.git(&["for-each-ref", "--format=%(refname)", "refs/countersign/left/"]).stdout.trim(),
            ])
            .ok();
    }
}

#[test]
fn a_branch_with_other_work_is_not_moved() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let id = ledger_id(&alice);
    bob.git(&["update-ref", "refs/heads/ledger", "HEAD"]).ok();
    let mut line = exception("It failed", "t");
    line.extend(["--ledger-id", &id]);
    bob.run(&line).code(3).stderr_has("has no entry of this ledger");
    assert_eq!(bob.ledger_head(), bob.git(&["rev-parse", "HEAD"]).ok().stdout.trim());
}

#[test]
fn joining_the_ledger_that_one_has_is_refused_and_changes_nothing() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let id = ledger_id(&alice);
    local(&bob, "his");
    alice.run(&exception("It failed", "theirs")).ok();
    let pin = bob.repository.join(".git/countersign/pin");
    let (head, pinned) = (bob.ledger_head(), std::fs::read(&pin).unwrap());
    bob.run(&["sync", "--join", &id]).code(2).stderr_has("has that ledger already");
    assert_eq!((bob.ledger_head(), std::fs::read(&pin).unwrap()), (head, pinned));
    bob.run(&["sync"]).ok();
    assert_eq!(tasks(&bob), ["theirs", "his"]);
}

#[test]
fn a_remote_rewound_to_before_a_commit_that_is_no_entry_is_an_alarm() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let before = alice.ledger_head();
    alice.run(&["pause", "--reason", "stop"]).ok();
    in_ledger(&alice, "git commit -q --allow-empty -m plain; git push -q --no-verify origin HEAD:ledger");
    assert_ne!(bob.run(&["sync"]).code, Some(0), "it is halted");
    alice.git(&["push", "-q", "--force", "origin", &format!("{before}:ledger")]).ok();
    for command in ["sync", "verify --sync", "gate --sync"] {
        let line: Vec<&str> = command.split(' ').collect();
        bob.run(&line).code(3).stderr_has("has gone back");
    }
}

#[test]
fn a_receipt_is_decided_again_under_new_freshness_rules_and_never_without_its_own_lower_bound() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.plan("removal");
    bob.run(&["sync"]).ok();
    let gate = ["gate", "--record", "--local"];
    bob.run(&gate).ok();
    // From now on a witness is needed, and there is none.
    let policy = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let at = policy.find("\n[[policy.target]]").unwrap();
    let (above, below) = policy.split_at(at);
    let file = alice.write("policy.toml", &format!("{above}\n[policy.freshness]\nwitnesses = 1\n{below}"));
    alice.run(&["policy", "propose", "-f", &file]).ok();
    let json = bob.run(&["sync", "--json"]).ok().json();
    assert_eq!(json["decided_again"][0]["answer"], "refused");
    // A receipt that was decided with a lower bound (`--at-least`) is not decided again without the bound: it stays in
    // the outbox, for a person who has the bound.
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    alice.plan("removal");
    bob.run(&["sync"]).ok();
    let view = bob.run(&["verify", "--json"]).ok().json();
    let bound = format!("{}:{}", view["size"], view["root"].as_str().unwrap());
    bob.run(&["gate", "--record", "--local", "--at-least", &bound]).ok();
    alice.run(&exception("It failed", "t")).ok();
    let json = bob.run(&["sync", "--json"]).ok().json();
    assert!(json["decided_again"][0]["new"].is_null(), "{json}");
    assert_eq!(json["outbox"], 1);
}

#[test]
fn a_remote_that_is_pushed_to_another_url_than_it_is_fetched_from_is_refused() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let fork = alice.root.path().join("fork.git").display().to_string();
    let remote = remote_of(&alice).display().to_string();
    alice.at(alice.root.path(), "git", &["clone", "-q", "--bare", &remote, &fork]).ok();
    // Pushes go to a fork that is never asked.
    alice.git(&["config", "remote.origin.pushurl", &fork]).ok();
    alice
        .run(&exception("It failed", "one"))
        .code(4)
        .stderr_has("origin is pushed to another URL than it is fetched from");
    // Pushes go to two places.
    alice.git(&["config", "remote.origin.pushurl", &remote]).ok();
    alice.git(&["config", "--add", "remote.origin.pushurl", &fork]).ok();
    alice.run(&["sync"]).code(4).stderr_has("origin is pushed to another URL than it is fetched from");
    // Another URL of the same repository is accepted.
    alice.git(&["config", "--unset-all", "remote.origin.pushurl"]).ok();
    alice.git(&["config", "remote.origin.pushurl", &format!("file://{remote}")]).ok();
    alice.run(&["sync"]).ok();
    bob.run(&["sync"]).ok();
    assert_eq!(tasks(&bob), ["one"]);
}

#[test]
fn a_halted_remote_is_never_called_in_step() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    in_ledger(&alice, "git commit -q --allow-empty -m plain; git push -q --no-verify origin HEAD:ledger");
    bob.run(&["sync"]).code(3).stderr_has("has no signature").stderr_has("quarantine");
}
