//! Our hook beside those of real hook managers, whichever is installed first: what ran before still runs, and so does
//! ours.

use crate::support::hook_managers::{Managed, tools};

const PRE_COMMIT: &str = "repos:\n- repo: local\n  hooks:\n  - id: a\n    name: theirs\n    entry: 'true'\n    language: system\n    always_run: true\n    stages: [pre-push]\n";

fn bare_hook(managed: &Managed) {
    managed.write(".git/hooks/pre-push", "#!/bin/sh\ncat >&2\necho \"bare: $0\" >&2\n");
    let path = managed.sandbox.repository.join(".git/hooks/pre-push");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn pre_commit_and_prek_and_ours_run_in_every_order() {
    let Some(tools) = tools() else { return };
    for manager in ["pre-commit", "prek"] {
        let theirs = |managed: &Managed| {
            managed.write(".pre-commit-config.yaml", PRE_COMMIT);
            managed.run(manager, &["install", "--hook-type", "pre-push"]).ok();
        };
        // Theirs first, then ours, then theirs again.
        let managed = Managed::new(&tools);
        theirs(&managed);
        managed.ours("install").ok();
        managed.is_asked("theirs");
        theirs(&managed);
        managed.is_asked("theirs");
        managed.ours("install").ok().stdout_has("already installed");
        managed.is_asked("theirs");
        managed.is_as_before("theirs");
        // A bare hook, theirs, ours, and theirs again: all of them still run.
        let managed = Managed::new(&tools);
        bare_hook(&managed);
        theirs(&managed);
        managed.ours("install").ok().stdout_has("pre-push.legacy");
        managed.is_asked("bare: ");
        theirs(&managed);
        managed.is_asked("bare: ");
        managed.is_as_before("bare: ");
        // A bare hook, ours, then theirs: all three run.
        let managed = Managed::new(&tools);
        bare_hook(&managed);
        managed.ours("install").ok();
        theirs(&managed);
        managed.is_asked("bare: ");
        managed.is_as_before("bare: ");
    }
}

#[test]
fn lefthook_and_ours_run_in_every_order() {
    let Some(tools) = tools() else { return };
    let theirs = |managed: &Managed| {
        managed.write("lefthook.yml", "pre-push:\n  jobs:\n    - name: theirs\n      run: echo ran\n");
        managed.run("lefthook", &["install"])
    };
    let managed = Managed::new(&tools);
    theirs(&managed).ok();
    managed.ours("install").ok().stdout_has("lefthook-local.yml");
    managed.is_asked("theirs");
    managed.is_as_before("theirs");
    // Lefthook moves any other hook away and no longer runs it. `hooks status` reports that, and `hooks install` fixes
    // it.
    let managed = Managed::new(&tools);
    managed.ours("install").ok();
    theirs(&managed).ok();
    managed.ours("status").code(1).stdout_has("nothing runs it");
    managed.run("countersign", &["status"]).ok().stderr_has("countersign hooks install");
    managed.ours("install").ok();
    managed.is_asked("theirs");
    // After `lefthook install` the push is still refused, and `hooks install` puts our hook back once more.
    theirs(&managed).ok();
    managed.sandbox.commit("third");
    let push = managed.run("git", &["push", "origin", "production"]).code(1);
    assert!(format!("{}{}", push.stdout, push.stderr).contains("REFUSED"));
    managed.ours("install").ok();
    managed.is_asked("theirs");
    managed.is_as_before("theirs");
    // A local configuration that we did not write is not changed.
    let managed = Managed::new(&tools);
    theirs(&managed).ok();
    managed.write("lefthook-local.yml", "pre-commit:\n  jobs: []\n");
    managed.ours("install").code(4).stderr_has("add this job to it").stderr_has("countersign hook pre-push");
}

#[test]
fn husky_and_ours_run_in_every_order() {
    let Some(tools) = tools() else { return };
    let theirs = |managed: &Managed| {
        managed.write(".husky/pre-push", "echo \"team: $0\" >&2\n");
        managed.husky();
    };
    let managed = Managed::new(&tools);
    theirs(&managed);
    managed.ours("install").ok().stdout_has(".husky/pre-push");
    managed.is_asked("team: .husky/pre-push");
    // `npm install` writes the files of husky again.
    managed.husky();
    managed.is_asked("team: .husky/pre-push");
    managed.is_as_before("team: .husky/pre-push");
    // Ours first, in a repository that has husky's folder already.
    let managed = Managed::new(&tools);
    managed.write(".husky/pre-push", "echo \"team: $0\" >&2\n");
    managed.ours("install").ok();
    managed.husky();
    managed.is_asked("team: .husky/pre-push");
    // If that folder was not there when our hook was installed, installing husky bypasses our hook. `hooks status`
    // reports that nothing runs it, and `hooks install` fixes that.
    let managed = Managed::new(&tools);
    managed.ours("install").ok();
    theirs(&managed);
    managed.ours("status").code(1).stdout_has("nothing runs it");
    managed.run("countersign", &["status"]).ok().stderr_has("countersign hooks install");
    managed.ours("install").ok();
    managed.is_asked("team: .husky/pre-push");
}
