//! Malformed tree objects, which no honest client writes, in commits signed by a member.

use std::rc::Rc;
use std::time::Instant;

use crate::support::forge::{Forge, Forgery, Row, bytes_of};

/// Returns a change that adds an entry to the directory of the day, with the id of the record file.
fn with(mode: &str, name: &str) -> impl Fn(Vec<Row>) -> Vec<Row> + use<> {
    let (mode, name) = (mode.to_owned(), name.to_owned());
    move |mut rows| {
        let id = rows[0].2.clone();
        rows.push((mode.clone(), name.clone(), id));
        rows
    }
}

#[test]
fn a_record_in_any_other_mode_than_100644_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    for mode in [
        "100664", "100755", "100600", "120000", "160000", "40000", "0100644", "00100644", "100645", "644", "",
    ] {
        let change =
            move |rows: Vec<Row>| rows.into_iter().map(|row| (mode.to_owned(), row.1, row.2)).collect();
        forge.halts(mode, &Forgery::good().rows(change), &["tree"]);
    }
    // A directory of the root tree, with a zero before its mode.
    let forge = Rc::new(forge);
    let writer = Rc::clone(&forge);
    let padded = move |tree: String| {
        let bytes = writer.object("tree", &tree);
        let at = bytes.windows(5).position(|window| window == b"40000").unwrap();
        writer.write_object("tree", &[&bytes[..at], b"0", &bytes[at..]].concat())
    };
    forge.halts("a padded directory", &Forgery::good().tree(padded), &["tree"]);
}

#[test]
fn a_tree_that_is_not_canonical_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    type Change = Box<dyn Fn(Vec<Row>) -> Vec<Row>>;
    let twice = |mut rows: Vec<Row>| {
        rows.push(rows[0].clone());
        rows
    };
    let cases: Vec<(&str, Change)> = vec![
        ("the same entry twice", Box::new(twice)),
        ("not sorted", Box::new(with("100644", "0.toml"))),
        ("a name with a slash", Box::new(with("100644", "x/y.toml"))),
        ("a path out of the tree", Box::new(with("100644", "x/../../HEAD"))),
        (
            "no name",
            Box::new(|mut rows| {
                rows.insert(0, ("100644".to_owned(), String::new(), rows[0].2.clone()));
                rows
            }),
        ),
        (
            "a truncated id",
            Box::new(|mut rows| {
                rows[0].2.truncate(19);
                rows
            }),
        ),
        ("an empty directory", Box::new(|_| Vec::new())),
    ];
    for (name, change) in cases {
        forge.halts(name, &Forgery::good().rows(change), &["tree"]);
    }
}

#[test]
fn a_file_whose_name_is_not_its_records_halts_whatever_a_file_system_makes_of_it() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    for name in [
        ".",
        "..",
        ".git",
        ".GIT",
        "GIT~1",
        "git~1",
        ".git\u{200c}",
        ".g\u{131}t",
        ".gitmodules",
        ".gitattributes",
        "CON",
        "nul.toml",
        "a\\b.toml",
        "C:x",
        "\u{1b}[2J",
        "\u{202e}lmot",
    ] {
        let change = move |path: String| format!("{}/{name}", path.rsplit_once('/').unwrap().0);
        forge.halts(name, &Forgery::good().path(change), &["path"]);
    }
    for end in [" ", ".", "\u{200b}", "~", ":stream"] {
        forge.halts(end, &Forgery::good().path(move |path| format!("{path}{end}")), &["path"]);
    }
    let upper = |path: String| {
        let (folder, name) = path.rsplit_once('/').unwrap();
        format!("{folder}/{}", name.to_uppercase())
    };
    forge.halts("capitals", &Forgery::good().path(upper), &["path"]);
    for (from, to) in [
        ("exception/", "Exception/"),
        ("exception/", "exception /"),
        ("exception/", ".git/"),
        ("exception/", "../"),
        ("exception/2", "exception/+2"),
        ("exception/2", "exception/ 2"),
    ] {
        forge.halts(to, &Forgery::good().path(move |path| path.replacen(from, to, 1)), &["path"]);
    }
}

#[test]
fn a_twin_that_differs_in_case_only_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    // The attack: the same record under two names that differ only in case. On a file system that ignores
    // case, one hides the other; paths that collide in this way have let Git write into `.git/hooks`.
    let twin = |mut rows: Vec<Row>| {
        let twin = (rows[0].0.clone(), rows[0].1.to_uppercase(), rows[0].2.clone());
        rows.push(twin);
        rows.sort_by(|a, b| a.1.cmp(&b.1));
        rows
    };
    forge.halts("in capitals", &Forgery::good().rows(twin), &["duplicate", "path", "trailer"]);
}

#[test]
fn a_file_at_another_depth_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    type Change = Box<dyn Fn(String) -> String>;
    let cases: Vec<(&str, Change)> = vec![
        ("at the top", Box::new(|path| path.rsplit_once('/').unwrap().1.to_owned())),
        ("a level too high", Box::new(|path| path.replacen("exception/", "", 1))),
        ("a level too deep", Box::new(|path| format!("x/{path}"))),
        ("64 levels deep", Box::new(|path| format!("{}{path}", "d/".repeat(60)))),
    ];
    for (name, change) in cases {
        forge.halts(name, &Forgery::good().path(change), &["tree"]);
    }
}

#[test]
fn more_files_than_an_entry_may_add_halt_quickly_however_they_are_spread() {
    let forge = Rc::new(Forge::new());
    forge.counts(&Forgery::good());
    let began = Instant::now();
    let two_thousand = |rows: Vec<Row>| {
        let mut all: Vec<Row> = (0..2_000)
            .map(|number| (rows[0].0.clone(), format!("{number:064}.toml"), rows[0].2.clone()))
            .collect();
        all.extend(rows);
        all.sort_by(|a, b| a.1.cmp(&b.1));
        all
    };
    forge.halts("2,000 files", &Forgery::good().rows(two_thousand), &["tree"]);
    // A tree bomb: each level contains the level below it a thousand times, 10^12 files in four small
    // objects.
    let writer = Rc::clone(&forge);
    let bomb = move |tree: String| {
        let mut whole = writer.write_object("blob", b"x");
        for mode in ["100644", "40000", "40000", "40000"] {
            let rows: Vec<Row> = (0..1_000)
                .map(|number| (mode.to_owned(), format!("{number:04}"), bytes_of(&whole)))
                .collect();
            whole = writer.write_tree(&rows);
        }
        let mut bytes = b"40000 a\0".to_vec();
        bytes.extend(bytes_of(&whole));
        writer.write_object("tree", &[bytes, writer.object("tree", &tree)].concat())
    };
    forge.halts("a bomb", &Forgery::good().tree(bomb), &["tree"]);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
