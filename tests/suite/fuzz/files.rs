//! The program's own files in the private directory: whatever is in them, the answer comes from the ledger, or
//! the program says which file it cannot use.

use std::path::PathBuf;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::cache::damaged_cache::{answer_of, long};
use crate::fuzz::edit::edited;
use crate::support::effort::cases;

/// A command that reads the cache, and one that also reads the stamp of when the remote was last asked.
const COMMANDS: [&str; 2] =
    ["patterns --json", "gate --service payments --environment production --commit ledger --json"];

#[test]
fn an_edited_file_of_the_program_changes_no_answer() {
    let long = long();
    long.run("verify").ok();
    let directory = long.directory.join("countersign");
    let stamp = directory.join("asked");
    std::fs::write(&stamp, "countersign asked 1\n").unwrap();
    let expected = COMMANDS.map(|command| answer_of(&long.run(command)));
    let files: Vec<PathBuf> = walkdir::WalkDir::new(&directory)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    assert!(files.iter().any(|path| path.ends_with("cache")), "{files:?}");
    let mut runner = TestRunner::deterministic();
    for path in &files {
        let before = std::fs::read(path).unwrap();
        let inputs = edited(vec![before.clone(), b"\n".to_vec()]);
        for _ in 0..cases(10) {
            let bytes = inputs.new_tree(&mut runner).unwrap().current();
            for (command, expected) in COMMANDS.iter().zip(&expected) {
                std::fs::write(path, &bytes).unwrap();
                let ran = long.run(command);
                let place = path.strip_prefix(&directory).unwrap().display();
                assert!(!ran.stderr.contains("panicked"), "{place}: {}", ran.stderr);
                let is_named = format!("{}{}", ran.stdout, ran.stderr).contains(&place.to_string());
                let is_refused = matches!(ran.code, Some(2..=4)) && is_named;
                assert!(
                    is_refused || answer_of(&ran) == *expected,
                    "{place}, {command}: {:?}: {}",
                    ran.code,
                    ran.stderr
                );
            }
        }
        std::fs::write(path, &before).unwrap();
    }
}
