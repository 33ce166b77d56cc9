//! The demo, and the checks of its ledger that anybody can make without countersign.

use std::path::Path;

use crate::support::sandbox::{Sandbox, program};

#[test]
fn the_demo_plays_to_its_end_and_everything_in_it_can_be_checked_by_hand() {
    let sandbox = Sandbox::new();
    let demo = sandbox.root.path().join("demo");
    let ran =
        sandbox.at(sandbox.root.path(), program(), &["demo", "--keep", &demo.display().to_string()]).ok();
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    let order = [
        "REFUSED: 4 of 14 checks fail. Nothing was pushed.",
        "Bob checks what waits",
        "allowed, receipt",
        "SOUND: 14 records",
        "The repository is kept",
    ];
    let mut rest = ran.stdout.as_str();
    for text in order {
        rest = rest
            .split_once(text)
            .unwrap_or_else(|| panic!("expected `{text}`, in this order, in:\n{}", ran.stdout))
            .1;
    }
    let clone = demo.join("alice").join("payments");
    other_programs_accept_the_records(&sandbox, &clone);
    let clone_of_demo = Sandbox { repository: clone.clone(), ..Sandbox::new() };
    clone_of_demo.both_verifiers_agree();
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join("check-by-hand.sh").display().to_string();
    sandbox
        .at(&clone, "sh", &[&script, "."])
        .ok()
        .stdout_has("14 records, 14 entries: every check by hand passes");
    // A directory that is not empty is left alone.
    sandbox
        .at(sandbox.root.path(), program(), &["demo", "--keep", &demo.display().to_string()])
        .code(2)
        .stderr_has("is not empty");
}

/// Checks the records with `ssh-keygen -Y verify`, `git verify-commit`, `git fsck`, another TOML reader and
/// `sha256sum`.
fn other_programs_accept_the_records(sandbox: &Sandbox, clone: &Path) {
    sandbox.at(clone, "git", &["fsck", "--strict"]).ok();
    let files = sandbox.at(clone, "git", &["ls-tree", "-r", "--name-only", "ledger"]).ok().stdout;
    let keys =
        |name: &str| std::fs::read_to_string(clone.parent().unwrap().parent().unwrap().join(name)).unwrap();
    let allowed = format!(
        "alice {}bob {}svc-vendor-import {}",
        keys("alice/key.pub"),
        keys("bob/key.pub"),
        keys("alice/service-key.pub")
    );
    let allowed = sandbox.write("allowed", &allowed);
    let mut count = 0;
    for path in files.lines() {
        let text = sandbox.at(clone, "git", &["cat-file", "blob", &format!("ledger:{path}")]).ok().stdout;
        let value: toml_05::Value = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let author = value["author"].as_str().unwrap();
        let record = sandbox.write("record.toml", &text);
        let digest = format!("sed '/^\\[signature\\]$/,$d' {record} | sha256sum");
        let id = sandbox.at(clone, "sh", &["-c", &digest]).ok().stdout[..64].to_owned();
        assert!(path.ends_with(&format!("/{id}.toml")), "{path}");
        let armor = sandbox.write("signature", value["signature"]["sshsig"].as_str().unwrap());
        let verify = format!(
            "sed '/^\\[signature\\]$/,$d' {record} | ssh-keygen -Y verify -n countersign.record.v1 -f {allowed} -I {author} -s {armor}"
        );
        sandbox.at(clone, "sh", &["-c", &verify]).ok().stdout_has("Good \"countersign.record.v1\" signature");
        count += 1;
    }
    assert_eq!(count, 14);
    for commit in sandbox.at(clone, "git", &["rev-list", "ledger"]).ok().stdout.lines() {
        let option = format!("gpg.ssh.allowedSignersFile={allowed}");
        sandbox.at(clone, "git", &["-c", &option, "verify-commit", commit]).ok();
    }
}
