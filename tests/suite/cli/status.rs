//! `countersign status`.

use crate::support::house::{override_, team_with_policy};
use crate::support::sandbox::Sandbox;

#[test]
fn status_says_what_waits_for_whom_and_what_is_new() {
    let sandbox = team_with_policy("");
    let before = sandbox.run(&["status", "--json"]).ok().json();
    let checkpoint = before["checkpoint"].as_str().unwrap().to_owned();
    sandbox.run(&["status", "--since", &checkpoint]).ok().stdout_has("nothing new since size");
    let waiting = override_(&sandbox, "");
    sandbox.run(&["status", "--mine"]).ok().stdout_has("nothing waits for you");
    sandbox.bob(&["status", "--mine"]).ok().stdout_has("approve").stdout_has(&waiting[..8]);
    let json = sandbox.bob(&["status", "--json", "--since", &checkpoint]).ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    let fields = [
        "asked_at",
        "at",
        "checkpoint",
        "commit",
        "duties",
        "ledger",
        "local",
        "needs_others",
        "needs_you",
        "outbox",
        "redesigns",
        "since",
        "soon",
        "targets",
        "title",
        "watch",
    ];
    assert_eq!(keys, fields);
    assert_eq!(json["needs_you"][0]["id"], waiting);
    assert_eq!(json["since"]["records"].as_array().unwrap().len(), 1);
    assert_eq!(json["since"]["records"][0]["id"], waiting);
    assert_eq!(json["targets"][0]["standing"], "blocked");
    // A checkpoint of another history, one beyond the head, and a text that is no checkpoint.
    let (size, root) = checkpoint.split_once(':').unwrap();
    let other = format!("{size}:{}", "0".repeat(64));
    sandbox.run(&["status", "--since", &other]).code(3).stderr_has("forked");
    sandbox.run(&["status", "--since", &format!("999:{root}")]).code(3).stderr_has("rewound");
    sandbox.run(&["status", "--since", "yesterday"]).code(2);
    sandbox.key("mallory");
    let key = sandbox.home.join("mallory").display().to_string();
    sandbox.run(&["status", "--mine", "--key", &key]).code(2).stderr_has("belongs to no member");
    Sandbox::new().run(&["status"]).code(3);
}
