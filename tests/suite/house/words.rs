//! Words of the old private dialect stay out of the sources: the left column of the glossary in
//! CONTRIBUTING.md.

use std::path::{Path, PathBuf};

/// Words and phrases that have a standard term instead.
const FORBIDDEN: &[(&str, &str)] = &[
    ("foreseen", "predicted"),
    ("begun", "pre-filled, or started"),
    ("desk", "queue"),
    ("remembered", "cached"),
    ("unpacked", "decoded"),
    ("packed", "encoded"),
    ("sealed", "authenticated"),
    ("seal", "MAC"),
    ("comes along", "is returned too"),
    ("come along", "are returned too"),
    ("brought along", "given"),
    ("brings along", "gives"),
    ("grown apart", "diverged"),
    ("goes on from", "extends"),
    ("held against", "checked against"),
    ("looked at", "examined"),
    ("is looked", "is examined"),
];

/// Files whose texts are quoted elsewhere, or are frozen.
const EXCEPTED: &[&str] = &[
    // Its texts are printed by `explain` and quoted in the pages of ledger-schema.
    "src/finding/code.rs",
    // The texts of signed vectors never change.
    "tests/suite/support/vectors.rs",
];

/// Git's own names.
const NAMES: &[&str] = &["packed-refs", "pack-refs"];

fn sources() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let rust = ["src", "tests"].map(|folder| walkdir::WalkDir::new(root.join(folder)).into_iter());
    let rust = rust.into_iter().flatten().map(|entry| entry.unwrap().into_path());
    let rust = rust.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    rust.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

/// Whether a phrase occurs as whole words, in whatever case, also as parts of an identifier.
fn has_words(line: &str, phrase: &str) -> bool {
    let line = line.to_lowercase();
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    line.match_indices(phrase).any(|(at, _)| {
        !is_letter(line[..at].chars().next_back()) && !is_letter(line[at + phrase.len()..].chars().next())
    })
}

#[test]
fn no_source_uses_a_word_that_the_glossary_replaces() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        if path.ends_with("house/words.rs") || EXCEPTED.iter().any(|excepted| path.starts_with(excepted)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for (word, instead) in FORBIDDEN {
                if has_words(line, word) && !NAMES.iter().any(|name| line.contains(name)) {
                    found.push(format!("{path}:{}: `{word}`: {instead}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
}

#[test]
fn no_closure_calls_its_parameter_it() {
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            for parameter in ["|it|", "|&it|", "|mut it|", "|it:", "(_, it)|", "|(it,"] {
                let is_here = line.contains(parameter) && !path.ends_with("house/words.rs");
                assert!(!is_here, "{path}:{}: name the noun: {}", number + 1, line.trim());
            }
        }
    }
}

#[test]
fn words_are_found_in_prose_and_in_identifiers() {
    assert!(has_words("let is_sealed = remembered(x);", "remembered"));
    assert!(has_words("/// What was Looked at.", "looked at"));
    assert!(!has_words("the overlooked attic", "looked at") && !has_words("desktop", "desk"));
}
