//! Histories made with Git plumbing in a real repository: `verify` and `gate` both exit with 3.

use crate::support::sandbox::Sandbox;

const ASK: &[&str] = &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];

impl Sandbox {
    fn shell(&self, script: &str) -> String {
        self.at(&self.repository, "bash", &["-euc", script]).ok().stdout.trim().to_owned()
    }

    #[track_caller]
    fn is_halted_by(&self, code: &str) {
        let view = self.run(&["verify", "--json"]).code(3).json();
        assert_eq!(view["verdict"], "halted", "{view}");
        let codes: Vec<&str> = view["broken"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        assert!(codes.contains(&code), "{codes:?}");
        self.both_verifiers_agree();
        self.run(ASK).code(3).stdout_has("halted");
        self.run(&crate::support::sandbox::exception("It failed", "run 1")).code(3).stderr_has("halted");
    }

    /// Commits a change of the tree on top of the ledger, signed by alice in Git's own way.
    fn push_tree(&self, change: &str) {
        let script = format!(
            "export GIT_INDEX_FILE=$(git rev-parse --absolute-git-dir)/index.$$; trap 'rm -f $GIT_INDEX_FILE' EXIT; git read-tree refs/heads/ledger; {change}; \
             tree=$(git write-tree); size=$(git log -1 --format=%B ledger | sed -n 's/Ledger-Size: //p'); \
             root=$(git log -1 --format=%B ledger | sed -n 's/Ledger-Root: //p'); \
             commit=$(printf 'x\\n\\nLedger-Size: %s\\nLedger-Root: %s\\n' $size $root | git -c gpg.format=ssh commit-tree -S -p ledger $tree); \
             git update-ref refs/heads/ledger $commit"
        );
        self.shell(&script);
    }
}

#[test]
fn files_that_are_added_changed_removed_or_renamed_halt() {
    let blob = "b=$(echo x | git hash-object -w --stdin)";
    let first = "f=$(git ls-tree -r --name-only ledger | head -n 1)";
    let cases = [
        format!("{blob}; git update-index --add --cacheinfo 100644,$b,README"),
        format!("{blob}; git update-index --add --cacheinfo 100644,$b,trust/2026/11/24/sub/x.toml"),
        format!("{blob}; {first}; git update-index --cacheinfo 100644,$b,$f"),
        format!("{first}; git update-index --force-remove $f"),
        format!(
            "{first}; b=$(git rev-parse ledger:$f); git update-index --force-remove $f; git update-index --add --cacheinfo 100644,$b,trust/2026/11/24/renamed.toml"
        ),
        format!("{first}; b=$(git rev-parse ledger:$f); git update-index --cacheinfo 100755,$b,$f"),
        format!("{blob}; git update-index --add --cacheinfo 120000,$b,exception/2026/11/24/link.toml"),
        "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),exception/2026/11/24/module"
            .to_owned(),
        "true".to_owned(),
    ];
    for change in cases {
        let sandbox = Sandbox::with_ledger();
        sandbox.push_tree(&change);
        sandbox.is_halted_by("tree");
    }
}

#[test]
fn entries_above_a_commit_without_a_tree_halt_and_are_quarantined() {
    let sandbox = Sandbox::with_ledger();
    sandbox.shell(
        "blob=$(echo x | git hash-object -w --stdin); good=$(git rev-parse 'ledger^{tree}'); \
         for tree in $blob $good; do \
         commit=$(git cat-file commit ledger | sed -e '/^gpgsig/,/END SSH/d' -e \"s/^tree .*/tree $tree/\" \
         -e '/^parent/d' -e \"/^tree/a parent $(git rev-parse ledger)\" | git hash-object -t commit -w --stdin); \
         echo $commit > .git/refs/heads/ledger; done",
    );
    sandbox.is_halted_by("tree");
    sandbox.run(&["record", "quarantine", "--reason", "an incident", "--yes"]).ok();
    sandbox.run(&["verify"]).ok();
}

#[test]
fn a_file_that_is_no_record_halts_at_its_own_rules() {
    let sandbox = Sandbox::with_ledger();
    sandbox.push_tree("b=$(echo x | git hash-object -w --stdin); git update-index --add --cacheinfo 100644,$b,exception/2026/11/24/x.toml");
    sandbox.is_halted_by("record");
    sandbox.is_halted_by("trailer");
}

#[test]
fn a_blob_beyond_the_size_of_a_record_halts_without_being_read() {
    // If a blob is larger than all records of an entry may be, the finding is about the entry's own limit.
    for (bytes, code) in [(1_048_576, "record"), (1_048_577, "tree"), (200_000_000, "tree")] {
        let sandbox = Sandbox::with_ledger();
        sandbox.push_tree(&format!(
            "b=$(head -c {bytes} /dev/zero | git hash-object -w --stdin); git update-index --add --cacheinfo 100644,$b,exception/2026/11/24/x.toml",
        ));
        sandbox.is_halted_by(code);
        sandbox.both_verifiers_agree();
    }
}

#[test]
fn unsigned_merged_and_strangers_commits_halt() {
    let commit = |options: &str, message: &str| {
        format!(
            "c=$(printf '{message}' | git {options} ledger^{{tree}}); git update-ref refs/heads/ledger $c"
        )
    };
    let trailers = "x\\n\\nLedger-Size: 2\\nLedger-Root: 0\\n";
    let cases = [
        (commit("commit-tree -p ledger", trailers), "commit"),
        (commit("-c gpg.format=ssh commit-tree -S -p ledger -p HEAD", trailers), "commit"),
        (commit("-c gpg.format=ssh commit-tree -S -p ledger", "no trailers"), "commit"),
    ];
    for (script, code) in cases {
        let sandbox = Sandbox::with_ledger();
        sandbox.shell(&script);
        sandbox.is_halted_by(code);
    }
    // A commit in the right form by a stranger.
    let sandbox = Sandbox::with_ledger();
    let mallory = sandbox.key("mallory");
    sandbox.shell(&format!(
        "root=$(git log -1 --format=%B ledger | sed -n 's/Ledger-Root: //p'); c=$(printf 'x\\n\\nLedger-Size: 2\\nLedger-Root: %s\\n' $root | \
         git -c gpg.format=ssh -c user.signingkey={mallory} commit-tree -S -p ledger ledger^{{tree}}); git update-ref refs/heads/ledger $c"
    ));
    sandbox.is_halted_by("commit-signature");
}

#[test]
fn a_host_that_sets_the_branch_back_ends_the_halt() {
    let sandbox = Sandbox::with_ledger();
    let good = sandbox.ledger_head();
    sandbox.push_tree(
        "b=$(echo x | git hash-object -w --stdin); git update-index --add --cacheinfo 100644,$b,README",
    );
    sandbox.is_halted_by("tree");
    sandbox.git(&["update-ref", "refs/heads/ledger", &good]).ok();
    sandbox.run(&["verify"]).ok();
    sandbox.exception("a");
}

#[test]
fn tampered_loose_objects_are_noticed_and_replace_refs_are_not() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    // A replace ref for the head: Git follows it, but this program does not.
    sandbox.shell("c=$(git -c gpg.format=ssh commit-tree -S -m x ledger^{tree}); git replace $(git rev-parse ledger) $c");
    sandbox.run(&["verify"]).ok();
    let path = sandbox.repository.join(".git/objects").join(&head[..2]).join(&head[2..]);
    let other = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let other = sandbox.repository.join(".git/objects").join(&other[..2]).join(&other[2..]);
    std::fs::remove_file(&path).unwrap();
    std::fs::copy(other, &path).unwrap();
    sandbox.run(&["verify"]).code(3).stdout_has("damaged: its bytes have another hash");
    std::fs::remove_file(&path).unwrap();
    sandbox.run(&["verify"]).code(3).stdout_has("incomplete");
}

#[test]
fn hostile_configuration_and_environment_run_and_change_nothing() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let trip = sandbox.root.path().join("trip");
    let touch = format!("touch {}", trip.display());
    for name in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "gpg.program",
        "gpg.ssh.program",
        "gpg.ssh.defaultKeyCommand",
        "credential.helper",
        "diff.external",
        "filter.x.process",
        "filter.x.smudge",
        "alias.config",
        "alias.update-ref",
        "merge.x.driver",
        "uploadpack.packObjectsHook",
        "core.alternateRefsCommand",
    ] {
        sandbox.git(&["config", name, &touch]).ok();
    }
    sandbox.git(&["config", "gitoxide.core.refsNamespace", "evil"]).ok();
    sandbox.git(&["config", "gitoxide.core.shallowFile", "evil"]).ok();
    for arguments in [&["verify"][..], &["status"], &["log"], &["trust", "show"], &["policy", "show"], ASK] {
        let mut command = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
        for (name, value) in [
            ("GIT_DIR", "/nowhere"),
            ("GIT_OBJECT_DIRECTORY", "/nowhere"),
            ("GIT_NAMESPACE", "evil"),
            ("GIT_SHALLOW_FILE", "/etc/passwd"),
        ] {
            command.env(name, value);
        }
        let output = command.args(arguments).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert!(!trip.exists(), "a command of the repository's configuration was run");
}

#[test]
fn many_writers_lose_nothing_and_stay_linear() {
    let sandbox = Sandbox::with_ledger();
    let acknowledged: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|number| {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    (0..3).filter(|round| !sandbox.exception(&format!("{number} {round}")).is_empty()).count()
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(acknowledged, 18);
    sandbox.run(&["verify"]).ok().stdout_has("SOUND: 20 records in 20 entries");
    sandbox.git(&["fsck", "--strict"]).ok();
}

#[test]
fn ids_of_another_length_and_huge_commits_are_3_and_never_a_panic() {
    let cases = [
        "printf 'tree %s\\nparent %064d\\nauthor A <a> 1 +0000\\ncommitter A <a> 1 +0000\\n\\nx\\n' $(git rev-parse ledger^{tree}) 0",
        "printf 'tree %064d\\nparent %s\\nauthor A <a> 1 +0000\\ncommitter A <a> 1 +0000\\n\\nx\\n' 0 $(git rev-parse ledger)",
        "printf 'tree %s\\nparent %s\\nauthor A <a> 1 +0000\\ncommitter A <a> 1 +0000\\n\\n' $(git rev-parse ledger^{tree}) $(git rev-parse ledger); head -c 200000 /dev/zero | tr '\\0' x",
        "printf 'tree %s\\nparent %s\\nauthor A <a> 1 +0000\\ncommitter A <a> 1 +0000\\n\\nx\\n' $(git rev-parse HEAD:file) $(git rev-parse ledger)",
    ];
    for make in cases {
        let sandbox = Sandbox::with_ledger();
        sandbox.shell(&format!("c=$( ({make}) | git hash-object --literally -t commit -w --stdin); echo $c > .git/refs/heads/ledger"));
        let ran = sandbox.run(&["verify"]).code(3);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        sandbox.run(ASK).code(3).stderr.is_empty().then_some(()).unwrap();
    }
}

#[test]
fn a_record_that_is_there_already_is_not_appended_twice() {
    let sandbox = Sandbox::with_ledger();
    let id = sandbox.exception("a");
    let head = sandbox.ledger_head();
    let file = sandbox.write("record.toml", &sandbox.run(&["show", &id[..8], "--raw"]).ok().stdout);
    sandbox.run(&["append", &file]).code(2).stderr_has("in the ledger already");
    assert_eq!(sandbox.ledger_head(), head);
    // The good sibling: a record of a clone that lost a race is appended as it is.
    let before = sandbox.git(&["rev-parse", "ledger~1"]).ok().stdout.trim().to_owned();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let ledger = sandbox.run(&["log", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
    sandbox.git(&["update-ref", "refs/heads/ledger", &before]).ok();
    sandbox.run(&["verify", "--ledger-id", &ledger]).ok();
    sandbox.exception("b");
    sandbox.run(&["append", &file]).ok().stdout_has(&format!("exception {} recorded", &id[..8]));
    let damaged = sandbox
        .write("damaged.toml", &std::fs::read_to_string(&file).unwrap().replace("It failed", "It worked"));
    let _ = sandbox.run(&["append", &damaged]).code(2).stderr_has("would break the ledger");
}
