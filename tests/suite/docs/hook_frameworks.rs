//! The examples for hook managers: each checks the trailers of a commit message, and leaves the gate in place.

use std::path::PathBuf;

use crate::support::hook_managers::{Managed, tools};

fn example(name: &str) -> String {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/hook-managers");
    std::fs::read_to_string(directory.join(name)).unwrap()
}

/// Asserts that a commit message with a false trailer is refused, that one with a true trailer is accepted, and that a
/// push asks the gate.
#[track_caller]
fn holds(managed: &Managed, manager: &str) {
    managed.ours("install").ok();
    let status = managed.ours("status").ok();
    assert!(status.stdout.contains("asked about every push"), "{manager}: {}", status.stdout);
    let id = managed.sandbox.exception("t");
    let commit = |trailer: &str| {
        let message = format!("Mend it\n\nException: {trailer}\n");
        managed.run("git", &["commit", "-q", "--allow-empty", "-m", &message])
    };
    let refused = commit("ffff0000").code(1);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(said.contains("no record of this ledger"), "{manager}: {said}");
    commit(&id[..8]).ok();
    let push = managed.run("git", &["push", "origin", "production"]).code(1);
    let said = format!("{}{}", push.stdout, push.stderr);
    assert!(said.contains("REFUSED"), "{manager}: {said}");
}

#[test]
fn the_examples_check_trailers_under_every_manager_and_the_gate_is_asked() {
    let Some(tools) = tools() else { return };
    for manager in ["pre-commit", "prek"] {
        let managed = Managed::new(&tools);
        managed.write(".pre-commit-config.yaml", &example(".pre-commit-config.yaml"));
        managed.run(manager, &["install"]).ok();
        holds(&managed, manager);
    }
    let managed = Managed::new(&tools);
    managed.write("lefthook.yml", &example("lefthook.yml"));
    managed.run("lefthook", &["install"]).ok();
    holds(&managed, "lefthook");
    let managed = Managed::new(&tools);
    managed.write(".husky/commit-msg", &example("husky/commit-msg"));
    managed.husky();
    holds(&managed, "husky");
}

/// pre-commit and prek take the hook from `.pre-commit-hooks.yaml`, which is copied to a repository of its own here.
#[test]
fn the_hook_of_this_repository_is_taken_by_pre_commit_and_prek() {
    let Some(tools) = tools() else { return };
    for manager in ["pre-commit", "prek"] {
        let managed = Managed::new(&tools);
        let hooks = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        let theirs = managed.sandbox.repository.with_file_name("countersign-hooks");
        std::fs::create_dir_all(&theirs).unwrap();
        std::fs::copy(hooks, theirs.join(".pre-commit-hooks.yaml")).unwrap();
        let at = theirs.display().to_string();
        for arguments in
            [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "hooks"], &["tag", "v1"]]
        {
            managed.run("git", &[&["-C", &at][..], arguments].concat()).ok();
        }
        let config = format!(
            "default_install_hook_types: [commit-msg]\nrepos:\n- repo: {at}\n  rev: v1\n  hooks:\n  - id: countersign-trailers\n"
        );
        managed.write(".pre-commit-config.yaml", &config);
        managed.run(manager, &["install"]).ok();
        holds(&managed, manager);
    }
}
