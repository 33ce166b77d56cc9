//! Tests that the planned architecture holds: a room imports only rooms further in, and files are small. A
//! room is a module at the top of `src`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::house::imports::{Imports, find_cycle};

/// Each room with the rooms that it may import, from the innermost room outwards.
const ROOMS: &str = "
value:
finding: value
sshsig: value
merkle: value
record: value finding sshsig
likeness:
measure: value record
entry: value sshsig record
import: value finding record
trust: value sshsig record
policy: value record trust
verify: value finding sshsig merkle record entry trust policy
state: value finding record trust policy verify
witness: value sshsig record
gate: value finding likeness record measure policy state witness
export: value record measure state
replay: value finding verify state
ci: value
proof: value sshsig merkle record verify witness
audit: value record policy
clock: value
environ:
store:
git: value entry environ store
key: sshsig clock environ
workspace: git
cache: value finding record entry verify state replay environ store git workspace
ledger: value finding sshsig merkle record entry verify state witness gate replay environ store git workspace cache
demo: value clock environ
write: value finding sshsig merkle record entry trust verify witness replay environ store git key workspace ledger
fork: value finding record entry verify witness replay store git workspace ledger
ask: value finding record trust policy verify state gate audit git workspace ledger write
draft: value finding sshsig likeness record import trust policy verify state workspace ledger write
share: value finding record trust state gate clock environ store git workspace ledger write ask
hooks: value environ store git workspace
push: value finding record trust verify state gate clock store git workspace ledger write ask share
receive: value finding record trust verify state store git workspace ledger write ask share push
doctor: value finding record trust policy state ci store git workspace ledger write ask draft hooks receive
render: value finding sshsig likeness record measure trust policy verify state gate export audit ledger fork ask draft hooks doctor
cli: value finding sshsig likeness record import trust policy verify state gate export ci proof clock environ store git key workspace ledger demo write fork ask share draft hooks push receive doctor render
";
/// The maximum number of lines of a file.
const MOST_LINES: usize = 400;
/// The maximum for the median length of the files, in lines.
const MEDIAN_MOST: usize = 200;

/// Returns the path below `src` and the text of each source file.
pub fn sources() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    walkdir::WalkDir::new(&root)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|entry| {
            let name = entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// Returns the room that a file belongs to.
fn room(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Returns the rooms of the table, each with the rooms that it may import.
fn rooms() -> Vec<(&'static str, Vec<&'static str>)> {
    let row = |line: &'static str| {
        let (room, allowed) = line.split_once(':').unwrap();
        (room, allowed.split_whitespace().collect())
    };
    ROOMS.trim().lines().map(row).collect()
}

#[test]
fn rooms_import_inwards_only() {
    let rooms = rooms();
    for (number, (room, allowed)) in rooms.iter().enumerate() {
        for other in allowed {
            assert!(
                rooms[..number].iter().any(|(above, _)| above == other),
                "the table lists {other} after {room}, which imports it"
            );
        }
    }
    for (path, text) in sources() {
        let here = room(&path);
        if matches!(here, "lib" | "main") {
            continue;
        }
        let row = rooms.iter().find(|(name, _)| *name == here);
        let allowed = &row.unwrap_or_else(|| panic!("{here} is not in the table of rooms")).1;
        for part in text.split("crate::").skip(1) {
            let imported: String =
                part.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
            let known = rooms.iter().any(|(name, _)| *name == imported);
            assert!(
                !known || imported == here || allowed.contains(&imported.as_str()),
                "src/{path} must not import {imported}"
            );
        }
    }
}

#[test]
fn the_page_shows_every_room_in_its_diagram_and_in_its_table() {
    let page = include_str!("../../../ARCHITECTURE.md");
    let diagram = page.split("```").nth(1).unwrap();
    let words: Vec<&str> = diagram.split(|letter: char| !letter.is_ascii_lowercase()).collect();
    for (room, _) in ROOMS.lines().filter_map(|line| line.split_once(':')) {
        assert!(words.contains(&room), "{room} is not in the diagram");
        assert!(page.contains(&format!("\n| `{room}` | ")), "{room} is not in the table");
    }
}

#[test]
fn no_two_files_import_each_other_in_a_loop() {
    let imports = Imports::of(&sources());
    let edges = imports.edges();
    assert!(edges["verify/advance.rs"].contains("verify/past.rs"), "imports must be found");
    assert!(
        edges["cli/hook/pre_push.rs"].contains("push/pre_push.rs"),
        "a name must be followed to its definition"
    );
    assert_eq!(find_cycle(&edges), None);
}

#[test]
fn a_loop_of_files_is_found() {
    let file = |path: &str, text: &str| (path.to_owned(), format!("//! A file.\n{text}\n"));
    let good = [
        file("lib.rs", "pub mod a;\npub mod b;"),
        file("a/mod.rs", "mod one;\npub use one::{One, make};"),
        file("a/one.rs", "use crate::b::Two;\npub struct One;\npub fn make(_: Two) -> One { One }"),
        file("b.rs", "pub struct Two;"),
    ];
    assert_eq!(find_cycle(&Imports::of(&good).edges()), None);
    for text in [
        "use crate::a::One;",
        "fn two() { crate::a::make(Two); }",
        "use crate::a;\nfn two() { a::make(Two); }",
    ] {
        let mut bad = good.clone();
        bad[3].1.push_str(text);
        assert_eq!(find_cycle(&Imports::of(&bad).edges()), Some(vec!["a/one.rs", "b.rs"]), "{text}");
    }
}

/// Names that several types may have: the options of each command are called `Args`.
const SHARED_NAMES: &[&str] = &["Args"];

#[test]
fn a_type_name_means_one_thing() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in sources() {
        for line in
            text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.starts_with("        "))
        {
            let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            // An associated type is inside an `impl`, and its name comes from the trait.
            let is_associated = line.starts_with("    ") && !line.trim_start().starts_with("pub");
            let is_type = |word: &str| matches!(word, "struct" | "enum" | "trait" | "type");
            let Some(_) = words.by_ref().find(|word| is_type(word)).filter(|_| !is_associated) else {
                continue;
            };
            let name = words.next().unwrap_or_default().to_owned();
            if !name.starts_with(char::is_uppercase) || SHARED_NAMES.contains(&name.as_str()) {
                continue;
            }
            if let Some(other) = known.insert(name.clone(), path.clone()) {
                panic!("{name} is a type in both src/{other} and src/{path}");
            }
        }
    }
    assert!(known.len() > 300, "too few types were found: {}", known.len());
}

#[test]
fn rooms_are_small() {
    let mut lengths: Vec<usize> = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "src/{path} is too long: {lines} lines");
        lengths.push(lines);
    }
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] <= MEDIAN_MOST, "{lengths:?}");
}

#[test]
fn no_file_has_a_meaningless_name_or_a_todo_and_each_has_a_module_doc() {
    for (path, text) in sources() {
        for word in ["utils", "helpers", "common", "misc"] {
            assert!(!path.contains(word), "{path}: {word} is no name for a file");
        }
        for word in ["TODO", "FIXME", "XXX"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
        assert!(text.starts_with("//!"), "{path} has no module doc");
    }
}

#[test]
fn each_check_kind_and_command_is_a_file_of_its_own_and_listed() {
    let sources = sources();
    let list =
        |path: &str| sources.iter().find(|(name, _)| name == path).map(|(_, text)| text.clone()).unwrap();
    for (folder, index) in [
        ("record/kind/", "record/kind/mod.rs"),
        ("gate/check/", "gate/check/mod.rs"),
        ("export/", "export/mod.rs"),
        ("import/", "import/mod.rs"),
        ("cli/", "cli/mod.rs"),
    ] {
        let index = list(index);
        for (path, _) in
            sources.iter().filter(|(path, _)| path.starts_with(folder) && !path.ends_with("mod.rs"))
        {
            let name = path.trim_start_matches(folder).split('/').next().unwrap().trim_end_matches(".rs");
            assert!(index.contains(&format!("mod {name};")), "{path} is not listed");
        }
    }
}
