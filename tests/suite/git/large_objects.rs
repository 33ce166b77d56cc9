//! A push that costs its author next to nothing must not exhaust the verifier's memory or time.

use std::time::{Duration, Instant};

use crate::support::forge::{Forge, Row, bytes_of};
use crate::support::ledger::Actor;
use crate::support::sandbox::program;

/// The address space that a verification may use, in KiB; most of it is for threads.
const MEMORY: u64 = 700_000;
/// The time that a verification may take.
const TIME: Duration = Duration::from_mins(1);

impl Forge {
    /// Writes an unsigned commit; returns its id.
    fn unsigned(&self, tree: &str, parent: &str, message: &str) -> String {
        let who = "A <a> 1 +0000";
        let text = format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n{message}");
        self.write_object("commit", text.as_bytes())
    }

    fn directory(&self, name: &str, id: &str) -> String {
        self.write_tree(&[("40000".to_owned(), name.to_owned(), bytes_of(id))])
    }

    /// Checks that verification halts with this many broken entries, within the limits of memory and time.
    #[track_caller]
    fn halts_at_little_cost(&self, entries: usize) {
        let began = Instant::now();
        let script = format!("ulimit -v {MEMORY}; exec {} verify --json", program());
        let view = self.sandbox.at(&self.sandbox.repository, "bash", &["-c", &script]).code(3).json();
        assert!(began.elapsed() < TIME, "{:?}", began.elapsed());
        assert_eq!(view["verdict"], "halted", "{view:#}");
        let broken: std::collections::BTreeSet<&str> = view["broken"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["entry"].as_str().unwrap())
            .collect();
        assert_eq!(broken.len(), entries);
        self.reset();
    }
}

/// Writes a tree of the ledger's depth with these days; returns its id.
fn tree_of_days(forge: &Forge, days: &[Row]) -> String {
    let month = forge.directory("11", &forge.write_tree(days));
    forge.directory("z", &forge.directory("2026", &month))
}

#[test]
fn the_same_large_records_in_many_entries_are_read_when_it_is_their_turn_or_not_at_all() {
    let forge = Forge::new();
    let payload = crate::support::vectors::payloads()["exception"].replace(
        "symptom",
        &format!("detail = \"\"\"\n{}\"\"\"\nsymptom", format!("{}\n", "x".repeat(99)).repeat(600)),
    );
    let file = Actor::new("mallory").file(&payload);
    assert!(file.len() > 60_000);
    let blob = bytes_of(&forge.write_object("blob", &file));
    for files in [200, 1_024] {
        let rows: Vec<Row> = (0..files)
            .map(|number| ("100644".to_owned(), format!("{number:064}.toml"), blob.clone()))
            .collect();
        let day = bytes_of(&forge.write_tree(&rows));
        let mut parent = forge.parent.clone();
        let mut days = Vec::new();
        for number in 0..40 {
            days.push(("40000".to_owned(), format!("{number:04}"), day.clone()));
            parent = forge.unsigned(&tree_of_days(&forge, &days), &parent, "x\n");
        }
        forge.set_branch(&parent);
        forge.halts_at_little_cost(40);
    }
}

#[test]
fn a_ledger_whose_first_entry_founds_nothing_is_not_read_entry_by_entry() {
    let forge = Forge::new();
    let blob = bytes_of(&forge.write_object("blob", &vec![b'x'; 60_000]));
    let mut parent = String::new();
    let mut days = Vec::new();
    for number in 0..400 {
        days.push(("40000".to_owned(), format!("{number:04}"), {
            let rows = [("100644".to_owned(), format!("{number:064}.toml"), blob.clone())];
            bytes_of(&forge.write_tree(&rows))
        }));
        let from = days.len().saturating_sub(16);
        let tree = tree_of_days(&forge, &days[from..]);
        let who = "A <a> 1 +0000";
        let header = if parent.is_empty() { String::new() } else { format!("parent {parent}\n") };
        let text = format!("tree {tree}\n{header}author {who}\ncommitter {who}\n\nx\n");
        parent = forge.write_object("commit", text.as_bytes());
    }
    forge.set_branch(&parent);
    let view = forge.sandbox.run(&["verify", "--json", "--ledger-id", &"0".repeat(64)]).code(3).json();
    assert_eq!(view["size"], 0, "{view:#}");
    // Only the commits of the entries after the first are read.
    let entries = |code: &str| {
        view["broken"].as_array().unwrap().iter().filter(|finding| finding["code"] == code).count()
    };
    assert_eq!(entries("after-halt"), 399);
    assert_eq!(entries("trailer") + entries("path") + entries("record"), 1);
}

#[test]
fn large_commits_are_not_all_held_in_memory() {
    let forge = Forge::new();
    let tree = String::from_utf8(forge.object("commit", &forge.parent)).unwrap()[5..45].to_owned();
    let message = "x".repeat(16 * 1024 * 1024 - 400);
    let mut parent = forge.parent.clone();
    for _ in 0..32 {
        parent = forge.unsigned(&tree, &parent, &message);
    }
    forge.set_branch(&parent);
    forge.halts_at_little_cost(32);
}

#[test]
fn large_trees_that_are_shared_by_many_directories_are_not_compared_one_by_one() {
    let forge = Forge::new();
    let blob = bytes_of(&forge.write_object("blob", b"x"));
    let row = |number: usize| ("100644".to_owned(), format!("{number:06}"), blob.clone());
    let mut rows: Vec<Row> = (0..200_000).map(row).collect();
    let mut parent = forge.parent.clone();
    for more in 0..4 {
        rows.push(row(200_000 + more));
        let day = bytes_of(&forge.write_tree(&rows));
        let days: Vec<Row> =
            (0..1_000).map(|number| ("40000".to_owned(), format!("{number:04}"), day.clone())).collect();
        parent = forge.unsigned(&tree_of_days(&forge, &days), &parent, "x\n");
    }
    forge.set_branch(&parent);
    forge.halts_at_little_cost(4);
}

#[test]
fn of_very_many_findings_against_an_entry_the_first_and_one_of_each_further_code_are_reported() {
    let forge = Forge::new();
    let rows: Vec<Row> = (0..1_000)
        .map(|number| {
            ("100644".to_owned(), format!("{number:064}.toml"), bytes_of(&forge.write_object("blob", b"x")))
        })
        .collect();
    let day = ("40000".to_owned(), "24".to_owned(), bytes_of(&forge.write_tree(&rows)));
    let month = forge.directory("11", &forge.write_tree(&[day]));
    let kind = bytes_of(&forge.directory("2026", &month));
    // `z` sorts after the directories that the ledger has already.
    let mut tree = forge.object("tree", &format!("{}^{{tree}}", forge.parent));
    tree.extend([b"40000 z\0", &kind[..]].concat());
    let commit = forge.unsigned(&forge.write_object("tree", &tree), &forge.parent, "x\n");
    forge.set_branch(&commit);
    let view = forge.sandbox.run(&["verify", "--json"]).code(3).json();
    let broken = view["broken"].as_array().unwrap();
    assert!(broken.len() <= 64 + 4, "{}", broken.len());
    let has = |code: &str| broken.iter().any(|finding| finding["code"] == code);
    assert!(has("commit") && has("record"), "{view:#}");
}
