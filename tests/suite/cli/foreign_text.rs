//! Names, drafts and commit messages in other scripts and encodings.

use crate::support::sandbox::Sandbox;

#[test]
fn the_first_word_of_a_name_is_transliterated_and_no_letter_is_dropped() {
    for (name, expected) in [
        ("Zoë Müller", "zoe"),
        ("Łukasz", "lukasz"),
        ("Jürgen-Peter Groß", "jurgen-peter"),
        ("Дмитрий Иванов", "dmitrii"),
        ("王芳", "wang-fang"),
        ("Ñusta", "nusta"),
        ("O'Neil", "o-neil"),
        ("Alice", "alice"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.git(&["config", "user.name", name]).ok();
        let founded = sandbox.run(&["init", "--yes"]).ok();
        let shown = format!("you      {expected}; human");
        assert!(founded.stderr.contains(&shown), "{name}: {}", founded.stderr);
        let says = founded.stderr.contains("cannot be changed later");
        assert_eq!(says, !name.is_ascii(), "{name}: {}", founded.stderr);
        sandbox.run(&["trust", "show"]).ok().stdout_has(expected);
    }
    // If neither the name nor the local part of the e-mail address has a letter, `init` refuses, and says how to give a
    // name.
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "user.name", "…"]).ok();
    sandbox.git(&["config", "user.email", "@example.org"]).ok();
    sandbox.run(&["init", "--yes"]).code(2).stderr_has("countersign init --name NAME");
}

#[test]
fn a_draft_may_begin_with_a_byte_order_mark() {
    let sandbox = Sandbox::with_ledger();
    let end = sandbox.in_days(20);
    let text = crate::support::ledger::plan("alice", "removal", &end);
    let record = |text: &str| {
        let file = sandbox.write("plan.toml", text);
        sandbox.run(&["record", "rollback-plan", "-f", &file])
    };
    // Some Windows editors write a byte-order mark and CRLF line endings.
    record(&format!("\u{feff}{}", text.replace('\n', "\r\n"))).ok();
    // Lines and columns of mistakes are those that the editor shows.
    let wrong = format!("\u{feff}colour = 1\n{text}");
    record(&wrong).code(2).stderr_has("plan.toml:1:1");
    // Anywhere else the same character is not a byte-order mark.
    record(&format!("# a\n\u{feff}{text}")).code(2);
    for what in ["policy", "trust"] {
        let shown = sandbox.run(&[what, "propose", "--print"]).ok().stdout;
        let file = sandbox.write("proposal.toml", &format!("\u{feff}{shown}"));
        // The file is read completely: it equals the policy or trust in force.
        sandbox.run(&[what, "propose", "-f", &file]).code(2).stderr_has("changes nothing");
    }
}

#[test]
fn the_subject_of_a_commit_is_read_in_its_own_encoding() {
    let sandbox = Sandbox::with_ledger();
    let ask = ["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];
    for (encoding, subject) in [
        ("ISO-8859-1", &b"Pr\xfcfung"[..]),
        ("windows-1252", b"Pr\xfcfung"),
        ("UTF-8", "Prüfung".as_bytes()),
        ("ISO-2022-JP", b"\x1b$B8!::\x1b(B"),
    ] {
        let file = sandbox.root.path().join("subject");
        std::fs::write(&file, subject).unwrap();
        let encoding = format!("i18n.commitEncoding={encoding}");
        let path = file.display().to_string();
        let commit = ["-c", &encoding, "commit", "-q", "--allow-empty", "--no-verify", "-F", &path];
        sandbox.git(&commit).ok();
        let expected = if encoding.ends_with("JP") { "検査" } else { "Prüfung" };
        let _ = sandbox.run(&ask).code(1).stdout_has(&format!("\"{expected}\""));
    }
}
