//! The pages for contributors name files that exist.

use std::path::Path;

/// The directories that paths in these pages start from.
const FROM: [&str; 3] = ["", "src", "ledger-schema"];

/// Whether a word in backticks is the path of a file or a directory. A placeholder such as `<kind>.rs` is not.
fn is_path(word: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    let ends = [".rs", ".py", ".md", ".toml", "/"].iter().any(|end| word.ends_with(end));
    ends && word.chars().all(is_name)
}

#[test]
fn every_file_that_a_page_for_contributors_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["CONTRIBUTING.md", "ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        let words: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|word| is_path(word)).collect();
        assert!(!words.is_empty(), "{page} names no file");
        // A file name alone is of the module that the sentence is about.
        for path in words.iter().filter(|word| word.trim_end_matches('/').contains('/')) {
            assert!(FROM.iter().any(|from| root.join(from).join(path).exists()), "{page}: no {path}");
        }
    }
}
