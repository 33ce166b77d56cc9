//! Comparing two views of a ledger, and evidence of a fork that can be checked without anything else.

use std::path::{Path, PathBuf};

use crate::support::sandbox::{Ran, Sandbox, program};

/// A ledger with a remote, and a second clone with everything that was pushed.
fn two_clones() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::with_ledger();
    let remote = sandbox.with_remote();
    sandbox.exception("both have it");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote.display().to_string(), "other"]).ok();
    let other = sandbox.root.path().join("other");
    // From here on, each clone keeps its new records to itself.
    sandbox.stay_local();
    sandbox.at(&other, "git", &["config", "countersign.share", "manual"]).ok();
    sandbox.at(&other, "git", &["branch", "-q", "ledger", "origin/ledger"]).ok();
    (sandbox, other)
}

fn id(sandbox: &Sandbox) -> String {
    sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned()
}

/// Records an exception in the other clone, which has not seen the exception that was recorded here.
fn record_there(sandbox: &Sandbox, other: &Path, task: &str) {
    let arguments = crate::support::sandbox::exception("It failed", task);
    sandbox.at(other, program(), &[&["--ledger-id", &id(sandbox)][..], &arguments].concat()).ok();
}

fn compare(sandbox: &Sandbox, with: &Path, more: &[&str]) -> Ran {
    sandbox.run(&[&["verify", "--json", "--compare", &with.display().to_string()], more].concat())
}

/// Checks evidence in an empty directory, as a person would who has nothing else.
fn check(sandbox: &Sandbox, evidence: &Path, more: &[&str]) -> Ran {
    let empty = crate::support::temporary::tempdir().unwrap();
    let path = evidence.display().to_string();
    sandbox.at(empty.path(), program(), &[&["verify", "--json", "--fork", &path], more].concat())
}

#[test]
fn views_that_do_not_contradict_each_other_are_the_same_ahead_or_behind() {
    let (sandbox, other) = two_clones();
    let same = compare(&sandbox, &other, &[]).ok().json();
    assert_eq!((&same["verdict"], &same["common"]), (&"same".into(), &3.into()));
    sandbox.exception("only here");
    assert_eq!(compare(&sandbox, &other, &[]).ok().json()["verdict"], "ahead");
    let bare = sandbox.root.path().join("remote.git");
    assert_eq!(
        compare(&sandbox, &bare, &[]).ok().json()["verdict"],
        "ahead",
        "a bare repository is a view too"
    );
    let here = sandbox.repository.display().to_string();
    let behind = ["verify", "--json", "--compare", &here, "--ledger-id", &id(&sandbox)];
    let ran = sandbox.at(&other, program(), &behind).code(1);
    assert_eq!(ran.json()["verdict"], "behind");
    assert!(ran.json()["evidence"].is_null());
    // Another ledger, whose member has the same name.
    let stranger = Sandbox::with_ledger();
    assert_eq!(compare(&sandbox, &stranger.repository, &[]).code(3).json()["verdict"], "other-ledger");
}

#[test]
fn a_fork_is_reported_and_its_evidence_can_be_checked_without_anything_else() {
    let (sandbox, other) = two_clones();
    sandbox.exception("only here");
    sandbox.exception("and this");
    record_there(&sandbox, &other, "only there");
    let report = compare(&sandbox, &other, &["--out", "evidence"]).code(3).json();
    assert_eq!(
        (&report["verdict"], &report["common"], &report["believed"]),
        (&"forked".into(), &3.into(), &true.into())
    );
    assert_eq!(report["entries"].as_array().map(Vec::len), Some(2));
    let evidence = sandbox.repository.join("evidence");
    let checked = check(&sandbox, &evidence, &[]).ok().json();
    for field in ["ledger", "common", "entries", "size", "other_size", "root", "other_root"] {
        assert_eq!(report[field], checked[field], "{field}");
    }
    check(&sandbox, &evidence, &["--ledger-id", &id(&sandbox)]).ok();
    check(&sandbox, &evidence, &["--ledger-id", &"0".repeat(64)])
        .code(1)
        .stderr_has("not evidence of a fork");
    // An existing file is not overwritten; without `--out` a free name is chosen.
    compare(&sandbox, &other, &["--out", "evidence"]).code(2).stderr_has("already exists");
    let named = compare(&sandbox, &other, &[]).code(3).json()["evidence"].as_str().unwrap().to_owned();
    assert!(named.contains("fork-") && sandbox.repository.join(&named).exists(), "{named}");
    let second = compare(&sandbox, &other, &[]).code(3).json()["evidence"].as_str().unwrap().to_owned();
    assert!(second.ends_with("-2.bundle"), "{second}");
    // The other view as a bundle gives the same result.
    let bundle = sandbox.root.path().join("other.bundle").display().to_string();
    sandbox.at(&other, "git", &["bundle", "create", "-q", &bundle, "ledger"]).ok();
    let by_bundle = compare(&sandbox, Path::new(&bundle), &["--out", "again"]).code(3).json();
    assert_eq!(by_bundle["entries"], report["entries"]);
    // The answer as text.
    let words = sandbox.run(&["verify", "--compare", &other.display().to_string(), "--out", "third"]).code(3);
    let _ = words
        .stdout_has("FORKED: both have the first 3 records")
        .stdout_has("next: countersign verify --fork third");
}

#[test]
fn what_does_not_prove_a_fork_is_rejected_as_evidence() {
    let (sandbox, other) = two_clones();
    sandbox.exception("only here");
    record_there(&sandbox, &other, "only there");
    compare(&sandbox, &other, &["--out", "evidence"]).code(3);
    let evidence = sandbox.repository.join("evidence");
    let good = std::fs::read(&evidence).unwrap();
    let is_rejected = |bytes: &[u8]| {
        std::fs::write(&evidence, bytes).unwrap();
        check(&sandbox, &evidence, &[]).code(1).stderr_has("not evidence of a fork");
    };
    for place in [20, 90, good.len() / 2, good.len() - 3] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        is_rejected(&bytes);
    }
    is_rejected(&good[..good.len() / 2]);
    is_rejected(b"");
    is_rejected(b"no bundle");
    // Two views that do not contradict each other, whatever their refs are called.
    let script = "git update-ref refs/fork/one ledger; git update-ref refs/fork/other $0; rm -f \"$1\"; \
        git bundle create -q \"$1\" refs/fork/one refs/fork/other";
    let check_bundle_with = |other: &str| {
        let path = evidence.display().to_string();
        sandbox.at(&sandbox.repository, "bash", &["-euc", script, other, &path]).ok();
        check(&sandbox, &evidence, &[]).code(1)
    };
    check_bundle_with("ledger~1").stderr_has("do not contradict each other");
    check_bundle_with("ledger").stderr_has("do not contradict each other");
    check_bundle_with("HEAD").stderr_has("different ledgers");
    // A contradiction that no member has signed: up to its last good entry, that view agrees with the other.
    let mallory = sandbox.key("mallory");
    let forged = format!(
        "c=$(git cat-file commit ledger | sed -e '/^gpgsig/,/END SSH/d' -e 's/Ledger-Root: ./Ledger-Root: 0/' \
         -e '1,/^$/!b' > msg; git -c gpg.format=ssh -c user.signingkey={mallory} commit-tree -S -p ledger~1 -F msg 'ledger^{{tree}}'); \
         git update-ref refs/fork/forged $c"
    );
    sandbox.at(&sandbox.repository, "bash", &["-euc", &forged]).ok();
    check_bundle_with("refs/fork/forged").stderr_has("do not contradict each other");
    check(&sandbox, &sandbox.root.path().join("nothing"), &[]).code(1).stderr_has("there is no such file");
}

#[test]
fn a_witnesss_checkpoint_is_evidence_and_anybody_elses_word_is_not() {
    let (sandbox, other) = two_clones();
    // The witness is a member before the ledger forks.
    sandbox.witness("night-cron");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let fetch = ["fetch", "-q", "origin", "ledger:ledger"];
    sandbox.at(&other, "git", &fetch).ok();
    record_there(&sandbox, &other, "only there");
    let key = sandbox.home.join("night-cron").display().to_string();
    let ledger = id(&sandbox);
    sandbox.at(&other, "git", &["push", "-q", "origin", "ledger"]).ok();
    sandbox.at(&other, program(), &["--ledger-id", &ledger, "--key", &key, "witness"]).ok();
    let show = ["cat-file", "blob", "ledger-witness/night-cron:checkpoint"];
    let note = sandbox.write("note", &sandbox.at(&other, "git", &show).ok().stdout);
    // Nothing contradicts the witness yet: its view is longer.
    let behind = compare(&sandbox, Path::new(&note), &[]).code(1).json();
    assert_eq!((&behind["verdict"], &behind["witness"]), (&"behind".into(), &"night-cron".into()));
    sandbox.exception("only here");
    let report = compare(&sandbox, Path::new(&note), &["--out", "evidence"]).code(3).json();
    assert_eq!((&report["verdict"], &report["view"]), (&"forked".into(), &"witness".into()));
    let evidence = sandbox.repository.join("evidence");
    assert_eq!(check(&sandbox, &evidence, &[]).ok().json()["witness"], "night-cron");
    // The same checkpoint with the line of an unknown signer instead of the witness's.
    let text = std::fs::read_to_string(&note).unwrap();
    let (body, _) = text.split_once("\n\n").unwrap();
    let unknown = sandbox.write("unknown", &format!("{body}\n\n\u{2014} somebody AAAAAAA=\n"));
    let report = compare(&sandbox, Path::new(&unknown), &[]).code(1).json();
    assert_eq!((&report["verdict"], &report["believed"]), (&"forked".into(), &false.into()));
    assert!(report["evidence"].is_null());
    // What a single record claims is reported, but is no evidence.
    let path =
        sandbox.at(&other, "git", &["ls-tree", "-r", "--name-only", "ledger", "exception"]).ok().stdout;
    for path in path.lines() {
        let raw = sandbox.at(&other, "git", &["cat-file", "blob", &format!("ledger:{path}")]).ok().stdout;
        let record = sandbox.write("record", &raw);
        let report = sandbox.run(&["verify", "--json", "--compare", &record]);
        assert!(matches!(report.code, Some(0 | 1)), "{report:?}", report = report.stdout);
        assert_eq!(report.json()["view"], "record");
    }
    record_there(&sandbox, &other, "it has seen the fork");
    let raw = sandbox
        .at(
            &other,
            "bash",
            &["-ec", "f=$(git diff-tree -r --name-only --no-commit-id ledger); git cat-file blob ledger:$f"],
        )
        .ok();
    let record = sandbox.write("record", &raw.stdout);
    let ran = sandbox.run(&["verify", "--compare", &record]).code(1);
    let _ = ran.stdout_has("CONTRADICTED").stdout_has("not evidence of");
    compare(&sandbox, &sandbox.repository.join("file"), &[])
        .code(2)
        .stderr_has("or a repository with a ledger");
    compare(&sandbox, &sandbox.root.path().join("nothing"), &[]).code(2);
    compare(&sandbox, &sandbox.home, &[]).code(4);
}

#[test]
fn in_a_sha_256_repository_too() {
    let sandbox = Sandbox::new();
    std::fs::remove_dir_all(sandbox.repository.join(".git")).unwrap();
    sandbox.git(&["init", "-q", "--object-format=sha256"]).ok();
    sandbox.commit("first");
    sandbox.run(&["init", "--yes"]).ok();
    let copy = sandbox.root.path().join("copy");
    sandbox.at(sandbox.root.path(), "cp", &["-r", "payments", "copy"]).ok();
    sandbox.exception("only here");
    record_there(&sandbox, &copy, "only there");
    compare(&sandbox, &copy, &["--out", "evidence"]).code(3);
    check(&sandbox, &sandbox.repository.join("evidence"), &[]).ok();
}
