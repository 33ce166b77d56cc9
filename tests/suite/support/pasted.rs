//! Pastes every command that the program suggests in a test. Each must have no placeholder, and clap must accept it in
//! a copy of the sandbox.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::{LazyLock, Mutex};

use crate::support::sandbox::{Ran, Sandbox, program};

/// The suggestions already run in this process, without ids and names. Each is run only once.
static RUN: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

/// Messages of clap that mean that a command line is wrong, whatever the ledger contains.
const WRONG: &[&str] = &[
    "unexpected argument",
    "unrecognized subcommand",
    "invalid value",
    "required arguments were not provided",
    "cannot be used with",
    "a value is required",
];

/// Pastes the commands that the output of a command suggests.
#[track_caller]
pub fn suggestions(sandbox: &Sandbox, ran: &Ran) {
    for line in suggested(&ran.stdout).into_iter().chain(suggested(&ran.stderr)) {
        let bad = line.contains('…') || line.split_whitespace().any(is_placeholder);
        assert!(!bad, "a suggestion has a placeholder: {line}\n{}\n{}", ran.stdout, ran.stderr);
        if RUN.lock().unwrap().insert(shape(&line)) {
            paste(sandbox, &line);
        }
    }
}

/// The commands after `next: ` and `more: `, each on one line.
fn suggested(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace("\\\n", " ");
    let after = |line: &str| {
        let (_, command) = line.split_once("next: ").or_else(|| line.split_once("more: "))?;
        let command = command.split(", then ").next()?.split("  #").next()?.trim();
        let is_command = command.starts_with("countersign ") || command.starts_with("git ");
        is_command.then(|| command.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    text.lines().filter_map(after).collect()
}

/// Whether a word is a placeholder, such as `ID` or `FILE`.
fn is_placeholder(word: &str) -> bool {
    let word = word.trim_matches(|character: char| !character.is_ascii_alphanumeric());
    word.len() > 1
        && word.chars().all(|character| character.is_ascii_uppercase())
        && word.chars().any(|character| character.is_ascii_alphabetic())
        && word != "HEAD"
}

/// A command without the words that differ from ledger to ledger.
fn shape(line: &str) -> String {
    let varies = |word: &str| {
        word.chars().any(|character| character.is_ascii_digit()) || word.contains('/') || word.contains('\'')
    };
    line.split_whitespace().map(|word| if varies(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn paste(sandbox: &Sandbox, line: &str) {
    let copy = crate::support::temporary::tempdir().unwrap();
    let (from, to) = (sandbox.root.path().display(), copy.path().display());
    let folder = std::path::Path::new(program()).parent().unwrap().display().to_string();
    // The copy pushes to its own copy of the remote, and signs with its own copy of the keys.
    let script = format!(
        "cp -a {from}/. {to}/ && cd {to}/payments && \
         for file in {to}/home/.gitconfig {to}/payments/.git/config; do sed -i 's|{from}|{to}|g' \"$file\"; done && \
         if url=$(git config remote.origin.url); then \
             if test -d \"$url\"; then cp -a \"$url\" {to}/copied.git; fi; \
             git config remote.origin.url {to}/copied.git; fi && \
         {line}"
    );
    let mut command = sandbox.command(sandbox.root.path(), "timeout");
    command.args(["60", "bash", "-c", &script]).stdin(Stdio::null());
    command.env("HOME", copy.path().join("home")).env("GIT_EDITOR", "true");
    command.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap()));
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let is_wrong = WRONG.iter().any(|wrong| stderr.contains(wrong)) || output.status.code() == Some(101);
    assert!(!is_wrong, "what was suggested cannot be pasted: {line}\n{stderr}");
}
