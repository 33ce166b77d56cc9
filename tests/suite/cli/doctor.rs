//! `countersign doctor`: each problem is reported with the command that fixes it.

use crate::support::clones::people;
use crate::support::sandbox::Sandbox;

/// Returns each thing that is wrong, with the command that fixes it.
fn wrong(sandbox: &Sandbox, code: i32) -> Vec<(String, String)> {
    let view = sandbox.run(&["doctor", "--json"]).code(code).json();
    assert_eq!(view["well"], code == 0, "{view}");
    let mut found = Vec::new();
    for examination in view["examinations"].as_array().unwrap() {
        for symptom in examination["found"].as_array().unwrap() {
            if symptom["health"] == "wrong" {
                let text = |name: &str| symptom[name].as_str().unwrap_or_default().to_owned();
                found.push((
                    format!("{}: {}", examination["name"].as_str().unwrap(), text("found")),
                    text("next"),
                ));
            }
        }
    }
    found
}

/// Asserts that exactly one thing is wrong, and that the suggested command fixes it.
fn is_mended(sandbox: &Sandbox, says: &str) {
    let found = wrong(sandbox, 1);
    let [(found, next)] = found.as_slice() else { panic!("{found:?}") };
    assert!(found.contains(says), "{found}");
    let folder =
        std::path::Path::new(crate::support::sandbox::program()).parent().unwrap().display().to_string();
    let mut command = sandbox.command(&sandbox.repository, "sh");
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = command.args(["-c", next]).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{next}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(wrong(sandbox, 0), []);
}

#[test]
fn each_thing_that_is_wrong_is_found_alone_and_mended_by_what_is_suggested() {
    let [alice, bob] = people(&["bob"]).try_into().ok().unwrap();
    is_mended(&alice, "hooks: pre-push does not call countersign");
    // Another tool sets another hooks directory.
    alice.git(&["config", "core.hooksPath", "elsewhere"]).ok();
    assert!(wrong(&alice, 1).iter().any(|(found, _)| found.contains("pre-push does not call countersign")));
    alice.git(&["config", "--unset", "core.hooksPath"]).ok();
    // Another person shares a record.
    bob.run(&["pause", "--reason", "it burns"]).ok();
    is_mended(&alice, "remote: origin has entries that are not here");
    alice.run(&["pause", "--reason", "mine too", "--local"]).ok();
    is_mended(&alice, "remote: origin lacks entries that are here");
    // A killed `git` leaves a lock file.
    let lock = alice.repository.join(".git").join("refs").join("heads").join("ledger.lock");
    std::fs::write(&lock, "").unwrap();
    assert_eq!(wrong(&alice, 0), [], "a process may still hold it");
    alice.at(&alice.repository, "touch", &["-d", "1 hour ago", &lock.display().to_string()]).ok();
    is_mended(&alice, "locks: ");
    alice.git(&["branch", "Ledger"]).ok();
    is_mended(&alice, "refs: refs/heads/Ledger: people would take it for refs/heads/ledger");
    // The remote cannot be reached.
    let url = alice.git(&["remote", "get-url", "origin"]).ok().stdout;
    alice.git(&["remote", "set-url", "origin", "/nowhere"]).ok();
    let found = wrong(&alice, 1);
    assert!(found.iter().any(|(found, _)| found.starts_with("remote: origin does not answer")), "{found:?}");
    alice.git(&["remote", "set-url", "origin", url.trim()]).ok();
    assert_eq!(wrong(&alice, 0), []);
    // The text says the same, in lines of at most 80 characters.
    let text = alice.run(&["doctor"]).ok().stdout_has("Nothing is wrong.").stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    // Millions of objects are read sooner through one index for all packs. This file has the size of such an index.
    let index = alice.repository.join(".git/objects/pack/pack-1.idx");
    std::fs::File::create(&index).unwrap().set_len(64 * 1024 * 1024).unwrap();
    alice.run(&["doctor"]).ok().stdout_has("next: git multi-pack-index write");
    std::fs::remove_file(index).unwrap();
}

#[test]
fn a_repository_without_ledger_key_or_remote_is_told_so_step_by_step() {
    let sandbox = Sandbox::new();
    let found = wrong(&sandbox, 1);
    assert!(
        found.contains(&("ledger: there is none here".to_owned(), "countersign init".to_owned())),
        "{found:?}"
    );
    sandbox.run(&["init", "--yes"]).ok();
    sandbox.git(&["config", "user.signingkey", "/nowhere.pub"]).ok();
    let found = wrong(&sandbox, 1);
    assert!(found.iter().any(|(found, _)| found.starts_with("key: ")), "{found:?}");
    let stranger = format!("{}.pub", sandbox.key("stranger"));
    sandbox.git(&["config", "user.signingkey", &stranger]).ok();
    let found = wrong(&sandbox, 1);
    assert!(
        found
            .iter()
            .any(|(found, next)| found.contains("belongs to no member") && next == "countersign key show")
    );
}
