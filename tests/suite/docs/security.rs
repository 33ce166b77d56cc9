//! SECURITY.md names existing tests for each of its promises.

use std::path::PathBuf;

#[test]
fn each_promise_names_the_tests_that_hold_it() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let (promises, rest) = page.split_once("## What is not promised").unwrap();
    let table = rest.split_once("## Where each promise is tested").unwrap().1;
    let names = promises.lines().filter_map(|line| line.strip_prefix("- **")?.split_once(".**"));
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    let rows: Vec<(&str, &str)> =
        table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | ")).skip(1).collect();
    assert_eq!(rows.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    for (name, tests) in rows {
        for test in tests.trim_end_matches(" |").split("<br>") {
            let (file, function) = test.split_once("`: `").unwrap();
            let file = root.join("tests/suite").join(file.trim_start_matches('`'));
            let text =
                std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {file:?}: {error}"));
            let function = format!("#[test]\nfn {}()", function.trim_end_matches('`'));
            assert!(text.contains(&function), "{name}: {file:?} has no test {function}");
        }
    }
}
