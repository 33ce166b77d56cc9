//! `countersign triage`.

use crate::support::house::{ASK, id, recorded, team_with_policy};

#[test]
fn a_triage_names_an_open_cause_at_once_and_waits_where_it_takes_an_exception_out() {
    let sandbox = team_with_policy("");
    let ids: Vec<String> = ["1", "2", "3"].iter().map(|task| sandbox.exception(task)).collect();
    sandbox.run(ASK).code(1).stdout_has("no-repeating-exceptions");
    sandbox.run(&["triage", "--mistaken", "--reason", "r"]).code(2);
    sandbox.run(&["triage", &ids[0], "--reason", "r"]).code(2).stderr_has("--root-cause");
    sandbox.run(&["triage", &ids[0], "--root-cause", "Bad Name", "--reason", "r"]).code(2);
    sandbox.run(&["triage", &ids[0], "--mistaken", "--root-cause", "c", "--reason", "r"]).code(2);
    sandbox
        .run(&["triage", &ids[0], "--duplicate-of", &ids[0], "--reason", "r"])
        .code(2)
        .stderr_has("duplicate of itself");
    sandbox.run(&["triage", "ffffffff", "--mistaken", "--reason", "r"]).code(2);
    let json =
        recorded(sandbox.run(&["triage", &ids[2], "--mistaken", "--reason", "a test", "--json"]), "triage");
    assert_eq!(
        (&json["standing"], &json["may_approve"]),
        (&"waits for 1 approval".into(), &serde_json::json!(["bob"]))
    );
    sandbox.run(ASK).code(1).stdout_has("no-repeating-exceptions");
    let triage = json["id"].as_str().unwrap();
    sandbox.run(&["approve", triage, "--yes"]).code(1).stderr_has("concerned");
    sandbox.bob(&["approve", triage, "--yes"]).ok();
    sandbox.run(ASK).ok();
    // Naming a root cause that a machine left open needs no second person.
    let text = crate::support::ledger::exception("x", "m", "symptom = \"E1\"", "")
        .replace("root_cause = \"x\"\n", "")
        .replace("failure = \"bad-source-data\"\norigin = \"data\"\n", "")
        .replace("identity = \"ops\"", "identity = \"alice\"");
    let file = sandbox.write("machine.toml", &text);
    let ran = sandbox.run(&["record", "exception", "-f", &file, "--json"]);
    if ran.code == Some(0) {
        let open = id(&ran);
        let words = ["triage", &open, "--root-cause", "feed-late", "--reason", "r"];
        sandbox.run(&words).ok().stdout_has("in force");
    }
}
