//! One repository has one ledger: whoever founds a second one is told so, and can join the first.

use crate::support::clones::{clone_of, ledger_id, people, remote_of};
use crate::support::sandbox::{Sandbox, exception};

#[test]
fn init_asks_the_remote_and_founds_no_second_ledger() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let carol = clone_of(&remote_of(&alice), "carol");
    carol.git(&["update-ref", "-d", "refs/remotes/origin/ledger"]).ok();
    carol.run(&["init", "--yes"]).code(2).stderr_has("origin has a ledger already");
    carol.git(&["rev-parse", "-q", "--verify", "refs/heads/ledger"]).code(1);
    // If the remote cannot be asked, a ledger is founded only with `--local`.
    let lonely = Sandbox::new();
    lonely.git(&["remote", "add", "origin", "/nowhere"]).ok();
    lonely.run(&["init", "--yes"]).code(4).stderr_has("origin may have a ledger already");
    lonely.git(&["rev-parse", "-q", "--verify", "refs/heads/ledger"]).code(1);
    lonely.run(&["init", "--yes", "--local"]).ok();
}

#[test]
fn init_shares_what_it_founds_and_never_founds_without_a_yes() {
    let sandbox = Sandbox::new();
    let remote = sandbox.with_remote();
    sandbox.run(&["init"]).code(2).stderr_has("no ledger was founded").stderr_has("init --yes");
    sandbox.git(&["rev-parse", "-q", "--verify", "refs/heads/ledger"]).code(1);
    sandbox.run(&["init", "--yes"]).ok().stdout_has("It is shared with origin.");
    let there = sandbox.at(&remote, "git", &["rev-parse", "refs/heads/ledger"]).ok().stdout;
    assert_eq!(there.trim(), sandbox.ledger_head());
}

#[test]
fn whoever_founded_a_second_ledger_unshared_is_led_back() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    let theirs = ledger_id(&alice);
    // Bob founds his own ledger while he cannot ask the remote.
    for name in ["refs/heads/ledger", "refs/remotes/origin/ledger"] {
        bob.git(&["update-ref", "-d", name]).ok();
    }
    std::fs::remove_dir_all(bob.repository.join(".git/countersign")).unwrap();
    bob.run(&["init", "--yes", "--local"]).ok();
    let mut mine = exception("It failed", "t");
    mine.push("--local");
    bob.run(&mine).ok();
    let head = bob.ledger_head();
    bob.run(&exception("It failed", "u"))
        .code(3)
        .stderr_has("origin has another one")
        .stderr_has(&format!("countersign sync --join {theirs}"));
    bob.run(&["sync"]).code(3).stderr_has("countersign sync --join");
    assert_eq!(bob.ledger_head(), head, "nothing has moved");
    bob.run(&["sync", "--join", &"0".repeat(64)]).code(3).stderr_has("is not 0000");
    assert_eq!(bob.ledger_head(), head, "nothing has moved");
    bob.run(&["sync", "--join", &theirs]).ok().stderr_has("refs/countersign/left/");
    assert_eq!(ledger_id(&bob), theirs);
    assert_eq!(bob.ledger_head(), alice.ledger_head());
    // The records of his own ledger can still be read.
    let left = bob.git(&["for-each-ref", "--format=%(objectname)", "refs/countersign/left/"]).ok().stdout;
    assert_eq!(left.trim(), head);
    bob.run(&exception("It failed", "u")).ok().stdout_has("recorded and shared");
    bob.run(&["sync", "--join", &theirs]).code(2).stderr_has("has that ledger already");
}
