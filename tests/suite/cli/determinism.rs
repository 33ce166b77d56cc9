//! The same ledger gives the same answer, byte for byte: in any environment, however its objects are stored,
//! and whichever hash names them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use countersign::entry::{ObjectFormat, signed_commit, unsigned_commit};
use countersign::key::{PublicKeySource, Signer, SigningWays};
use countersign::sshsig::COMMIT_NAMESPACE;
use serde_json::Value;

use crate::support::forge::{ASK, Forge, Forgery};
use crate::support::sandbox::{Sandbox, program};

/// Returns a ledger with a void record, exceptions and a plan. If `halted`, its last entry is broken.
fn ledger(halted: bool) -> Sandbox {
    let forge = Forge::new();
    forge.make(&Forgery::good().payload(|payload| payload.replacen("schema = 2", "schema = 3", 1)));
    forge.sandbox.run(&["verify"]).ok();
    forge.sandbox.exception("b");
    forge.sandbox.plan("removal");
    let forge = Forge::on(forge.sandbox);
    if halted {
        forge.make(&Forgery::good().payload(|payload| payload.replacen("size = 5", "size = 4", 1)));
    } else {
        forge.make(&Forgery::good());
    }
    forge.sandbox
}

/// An answer without the fields that depend on the time of the question.
fn timeless(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    for field in ["at", "expires_at", "as_of"] {
        if let Some(at) = value.as_object_mut().and_then(|object| object.get_mut(field)) {
            *at = Value::Null;
        }
    }
    value.to_string()
}

/// The exit codes and outputs of the commands that only read, with these variables set.
fn read_everything(
    sandbox: &Sandbox,
    at: &Path,
    more: &[&str],
    variables: &[(&str, &str)],
) -> Vec<(Option<i32>, String)> {
    let asked = [ASK, &["--json"]].concat();
    let commands: [&[&str]; 8] = [
        &["verify", "--json"],
        &["verify"],
        &asked,
        &["log", "--json"],
        &["log"],
        &["status"],
        &["trust", "show"],
        &["policy", "show"],
    ];
    let run = |arguments: &&[&str]| {
        let mut command = sandbox.command(at, program());
        command.args(*arguments).args(more).envs(variables.iter().copied());
        let output = command.output().unwrap();
        (output.status.code(), timeless(&String::from_utf8(output.stdout).unwrap()))
    };
    commands.iter().map(run).collect()
}

#[test]
fn no_locale_time_zone_or_terminal_changes_a_byte_of_any_answer() {
    for halted in [false, true] {
        let sandbox = ledger(halted);
        let plain = read_everything(&sandbox, &sandbox.repository, &[], &[]);
        assert_eq!(plain[0].0, Some(if halted { 3 } else { 0 }), "{}", plain[0].1);
        for variables in [
            &[("TZ", "Asia/Kolkata"), ("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8")][..],
            &[("TZ", "America/St_Johns"), ("LC_ALL", "de_DE.ISO-8859-1"), ("LANGUAGE", "de:fr")],
            &[("TZ", "Pacific/Kiritimati"), ("LC_ALL", "ar_EG.UTF-8")],
            &[("TZ", ":/nowhere"), ("LC_ALL", "no such locale")],
            &[("TZ", "XYZ-25:61"), ("LC_ALL", "C.UTF-8"), ("LC_TIME", "ja_JP.eucJP")],
            &[("TERM", "xterm-256color"), ("COLUMNS", "20"), ("LINES", "2"), ("COLORTERM", "truecolor")],
            &[("TERM", "dumb"), ("NO_COLOR", "1"), ("CI", "true"), ("GITHUB_ACTIONS", "true")],
            &[
                ("RUST_BACKTRACE", "full"),
                ("RUST_LOG", "trace"),
                ("RAYON_NUM_THREADS", "1"),
                ("SOURCE_DATE_EPOCH", "1"),
            ],
        ] {
            assert_eq!(
                read_everything(&sandbox, &sandbox.repository, &[], variables),
                plain,
                "{variables:?}"
            );
        }
    }
}

#[test]
fn no_way_of_storing_the_objects_changes_a_byte_of_any_answer() {
    for halted in [false, true] {
        let sandbox = ledger(halted);
        let loose = read_everything(&sandbox, &sandbox.repository, &[], &[]);
        for script in [
            "git repack -q -a -d && test -z \"$(find .git/objects -path '*/??/*' -type f)\"",
            "git pack-refs --all --prune && ! test -e .git/refs/heads/ledger",
            "git repack -q -a -d -f --depth=50 --window=50",
            "git gc -q --prune=now --aggressive",
            "git -c pack.indexVersion=1 repack -q -a -d -f --depth=0",
            "git multi-pack-index write && git commit-graph write --reachable",
            "git unpack-objects -q < $(mv .git/objects/pack/*.pack ../it.pack; rm -f .git/objects/pack/*; echo ../it.pack)",
            "git -c core.compression=0 repack -q -a -d -F",
        ] {
            sandbox.at(&sandbox.repository, "bash", &["-euc", script]).ok();
            assert_eq!(read_everything(&sandbox, &sandbox.repository, &[], &[]), loose, "{script}");
        }
        sandbox.both_verifiers_agree();
    }
}

#[test]
fn a_ledger_in_a_sha_1_and_in_a_sha_256_repository_gets_the_same_answers_but_for_the_names_of_objects() {
    for halted in [false, true] {
        let sandbox = ledger(halted);
        let id = sandbox.run(&["log", "--json"]).json()["ledger"].as_str().unwrap().to_owned();
        let (other, names) = rewrite_with_sha_256(&sandbox);
        std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
        let anchor = ["--ledger-id", id.as_str()];
        let one = read_everything(&sandbox, &sandbox.repository, &anchor, &[]);
        let two = read_everything(&sandbox, &other, &anchor, &[]);
        assert_eq!(one[0].0, Some(if halted { 3 } else { 0 }), "{}", one[0].1);
        assert_eq!(one[0].1.contains(&names.last().unwrap().0), !one[0].1.contains(&names.last().unwrap().1));
        for ((code, text), (other_code, other_text)) in one.iter().zip(&two) {
            // Replaces the full ids, and the abbreviated ones that people are shown.
            let text = names.iter().fold(text.clone(), |text, (from, to)| {
                text.replace(from.as_str(), to).replace(&from[..8], &to[..8]).replace(&from[..7], &to[..7])
            });
            assert_eq!((code, &text), (other_code, other_text));
        }
    }
}

/// Writes the same records in the same entries to a SHA-256 repository. Also returns the old and the new id
/// of each commit.
fn rewrite_with_sha_256(sandbox: &Sandbox) -> (PathBuf, Vec<(String, String)>) {
    let other = sandbox.root.path().join("other");
    sandbox.at(sandbox.root.path(), "git", &["init", "-q", "--object-format=sha256", "other"]).ok();
    let there = |arguments: &[&str]| sandbox.at(&other, "git", arguments).ok().stdout.trim().to_owned();
    std::fs::write(other.join("file"), "first").unwrap();
    there(&["add", "file"]);
    there(&["commit", "-q", "-m", "first"]);
    let head = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let mut names = vec![(head, there(&["rev-parse", "HEAD"]))];
    there(&["read-tree", "--empty"]);
    let mut signer =
        Signer::find(&PublicKeySource::Path(sandbox.home.join("alice")), SigningWays::default()).unwrap();
    let mut parent = None;
    for commit in sandbox.git(&["rev-list", "--reverse", "ledger"]).ok().stdout.lines() {
        for line in sandbox.git(&["diff-tree", "--root", "-r", "--no-commit-id", commit]).ok().stdout.lines()
        {
            let (about, path) = line.split_once('\t').unwrap();
            let blob = about.split(' ').nth(3).unwrap();
            let text = sandbox.git(&["cat-file", "blob", blob]).ok().stdout;
            let id = put(sandbox, &other, "blob", &text);
            there(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{path}")]);
        }
        let tree = there(&["write-tree"]);
        let raw = sandbox.git(&["cat-file", "commit", commit]).ok().stdout;
        let author = raw.split("\nauthor ").nth(1).unwrap().split('\n').next().unwrap();
        let unsigned = unsigned_commit(&tree, parent.as_ref(), author, raw.split_once("\n\n").unwrap().1);
        let signature = signer.sign(COMMIT_NAMESPACE, unsigned.as_bytes()).unwrap();
        let id = put(sandbox, &other, "commit", &signed_commit(&unsigned, &signature, ObjectFormat::Sha256));
        names.push((commit.to_owned(), id.clone()));
        parent = Some(id.parse().unwrap());
    }
    there(&["update-ref", "refs/heads/ledger", &names.last().unwrap().1]);
    (other, names)
}

fn put(sandbox: &Sandbox, at: &Path, kind: &str, text: &str) -> String {
    let mut command = sandbox.command(at, "git");
    command.args(["hash-object", "-t", kind, "-w", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}
