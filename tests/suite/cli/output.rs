//! Output: an answer is written completely, or the exit code is 4; and no output contains commands for a terminal or a
//! CI system.

use crate::support::ledger::{Ledger, NOW, exception};
use crate::support::sandbox::{Ran, Sandbox, program};

/// Runs a command of the program with its output redirected by the shell.
fn redirected(sandbox: &Sandbox, words: &str, redirection: &str) -> Ran {
    let line = format!("{} {words} {redirection}", program());
    sandbox.at(&sandbox.repository, "bash", &["-c", &line])
}

#[test]
fn an_answer_that_cannot_be_written_is_exit_code_4_whatever_it_is() {
    let sandbox = Sandbox::with_ledger();
    let plan = sandbox.plan("removal");
    let show = format!("show {} --raw", &plan[..8]);
    let gate = "gate --service payments --environment production --commit HEAD";
    let commands = [
        gate,
        "verify",
        "verify --json",
        "status",
        "log",
        &show,
        "trust show",
        "policy propose --print",
        "explain rollback-plan",
        "completions bash",
        "export metrics",
        "--help",
        "--version",
    ];
    for words in commands {
        redirected(&sandbox, words, "").ok();
        for redirection in [">&-", ">/dev/full"] {
            let ran = redirected(&sandbox, words, redirection);
            assert_eq!(ran.code, Some(4), "{words} {redirection}: {}", ran.stderr);
        }
        // Output may be discarded on purpose, or go to a pipe.
        redirected(&sandbox, words, ">/dev/null").ok();
        redirected(&sandbox, words, ">/dev/null 2>&1 </dev/null").ok();
        redirected(&sandbox, words, "| cat >/dev/null; exit ${PIPESTATUS[0]}").ok();
    }
    redirected(&sandbox, gate, ">&-").code(4).stderr_has("standard output is closed");
    // A refusal never becomes a yes, even if it cannot be written: the exit code is 1 or 4, not 0.
    sandbox.run(&["pause", "--service", "payments", "--environment", "production", "--reason", "r"]).ok();
    assert!(matches!(redirected(&sandbox, gate, ">&-").code, Some(1 | 4)));
    // With every stream closed nothing can be reported, but the exit code is still not 0.
    redirected(&sandbox, "verify", ">&- 2>&- <&-").code(4);
}

/// Returns the lines that are commands for a CI system. GitHub's runner trims all white space before it looks for `::`.
fn commands(text: &str) -> Vec<&str> {
    let anywhere = ["##[", "##vso[", "##teamcity["];
    let is_command =
        |line: &&str| line.trim().starts_with("::") || anywhere.iter().any(|command| line.contains(command));
    text.split(['\n', '\r']).filter(is_command).collect()
}

#[test]
fn no_white_space_before_a_workflow_command_lets_it_through_where_a_line_is_wrapped() {
    let mut ledger = Ledger::team();
    let mut ids = Vec::new();
    for (number, space) in ["\u{a0}", "\u{2003}", "\u{3000}", "\u{1680}", "\u{202f}"].iter().enumerate() {
        for length in (40..80).step_by(3) {
            let hostile = format!("{} {space}::add-mask::production", "x".repeat(length));
            let text = exception(&format!("c{number}"), &format!("run {length}"), "", "");
            let text = text.replace("summary = \"It failed\"", &format!("summary = \"{hostile}\""));
            assert!(text.contains("add-mask"), "{text}");
            ids.push(ledger.append("ops", "exception", &text, NOW));
        }
    }
    let id = ledger.id.unwrap().to_string();
    let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    ledger.parent = None;
    let sandbox = Sandbox::new();
    let run =
        |words: &[&str]| sandbox.at(written.path(), program(), &[words, &["--ledger-id", &id]].concat());
    let gate = ["gate", "--service", "payments", "--environment", "production", "--commit", "ledger", "-v"];
    let mut texts =
        vec![run(&gate), run(&["log"]), run(&["patterns", "--all"]), run(&["status", "--commit", "ledger"])];
    texts.extend(ids.iter().map(|id| run(&["show", &id.to_string()])));
    assert!(texts.iter().any(|ran| ran.stdout.contains("add-mask")), "the text is shown");
    for ran in texts {
        assert_eq!(commands(&ran.stdout), [""; 0], "{}", ran.stdout);
        assert_eq!(commands(&ran.stderr), [""; 0], "{}", ran.stderr);
    }
}

#[test]
fn what_was_typed_or_stands_in_a_file_name_commands_nothing_in_a_message() {
    let sandbox = Sandbox::with_ledger();
    for hostile in [
        "::error::x",
        "\u{a0}::error::x",
        "a\n::error::x",
        "a\r::error::x",
        "##vso[task.setvariable]x",
        "\u{1b}]0;title\u{7}",
        "\u{1b}[2J",
        "\u{202e}abc",
    ] {
        for words in [
            &["gate", "--service", hostile, "--environment", "production", "--commit", "HEAD"][..],
            &["gate", "--service", "payments", "--environment", "production", "--commit", hostile],
            &["show", hostile],
            &["explain", hostile],
            &[hostile],
            &["--at-least", hostile, "verify"],
            &["record", "exception", "-f", hostile],
            &["record", "exception", "--from-junit", hostile],
            &["-C", hostile, "verify"],
            &["--git-dir", hostile, "verify"],
            &["verify", "--compare", hostile],
        ] {
            let ran = sandbox.run(words);
            assert_ne!(ran.code, Some(0), "{words:?}");
            for text in [&ran.stdout, &ran.stderr] {
                assert_eq!(commands(text), [""; 0], "{words:?}");
                let forbidden = |character: char| character.is_control() && character != '\n';
                assert!(!text.contains(forbidden) && !text.contains('\u{202e}'), "{words:?}: {text:?}");
            }
        }
    }
}

#[test]
fn json_holds_no_command_of_a_ci_and_means_the_same() {
    let sandbox = Sandbox::with_ledger();
    let hostile = "ask ##vso[task.setvariable]x and ##teamcity[y] and #7";
    sandbox.run(&crate::support::sandbox::exception(hostile, "t")).ok();
    let id = sandbox.run(&["log", "--json"]).ok().json()["records"][0]["id"].as_str().unwrap().to_owned();
    let ran = sandbox.run(&["show", &id, "--json"]).ok();
    assert_eq!(commands(&ran.stdout), [""; 0]);
    assert!(ran.json().to_string().contains(hostile), "{}", ran.stdout);
}

/// A wide character takes two columns of a terminal.
#[test]
fn prose_of_every_script_is_wrapped_where_the_line_ends() {
    let sandbox = Sandbox::with_ledger();
    let summary = "支払い が 二重 に なった 、 理由 は まだ 分からない 🚒 사고 ".repeat(4);
    let words = crate::support::sandbox::exception(summary.trim(), "a");
    let id =
        sandbox.run(&[&words[..], &["--json"]].concat()).ok().json()["id"].as_str().unwrap()[..8].to_owned();
    let shown = sandbox.run(&["show", &id]).ok().stdout;
    assert!(shown.lines().filter(|line| line.contains("理由")).count() > 2, "{shown}");
    for line in shown.lines() {
        assert!(countersign::render::columns(line) <= 80, "{line}");
    }
}
