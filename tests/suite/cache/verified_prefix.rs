//! The cached verified prefix: continuing from it gives the same verdicts as verifying everything again, and
//! a file that somebody else put there is not believed.

use std::path::{Path, PathBuf};

use crate::support::ledger::{Actor, Ledger, NOW, body, exception};
use crate::support::sandbox::{Ran, Sandbox, program};

/// The time as of which `verify` is asked, so that its answers can be compared.
const AS_OF: &str = "2026-12-01T00:00:00Z";

/// Returns a sandbox, the directory of a repository with a ledger of many entries, and the id of the ledger.
fn ledger_of_many_entries() -> (Sandbox, PathBuf, String) {
    let mut ledger = Ledger::team();
    for number in 0..80 {
        ledger.append("ops", "exception", &exception("c", &format!("run {number}"), "", ""), NOW);
    }
    let sandbox = Sandbox::new();
    let directory = sandbox.root.path().join("many.git");
    let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    std::fs::rename(written.keep(), &directory).unwrap();
    // When a ledger that has a head is dropped, the second verifier runs on it, which would be slow here. So the head
    // is removed.
    ledger.parent = None;
    (sandbox, directory, ledger.id.unwrap().to_string())
}

fn file(directory: &Path) -> PathBuf {
    directory.join("countersign").join("cache")
}

fn verify(sandbox: &Sandbox, directory: &Path, id: &str, more: &[&str]) -> Ran {
    sandbox.at(
        directory,
        program(),
        &[&["verify", "--ledger-id", id, "--json", "--as-of", AS_OF], more].concat(),
    )
}

/// Moves the object of an old record out of the way; returns its path.
fn remove_an_old_record(sandbox: &Sandbox, directory: &Path) -> PathBuf {
    let tree = sandbox.at(directory, "git", &["ls-tree", "-r", "ledger", "exception"]).ok().stdout;
    let blob = tree.split_whitespace().nth(2).unwrap().to_owned();
    let path = directory.join("objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::rename(&path, path.with_extension("gone")).unwrap();
    path
}

#[test]
fn what_was_verified_is_not_read_again_unless_all_of_it_is_asked_for() {
    let (sandbox, directory, id) = ledger_of_many_entries();
    let newest = || sandbox.at(&directory, program(), &["log", "-n", "1", "--ledger-id", &id]);
    let first = newest().ok().stdout;
    assert!(file(&directory).exists());
    let path = remove_an_old_record(&sandbox, &directory);
    assert_eq!(newest().ok().stdout, first);
    verify(&sandbox, &directory, &id, &["--full"]).code(3).stdout_has("incomplete");
    // The gate needs the contents of the record, and does not decide without them.
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
    sandbox.at(&directory, program(), &ask).code(3).stdout_has(missing);
    let status = ["status", "--commit", "ledger", "--ledger-id", &id];
    sandbox.at(&directory, program(), &status).code(3).stderr_has(missing);
    std::fs::rename(path.with_extension("gone"), path).unwrap();
    sandbox.at(&directory, program(), &ask).code(1);
}

#[test]
fn a_ledger_that_does_not_extend_the_cached_prefix_is_verified_from_its_first_entry() {
    let (sandbox, directory, id) = ledger_of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    sandbox.at(&directory, "git", &["update-ref", "refs/heads/ledger", "ledger~3"]).ok();
    std::fs::remove_file(directory.join("countersign").join("pin")).unwrap();
    let shorter = verify(&sandbox, &directory, &id, &[]).ok().json();
    assert_eq!(shorter["size"], 79);
    verify(&sandbox, &directory, &"0".repeat(64), &[]).code(3).stdout_has("wrong-anchor");
}

#[test]
fn where_the_remote_is_ahead_only_the_new_entries_are_read() {
    let (sandbox, directory, id) = ledger_of_many_entries();
    let git = |arguments: &[&str]| sandbox.at(&directory, "git", arguments).ok().stdout.trim().to_owned();
    let (head, old) = (git(&["rev-parse", "ledger"]), git(&["rev-parse", "ledger~40"]));
    git(&["update-ref", "refs/heads/ledger", "ledger~2"]);
    verify(&sandbox, &directory, &id, &[]).ok();
    git(&["update-ref", "refs/remotes/origin/ledger", &head]);
    let path = directory.join("objects").join(&old[..2]).join(&old[2..]);
    std::fs::rename(&path, path.with_extension("gone")).unwrap();
    // A bare repository without a remote has fetched nothing: this tracking ref was pushed, and is ignored.
    assert_eq!(verify(&sandbox, &directory, &id, &[]).ok().json()["size"], 80);
    git(&["remote", "add", "origin", "/nowhere"]);
    assert_eq!(verify(&sandbox, &directory, &id, &[]).ok().json()["size"], 82);
    verify(&sandbox, &directory, &id, &["--full"]).code(3).stdout_has("incomplete");
}

#[test]
fn a_cached_prefix_that_does_not_fit_is_replaced() {
    let (sandbox, directory, id) = ledger_of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    let before = std::fs::read(file(&directory)).unwrap();
    sandbox.at(&directory, "git", &["update-ref", "refs/heads/ledger", "ledger~3"]).ok();
    std::fs::remove_file(directory.join("countersign").join("pin")).unwrap();
    verify(&sandbox, &directory, &id, &[]).ok();
    assert_ne!(std::fs::read(file(&directory)).unwrap(), before);
}

#[test]
fn a_cache_file_that_somebody_else_put_there_is_ignored() {
    let (sandbox, directory, id) = ledger_of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    let good = std::fs::read(file(&directory)).unwrap();
    let path = remove_an_old_record(&sandbox, &directory);
    let is_ignored = |bytes: &[u8]| {
        std::fs::write(file(&directory), bytes).unwrap();
        verify(&sandbox, &directory, &id, &[]).code(3).stdout_has("incomplete");
    };
    // One byte changed at the beginning, at the end and in between; truncated; extended; empty.
    for place in [0, good.len() - 1, good.len() / 2, good.len() / 3, good.len() / 5] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        is_ignored(&bytes);
    }
    is_ignored(&good[..good.len() - 1]);
    is_ignored(&[&good[..], b"x"].concat());
    is_ignored(b"");
    // Authenticated with another user's secret, as in a restored CI cache or a prepared clone.
    std::fs::write(file(&directory), &good).unwrap();
    verify(&sandbox, &directory, &id, &[]).ok();
    let secret_file = sandbox.home.join(".local/state/countersign/cache-key");
    let secret = std::fs::read(&secret_file).unwrap();
    std::fs::write(&secret_file, [7; 32]).unwrap();
    is_ignored(&good);
    std::fs::remove_file(&secret_file).unwrap();
    is_ignored(&good);
    assert!(!secret_file.exists(), "no secret is created where nothing was verified");
    // With the secret and the record back, everything is as before.
    std::fs::write(&secret_file, secret).unwrap();
    std::fs::rename(path.with_extension("gone"), path).unwrap();
    verify(&sandbox, &directory, &id, &["--full"]).ok();
}

/// The ways in which the key of the cache can be unsafe: a script that makes such a key at `$KEY`, and the reason that
/// the program gives.
const UNSAFE_KEYS: &[(&str, &str)] = &[
    ("head -c 32 /dev/urandom >$KEY; chmod 644 $KEY", "can be read by others"),
    ("head -c 31 /dev/urandom >$KEY; chmod 600 $KEY", "does not have 32 bytes"),
    (
        "head -c 32 /dev/urandom >$KEY.there; chmod 600 $KEY.there; ln -s $KEY.there $KEY",
        "is not a regular file",
    ),
    ("mkfifo -m 600 $KEY", "is not a regular file"),
    ("mkdir $KEY", "is not a regular file"),
    ("git init -q $(dirname $KEY)/../..", "lies in the repository"),
    ("git init -q --bare $(dirname $KEY)/..", "lies in the repository"),
];

#[test]
fn without_a_key_that_is_the_users_alone_nothing_is_cached_and_that_is_said() {
    let (sandbox, directory, id) = ledger_of_many_entries();
    let key = sandbox.home.join(".local/state/countersign/cache-key");
    for (script, why) in UNSAFE_KEYS {
        let _ = std::fs::remove_dir_all(sandbox.home.join(".local"));
        std::fs::create_dir_all(key.parent().unwrap()).unwrap();
        let script = format!("KEY='{}'; {script}", key.display());
        sandbox.at(&directory, "bash", &["-euc", &script]).ok();
        let _ = verify(&sandbox, &directory, &id, &[]).ok().stderr_has(why).stderr_has("nothing is cached");
        assert!(!file(&directory).exists(), "{why}");
    }
    // The honest sibling: a directory of the user's own, without a repository around it.
    let _ = std::fs::remove_dir_all(sandbox.home.join(".local"));
    let ran = verify(&sandbox, &directory, &id, &[]).ok();
    assert!(!ran.stderr.contains("nothing is cached"), "{}", ran.stderr);
    assert!(file(&directory).exists());
}

#[test]
fn without_home_the_user_database_names_the_home() {
    let (sandbox, directory, id) = ledger_of_many_entries();
    for home in [None, Some("")] {
        let mut command = sandbox.command(&directory, program());
        command.args(["log", "-n", "1", "--ledger-id", &id]).env_remove("HOME");
        home.into_iter().for_each(|home| _ = command.env("HOME", home));
        // Keeps the state directory inside the sandbox.
        command.env("XDG_STATE_HOME", &sandbox.home);
        assert!(command.output().unwrap().status.success());
    }
}

#[test]
fn only_its_owner_can_read_the_secret_of_the_cache() {
    use std::os::unix::fs::PermissionsExt as _;
    let (sandbox, directory, id) = ledger_of_many_entries();
    verify(&sandbox, &directory, &id, &[]).ok();
    let secret_file = sandbox.home.join(".local/state/countersign/cache-key");
    assert_eq!(std::fs::metadata(&secret_file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read(&secret_file).unwrap().len(), 32);
}

#[test]
fn a_broken_entry_that_was_quarantined_stays_in_the_report() {
    let mut ledger = Ledger::team();
    let record = ledger.record("alice", body("exception", &exception("c", "t", "", "")), NOW);
    let stranger = Actor::new("mallory").file(&record.payload());
    ledger.push_files(&Actor::new("alice"), &[stranger]);
    let entry = ledger.parent.clone().unwrap();
    let text = format!("[quarantine]\nentries = [\"{entry}\"]\nreason = \"an incident\"\n");
    ledger.append("alice", "quarantine", &text, NOW);
    for number in 0..70 {
        ledger.append("ops", "exception", &exception("c", &format!("run {number}"), "", ""), NOW);
    }
    let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    let sandbox = Sandbox::new();
    let id = ledger.id.unwrap().to_string();
    let first = verify(&sandbox, written.path(), &id, &[]).ok();
    assert_eq!(first.json()["quarantined"][0]["entry"], entry.as_str());
    assert!(file(written.path()).exists());
    assert_eq!(verify(&sandbox, written.path(), &id, &[]).ok().stdout, first.stdout);
}

#[test]
fn a_halted_ledger_is_cached_too_and_a_quarantine_still_leads_out() {
    let sandbox = Sandbox::with_ledger();
    let script = "tree=$(git rev-parse 'ledger^{tree}'); head=$(git rev-parse ledger); \
         for n in $(seq 70); do head=$(echo \"$n\" | git commit-tree -p $head $tree); done; \
         git update-ref refs/heads/ledger $head";
    sandbox.at(&sandbox.repository, "bash", &["-ec", script]).ok();
    let first = sandbox.run(&["verify", "--json", "--as-of", AS_OF]).code(3).stdout;
    let cached = sandbox.repository.join(".git").join("countersign").join("cache");
    assert!(cached.exists());
    // A stranger's commit in the middle is not read again, so only `--full` finds that it is missing.
    let middle = sandbox.git(&["rev-parse", "ledger~30"]).ok().stdout.trim().to_owned();
    let object = sandbox.repository.join(".git/objects").join(&middle[..2]).join(&middle[2..]);
    let away = object.with_extension("away");
    std::fs::rename(&object, &away).unwrap();
    assert_eq!(sandbox.run(&["verify", "--json", "--as-of", AS_OF]).code(3).stdout, first);
    sandbox.run(&["verify", "--full"]).code(3).stdout_has("incomplete");
    std::fs::rename(&away, &object).unwrap();
    assert_eq!(sandbox.run(&["verify", "--full", "--json", "--as-of", AS_OF]).code(3).stdout, first);
    // The text lists the first 100 findings, and says how many more there are.
    let text = sandbox.run(&["verify"]).code(3).stdout;
    assert_eq!(text.lines().filter(|line| line.starts_with("broken ")).count(), 100, "{text}");
    assert!(text.contains("more broken; --json lists all"), "{text}");
    sandbox.run(&["record", "quarantine", "--reason", "an incident", "--yes"]).ok();
    sandbox.run(&["verify"]).ok();
}
