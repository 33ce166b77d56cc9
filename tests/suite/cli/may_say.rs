//! A record that would be void, or would change nothing, is refused before the user is asked anything.

use crate::support::house::{ASK, id, override_, recorded, team_with_policy};
use crate::support::sandbox::{Ran, exception};

/// The commands about a record. The test runs them without the options that they ask for.
const RESPONDING: &[&str] = &["approve", "reject", "withdraw", "review", "close", "resume", "triage"];

/// Whether a command asked something.
fn asked(ran: &Ran) -> bool {
    ran.stdout.contains("? ")
}

#[test]
fn a_command_whose_record_would_be_void_asks_nothing() {
    let sandbox = team_with_policy("");
    sandbox.run(&exception("s", "t")).ok();
    override_(&sandbox, "");
    recorded(sandbox.run(&["pause", "--reason", "it burns", "--json"]), "pause");
    sandbox.run(&["trust", "propose", "--print"]).ok();
    sandbox.run(ASK).code(1);
    let log = sandbox.run(&["log", "--json"]).ok().json();
    let records = log["records"].as_array().unwrap();
    let mut refused = 0;
    for record in records {
        let of = record["id"].as_str().unwrap().get(..8).unwrap();
        for verb in RESPONDING {
            let before = sandbox.ledger_head();
            let ran = sandbox.terminal(80, &format!("{verb} {of}"), "");
            let text = &ran.stdout;
            assert_eq!(sandbox.ledger_head(), before, "{verb} of {}: {text}", record["kind"]);
            if text.contains("would be void") {
                refused += 1;
                assert!(!asked(&ran), "{verb} of {}: {text}", record["kind"]);
                assert_eq!(ran.code, Some(1), "{verb} of {}: {text}", record["kind"]);
            } else {
                assert!(asked(&ran) || ran.code == Some(1), "{verb} of {}: {text}", record["kind"]);
            }
        }
    }
    assert!(records.len() * 3 < refused, "{refused} of {}", records.len() * RESPONDING.len());
}

#[test]
fn a_command_given_a_record_of_another_kind_names_the_kind_and_the_command_that_responds_to_it() {
    let sandbox = team_with_policy("");
    let observed = id(&sandbox.run(&[&exception("s", "t")[..], &["--json"]].concat()));
    let paused = recorded(sandbox.run(&["pause", "--reason", "it burns", "--json"]), "pause");
    let paused = paused["id"].as_str().unwrap().get(..8).unwrap();
    let expect = |verb: &str, of: &str, says: &str| {
        let _ = sandbox
            .run(&[verb, of, "--yes"][..if verb == "approve" { 3 } else { 2 }])
            .code(1)
            .stderr_has(says);
    };
    let observed = observed.get(..8).unwrap();
    expect("close", paused, &format!("{paused} is a pause: countersign resume {paused}"));
    expect("resume", observed, &format!("{observed} is an observation: countersign triage {observed}"));
    expect("approve", observed, &format!("{observed} is an observation: countersign triage {observed}"));
    expect("triage", paused, &format!("{paused} is a pause: countersign resume {paused}"));
}

#[test]
fn what_would_change_nothing_is_not_recorded() {
    let sandbox = team_with_policy("");
    let paused = recorded(sandbox.run(&["pause", "--reason", "it burns", "--json"]), "pause");
    let paused = paused["id"].as_str().unwrap().get(..8).unwrap();
    let other = recorded(sandbox.run(&["pause", "--reason", "another fire", "--json"]), "pause");
    let other = other["id"].as_str().unwrap().get(..8).unwrap();
    let resumed = sandbox.run(&["resume", paused, "--reason", "it is out"]).ok();
    let _ = resumed.stdout_has(&format!("another pause still holds there: {other}"));
    let head = sandbox.ledger_head();
    // The same person with the same reason may be trying again, which is no error. A resume by anybody else would
    // change nothing.
    sandbox.run(&["resume", paused, "--reason", "it is out"]).ok();
    let _ = sandbox.bob(&["resume", paused, "--reason", "me too"]).code(1).stderr_has("is over already");
    let over = override_(&sandbox, "");
    let over = over.get(..8).unwrap();
    let _ = sandbox.bob(&["withdraw", over, "--yes"]).code(1).stderr_has("bob has no vote on");
    let rejected = sandbox.bob(&["reject", over, "--reason", "no", "--yes"]).ok();
    let _ = rejected.stdout_has("rejection ");
    let _ = sandbox.bob(&["reject", over, "--reason", "really no", "--yes"]).code(1).stderr_has("rejected");
    // The honest sibling: a vote may change.
    let taken_back = sandbox.bob(&["withdraw", over, "--yes"]).ok();
    let _ = taken_back.stdout_has("withdrawal ");
    sandbox.bob(&["approve", over, "--yes"]).ok();
    let _ = sandbox.bob(&["approve", over, "--reason", "twice", "--yes"]).code(1).stderr_has("approved");
    assert_ne!(sandbox.ledger_head(), head);
}
