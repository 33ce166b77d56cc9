//! Bad input: one clear message, the right exit code, and nothing half written.

use crate::support::sandbox::{Sandbox, exception, program};

#[test]
fn outside_of_a_repository() {
    let sandbox = Sandbox::new();
    let ran = sandbox.at(sandbox.root.path(), program(), &["status"]).code(4);
    let _ = ran.stderr_has("no Git repository").stderr_has("-C DIRECTORY");
}

#[test]
fn wrong_usage_is_2_with_a_suggestion() {
    let sandbox = Sandbox::with_ledger();
    sandbox.run(&["gaet"]).code(2).stderr_has("similar subcommand");
    sandbox.run(&["grant", "--to", "alice"]).code(2).stderr_has("--action");
    sandbox
        .run(&["gate", "--service", "Pay Ments", "--environment", "p", "--commit", "HEAD"])
        .code(2)
        .stderr_has("expected a name");
    for bad in ["main;rm", "../prod", "prod\n", "", &"x".repeat(100_000)] {
        sandbox.run(&["gate", "--service", "payments", "--environment", bad, "--commit", "HEAD"]).code(2);
    }
    sandbox.run(&["record", "excption"]).code(2).stderr_has("exception");
    sandbox.run(&["record", "trust"]).code(2).stderr_has("countersign trust propose");
    sandbox.run(&["explain", "rolback-plan"]).code(2).stderr_has("did you mean `rollback-plan`?");
    sandbox.run(&["verify", "--ledger-id", "abc"]).code(2).stderr_has("64 digits");
}

#[test]
fn ids_that_are_short_unknown_or_no_ids() {
    let sandbox = Sandbox::with_ledger();
    sandbox.run(&["show", "67"]).code(2).stderr_has("the id `67` is too short: give at least 4 digits");
    sandbox.run(&["show", "zzzz"]).code(2).stderr_has("is not an id");
    sandbox.run(&["approve", "0000", "--yes"]).code(2).stderr_has("no record of this ledger");
}

#[test]
fn an_ambiguous_prefix_lists_what_it_could_mean() {
    use countersign::key::{PublicKeySource, Signer, SigningWays};
    use countersign::record::field::Elements;
    use countersign::record::{Checkpoint, Header, Record, signature_block};
    let sandbox = Sandbox::with_ledger();
    let view = sandbox.run(&["verify", "--json"]).ok().json();
    let header = Header {
        schema: countersign::value::limit::FORMAT,
        kind: "exception".parse().unwrap(),
        ledger: Some(view["ledger"].as_str().unwrap().parse().unwrap()),
        author: "alice".parse().unwrap(),
        created_at: sandbox.in_days(0).parse().unwrap(),
        checkpoint: Some(Checkpoint {
            size: view["size"].as_u64().unwrap(),
            root: view["root"].as_str().unwrap().parse().unwrap(),
        }),
    };
    let record = |number: u32| {
        let body = crate::support::ledger::body(
            "exception",
            &crate::support::ledger::exception("c", &format!("run {number}"), "", ""),
        );
        Record { header: header.clone(), body, evidence: Elements::from(Vec::new()) }
    };
    // Among a few hundred ids, two share their first four digits (the birthday paradox).
    let mut seen = std::collections::BTreeMap::new();
    let pair = (0..5_000).find_map(|number| {
        let start = record(number).id().to_string()[..4].to_owned();
        seen.insert(start.clone(), number).map(|other| (start, other, number))
    });
    let (start, one, two) = pair.unwrap();
    let mut signer =
        Signer::find(&PublicKeySource::Path(sandbox.home.join("alice")), SigningWays::default()).unwrap();
    let mut append = vec!["append".to_owned()];
    for number in [one, two] {
        let payload = record(number).payload();
        let blob = signer.sign("countersign.record.v1", payload.as_bytes()).unwrap();
        append
            .push(sandbox.write(&format!("{number}.toml"), &format!("{payload}{}", signature_block(&blob))));
    }
    sandbox.run(&append.iter().map(String::as_str).collect::<Vec<_>>()).ok();
    let ids = [record(one).id().to_string(), record(two).id().to_string()];
    let ran = sandbox
        .run(&["show", &start])
        .code(2)
        .stderr_has(&format!("`{start}` is ambiguous"))
        .stderr_has("give more digits");
    assert!(ids.iter().all(|id| ran.stderr.contains(&id[..16])), "{}", ran.stderr);
    sandbox.run(&["show", &ids[0][..12]]).ok().stdout_has(&ids[0]);
}

#[test]
fn what_would_be_signed_is_shown_first_and_a_person_is_asked() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    let short = &plan[..8];
    let bob = sandbox.home.join("bob").display().to_string();
    sandbox
        .bob(&["approve", short])
        .code(2)
        .stderr_has("no terminal to confirm the signature")
        .stderr_has("--yes");
    let ask = |answer: &str| {
        let line = format!(
            "printf '{answer}\\n' | script -qec '{} --key {bob} approve {short}' /dev/null",
            program()
        );
        sandbox.at(&sandbox.repository, "bash", &["-c", &line])
    };
    let _ = ask("n")
        .code(2)
        .stdout_has(&format!("Your vote is on exactly this record: {plan}"))
        .stdout_has("Approve as bob? [y/N]")
        .stdout_has("nothing was recorded");
    let _ = ask("y").ok().stdout_has("in force until");
}

#[test]
fn on_the_first_contact_a_person_is_shown_the_id_and_asked() {
    let sandbox = Sandbox::with_ledger();
    std::fs::remove_file(sandbox.repository.join(".git/countersign/pin")).unwrap();
    let id = sandbox.run(&["log", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    let ask = |answer: &str| {
        let line = format!("printf '{answer}\\n' | script -qec '{} verify' /dev/null", program());
        sandbox.at(&sandbox.repository, "bash", &["-c", &line])
    };
    let _ = ask("n").code(3).stdout_has(&id).stdout_has("UNANCHORED");
    let _ = ask("y").ok().stdout_has("SOUND");
    sandbox.run(&["verify"]).ok().stdout_has("the pin of this repository");
}

#[test]
fn a_malformed_draft_names_every_line_and_writes_nothing() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    let draft = sandbox.write("draft.toml", "[exception]\nworkflow = \"w\"\nservices = [\"payment\"]\nenvironments = [\"production\"]\nfailure = \"bad-data\"\nsummary = \"s\"\n");
    let ran = sandbox.run(&["record", "exception", "-f", &draft]).code(2);
    let _ = ran
        .stderr_has("the draft has 2 mistakes")
        .stderr_has("draft.toml:5:11: `exception.failure` is \"bad-data\"")
        .stderr_has("expected one of: bad-source-data")
        .stderr_has("draft.toml:1:");
    let fixed = std::fs::read_to_string(&draft).unwrap().replace("bad-data", "timeout")
        + "origin = \"data\"\nroot_cause = \"c\"\n[exception.trigger]\nidentity = \"x\"\ntask = \"t\"\n";
    let draft = sandbox.write("draft.toml", &fixed);
    sandbox
        .run(&["record", "exception", "-f", &draft])
        .code(2)
        .stderr_has("names no target of the policy")
        .stderr_has("payments in production");
    assert_eq!(sandbox.ledger_head(), head);
    sandbox.run(&["record", "exception", "-f", "/nowhere"]).code(2).stderr_has("cannot read /nowhere");
    sandbox
        .feed(&["record", "exception", "-f", "-"], b"\xff\xfe")
        .code(2)
        .stderr_has("standard input:1:1")
        .stderr_has("not UTF-8");
    sandbox
        .feed(&["record", "exception", "-f", "-"], &vec![b'#'; 70_000])
        .code(2)
        .stderr_has("at most 65536");
}

#[test]
fn what_looks_like_a_secret_is_refused_with_its_place() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    let token = format!("ghp_{}", "aB3d".repeat(9));
    let said = format!("token {token}");
    let ran = sandbox.run(&exception(&said, "t"));
    let ran = ran.code(2).stderr_has("--summary seems to hold a secret (GitHub token, 40 characters)");
    assert!(!ran.stderr.contains(&token), "the secret is not repeated");
    let draft = std::fs::read_to_string(
        sandbox.write("draft.toml", &crate::support::ledger::exception("c", "t", "", "")),
    )
    .unwrap();
    let draft = draft.replace("task = \"t\"", &format!("task = \"{token}\""));
    let file = sandbox.write("draft.toml", &draft);
    let ran = sandbox.run(&["record", "exception", "-f", &file]).code(2);
    let ran = ran.stderr_has("`exception.trigger.task` seems to hold a secret");
    assert!(!ran.stderr.contains(&token), "the secret is not repeated");
    // Without a terminal nobody can be asked.
    let allowed = [&exception(&said, "t")[..], &["--allow-secret-like"]].concat();
    sandbox.run(&allowed).code(2).stderr_has("there is no terminal to ask at");
    assert_eq!(sandbox.ledger_head(), head);
    // At a terminal, a person is asked. Neither the question nor the answer gets into the record.
    let words: Vec<String> = allowed.iter().map(|word| format!("'{word}'")).collect();
    let ask = |answer: &str| {
        let line =
            format!("printf '{answer}\\n' | script -qec \"{} {}\" /dev/null", program(), words.join(" "));
        sandbox.at(&sandbox.repository, "bash", &["-c", &line])
    };
    let _ = ask("n").code(2).stdout_has("nothing was recorded");
    assert_eq!(sandbox.ledger_head(), head);
    let _ = ask("y").ok().stdout_has("recorded");
    let record = sandbox.git(&["show", "ledger"]).ok().stdout;
    assert!(record.contains(&token) && !record.contains("secret-like"), "{record}");
}

#[test]
fn a_commit_that_is_not_there() {
    let sandbox = Sandbox::with_ledger();
    let ask = |commit: &str| {
        sandbox.run(&["gate", "--service", "payments", "--environment", "production", "--commit", commit])
    };
    let _ = ask("nowhere").code(2).stderr_has("`nowhere` names no commit");
    let _ = ask(&"1".repeat(40)).code(2).stderr_has("names no commit");
}

#[test]
fn an_editor_that_empties_the_draft_or_fails_records_nothing_and_keeps_the_text() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    let with = |editor: &str| {
        let mut command = sandbox.command(&sandbox.repository, program());
        let output = command.args(["record", "exception"]).env("GIT_EDITOR", editor).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, stderr) = with("truncate -s 0");
    assert!(code == Some(2) && stderr.contains("the draft is empty"), "{stderr}");
    let (code, stderr) = with("false");
    assert!(
        code == Some(4) && stderr.contains("the editor") && stderr.contains("the text is kept"),
        "{stderr}"
    );
    let (code, stderr) = with("true");
    assert!(
        code == Some(2) && stderr.contains("mistakes") && stderr.contains("the text is kept"),
        "{stderr}"
    );
    // No editor is opened if standard input is no terminal.
    let mut command = sandbox.command(&sandbox.repository, program());
    let output = command.args(["record", "exception"]).env("EDITOR", "touch opened").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && stderr.contains("no editor is opened"), "{stderr}");
    assert!(!sandbox.repository.join("opened").exists());
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
    sandbox.at(&sandbox.repository, "sh", &["-c", &line]).code(4).stderr_has("cannot write the answer");
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
    // Root may write anywhere, so a lock file of the ledger's ref stands for missing permissions.
    let lock = sandbox.repository.join(".git/refs/heads/ledger.lock");
    std::fs::write(&lock, "").unwrap();
    let ran = sandbox.run(&exception("s", "t"));
    let _ = ran.code(4).stderr_has("update-ref");
    std::fs::remove_file(&lock).unwrap();
    assert_eq!(sandbox.ledger_head(), head);
    sandbox.run(&["verify"]).ok().stdout_has("2 records");
    sandbox.git(&["fsck", "--strict"]).ok();
}

#[test]
fn in_a_read_only_directory_nothing_is_half_written() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    let root = sandbox.root.path().display().to_string();
    // Root may write anywhere, so the command then runs as another user.
    let is_root = sandbox.at(sandbox.root.path(), "id", &["-u"]).ok().stdout.trim() == "0";
    let become_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    if is_root {
        sandbox.at(sandbox.root.path(), "chown", &["-R", "65534:65534", &root]).ok();
    }
    sandbox.at(&sandbox.repository, "chmod", &["-R", "a-w", ".git"]).ok();
    let words: Vec<String> = exception("s", "t").iter().map(|word| format!("'{word}'")).collect();
    let before = if is_root { become_nobody } else { "env" };
    let copy = sandbox.root.path().join("countersign");
    std::fs::copy(program(), &copy).unwrap();
    let line = format!("{before} {} {}", copy.display(), words.join(" "));
    let ran = sandbox.at(&sandbox.repository, "sh", &["-c", &line]).code(4);
    assert!(ran.stderr.contains("Permission denied") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    sandbox.at(&sandbox.repository, "chmod", &["-R", "u+w", ".git"]).ok();
    if is_root {
        sandbox.at(sandbox.root.path(), "chown", &["-R", "0:0", &root]).ok();
    }
    assert_eq!(sandbox.ledger_head(), head);
    sandbox.run(&["verify"]).ok().stdout_has("2 records");
}

#[test]
fn a_repository_with_reftable_is_refused_by_name() {
    let sandbox = Sandbox::new();
    let made = sandbox.at(sandbox.root.path(), "git", &["init", "-q", "--ref-format=reftable", "tables"]);
    if made.code != Some(0) {
        crate::support::effort::not_run(&format!("this Git has no reftable: {}", made.stderr));
        return;
    }
    let tables = sandbox.root.path().join("tables");
    let refused = sandbox.at(&tables, program(), &["status"]).code(4).stderr_has("refstorage = reftable");
    refused.stderr_has("not supported").stderr_has("next: git refs migrate --ref-format=files");
    // The suggested command works.
    sandbox.at(&tables, "git", &["refs", "migrate", "--ref-format=files"]).ok();
    let _ = sandbox.at(&tables, program(), &["status"]).code(3).stderr_has("there is no ledger here");
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
    assert!(!plain.contains('…'), "a pipe gets whole lines: {plain}");
}

#[test]
fn a_ledger_that_exists_is_not_founded_again() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    sandbox.run(&["init", "--yes"]).code(2).stderr_has("there is a ledger already");
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
        sandbox.run(&["completions", shell]).ok().stdout_has("countersign");
    }
}
