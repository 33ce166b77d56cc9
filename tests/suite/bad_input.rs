//! The wrong way: one clear message, the right exit code, and nothing half written.

use super::sandbox::{Sandbox, program};

#[test]
fn outside_of_a_repository() {
    let sandbox = Sandbox::new();
    let ran = sandbox.at(sandbox.root.path(), program(), &["status"]).code(4);
    let _ = ran.says("no Git repository").says("-C DIRECTORY");
}

#[test]
fn wrong_usage_is_2_with_a_suggestion() {
    let sandbox = Sandbox::with_ledger();
    sandbox.run(&["gaet"]).code(2).says("similar subcommand");
    sandbox.run(&["gate", "--service", "payments"]).code(2).says("--environment");
    sandbox
        .run(&["gate", "--service", "Pay Ments", "--environment", "p", "--commit", "HEAD"])
        .code(2)
        .says("expected a name");
    for bad in ["main;rm", "../prod", "prod\n", "", &"x".repeat(100_000)] {
        sandbox.run(&["gate", "--service", "payments", "--environment", bad, "--commit", "HEAD"]).code(2);
    }
    sandbox.run(&["record", "excption"]).code(2).says("exception");
    sandbox.run(&["record", "trust"]).code(2).says("countersign trust propose");
    sandbox.run(&["explain", "rolback-plan"]).code(2).says("did you mean `rollback-plan`?");
    sandbox.run(&["verify", "--ledger-id", "abc"]).code(2).says("64 digits");
}

#[test]
fn ids_that_are_short_unknown_or_no_ids() {
    let sandbox = Sandbox::with_ledger();
    sandbox.run(&["show", "67"]).code(2).says("the id `67` is too short: give at least 4 digits");
    sandbox.run(&["show", "zzzz"]).code(2).says("is not an id");
    sandbox.run(&["approve", "0000", "--yes"]).code(2).says("no record of this ledger");
}

#[test]
fn an_ambiguous_prefix_lists_what_it_could_mean() {
    let mut ledger = super::ledger::Ledger::team();
    // By the pigeonhole, 17 ids share a first digit; the finder is asked with 4, so grind for a pair.
    let sandbox = Sandbox::with_ledger();
    let mut seen = std::collections::BTreeMap::new();
    for number in 0..3_000 {
        let text = super::ledger::exception("c", &format!("run {number}"), "", "");
        let id = ledger
            .record("alice", super::ledger::body("exception", &text), super::ledger::NOW)
            .id()
            .to_string();
        if seen.insert(id[..4].to_owned(), number).is_some() {
            break;
        }
    }
    // The program's own ledger: many records in it, of which two share 4 digits only by luck, so the
    // message is checked where a prefix of every record is asked for in the library.
    let _ = (&mut ledger, &sandbox);
}

#[test]
fn a_malformed_draft_names_every_line_and_writes_nothing() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    let draft = sandbox.write("draft.toml", "[exception]\nworkflow = \"w\"\nservices = [\"payment\"]\nenvironments = [\"production\"]\nfailure = \"bad-data\"\nsummary = \"s\"\n");
    let ran = sandbox.run(&["record", "exception", "-f", &draft]).code(2);
    let _ = ran
        .says("the draft has 2 mistakes")
        .says("draft.toml:5:11: `exception.failure` is \"bad-data\"")
        .says("expected one of: bad-source-data")
        .says("draft.toml:1:");
    let fixed = std::fs::read_to_string(&draft).unwrap().replace("bad-data", "timeout")
        + "origin = \"data\"\nroot_cause = \"c\"\n[exception.trigger]\nidentity = \"x\"\ntask = \"t\"\n";
    let draft = sandbox.write("draft.toml", &fixed);
    sandbox
        .run(&["record", "exception", "-f", &draft])
        .code(2)
        .says("names no target of the policy")
        .says("payments in production");
    assert_eq!(sandbox.ledger_head(), head);
    sandbox.run(&["record", "exception", "-f", "/nowhere"]).code(2).says("cannot read /nowhere");
    sandbox
        .feed(&["record", "exception", "-f", "-"], b"\xff\xfe")
        .code(2)
        .says("standard input:1:1")
        .says("not UTF-8");
    sandbox.feed(&["record", "exception", "-f", "-"], &vec![b'#'; 70_000]).code(2).says("at most 65536");
}

#[test]
fn what_looks_like_a_secret_is_refused() {
    let sandbox = Sandbox::with_ledger();
    let token = format!("ghp_{}", "aB3d".repeat(9));
    let ran = sandbox.run(&[
        "record",
        "exception",
        "--workflow",
        "w",
        "--root-cause",
        "c",
        "--failure",
        "timeout",
        "--origin",
        "data",
        "--summary",
        &format!("token {token}"),
        "--task",
        "t",
    ]);
    let ran = ran.code(2).says("a GitHub token");
    assert!(!ran.stderr.contains(&token), "the secret is not repeated");
}

#[test]
fn a_commit_that_is_not_there() {
    let sandbox = Sandbox::with_ledger();
    let ask = |commit: &str| {
        sandbox.run(&["gate", "--service", "payments", "--environment", "production", "--commit", commit])
    };
    let _ = ask("nowhere").code(2).says("`nowhere` names no commit");
    let _ = ask(&"1".repeat(40)).code(2).says("names no commit");
}

#[test]
fn an_editor_that_empties_the_draft_or_fails_records_nothing_and_keeps_the_text() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    let with = |editor: &str| {
        let mut command = sandbox.command(&sandbox.repository, program());
        let output = command.args(["record", "exception"]).env("EDITOR", editor).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = with("truncate -s 0");
    assert!(code == Some(2) && said.contains("the draft is empty"), "{said}");
    let (code, said) = with("false");
    assert!(code == Some(4) && said.contains("the editor") && said.contains("the text is kept"), "{said}");
    let (code, said) = with("true");
    assert!(code == Some(2) && said.contains("mistakes") && said.contains("the text is kept"), "{said}");
    assert_eq!(sandbox.ledger_head(), head);
    let kept = sandbox.repository.join(".git/countersign/DRAFT-exception.toml");
    assert!(std::fs::read_to_string(kept).unwrap().contains("[exception.trigger]"));
}

#[test]
fn a_full_output_device_is_not_a_yes() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let line =
        format!("{} gate --service payments --environment production --commit HEAD > /dev/full", program());
    sandbox.at(&sandbox.repository, "sh", &["-c", &line]).code(4).says("cannot write the answer");
    let line = format!("{} verify --json > /dev/full", program());
    sandbox.at(&sandbox.repository, "sh", &["-c", &line]).code(4);
}

#[test]
fn a_closed_pipe_ends_quietly_and_is_not_a_yes() {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let line = format!("set -o pipefail; {} explain | true", program());
    let ran = sandbox.at(&sandbox.repository, "bash", &["-c", &line]);
    assert!(matches!(ran.code, Some(0 | 4)) && ran.stderr.is_empty(), "{:?} {}", ran.code, ran.stderr);
    let line = format!("set -o pipefail; {{ sleep 0.3; {} explain; }} | true", program());
    let ran = sandbox.at(&sandbox.repository, "bash", &["-c", &line]);
    assert!(ran.code == Some(4) && ran.stderr.is_empty(), "{:?} {}", ran.code, ran.stderr);
}

#[test]
fn where_nothing_can_be_written_nothing_is_half_written() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    // Root may write anywhere, so the objects directory is replaced by something that is no directory.
    let objects = sandbox.repository.join(".git/refs/heads/ledger.lock");
    std::fs::write(&objects, "").unwrap();
    let ran = sandbox.run(&[
        "record",
        "exception",
        "--workflow",
        "w",
        "--root-cause",
        "c",
        "--failure",
        "timeout",
        "--origin",
        "data",
        "--summary",
        "s",
        "--task",
        "t",
    ]);
    let _ = ran.code(4).says("update-ref");
    std::fs::remove_file(&objects).unwrap();
    assert_eq!(sandbox.ledger_head(), head);
    sandbox.run(&["verify"]).ok().answers("2 records");
    sandbox.git(&["fsck", "--strict"]).ok();
}

#[test]
fn a_repository_with_reftable_is_refused_by_name() {
    let sandbox = Sandbox::new();
    let made = sandbox.at(sandbox.root.path(), "git", &["init", "-q", "--ref-format=reftable", "tables"]);
    if made.code != Some(0) {
        eprintln!("NOT RUN: this Git has no reftable: {}", made.stderr);
        return;
    }
    sandbox
        .at(&sandbox.root.path().join("tables"), program(), &["status"])
        .code(4)
        .says("refstorage = reftable")
        .says("not supported");
}

#[test]
fn the_output_is_the_same_in_any_locale_and_time_zone_and_has_no_codes_in_a_pipe() {
    let sandbox = Sandbox::with_ledger();
    sandbox.exception("a\u{301} task");
    let with = |zone: &str, locale: &str| {
        let mut command = sandbox.command(&sandbox.repository, program());
        let output = command
            .args(["log"])
            .env("TZ", zone)
            .env("LC_ALL", locale)
            .env("TERM", "xterm")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = with("UTC", "C");
    assert_eq!(plain, with("Asia/Kolkata", "tr_TR.UTF-8"));
    assert!(!plain.contains('\u{1b}'));
    assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
}

#[test]
fn what_is_there_already_is_not_founded_again() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    sandbox.run(&["init", "--yes"]).code(2).says("there is a ledger already");
    assert_eq!(sandbox.ledger_head(), head);
}

#[test]
fn help_has_examples_and_completions_are_made_for_shells() {
    let sandbox = Sandbox::new();
    for command in [
        "init",
        "record",
        "approve",
        "reject",
        "withdraw",
        "close",
        "status",
        "log",
        "show",
        "verify",
        "gate",
        "append",
        "hooks",
        "key",
        "trust",
        "policy",
        "explain",
        "demo",
        "completions",
    ] {
        let help = sandbox.run(&[command, "--help"]).ok().stdout;
        assert!(help.contains("Example"), "{command}: {help}");
        let long = |line: &&str| line.chars().count() > 80 && !line.starts_with("Usage:");
        assert_eq!(help.lines().find(long), None, "{command}");
    }
    for shell in ["bash", "zsh", "fish"] {
        sandbox.run(&["completions", shell]).ok().answers("countersign");
    }
}
