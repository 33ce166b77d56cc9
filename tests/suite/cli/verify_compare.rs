//! Two views of a ledger: told apart, and evidence that whoever has nothing else can check.

use std::path::{Path, PathBuf};

use crate::support::sandbox::{Ran, Sandbox, program};

/// A ledger with a remote, and a second clone of it with everything that was pushed.
fn two_clones() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::with_ledger();
    let remote = sandbox.with_remote();
    sandbox.exception("both have it");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote.display().to_string(), "other"]).ok();
    let other = sandbox.root.path().join("other");
    sandbox.at(&other, "git", &["branch", "-q", "ledger", "origin/ledger"]).ok();
    (sandbox, other)
}

fn id(sandbox: &Sandbox) -> String {
    sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned()
}

/// An exception in the other clone, which has never heard of the one here.
fn say_there(sandbox: &Sandbox, other: &Path, task: &str) {
    let arguments = crate::support::sandbox::exception("It failed", task);
    sandbox.at(other, program(), &[&["--ledger-id", &id(sandbox)][..], &arguments].concat()).ok();
}

fn compare(sandbox: &Sandbox, with: &Path, more: &[&str]) -> Ran {
    sandbox.run(&[&["verify", "--json", "--compare", &with.display().to_string()], more].concat())
}

/// From an empty directory, by somebody who has nothing.
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
    // Another ledger, with the same members.
    let stranger = Sandbox::with_ledger();
    assert_eq!(compare(&sandbox, &stranger.repository, &[]).code(3).json()["verdict"], "other-ledger");
}

#[test]
fn a_fork_is_told_and_its_evidence_convinces_whoever_has_nothing_else() {
    let (sandbox, other) = two_clones();
    sandbox.exception("only here");
    sandbox.exception("and this");
    say_there(&sandbox, &other, "only there");
    let told = compare(&sandbox, &other, &["--out", "evidence"]).code(3).json();
    assert_eq!(
        (&told["verdict"], &told["common"], &told["believed"]),
        (&"forked".into(), &3.into(), &true.into())
    );
    assert_eq!(told["entries"].as_array().map(Vec::len), Some(2));
    let evidence = sandbox.repository.join("evidence");
    let checked = check(&sandbox, &evidence, &[]).ok().json();
    for field in ["ledger", "common", "entries", "size", "other_size", "root", "other_root"] {
        assert_eq!(told[field], checked[field], "{field}");
    }
    check(&sandbox, &evidence, &["--ledger-id", &id(&sandbox)]).ok();
    check(&sandbox, &evidence, &["--ledger-id", &"0".repeat(64)]).code(1).says("not evidence of a fork");
    // What is there is not written over; a name is made up where none is given.
    compare(&sandbox, &other, &["--out", "evidence"]).code(2).says("already exists");
    let named = compare(&sandbox, &other, &[]).code(3).json()["evidence"].as_str().unwrap().to_owned();
    assert!(named.contains("fork-") && sandbox.repository.join(&named).exists(), "{named}");
    let second = compare(&sandbox, &other, &[]).code(3).json()["evidence"].as_str().unwrap().to_owned();
    assert!(second.ends_with("-2.bundle"), "{second}");
    // As a bundle, the other view is the same one.
    let bundle = sandbox.root.path().join("other.bundle").display().to_string();
    sandbox.at(&other, "git", &["bundle", "create", "-q", &bundle, "ledger"]).ok();
    let by_bundle = compare(&sandbox, Path::new(&bundle), &["--out", "again"]).code(3).json();
    assert_eq!(by_bundle["entries"], told["entries"]);
    // In words.
    let words = sandbox.run(&["verify", "--compare", &other.display().to_string(), "--out", "third"]).code(3);
    let _ = words
        .answers("FORKED: both have the first 3 records")
        .answers("next: countersign verify --fork third");
}

#[test]
fn what_is_no_evidence_is_said_to_be_none() {
    let (sandbox, other) = two_clones();
    sandbox.exception("only here");
    say_there(&sandbox, &other, "only there");
    compare(&sandbox, &other, &["--out", "evidence"]).code(3);
    let evidence = sandbox.repository.join("evidence");
    let good = std::fs::read(&evidence).unwrap();
    let no = |bytes: &[u8]| {
        std::fs::write(&evidence, bytes).unwrap();
        check(&sandbox, &evidence, &[]).code(1).says("not evidence of a fork");
    };
    for place in [20, 90, good.len() / 2, good.len() - 3] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        no(&bytes);
    }
    no(&good[..good.len() / 2]);
    no(b"");
    no(b"no bundle");
    // Two views that do not contradict each other, however they are called.
    let script = "git update-ref refs/fork/one ledger; git update-ref refs/fork/other $0; rm -f \"$1\"; \
        git bundle create -q \"$1\" refs/fork/one refs/fork/other";
    let made = |other: &str| {
        let path = evidence.display().to_string();
        sandbox.at(&sandbox.repository, "bash", &["-euc", script, other, &path]).ok();
        check(&sandbox, &evidence, &[]).code(1)
    };
    made("ledger~1").says("do not contradict each other");
    made("ledger").says("do not contradict each other");
    made("HEAD").says("different ledgers");
    // A contradiction that nobody of the ledger has signed: its last good entry is what both have.
    let mallory = sandbox.key("mallory");
    let forged = format!(
        "c=$(git cat-file commit ledger | sed -e '/^gpgsig/,/END SSH/d' -e 's/Ledger-Root: ./Ledger-Root: 0/' \
         -e '1,/^$/!b' > msg; git -c gpg.format=ssh -c user.signingkey={mallory} commit-tree -S -p ledger~1 -F msg 'ledger^{{tree}}'); \
         git update-ref refs/fork/forged $c"
    );
    sandbox.at(&sandbox.repository, "bash", &["-euc", &forged]).ok();
    made("refs/fork/forged").says("do not contradict each other");
    check(&sandbox, &sandbox.root.path().join("nothing"), &[]).code(1).says("there is no such file");
}

#[test]
fn a_witnesss_checkpoint_is_evidence_and_anybody_elses_word_is_not() {
    let (sandbox, other) = two_clones();
    // The witness is a member before the ledger forks.
    sandbox.witness("night-cron");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let fetch = ["fetch", "-q", "origin", "ledger:ledger"];
    sandbox.at(&other, "git", &fetch).ok();
    say_there(&sandbox, &other, "only there");
    let key = sandbox.home.join("night-cron").display().to_string();
    let ledger = id(&sandbox);
    sandbox.at(&other, "git", &["push", "-q", "origin", "ledger"]).ok();
    sandbox.at(&other, program(), &["--ledger-id", &ledger, "--key", &key, "witness"]).ok();
    let show = ["cat-file", "blob", "ledger-witness/night-cron:checkpoint"];
    let note = sandbox.write("note", &sandbox.at(&other, "git", &show).ok().stdout);
    // Nothing contradicts it yet: it is longer.
    let behind = compare(&sandbox, Path::new(&note), &[]).code(1).json();
    assert_eq!((&behind["verdict"], &behind["witness"]), (&"behind".into(), &"night-cron".into()));
    sandbox.exception("only here");
    let told = compare(&sandbox, Path::new(&note), &["--out", "evidence"]).code(3).json();
    assert_eq!((&told["verdict"], &told["view"]), (&"forked".into(), &"witness".into()));
    let evidence = sandbox.repository.join("evidence");
    assert_eq!(check(&sandbox, &evidence, &[]).ok().json()["witness"], "night-cron");
    // The same words without the signature, with a line of somebody unknown.
    let text = std::fs::read_to_string(&note).unwrap();
    let (body, _) = text.split_once("\n\n").unwrap();
    let unknown = sandbox.write("unknown", &format!("{body}\n\n\u{2014} somebody AAAAAAA=\n"));
    let told = compare(&sandbox, Path::new(&unknown), &[]).code(1).json();
    assert_eq!((&told["verdict"], &told["believed"]), (&"forked".into(), &false.into()));
    assert!(told["evidence"].is_null());
    // A single record is reported, not believed.
    let path =
        sandbox.at(&other, "git", &["ls-tree", "-r", "--name-only", "ledger", "exception"]).ok().stdout;
    for path in path.lines() {
        let raw = sandbox.at(&other, "git", &["cat-file", "blob", &format!("ledger:{path}")]).ok().stdout;
        let record = sandbox.write("record", &raw);
        let told = sandbox.run(&["verify", "--json", "--compare", &record]);
        assert!(matches!(told.code, Some(0 | 1)), "{told:?}", told = told.stdout);
        assert_eq!(told.json()["view"], "record");
    }
    say_there(&sandbox, &other, "it has seen the fork");
    let raw = sandbox
        .at(
            &other,
            "bash",
            &["-ec", "f=$(git diff-tree -r --name-only --no-commit-id ledger); git cat-file blob ledger:$f"],
        )
        .ok();
    let record = sandbox.write("record", &raw.stdout);
    let ran = sandbox.run(&["verify", "--compare", &record]).code(1);
    let _ = ran.answers("CONTRADICTED").answers("not evidence of");
    compare(&sandbox, &sandbox.repository.join("file"), &[]).code(2).says("or a repository with a ledger");
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
    say_there(&sandbox, &copy, "only there");
    compare(&sandbox, &copy, &["--out", "evidence"]).code(3);
    check(&sandbox, &sandbox.repository.join("evidence"), &[]).ok();
}
