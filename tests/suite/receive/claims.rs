//! A client that speaks Git's protocol may claim anything about what refs hold, and send several commands for one ref.
//! No decision relies on such claims.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::sandbox::{Sandbox, exception};
use crate::support::server::{Server, Signs};

/// No object.
const NONE: &str = "0000000000000000000000000000000000000000";

fn line(text: &str) -> Vec<u8> {
    format!("{:04x}{text}", text.len() + 4).into_bytes()
}

/// Sends commands, each as old, new and name, with the objects of a clone (gitprotocol-pack). Returns the whole answer.
pub(super) fn raw(server: &Sandbox, clone: &Sandbox, commands: &[(&str, &str, &str)]) -> String {
    let mut pack = clone.command(&clone.repository, "git");
    pack.args(["pack-objects", "-q", "--stdout", "--revs"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut pack = pack.spawn().unwrap();
    let ids: String =
        commands.iter().filter(|(_, new, _)| *new != NONE).map(|(_, new, _)| format!("{new}\n")).collect();
    pack.stdin.take().unwrap().write_all(ids.as_bytes()).unwrap();
    let pack = pack.wait_with_output().unwrap().stdout;
    let mut bytes = Vec::new();
    for (index, (old, new, name)) in commands.iter().enumerate() {
        let more = if index == 0 { "\0report-status" } else { "" };
        bytes.extend(line(&format!("{old} {new} {name}{more}")));
    }
    bytes.extend(b"0000");
    if !ids.is_empty() {
        bytes.extend(pack);
    }
    let mut command = server.command(&server.repository, "git");
    command.args(["receive-pack", "."]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(&bytes);
    let output = child.wait_with_output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const LEDGER: &str = "refs/heads/ledger";
const PRODUCTION: &str = "refs/heads/production";

#[test]
fn a_ref_that_is_named_twice_or_does_not_hold_what_is_claimed_moves_nothing() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let (alice, bare) = (server.alice(), &server.sandbox);
    alice.run(&exception("It failed", "one")).ok();
    let head = alice.ledger_head();
    let parent = alice.git(&["rev-parse", "ledger^"]).ok().stdout.trim().to_owned();
    let tree = alice.git(&["rev-parse", "ledger^{tree}"]).ok().stdout.trim().to_owned();
    let bad = alice.git(&["commit-tree", &tree, "-p", &head, "-m", "bad"]).ok().stdout.trim().to_owned();
    for second in [NONE, &parent, &bad] {
        let said = raw(bare, alice, &[(&head, &head, LEDGER), (&head, second, LEDGER)]);
        assert!(said.contains("names it twice"), "{said}");
        assert_eq!(server.head(LEDGER), head);
    }
    // The client's claim of what a ref holds is not believed.
    let runs = server.head(PRODUCTION);
    let evil = alice.commit("evil");
    alice.run(&["pause", "--reason", "it burns"]).ok();
    let head = alice.ledger_head();
    for (old, name) in [(&evil, PRODUCTION), (&NONE.to_owned(), PRODUCTION), (&parent, LEDGER)] {
        let new = if name == LEDGER { &head } else { &runs };
        let said = raw(bare, alice, &[(old, new, name)]);
        assert!(said.contains("the ref is not at the commit that the push expects"), "{said}");
    }
    assert_eq!((server.head(PRODUCTION), server.queued()), (runs.clone(), 0));
    // A push that also sets the ledger back to before the pause does not move the branch, whichever old value its
    // command for the ledger claims.
    for old in [NONE, &head] {
        let said = raw(bare, alice, &[(old, &parent, LEDGER), (&runs, &evil, PRODUCTION)]);
        assert!(said.contains("pre-receive hook declined"), "{said}");
        assert_eq!(server.head(PRODUCTION), runs);
    }
    let paused = alice.run(&["log", "--kind", "pause", "--json"]).ok().json()["records"][0]["id"].clone();
    alice.run(&["resume", paused.as_str().unwrap(), "--reason", "it is out", "--local"]).ok();
    let said = raw(bare, alice, &[(&head, &alice.ledger_head(), LEDGER), (&runs, &evil, PRODUCTION)]);
    assert!(said.contains("the ledger is pushed with the branch"), "{said}");
    // The honest siblings, one after the other.
    let said = raw(bare, alice, &[(&head, &alice.ledger_head(), LEDGER)]);
    assert!(said.contains("ok refs/heads/ledger"), "{said}");
    let said = raw(bare, alice, &[(&runs, &evil, PRODUCTION)]);
    assert!(said.contains("ok refs/heads/production"), "{said}");
    bare.run(&["trail"]).ok();
}

#[test]
fn a_policy_that_does_not_land_lets_nothing_through() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let (alice, bare) = (server.alice(), &server.sandbox);
    let policy = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let file = alice.write("policy.toml", &policy.replace("refs/heads/production", "refs/heads/elsewhere"));
    let before = alice.ledger_head();
    alice.run(&["policy", "propose", "-f", &file, "--local"]).ok();
    let (runs, evil) = (server.head(PRODUCTION), alice.commit("evil"));
    let said = raw(bare, alice, &[(&before, &alice.ledger_head(), LEDGER), (&runs, &evil, PRODUCTION)]);
    assert!(said.contains("the ledger is pushed with the branch"), "{said}");
    assert_eq!((server.head(PRODUCTION), server.head(LEDGER)), (runs, before));
}

#[test]
fn another_name_of_a_ref_moves_nothing_and_what_would_shadow_the_ledger_is_refused() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let (alice, bare) = (server.alice(), &server.sandbox);
    alice.run(&["pause", "--reason", "it burns"]).ok();
    bare.git(&["symbolic-ref", "refs/heads/live", PRODUCTION]).ok();
    bare.git(&["symbolic-ref", "refs/heads/audit", LEDGER]).ok();
    let (runs, head) = (server.head(PRODUCTION), server.head(LEDGER));
    alice.commit("evil");
    let push = |to: &str| alice.git(&["push", "--no-verify", "origin", to]).code(1);
    for to in ["HEAD:refs/heads/live", ":refs/heads/audit"] {
        let _ = push(to).stderr_has("of another ref here: push that ref instead");
    }
    for name in ["refs/tags/ledger", "refs/remotes/origin/ledger", "refs/heads/refs/heads/ledger"] {
        let _ = push(&format!("HEAD:{name}")).stderr_has("is not received");
    }
    assert_eq!((server.head(PRODUCTION), server.head(LEDGER)), (runs, head));
    // The suggested command deletes the alias, but not the ref that it leads to.
    bare.git(&["symbolic-ref", "refs/heads/Ledger", LEDGER]).ok();
    bare.run(&["doctor"]).code(1).stdout_has("next: git symbolic-ref --delete refs/heads/Ledger");
    bare.git(&["symbolic-ref", "--delete", "refs/heads/Ledger"]).ok();
    assert!(!server.head(LEDGER).is_empty());
}

#[test]
fn the_pin_of_a_server_follows_the_ledger_and_a_ledger_that_is_gone_is_missed() {
    let Some(server) = Server::new(&[], Signs::Pusher) else { return };
    let (alice, bare) = (server.alice(), &server.sandbox);
    let pin = || std::fs::read_to_string(bare.repository.join("countersign").join("pin")).unwrap();
    let before = pin();
    alice.run(&exception("It failed", "one")).ok();
    assert_ne!(pin(), before);
    bare.git(&["update-ref", "-d", LEDGER]).ok();
    bare.run(&["doctor"]).code(1).stdout_has("it was here, and is gone");
    alice.commit("second");
    let _ = alice
        .git(&["push", "--no-verify", "origin", "HEAD:refs/heads/production"])
        .code(1)
        .stderr_has("absent");
}

#[test]
fn receipts_of_one_question_are_one_and_a_refused_push_leaves_none() {
    let Some(server) = Server::new(&["bob"], Signs::Server) else { return };
    let (alice, bare) = (server.alice(), &server.sandbox);
    let refusing = bare.script("refusing", "#!/bin/sh\nexit 1\n");
    let update = bare.repository.join("hooks").join("update");
    std::os::unix::fs::symlink(&refusing, &update).unwrap();
    alice.commit("second");
    for _ in 0..2 {
        alice.git(&["push", "origin", "HEAD:refs/heads/production"]).code(1);
        std::thread::sleep(std::time::Duration::from_millis(1_100));
    }
    assert_eq!(server.queued(), 2);
    std::fs::remove_file(&update).unwrap();
    server.people[1].run(&exception("It failed", "between")).ok();
    alice.git(&["push", "origin", "HEAD:refs/heads/production"]).ok();
    let log = bare.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    assert_eq!((log["records"].as_array().unwrap().len(), server.queued()), (1, 0));
    bare.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}
