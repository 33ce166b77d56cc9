//! `countersign grant`.

use serde_json::Value;

use crate::support::house::{override_, team_with_policy};
use crate::support::sandbox::{Sandbox, program};

#[test]
fn grant_answers_by_its_exit_code_and_hands_out_nothing_on_a_ledger_that_cannot_be_trusted() {
    let sandbox = team_with_policy("");
    let target = ["--service", "payments", "--environment", "production"];
    let ask =
        [&["grant", "--to", "alice", "--action", "write", "--resource", "db"][..], &target[..]].concat();
    let ask = &ask[..];
    sandbox.run(ask).code(1).stdout_has("REFUSED");
    let waiting = override_(&sandbox, "credential = \"vault:lease/1\"\n");
    sandbox.run(ask).code(1).stdout_has("waits for an approval");
    sandbox.bob(&["approve", &waiting, "--yes"]).ok();
    sandbox.run(ask).ok().stdout_has("ALLOWED").stdout_has("vault:lease/1");
    let json = sandbox.run(&[ask, &["--json"]].concat()).ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    let fields = [
        "action",
        "allowed",
        "at",
        "because",
        "credential",
        "environment",
        "override",
        "resource",
        "service",
        "to",
        "until",
    ];
    assert_eq!(keys, fields);
    assert_eq!((&json["allowed"], &json["override"]), (&true.into(), &Value::from(waiting.clone())));
    // Member, action and resource are compared exactly.
    for other in [
        ["grant", "--to", "bob", "--action", "write", "--resource", "db"],
        ["grant", "--to", "alice", "--action", "Write", "--resource", "db"],
        ["grant", "--to", "alice", "--action", "writ", "--resource", "db"],
        ["grant", "--to", "alice", "--action", "write", "--resource", "db2"],
        ["grant", "--to", "alice", "--action", "write", "--resource", "*"],
    ] {
        sandbox.run(&[&other[..], &target[..]].concat()).code(1);
    }
    let json = sandbox
        .run(
            &[&["grant", "--to", "bob", "--action", "write", "--resource", "db", "--json"][..], &target]
                .concat(),
        )
        .code(1)
        .json();
    assert_eq!(json["allowed"], false);
    sandbox.run(&["grant", "--to", "alice"]).code(2);
    // A question needs a target, unless the policy says to which target the resource belongs.
    for (given, why) in [
        (&target[..0], "--service and --environment are missing"),
        (&target[..2], "--environment is missing"),
        (&target[2..], "--service is missing"),
    ] {
        sandbox.run(&[&ask[..7], given].concat()).code(2).stderr_has(why).stderr_has("[[policy.resource]]");
    }
    sandbox.run(&["grant", "--to", "A B", "--action", "w", "--resource", "db"]).code(2);
    // On an unanchored, rewound, halted or absent ledger the exit code is 3, and the output never says
    // ALLOWED.
    let clone = sandbox.root.path().join("clone");
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", "payments", "clone"]).ok();
    sandbox.at(&clone, "git", &["branch", "-q", "ledger", "origin/ledger"]).ok();
    let unanchored = sandbox.at(&clone, program(), ask).code(3);
    assert!(!unanchored.stdout.contains("ALLOWED"));
    let ledger = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    let never_asked = sandbox.at(&clone, program(), &[ask, &["--ledger-id", &ledger]].concat()).code(3);
    assert!(!never_asked.stdout.contains("ALLOWED"));
    sandbox.at(&clone, program(), &[ask, &["--sync", "--ledger-id", &ledger]].concat()).ok();
    let head = sandbox.ledger_head();
    sandbox.git(&["update-ref", "refs/heads/ledger", "ledger~1"]).ok();
    sandbox.run(ask).code(3);
    sandbox.git(&["update-ref", "refs/heads/ledger", &head]).ok();
    let junk =
        sandbox.git(&["commit-tree", "-m", "x", "-p", &head, "ledger^{tree}"]).ok().stdout.trim().to_owned();
    sandbox.git(&["update-ref", "refs/heads/ledger", &junk]).ok();
    let halted = sandbox.run(ask).code(3);
    assert!(!halted.stdout.contains("ALLOWED"), "{}", halted.stdout);
    sandbox.git(&["update-ref", "refs/heads/ledger", &head]).ok();
    sandbox.run(ask).ok();
    // A closed override grants nothing.
    sandbox.run(&["close", &waiting, "--reason", "done", "--credential", "vault:lease/1=revoked"]).ok();
    sandbox.run(ask).code(1);
    Sandbox::new().run(ask).code(3);
}

#[test]
fn a_resource_of_the_policy_says_of_which_target_it_is() {
    let sandbox = team_with_policy(
        "\n[[policy.resource]]\nname = \"db\"\nservices = [\"payments\"]\nenvironments = [\"production\"]\n",
    );
    let id = override_(&sandbox, "");
    sandbox.bob(&["approve", &id, "--yes"]).ok();
    sandbox.run(&["grant", "--to", "alice", "--action", "write", "--resource", "db"]).ok();
    // What the policy does not allow is refused before anything is signed.
    let text = std::fs::read_to_string(sandbox.root.path().join("override.toml")).unwrap();
    let file = sandbox.write("other.toml", &text.replace("resource = \"db\"", "resource = \"queue\""));
    sandbox
        .run(&["record", "exception", "-f", &file])
        .code(2)
        .stderr_has("exception.grant[0]")
        .stderr_has("no resource that `queue` matches");
}
