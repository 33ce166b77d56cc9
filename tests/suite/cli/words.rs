//! Tests that the program explains its own words: concepts, manual pages, versions, completions of values, and
//! `git countersign`.

use crate::support::sandbox::{Sandbox, program};

#[test]
fn the_words_are_explained_and_the_version_is_told() {
    let sandbox = Sandbox::new();
    let concepts = sandbox.run(&["concepts"]).ok().stdout;
    assert!(concepts.contains("restoration\n") && concepts.contains("ledger time\n"), "{concepts}");
    sandbox.run(&["help", "concepts"]).ok().stdout_has("A deployment of what is confirmed");
    sandbox.run(&["help", "policy"]).ok().stdout_has("recurrence");
    let version = sandbox.run(&["version", "--json"]).ok().json();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(version["format"], 2);
    sandbox.run(&["version"]).ok().stdout_has(env!("CARGO_PKG_VERSION"));
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let sandbox = Sandbox::new();
    let pages = sandbox.root.path().join("man/man1");
    sandbox.run(&["man", &pages.display().to_string()]).ok().stdout_has("next: man -l ");
    let help = sandbox.run(&["--help"]).ok().stdout;
    let commands = help.split_once("Commands:").unwrap().1.split_once("Options").unwrap().0;
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names.iter().filter(|name| **name != "help") {
        let page = std::fs::read_to_string(pages.join(format!("countersign-{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
        // Examples keep their line breaks.
        let examples = page.split_once(".SH EXAMPLES\n.nf\n").map(|(_, after)| after);
        assert!(examples.is_none_or(|lines| lines.starts_with("\\&  countersign")), "{name}: {page}");
    }
    assert!(std::fs::read_to_string(pages.join("countersign-gate.1")).unwrap().contains("countersign gate"));
    assert_eq!(std::fs::read_to_string(pages.join("git-countersign.1")).unwrap(), ".so man1/countersign.1\n");
    let file = sandbox.write("file", "");
    sandbox.run(&["man", &format!("{file}/man1")]).code(2).stderr_has("cannot write to");
}

#[test]
fn git_runs_the_program_by_a_link() {
    let sandbox = Sandbox::with_ledger();
    let folder = sandbox.root.path().join("bin");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(program(), folder.join("git-countersign")).unwrap();
    let mut command = sandbox.command(&sandbox.repository, "git");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let output = command.args(["countersign", "status", "--json"]).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"targets\""));
}

/// Returns the completions that a shell is offered for the last word of a line.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut command = sandbox.command(&sandbox.repository, program());
    command.args(["--", "countersign"]).args(words).env("COUNTERSIGN_COMPLETE", "fish");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_shell_completes_values_from_the_ledger() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let exception = sandbox.exception("a task");
    let expected = format!("{}\texception by alice: vendor-import feed-stale", &exception[..8]);
    assert!(offered(&sandbox, &["show", ""]).contains(&expected));
    assert_eq!(offered(&sandbox, &["show", &exception[..4]]), [expected]);
    assert_eq!(offered(&sandbox, &["log", "--kind", "exc"]), ["exception"]);
    assert_eq!(offered(&sandbox, &["log", "--author", ""]), ["alice", "bob"]);
    assert_eq!(offered(&sandbox, &["log", "--cause", ""]), ["feed-stale"]);
    assert_eq!(offered(&sandbox, &["gate", "pay"]), ["payments/production"]);
    assert_eq!(offered(&sandbox, &["pause", "-s", ""]), ["payments"]);
    assert_eq!(offered(&sandbox, &["pause", "-e", ""]), ["production"]);
    assert_eq!(offered(&sandbox, &["record", "exception", "--workflow", ""]), ["vendor-import"]);
    assert!(offered(&sandbox, &["explain", "rollback-p"])[0].starts_with("rollback-plan"));
}

#[test]
fn the_script_of_each_shell_completes_and_the_real_bash_runs_it() {
    let sandbox = Sandbox::with_ledger();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sandbox.run(&["completions", shell]).ok().stdout;
        assert!(script.contains("COUNTERSIGN_COMPLETE"), "{shell}: {script}");
    }
    sandbox.run(&["completions", "tcsh"]).code(2).stderr_has("the shells are: bash");
    let script = sandbox.run(&["completions", "bash"]).ok().stdout;
    let file = sandbox.write("completions", &script);
    let folder = std::path::Path::new(program()).parent().unwrap().display().to_string();
    let line = format!(
        "PATH={folder}:$PATH; . {file}; COMP_WORDS=(countersign gate pay); COMP_CWORD=2; COMP_TYPE=9; \
         _clap_complete_countersign countersign pay gate; echo \"${{COMPREPLY[@]}}\""
    );
    let ran = sandbox.at(&sandbox.repository, "bash", &["-c", &line]).ok();
    assert_eq!(ran.stdout.trim(), "payments/production", "{}", ran.stderr);
}

#[test]
fn a_variable_alone_turns_no_command_into_a_completion() {
    let sandbox = Sandbox::with_ledger();
    for (name, value) in [("COUNTERSIGN_COMPLETE", "bash"), ("COMPLETE", "bash")] {
        let mut command = sandbox.command(&sandbox.repository, program());
        let output = command.args(["gate"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "a refusal stays one");
    }
    let output = sandbox.command(&sandbox.repository, program()).args(["--", "gate"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_word_that_was_typed_wrong_is_told_with_the_one_that_was_meant_and_goes_no_further() {
    let sandbox = Sandbox::with_ledger();
    let meant = |words: &[&str], says: &str| drop(sandbox.run(words).code(2).stderr_has(says));
    meant(&["record", "rolback-plan"], "'rollback-plan'");
    meant(&["log", "--kind", "excepton"], "'exception'");
    meant(&["statsu"], "'status'");
    sandbox.run(&["log", "--service", "paymens"]).ok().stderr_has("did you mean `payments`?");
    sandbox.run(&["log", "--author", "alise"]).ok().stderr_has("did you mean `alice`?");
    sandbox.run(&["log", "--service", "payments"]).ok();
    let refused = sandbox.run(&["gate", "paymens/production"]).code(1).stdout;
    assert!(refused.contains("did you mean payments/production?"), "{refused}");
    assert!(refused.contains("next: countersign gate payments/production --commit"), "{refused}");
    assert!(!refused.contains("record rollback-plan paymens"), "{refused}");
    // A target that resembles no other may be new.
    let refused = sandbox.run(&["gate", "billing/test"]).code(1).stdout;
    assert!(refused.contains("next: countersign policy target add billing/test"), "{refused}");
}
