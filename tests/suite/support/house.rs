//! A sandbox with a team of two and a ledger: the starting point for tests of single commands.

use serde_json::Value;

use crate::support::sandbox::{Ran, Sandbox};

/// The arguments of a `gate` command for the commit at `HEAD`.
pub const ASK: &[&str] =
    &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];
/// A policy entry for break-glass that may waive `not-paused`.
pub const NIGHT: &str = "\n[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 0\nmax_lifetime = \"4h\"\n\
     review_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\nmay_waive = [\"not-paused\"]\n";

/// Creates a ledger of alice and bob with every role, a policy that requires approvals and contains `more`,
/// and an approved rollback plan.
pub fn team_with_policy(more: &str) -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.key("bob");
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let key = std::fs::read_to_string(sandbox.home.join("bob.pub")).unwrap();
    let roles: String = ["admin", "reporter", "approver", "reviewer", "gate"]
        .iter()
        .map(|role| format!("[[trust.member.role]]\nrole = \"{role}\"\n"))
        .collect();
    let bob =
        format!("[[trust.member]]\nname = \"bob\"\ntype = \"human\"\nkeys = [\"{}\"]\n{roles}", key.trim());
    let file = sandbox.write("trust.toml", &format!("{shown}\n{bob}"));
    sandbox.run(&["trust", "propose", "-f", &file]).ok().stdout_has("in force");
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let text = shown.replace("= 0", "= 1").replace("releases = 1", "releases = 0");
    let file = sandbox.write("policy.toml", &format!("{text}{more}"));
    sandbox.run(&["policy", "propose", "-f", &file]).ok().stdout_has("in force");
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan, "--yes"]).ok();
    sandbox
}

/// Returns the record id in the JSON answer of a command.
pub fn id(ran: &Ran) -> String {
    ran.json()["id"].as_str().unwrap().to_owned()
}

/// Asserts that the JSON answer of a command that records has exactly the documented fields, and returns the answer.
#[track_caller]
pub fn recorded(ran: Ran, kind: &str) -> Value {
    let json = ran.ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "entry",
            "id",
            "kind",
            "may_approve",
            "next",
            "notes",
            "position",
            "shared",
            "sharing",
            "standing",
            "tries"
        ]
    );
    assert_eq!(json["kind"], kind);
    assert_eq!(json["id"].as_str().unwrap().len(), 64);
    json
}

/// Records an override that grants access to alice, from a draft. `more` is added to the grant. Returns the id of the
/// override.
pub fn override_(sandbox: &Sandbox, more: &str) -> String {
    let end = sandbox.in_days(1);
    let text = crate::support::ledger::override_("alice", &end)
        .replace("identity = \"ops\"", "identity = \"alice\"")
        .replace("resource = \"db\"\n", &format!("resource = \"db\"\n{more}"));
    let file = sandbox.write("override.toml", &text);
    id(&sandbox.run(&["record", "exception", "-f", &file, "--json"]).ok())
}

/// Records a break-glass exception for one hour, and returns its id.
pub fn break_glass(sandbox: &Sandbox) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let end = countersign::value::Time::from_unix(i64::try_from(now).unwrap() + 3_600).unwrap().to_string();
    let text = crate::support::question::expected("night", "t", &["not-paused"], &end)
        .replace("identity = \"ops\"", "identity = \"alice\"");
    let file = sandbox.write("glass.toml", &text);
    id(&sandbox.run(&["record", "exception", "-f", &file, "--json"]).ok())
}
