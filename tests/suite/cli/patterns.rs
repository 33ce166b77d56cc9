//! `countersign patterns`.

use crate::support::house::team_with_policy;
use crate::support::sandbox::Sandbox;

#[test]
fn patterns_are_shown_as_the_gate_counts_them() {
    let sandbox = team_with_policy("");
    sandbox.run(&["patterns"]).ok();
    for task in ["1", "2", "3"] {
        sandbox.exception(task);
    }
    sandbox.run(&["patterns"]).ok().stdout_has("feed-stale");
    let json = sandbox.run(&["patterns", "--json"]).ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["at", "by", "days", "direction", "groups", "patterns", "suspects"]);
    let row = &json["patterns"][0];
    assert_eq!(
        (&row["root_cause"], &row["all"], &row["recent"]),
        (&"feed-stale".into(), &3.into(), &3.into())
    );
    assert_eq!(row["closes"], serde_json::json!(["payments in production"]));
    assert_eq!(row["exceptions"].as_array().unwrap().len(), 3);
    for by in ["cause", "workflow", "failure", "origin", "identity", "credential"] {
        assert_eq!(sandbox.run(&["patterns", "--by", by, "--json"]).ok().json()["by"], by);
    }
    sandbox.run(&["patterns", "--by", "moon"]).code(2);
    sandbox
        .run(&[
            "record",
            "exception",
            "--workflow",
            "vendor-import",
            "--root-cause",
            "feeds-stale",
            "--failure",
            "timeout",
            "--origin",
            "data",
            "--summary",
            "s",
            "--task",
            "9",
        ])
        .ok();
    sandbox.run(&["patterns", "--suspect"]).ok().stdout_has("feeds-stale");
    Sandbox::new().run(&["patterns"]).code(3);
}
