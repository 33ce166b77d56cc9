//! `countersign review`.

use crate::support::house::{ASK, NIGHT, break_glass, recorded, team_with_policy};

#[test]
fn a_review_is_by_another_person_and_pays_the_debt() {
    let sandbox = team_with_policy(NIGHT);
    sandbox.run(&["pause", "--reason", "r"]).ok();
    sandbox.run(ASK).code(1).stdout_has("not-paused");
    let glass = break_glass(&sandbox);
    sandbox.run(ASK).ok().stdout_has("waived").stdout_has(&format!("waived by {} of alice", &glass[..8]));
    sandbox.run(&["status", "--mine"]).ok().stdout_has("nothing waits for you");
    sandbox.bob(&["status", "--mine"]).ok().stdout_has("review").stdout_has(&glass[..8]);
    sandbox.bob(&["review", &glass, "--findings", "f"]).code(2).stderr_has("--justified");
    sandbox.bob(&["review", &glass, "--justified"]).code(2).stderr_has("--findings");
    sandbox.bob(&["review", &glass, "--unjustified", "--findings", "f"]).code(2).stderr_has("--follow-up");
    sandbox.bob(&["review", &glass, "--justified", "--unjustified", "--findings", "f"]).code(2);
    let ran = sandbox.run(&["review", &glass, "--justified", "--findings", "mine was fine"]);
    assert!(matches!(ran.code, Some(1 | 2)) && ran.stderr.contains("concerned"), "{}", ran.stderr);
    let seen = sandbox.exception("t");
    let ran = sandbox.bob(&["review", &seen, "--justified", "--findings", "f"]);
    assert!(matches!(ran.code, Some(1 | 2)), "an observation is not an expected exception: {}", ran.stderr);
    let words = ["review", &glass[..8], "--justified", "--findings", "the disk was full", "--json"];
    recorded(sandbox.bob(&words), "review");
    sandbox.bob(&["status", "--mine"]).ok().stdout_has("nothing waits for you");
}
