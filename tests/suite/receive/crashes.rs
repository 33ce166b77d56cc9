//! A crash between the hooks of a server leaves a receipt in the queue, which the next run handles.

use crate::support::server::{Server, Signs};

#[test]
fn a_receipt_that_was_left_is_appended_by_the_next_push_and_one_of_a_refused_push_is_not() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    let hooks = server.sandbox.repository.join("hooks");
    let (after, away) = (hooks.join("post-receive"), hooks.join("post-receive.away"));
    let receipts = || {
        let log = server.sandbox.run(&["log", "--kind", "receipt", "--json"]).ok().json();
        log["records"].as_array().unwrap().len()
    };
    // The second hook never runs, as if the machine had gone down.
    std::fs::rename(&after, &away).unwrap();
    alice.commit("second");
    alice.git(&["push", "origin", "HEAD:refs/heads/production"]).ok();
    assert_eq!((server.queued(), receipts()), (1, 0));
    // A later hook refuses the next push: the receipt of that push waits, and is never appended.
    let refusing = server.sandbox.script("refusing", "#!/bin/sh\nexit 1\n");
    let update = hooks.join("update");
    std::os::unix::fs::symlink(&refusing, &update).unwrap();
    alice.commit("third");
    alice.git(&["push", "origin", "HEAD:refs/heads/production"]).code(1);
    assert_eq!((server.queued(), receipts()), (2, 0));
    std::fs::remove_file(&update).unwrap();
    std::fs::rename(&away, &after).unwrap();
    // The next push finds the branch at the second commit, which therefore ran there: its receipt is recorded, and that
    // of the refused push is dropped.
    alice.git(&["reset", "-q", "--hard", "HEAD~1"]).ok();
    alice.commit("another third");
    let pushed = alice.git(&["push", "origin", "HEAD:refs/heads/production"]).ok();
    let _ = pushed.stderr_has("recorded").stderr_has("is dropped");
    assert_eq!((server.queued(), receipts()), (0, 2));
    server.sandbox.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}

#[test]
fn two_pushes_at_the_same_time_leave_two_receipts() {
    let Some(server) = Server::new(&["bob"], Signs::Server) else { return };
    let alice = server.alice();
    // Two targets, each with a branch of its own.
    let policy = alice.run(&["policy", "propose", "--print"]).ok().stdout;
    let second = "\n[[policy.target]]\nservice = \"billing\"\nenvironment = \"production\"\nrefs = [\"refs/heads/billing\"]\n";
    let file = alice.write("policy.toml", &format!("{policy}{second}"));
    alice.run(&["policy", "propose", "-f", &file]).ok();
    let end = alice.in_days(20);
    let plan = crate::support::ledger::plan("alice", "previous", &end).replace("\"payments\"", "\"billing\"");
    let file = alice.write("plan.toml", &plan);
    alice.run(&["record", "rollback-plan", "-f", &file]).ok();
    for round in 0..4 {
        let pushing: Vec<_> = server
            .people
            .iter()
            .zip(["production", "billing"])
            .map(|(clone, branch)| {
                clone.commit(&format!("{branch} {round}"));
                let mut command = clone.command(&clone.repository, "git");
                let to = format!("+HEAD:refs/heads/{branch}");
                command.args(["push", "-q", "origin", &to]).stderr(std::process::Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        for child in pushing {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let log = server.sandbox.run(&["log", "--kind", "receipt", "-n", "0", "--json"]).ok().json();
    let good = |record: &&serde_json::Value| record["verdict"] == "verified";
    assert_eq!(log["records"].as_array().unwrap().iter().filter(good).count(), 8);
    assert_eq!(server.queued(), 0);
}
