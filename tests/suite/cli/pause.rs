//! `countersign pause` and `resume`.

use crate::support::house::{ASK, recorded, team_with_policy};

#[test]
fn a_pause_refuses_and_a_resume_lets_go_on() {
    let sandbox = team_with_policy("");
    sandbox.run(ASK).ok();
    let json = recorded(sandbox.run(&["pause", "--reason", "the import fails", "--json"]), "pause");
    assert_eq!(json["standing"], "holds until somebody resumes");
    let pause = json["id"].as_str().unwrap().to_owned();
    sandbox
        .run(ASK)
        .code(1)
        .stdout_has("not-paused")
        .stdout_has(&format!("countersign resume {}", &pause[..8]));
    // Wrong usage.
    sandbox.run(&["pause"]).code(2).stderr_has("--reason");
    sandbox.run(&["pause", "--reason", ""]).code(2);
    sandbox.run(&["pause", "--reason", "r", "--for", "0h"]).code(2);
    sandbox
        .run(&["pause", "--reason", "r", "--service", "payments"])
        .code(2)
        .stderr_has("--environment is missing");
    sandbox.run(&["pause", "--reason", "r", "--service", "paymentz", "--environment", "production"]).code(2);
    sandbox.run(&["resume", &pause]).code(2).stderr_has("--reason");
    sandbox.run(&["resume", "ffffffff", "--reason", "r"]).code(2);
    sandbox.run(&["resume", "zz", "--reason", "r"]).code(2);
    let plan =
        sandbox.run(&["log", "--kind", "rollback-plan", "--json"]).ok().json()["records"][0]["id"].clone();
    let ran = sandbox.run(&["resume", plan.as_str().unwrap(), "--reason", "r"]);
    assert!(matches!(ran.code, Some(1 | 2)), "a plan is not a pause: {}", ran.stderr);
    // Another person may resume the pause, as an approver.
    let resumed = sandbox.bob(&["resume", &pause[..8], "--reason", "mended"]).ok();
    assert!(resumed.stdout.contains("resumed by bob"), "{}", resumed.stdout);
    sandbox.run(ASK).ok();
    sandbox
        .run(&["pause", "--reason", "r", "--for", "24h", "--workflow", "vendor-import"])
        .ok()
        .stdout_has("holds until 20");
    sandbox.run(ASK).code(1).stdout_has("because of vendor-import");
}
