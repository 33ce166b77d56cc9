//! The server asks the gate about each push to a protected branch, whatever the client does.

use crate::support::sandbox::{Ran, Sandbox};
use crate::support::server::{Server, Signs};

fn push(clone: &Sandbox) -> Ran {
    clone.git(&["push", "origin", "HEAD:refs/heads/production"])
}

/// The receipts of the server's ledger, newest first.
fn receipts(server: &Server) -> Vec<serde_json::Value> {
    let log = server.sandbox.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    log["records"].as_array().unwrap().clone()
}

#[test]
fn a_push_past_the_client_hook_is_refused_where_the_gate_refuses_it() {
    let Some(server) = Server::new(&["bob"], Signs::Server) else { return };
    let alice = server.alice();
    let before = server.head("refs/heads/production");
    let commit = alice.commit("second");
    alice.run(&["pause", "--reason", "it burns"]).ok();
    let refused = alice.git(&["push", "--no-verify", "origin", "HEAD:refs/heads/production"]).code(1);
    let refused = refused.stderr_has("remote: countersign: ").stderr_has("not-paused").stderr_has("it burns");
    let _ = refused.stderr_has("Nothing was received.").stderr_has("pre-receive hook declined");
    assert_eq!(server.head("refs/heads/production"), before);
    // The objects of the refused push are not kept.
    server.sandbox.git(&["cat-file", "-e", &commit]).code(1);
    assert_eq!((server.queued(), receipts(&server).len()), (0, 0));
    // The honest sibling: the pause is over.
    let paused = alice.run(&["log", "--kind", "pause", "--json"]).ok().json()["records"][0]["id"].clone();
    alice.run(&["resume", paused.as_str().unwrap(), "--reason", "it is out"]).ok();
    let allowed = push(alice).ok();
    let _ = allowed.stderr_has("allowed, receipt").stderr_has("signed here").stderr_has("recorded");
    assert_eq!(server.head("refs/heads/production"), commit);
}

#[test]
fn the_server_signs_the_receipt_and_appends_it_once_the_ref_has_moved() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    let previous = server.head("refs/heads/production");
    let commit = alice.commit("second");
    push(alice).ok();
    let all = receipts(&server);
    assert_eq!((all.len(), server.queued()), (1, 0));
    assert_eq!((&all[0]["author"], &all[0]["verdict"]), (&"gate".into(), &"verified".into()));
    alice.run(&["sync"]).ok();
    let shown = alice.run(&["show", all[0]["id"].as_str().unwrap(), "--raw"]).ok().stdout;
    for line in [
        format!("commit = \"{commit}\""),
        format!("previous = \"{previous}\""),
        "previous_from = \"ref\"".to_owned(),
        "ref = \"refs/heads/production\"".to_owned(),
        "decision = \"allowed\"".to_owned(),
    ] {
        assert!(shown.contains(&line), "{line}: {shown}");
    }
    // A second deployment has a receipt of its own.
    alice.commit("third");
    push(alice).ok();
    assert_eq!(receipts(&server).len(), 2);
    server.sandbox.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}

#[test]
fn a_server_without_a_key_takes_the_receipt_of_whoever_pushes_and_nothing_less() {
    let Some(server) = Server::new(&["bob"], Signs::Pusher) else { return };
    let alice = server.alice();
    alice.commit("second");
    let before = server.head("refs/heads/production");
    let refused = push(alice).code(1);
    let _ = refused.stderr_has("has no receipt").stderr_has("countersign gate --record");
    assert_eq!(server.head("refs/heads/production"), before);
    // The suggested command is enough.
    alice.run(&["gate", "--record"]).ok();
    let receipt = receipts(&server)[0]["id"].as_str().unwrap().get(..8).unwrap().to_owned();
    let _ = push(alice).ok().stderr_has(&format!("allowed, by receipt {receipt}"));
    // A receipt is for one commit, and does not allow the next one.
    alice.commit("third");
    let _ = push(alice).code(1).stderr_has("has no receipt");
    // Once installed, the hook of the clone makes and pushes the receipt.
    alice.run(&["hooks", "install"]).ok();
    let pushed = alice.git(&["push", "origin", "production"]).ok();
    let _ = pushed.stderr_has("by receipt");
    // If the pipeline records receipts, a push needs none.
    let policy = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let policy = policy.replacen(
        "[[policy.target]]",
        "[policy.receipts]\nrecorded_by = \"pipeline\"\n\n[[policy.target]]",
        1,
    );
    let file = alice.write("policy.toml", &policy);
    alice.run(&["policy", "propose", "-f", &file]).ok();
    alice.commit("fourth");
    let _ = alice
        .git(&["push", "--no-verify", "origin", "production"])
        .ok()
        .stderr_has("allowed, without a receipt");
}

#[test]
fn all_refs_of_a_push_are_decided_together_and_branches_of_no_target_cost_nothing() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    alice.commit("second");
    alice.run(&["pause", "--reason", "it burns"]).ok();
    let before = server.head("refs/heads/production");
    let refs = ["push", "origin", "HEAD:refs/heads/production", "HEAD:refs/heads/topic"];
    let _ = alice.git(&refs).code(1).stderr_has("not-paused");
    assert_eq!(server.head("refs/heads/production"), before);
    assert_eq!(server.head("refs/heads/topic"), "", "pre-receive refuses all of a push");
    // Two thousand branches of no target.
    let updates: String =
        (0..2_000).map(|number| format!("create refs/heads/topic/{number} HEAD\n")).collect();
    let mut command = alice.command(&alice.repository, "git");
    command.args(["update-ref", "--stdin"]).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), updates.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    alice.git(&["push", "-q", "origin", "refs/heads/topic/*:refs/heads/topic/*"]).ok();
    assert!(!server.head("refs/heads/topic/1999").is_empty());
}

#[test]
fn a_receipt_whose_head_somebody_else_moved_is_decided_again() {
    let Some(server) = Server::new(&["bob"], Signs::Server) else { return };
    let alice = server.alice();
    alice.commit("second");
    // Between the two hooks of the server, another person appends to the ledger.
    let bob = &server.people[1];
    let marker = server.sandbox.root.path().join("once").display().to_string();
    let between = format!(
        "#!/bin/sh\n[ ! -e '{marker}' ] || exit 0\ntouch '{marker}'\nunset $(git rev-parse --local-env-vars)\n\
         HOME='{}' '{}' -C '{}' record exception --workflow w --root-cause c --failure timeout --origin data \
         --summary s --task t >&2\n",
        bob.home.display(),
        crate::support::sandbox::program(),
        bob.repository.display()
    );
    let update = server.sandbox.repository.join("hooks").join("update");
    std::os::unix::fs::symlink(server.sandbox.script("between", &between), update).unwrap();
    let _ = push(alice).ok().stderr_has("the gate decided again: allowed");
    let all = receipts(&server);
    assert_eq!((all.len(), &all[0]["verdict"], server.queued()), (1, &"verified".into(), 0));
    server.sandbox.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}

#[test]
fn the_update_hook_decides_one_ref_alone() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    let script = server.sandbox.run(&["hooks", "print", "update"]).ok().stdout;
    let hooks = server.sandbox.repository.join("hooks");
    std::fs::remove_file(hooks.join("pre-receive")).unwrap();
    let program = crate::support::sandbox::program();
    std::fs::write(
        hooks.join("update"),
        script.replace("program=countersign", &format!("program={program}")),
    )
    .unwrap();
    std::fs::set_permissions(hooks.join("update"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    alice.run(&["pause", "--reason", "it burns"]).ok();
    alice.commit("second");
    let before = server.head("refs/heads/production");
    let refs = ["push", "origin", "HEAD:refs/heads/production", "HEAD:refs/heads/topic"];
    let _ = alice.git(&refs).code(1).stderr_has("not-paused").stderr_has("hook declined");
    assert_eq!(server.head("refs/heads/production"), before);
    assert!(!server.head("refs/heads/topic").is_empty(), "the other ref goes ahead");
    let paused = alice.run(&["log", "--kind", "pause", "--json"]).ok().json()["records"][0]["id"].clone();
    alice.run(&["resume", paused.as_str().unwrap(), "--reason", "it is out"]).ok();
    let _ = push(alice).ok().stderr_has("signed here");
    assert_eq!((receipts(&server).len(), server.queued()), (1, 0));
}

#[test]
fn options_of_a_push_decide_nothing_and_are_not_shown() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    server.sandbox.git(&["config", "receive.advertisePushOptions", "true"]).ok();
    let options: Vec<String> =
        (0..1_000).map(|number| format!("--push-option=skip={number}\u{1b}[2J")).collect();
    let mut words = vec!["push", "--no-verify"];
    words.extend(options.iter().map(String::as_str));
    words.extend(["origin", "HEAD:refs/heads/production"]);
    alice.commit("second");
    let paused = alice.run(&["pause", "--reason", "it burns", "--json"]).ok().json()["id"].clone();
    let refused = alice.git(&words).code(1).stderr_has("it burns");
    assert!(!refused.stderr.contains("[2J"), "{}", refused.stderr);
    alice.run(&["resume", paused.as_str().unwrap(), "--reason", "it is out"]).ok();
    let received = alice.git(&words).ok().stderr_has("signed here");
    assert!(!received.stderr.contains("[2J"), "{}", received.stderr);
}

#[test]
fn a_hundred_megabytes_of_refs_are_refused_in_bounded_time_and_move_nothing() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let bare = &server.sandbox;
    let head = server.head("production");
    let (none, some) = ("0".repeat(40), "1".repeat(40));
    // 100 MB of commands, as Git would write them for very many refs; the last one moves the branch of the target.
    let mut input = String::with_capacity(104_000_000);
    let mut number = 0;
    while input.len() < 100_000_000 {
        input.push_str(&format!("{none} {some} refs/heads/topic-{number}\n"));
        number += 1;
    }
    input.push_str(&format!("{head} {some} refs/heads/production\n"));
    let started = std::time::Instant::now();
    let received = |input: &[u8]| told(bare, "pre-receive", input);
    let refused = received(input.as_bytes());
    assert_ne!(refused.code, Some(0), "{}", refused.stderr);
    assert!(started.elapsed() < std::time::Duration::from_mins(5), "{:?}", started.elapsed());
    assert!(refused.stderr.len() < 100_000, "{} bytes are said", refused.stderr.len());
    assert!(refused.stderr.contains("names no commit of this repository"), "{}", refused.stderr);
    assert_eq!(server.head("production"), head);
    // Input that contains no command of a push is refused, too.
    assert_ne!(received(&vec![b'x'; 100_000_000]).code, Some(0));
}

/// Runs a hook of a server with this input in place of Git's.
fn told(bare: &Sandbox, hook: &str, input: &[u8]) -> Ran {
    use std::io::Write as _;
    let mut command = bare.command(&bare.repository, crate::support::sandbox::program());
    command.args(["hook", hook]).env("GIT_DIR", ".");
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    // The program need not read all of its input.
    _ = child.stdin.take().unwrap().write_all(input);
    crate::support::sandbox::ran(child.wait_with_output().unwrap(), hook, &[])
}

#[test]
fn a_hook_that_is_told_of_no_ref_lets_nothing_move() {
    // Git runs the hook only if a ref would move, and does not notice if its input to the hook does not arrive. So
    // empty input must be refused.
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    told(&server.sandbox, "pre-receive", b"").code(4).stderr_has("Git passed no refs to the hook");
    told(&server.sandbox, "post-receive", b"").ok();
    let topic = format!("{} {} refs/heads/topic\n", "0".repeat(40), server.head("production"));
    told(&server.sandbox, "pre-receive", topic.as_bytes()).ok();
}
