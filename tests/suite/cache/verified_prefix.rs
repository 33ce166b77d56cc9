//! A prefix that was verified before: going on from it judges as if it had been judged again, and nothing that
//! somebody else has put there is believed.

use std::path::{Path, PathBuf};

use crate::support::ledger::{Actor, Ledger, NOW, body, exception};
use crate::support::sandbox::{Ran, Sandbox, program};

/// A ledger of many entries in a repository, and its id.
fn of_many_entries() -> (Sandbox, PathBuf, String) {
    let mut ledger = Ledger::team();
    for number in 0..80 {
        ledger.say("ops", "exception", &exception("c", &format!("run {number}"), "", ""), NOW);
    }
    let sandbox = Sandbox::new();
    let directory = sandbox.root.path().join("many.git");
    let written = ledger.objects.written(ledger.parent.as_ref().unwrap().as_str());
    std::fs::rename(written.keep(), &directory).unwrap();
    // The second verifier need not read them all.
    ledger.parent = None;
    (sandbox, directory, ledger.id.unwrap().to_string())
}

fn file(directory: &Path) -> PathBuf {
    directory.join("countersign").join("verified")
}

fn verify(sandbox: &Sandbox, directory: &Path, id: &str, more: &[&str]) -> Ran {
    sandbox.at(directory, program(), &[&["verify", "--ledger-id", id, "--json"], more].concat())
}

/// The file of an old record is gone from the repository.
fn lose_an_old_record(sandbox: &Sandbox, directory: &Path) -> PathBuf {
    let tree = sandbox.at(directory, "git", &["ls-tree", "-r", "ledger", "exception"]).ok().stdout;
    let blob = tree.split_whitespace().nth(2).unwrap().to_owned();
    let path = directory.join("objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::rename(&path, path.with_extension("gone")).unwrap();
    path
}

#[test]
fn what_was_verified_is_not_read_again_unless_all_of_it_is_asked_for() {
    let (sandbox, directory, id) = of_many_entries();
    let first = verify(&sandbox, &directory, &id, &[]).ok().stdout;
    assert!(file(&directory).exists());
    let path = lose_an_old_record(&sandbox, &directory);
    assert_eq!(verify(&sandbox, &directory, &id, &[]).ok().stdout, first);
    verify(&sandbox, &directory, &id, &["--full"]).code(3).answers("incomplete");
    // The gate needs what the record says, and does not do without.
    let ask = [
        "gate",
        "--service",
        "payments",
        "--environment",
        "production",
        "--commit",
        "ledger",
        "--ledger-id",
        &id,
    ];
    let missing = "a record that was verified before is missing";
    sandbox.at(&directory, program(), &ask).code(3).answers(missing);
    let status = ["status", "--commit", "ledger", "--ledger-id", &id];
    sandbox.at(&directory, program(), &status).code(3).says(missing);
    std::fs::rename(path.with_extension("gone"), path).unwrap();
    sandbox.at(&directory, program(), &ask).code(1);
}

#[test]
fn a_ledger_that_does_not_go_on_from_what_is_remembered_is_verified_from_its_first_entry() {
    let (sandbox, directory, id) = of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    sandbox.at(&directory, "git", &["update-ref", "refs/heads/ledger", "ledger~3"]).ok();
    std::fs::remove_file(directory.join("countersign").join("pin")).unwrap();
    let shorter = verify(&sandbox, &directory, &id, &[]).ok().json();
    assert_eq!(shorter["size"], 79);
    verify(&sandbox, &directory, &"0".repeat(64), &[]).code(3).answers("wrong-anchor");
}

#[test]
fn where_the_remote_has_gone_on_only_what_is_new_is_read() {
    let (sandbox, directory, id) = of_many_entries();
    let git = |arguments: &[&str]| sandbox.at(&directory, "git", arguments).ok().stdout.trim().to_owned();
    let (head, old) = (git(&["rev-parse", "ledger"]), git(&["rev-parse", "ledger~40"]));
    git(&["update-ref", "refs/heads/ledger", "ledger~2"]);
    verify(&sandbox, &directory, &id, &[]).ok();
    git(&["update-ref", "refs/remotes/origin/ledger", &head]);
    let path = directory.join("objects").join(&old[..2]).join(&old[2..]);
    std::fs::rename(&path, path.with_extension("gone")).unwrap();
    assert_eq!(verify(&sandbox, &directory, &id, &[]).ok().json()["size"], 82);
    verify(&sandbox, &directory, &id, &["--full"]).code(3).answers("incomplete");
}

#[test]
fn a_prefix_that_does_not_serve_is_written_down_anew() {
    let (sandbox, directory, id) = of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    let before = std::fs::read(file(&directory)).unwrap();
    sandbox.at(&directory, "git", &["update-ref", "refs/heads/ledger", "ledger~3"]).ok();
    std::fs::remove_file(directory.join("countersign").join("pin")).unwrap();
    verify(&sandbox, &directory, &id, &[]).ok();
    assert_ne!(std::fs::read(file(&directory)).unwrap(), before);
}

#[test]
fn what_somebody_else_has_put_there_is_passed_over() {
    let (sandbox, directory, id) = of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    let good = std::fs::read(file(&directory)).unwrap();
    let path = lose_an_old_record(&sandbox, &directory);
    let is_passed_over = |bytes: &[u8]| {
        std::fs::write(file(&directory), bytes).unwrap();
        verify(&sandbox, &directory, &id, &[]).code(3).answers("incomplete");
    };
    // One byte changed, at the beginning, the end, and here and there; cut off; more; nothing.
    for place in [0, good.len() - 1, good.len() / 2, good.len() / 3, good.len() / 5] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        is_passed_over(&bytes);
    }
    is_passed_over(&good[..good.len() - 1]);
    is_passed_over(&[&good[..], b"x"].concat());
    is_passed_over(b"");
    // Written with a secret of somebody else, as in a cache that was restored or a clone that was prepared.
    std::fs::write(file(&directory), &good).unwrap();
    verify(&sandbox, &directory, &id, &[]).ok();
    let seal = sandbox.home.join(".local/state/countersign/seal");
    let secret = std::fs::read(&seal).unwrap();
    std::fs::write(&seal, [7; 32]).unwrap();
    is_passed_over(&good);
    std::fs::remove_file(&seal).unwrap();
    is_passed_over(&good);
    assert!(!seal.exists(), "nothing was verified that is worth a seal");
    // With the secret again, and the record too, all is as it was.
    std::fs::write(&seal, secret).unwrap();
    std::fs::rename(path.with_extension("gone"), path).unwrap();
    verify(&sandbox, &directory, &id, &["--full"]).ok();
}

#[test]
fn without_a_home_or_where_nothing_can_be_written_it_is_verified_in_full_each_time() {
    let (sandbox, directory, id) = of_many_entries();
    let alone = |path: &Path| {
        let mut command = sandbox.command(path, program());
        command.args(["verify", "--ledger-id", &id]).env_remove("HOME");
        assert!(command.output().unwrap().status.success());
    };
    alone(&directory);
    assert!(!file(&directory).exists());
    std::fs::write(directory.join("countersign").join("verified"), "").unwrap();
    alone(&directory);
}

#[test]
fn only_its_owner_reads_the_secret_of_the_seal() {
    use std::os::unix::fs::PermissionsExt as _;
    let (sandbox, directory, id) = of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    let seal = sandbox.home.join(".local/state/countersign/seal");
    assert_eq!(std::fs::metadata(&seal).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read(&seal).unwrap().len(), 32);
}

#[test]
fn a_broken_entry_that_was_quarantined_stays_in_the_report() {
    let mut ledger = Ledger::team();
    let record = ledger.record("alice", body("exception", &exception("c", "t", "", "")), NOW);
    let stranger = Actor::new("mallory").file(&record.payload());
    ledger.push_files(&Actor::new("alice"), &[stranger]);
    let halted = ledger.replay.past().snapshot();
    assert!(halted.is_none(), "a ledger that is halted is not remembered");
    let entry = ledger.parent.clone().unwrap();
    let text = format!("[quarantine]\nentries = [\"{entry}\"]\nreason = \"an incident\"\n");
    ledger.say("alice", "quarantine", &text, NOW);
    for number in 0..70 {
        ledger.say("ops", "exception", &exception("c", &format!("run {number}"), "", ""), NOW);
    }
    let written = ledger.objects.written(ledger.parent.as_ref().unwrap().as_str());
    let sandbox = Sandbox::new();
    let id = ledger.id.unwrap().to_string();
    let first = verify(&sandbox, written.path(), &id, &[]).ok();
    assert_eq!(first.json()["quarantined"][0]["entry"], entry.as_str());
    assert!(file(written.path()).exists());
    assert_eq!(verify(&sandbox, written.path(), &id, &[]).ok().stdout, first.stdout);
}
