//! `ledger-schema/controls.md` names every check and every kind, and only checks, kinds and commands that
//! exist.

use std::collections::BTreeSet;
use std::path::PathBuf;

use countersign::finding::{Code, CodeGroup};
use countersign::record::Kind;

use crate::support::sandbox::{Sandbox, program};

/// A row of one of the tables, with the checks, kinds of records and commands that it names.
struct Row {
    name: String,
    checks: Vec<String>,
    records: Vec<String>,
    commands: Vec<String>,
    not_answered: String,
}

/// The words of a cell, which are in backticks and separated by commas.
fn named(cell: &str) -> Vec<String> {
    let bare = |word: &str| {
        let inner = word.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        inner.unwrap_or_else(|| panic!("`{word}` is not in backticks")).to_owned()
    };
    cell.split(", ").filter(|word| !word.is_empty()).map(bare).collect()
}

fn rows() -> Vec<Row> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ledger-schema").join("controls.md");
    let text = std::fs::read_to_string(file).unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.ends_with("| not answered |");
    let row = |line: &str| {
        let inner = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')).unwrap();
        let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
        let [name, checks, records, commands, not_answered] = cells[..] else {
            panic!("expected five cells: {line}")
        };
        Row {
            name: name.to_owned(),
            checks: named(checks),
            records: named(records),
            commands: named(commands),
            not_answered: not_answered.to_owned(),
        }
    };
    text.lines().filter(is_row).map(row).collect()
}

#[test]
fn every_check_and_every_kind_answers_for_something_and_no_other_does() {
    let rows = rows();
    let checks: BTreeSet<&str> = rows.iter().flat_map(|row| row.checks.iter().map(String::as_str)).collect();
    let all = Code::ALL.iter().filter(|code| code.group() == CodeGroup::Check);
    assert_eq!(checks, all.map(|code| code.as_str()).collect());
    let kinds: BTreeSet<&str> = rows.iter().flat_map(|row| row.records.iter().map(String::as_str)).collect();
    assert_eq!(kinds, Kind::ALL.iter().map(|kind| kind.as_str()).collect());
}

#[test]
fn every_command_and_option_that_answers_for_something_is_there() {
    let sandbox = Sandbox::new();
    let commands: BTreeSet<String> = rows().into_iter().flat_map(|row| row.commands).collect();
    assert!(commands.len() > 20);
    let help = |words: &[&str]| {
        let all = [words, &["--help"]].concat();
        sandbox.at(sandbox.root.path(), program(), &all).ok().stdout
    };
    for command in commands {
        let words: Vec<&str> = command.split(' ').collect();
        let (options, words): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
        let help_text = match words[..] {
            ["record", kind] => {
                assert!(kind.parse::<Kind>().is_ok(), "{command}");
                help(&["record"])
            }
            _ => help(&words),
        };
        // For a subcommand that it does not know, Clap shows the help of the command itself.
        let usage = help_text.lines().find(|line| line.starts_with("Usage: ")).unwrap();
        assert!(usage.starts_with(&format!("Usage: countersign {}", words[0])), "{command}: {usage}");
        if let [first, second] = words[..]
            && first != "record"
        {
            assert!(usage.starts_with(&format!("Usage: countersign {first} {second}")), "{command}: {usage}");
        }
        for option in options {
            assert!(help_text.split_whitespace().any(|word| word == option), "{command}: {help_text}");
        }
    }
}

#[test]
fn the_rows_are_those_of_the_frameworks_and_each_says_what_is_not_answered() {
    let rows = rows();
    let with = |prefix: &str| rows.iter().filter(move |row| row.name.starts_with(prefix)).collect::<Vec<_>>();
    let names: Vec<&str> = with("NHI").iter().map(|row| row.name.split(' ').next().unwrap()).collect();
    assert_eq!(names, (1..=10).map(|number| format!("NHI{number}")).collect::<Vec<_>>());
    let monitored: Vec<&str> = with("DE.CM").iter().map(|row| row.name.split(' ').next().unwrap()).collect();
    assert_eq!(monitored, ["DE.CM-01", "DE.CM-02", "DE.CM-03", "DE.CM-06", "DE.CM-09"]);
    assert!(with("GOVERN ").len() >= 5);
    for prefix in ["NHI", "DE.CM", "GOVERN "] {
        assert!(with(prefix).iter().all(|row| !row.not_answered.is_empty()), "{prefix}");
    }
    for rule in 1..=5 {
        assert_eq!(with(&format!("**{rule}. ")).len(), 1);
    }
}

#[test]
fn the_program_says_what_the_page_says() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run(&["controls", "--json"]).ok().json();
    let shown = shown.as_array().unwrap();
    let rows = rows();
    assert_eq!(shown.len(), rows.len());
    let list = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    for (view, row) in shown.iter().zip(&rows) {
        assert_eq!(list(&view["checks"]), row.checks, "{view}");
        assert_eq!(list(&view["records"]), row.records, "{view}");
        assert_eq!(list(&view["commands"]), row.commands, "{view}");
        assert!(!view["framework"].as_str().unwrap().is_empty(), "{view}");
    }
    let text = sandbox.run(&["controls"]).ok().stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80 && !line.contains(['*', '`'])), "{text}");
    let one = sandbox.run(&["controls", "nhi7"]).ok().stdout;
    assert!(one.contains("NHI7 Long-Lived Secrets") && !one.contains("NHI1 "), "{one}");
    let one = sandbox.run(&["controls", "NHI1"]).ok().stdout;
    assert!(one.contains("NHI1 ") && !one.contains("NHI10"), "{one}");
    sandbox.run(&["controls", "DE.CM"]).ok().stdout_has("DE.CM-09");
    sandbox.run(&["controls", "soc2"]).code(2).stderr_has("no framework and no row has `soc2`");
    // Each check is explained with the rows that name it.
    for code in Code::ALL.iter().filter(|code| code.group() == CodeGroup::Check) {
        let text = sandbox.run(&["explain", code.as_str(), "--json"]).ok().json();
        let named = rows.iter().filter(|row| row.checks.iter().any(|check| check == code.as_str())).count();
        assert_eq!(list(&text[0]["answers_for"]).len(), named, "{code}");
    }
    sandbox.run(&["explain", "credentials-revoked"]).ok().stdout_has("  for    ");
}
