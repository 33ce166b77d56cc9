//! When the ledger's remote was last asked. Only a question that the program itself has asked counts, and only for the
//! same ledger and the same remote.

use std::io::Read as _;
use std::net::TcpListener;

use crate::support::sandbox::{Ran, Sandbox, program};

const ASK: &[&str] =
    &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD", "-v"];
const NOT_ASKED: &str = "the remote was not asked within 24h";

/// A shared ledger whose remote was asked just now.
fn asked() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&["verify", "--sync"]).ok();
    sandbox.run(ASK).ok().stdout_has("only the remote vouches");
    sandbox
}

fn stamp(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.repository.join(".git/countersign/asked")
}

/// Records a pause in another clone, and pushes it.
fn somebody_else_records(sandbox: &Sandbox) {
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    let id = sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote, "other"]).ok();
    let other = |program: &str, arguments: &[&str]| {
        sandbox.at(&sandbox.root.path().join("other"), program, arguments).ok()
    };
    other(program(), &["verify", "--sync", "--ledger-id", &id]);
    let pause = ["pause", "--service", "payments", "--environment", "production", "--reason", "incident"];
    other(program(), &pause);
    other("git", &["push", "-q", "origin", "ledger"]);
}

#[test]
fn what_git_and_others_do_in_the_git_directory_makes_no_ledger_fresh() {
    let sandbox = asked();
    std::fs::remove_file(stamp(&sandbox)).unwrap();
    sandbox.run(ASK).code(1).stdout_has(NOT_ASKED);
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    sandbox.git(&["clone", "-q", "--bare", ".", "../elsewhere.git"]).ok();
    for arguments in [
        &["fetch", "-q", "origin", "production"][..],
        &["fetch", "-q", "origin"],
        &["fetch", "-q", "--force", "origin", "ledger:refs/remotes/origin/ledger"],
        &["fetch", "-q", "../elsewhere.git"],
        &["ls-remote", &remote],
        &["remote", "update"],
        &["gc", "-q"],
    ] {
        sandbox.git(arguments).ok();
        sandbox.run(ASK).code(1).stdout_has(NOT_ASKED);
    }
    let touch = "find .git -type f -exec touch {} +";
    sandbox.at(&sandbox.repository, "bash", &["-euc", touch]).ok();
    sandbox.run(ASK).code(1).stdout_has(NOT_ASKED);
    // A newer head that plain Git fetched moves the pin, but does not tell when the remote was asked.
    somebody_else_records(&sandbox);
    sandbox.git(&["fetch", "-q", "origin", "ledger:ledger"]).ok();
    let refused = sandbox.run(ASK).code(1).stdout_has(NOT_ASKED);
    let _ = refused.stdout_has("not-paused");
    sandbox.run(&[ASK, &["--sync"]].concat()).code(1).stdout_has("only the remote vouches");
}

#[test]
fn a_stamp_counts_for_its_ledger_and_remote_and_on_the_way_to_the_head_that_is_read() {
    let sandbox = asked();
    let good = std::fs::read(stamp(&sandbox)).unwrap();
    // Entries that are added after the stamp do not matter.
    sandbox.exception("a");
    sandbox.run(ASK).ok().stdout_has("only the remote vouches");
    // Another remote, whose name differs only in case, does not matter either: Git tells the two apart.
    sandbox.git(&["config", "remote.ORIGIN.url", "/elsewhere.git"]).ok();
    sandbox.run(ASK).ok().stdout_has("only the remote vouches");
    // A changed byte in any part of the file makes the MAC wrong.
    for place in [0, good.len() / 2, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        std::fs::write(stamp(&sandbox), bytes).unwrap();
        sandbox.run(ASK).code(1).stdout_has(NOT_ASKED);
    }
    // The stamp does not count for another URL of the same remote.
    std::fs::write(stamp(&sandbox), &good).unwrap();
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    sandbox.git(&["remote", "set-url", "origin", &format!("file://{remote}")]).ok();
    sandbox.run(ASK).code(1).stdout_has(NOT_ASKED);
    sandbox.git(&["remote", "set-url", "origin", &remote]).ok();
    sandbox.run(ASK).ok();
    // The stamp does not count for another ledger, even if that is the same user's, and its repository has the same
    // remote.
    let other = Sandbox::with_ledger();
    other.git(&["remote", "add", "origin", &remote]).ok();
    let key = "mkdir -p \"$2\"; cp \"$1\" \"$2/\"";
    let from = sandbox.home.join(".local/state/countersign/cache-key").display().to_string();
    let to = other.home.join(".local/state/countersign").display().to_string();
    sandbox.at(sandbox.root.path(), "bash", &["-euc", key, "bash", &from, &to]).ok();
    std::fs::copy(stamp(&sandbox), stamp(&other)).unwrap();
    other.run(ASK).code(1).stdout_has(NOT_ASKED);
    // The stamp does not count if the local branch is set back behind the head that the remote named.
    sandbox.git(&["update-ref", "refs/heads/ledger", "ledger~2"]).ok();
    sandbox.git(&["update-ref", "-d", "refs/remotes/origin/ledger"]).ok();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let id = other.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    assert_ne!(id, "");
    let own = sandbox.run(&["verify", "--json"]).code(3).json()["ledger"].as_str().unwrap().to_owned();
    let ran = sandbox.run(&[ASK, &["--ledger-id", &own]].concat()).code(1);
    let _ = ran.stdout_has("the remote named a head that the ledger here does");
}

#[test]
fn a_remote_that_lost_its_ledger_or_went_back_is_an_alarm() {
    let sandbox = asked();
    sandbox.run(&["hooks", "install"]).ok();
    sandbox.commit("second");
    let remote = sandbox.root.path().join("remote.git");
    let head = sandbox.ledger_head();
    let at_remote = |arguments: &[&str]| sandbox.at(&remote, "git", arguments).ok();
    let alarm = |what: &str| {
        let gate = sandbox.run(&[ASK, &["--sync"]].concat());
        for ran in [gate, sandbox.run(&["status", "--sync"]), sandbox.run(&["verify", "--sync"])] {
            let _: Ran = ran.code(3).stderr_has(what);
        }
        sandbox.git(&["push", "-q", "origin", "production"]).code(1).stderr_has(what);
        sandbox.git(&["push", "-q", "origin", "production:another"]).code(1).stderr_has(what);
    };
    at_remote(&["update-ref", "-d", "refs/heads/ledger"]);
    alarm("had a ledger, and has none now");
    at_remote(&["update-ref", "refs/heads/ledger", &format!("{head}~1")]);
    alarm("has gone back");
    // Pushing the ledger itself is the way to move it to another host, or back.
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&[ASK, &["--sync"]].concat()).ok();
}

#[test]
fn the_hook_asks_the_ledgers_remote_whatever_remote_is_pushed_to() {
    let sandbox = asked();
    sandbox.run(&["hooks", "install"]).ok();
    sandbox.git(&["init", "-q", "--bare", "../mirror.git"]).ok();
    sandbox.git(&["remote", "add", "mirror", "../mirror.git"]).ok();
    somebody_else_records(&sandbox);
    sandbox.commit("second");
    for to in ["mirror", "../mirror.git", "origin"] {
        sandbox.git(&["push", "-q", to, "production"]).code(1).stderr_has("not-paused");
    }
    // A ref that no target names is pushed.
    sandbox.git(&["push", "-q", "mirror", "production:topic"]).ok();
}

#[test]
fn where_the_ledgers_remote_cannot_be_asked_only_what_goes_back_is_pushed() {
    let sandbox = asked();
    sandbox.run(&["hooks", "install"]).ok();
    let first = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    sandbox.git(&["init", "-q", "--bare", "../mirror.git"]).ok();
    sandbox.git(&["remote", "add", "mirror", "../mirror.git"]).ok();
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    sandbox.plan("previous");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.commit("second");
    // The receipt of the second commit names the first as the commit that the ledger's remote had. So the first commit
    // ran there.
    sandbox.git(&["push", "-q", "origin", "production"]).ok();
    sandbox.git(&["push", "-q", "mirror", "production"]).ok();
    sandbox.commit("third");
    std::fs::rename(sandbox.root.path().join("remote.git"), sandbox.root.path().join("gone.git")).unwrap();
    let forward = sandbox.git(&["push", "-q", "mirror", "production"]).code(1);
    let _ = forward.stderr_has("could not be asked").stderr_has("a deployment forward needs");
    sandbox.git(&["push", "-q", "mirror", "production:topic"]).ok().stderr_has("warning: ");
    let back = ["push", "-q", "--force", "mirror", &format!("{first}:refs/heads/production")];
    sandbox.git(&back).ok().stderr_has("warning: ").stderr_has("(restoration)");
}

#[test]
fn a_remote_that_never_answers_is_given_up() {
    let sandbox = asked();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 64]);
            open.push(stream);
        }
    });
    sandbox.git(&["remote", "set-url", "origin", &format!("git://{address}/payments")]).ok();
    sandbox.git(&["config", "countersign.remoteTimeout", "1"]).ok();
    let began = std::time::Instant::now();
    sandbox.run(&[ASK, &["--sync"]].concat()).code(4).stderr_has("it gave no answer within 1 s");
    assert!(began.elapsed().as_secs() < 20, "it waited {:?}", began.elapsed());
}

#[test]
fn while_a_remote_is_asked_a_terminal_shows_it_and_a_file_does_not() {
    let sandbox = Sandbox::with_ledger();
    sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let slow = sandbox.write("slow", "#!/bin/sh\nsleep 1\nexec git-upload-pack \"$@\"\n");
    sandbox.at(sandbox.root.path(), "chmod", &["+x", &slow]).ok();
    sandbox.git(&["config", "remote.origin.uploadpack", &slow]).ok();
    for words in ["verify --sync", "status --sync"] {
        let line = format!("TERM=xterm {} {words}", program());
        let terminal = sandbox.at(&sandbox.repository, "script", &["-qec", &line, "/dev/null"]).ok();
        terminal.stdout_has("asking origin (").stdout_has("(1s)");
        let words: Vec<&str> = words.split(' ').collect();
        let ran = sandbox.run(&words).ok();
        assert!(!ran.stderr.contains("asking origin"), "{}", ran.stderr);
    }
}
