//! Inputs that are read as text: drafts, reports and the input of hooks.

use countersign::import::{FORMATS, Failures, Map, gate, redact, secrets, text};
use countersign::push::parse_pushed;
use countersign::record::draft::Draft;
use countersign::record::{Kind, draft_of};

use crate::fuzz::fuzz;
use crate::fuzz::signed::records;

/// Returns the files of a folder of the project.
fn folder(name: &str) -> Vec<Vec<u8>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| std::fs::read(entry.path()).unwrap())
        .collect()
}

#[test]
fn a_draft_that_is_read_is_written_and_read_again_as_the_same() {
    let corpus = [folder("examples/drafts"), folder("ledger-schema/templates"), records()].concat();
    fuzz(&corpus, |bytes| {
        let lines = bytes.split(|byte| *byte == b'\n').count();
        for kind in Kind::ALL {
            match Draft::read(bytes, *kind) {
                // `draft_of` writes the body alone, and some bodies require evidence.
                Ok(draft) if draft.evidence.iter().next().is_some() => {}
                Ok(draft) => {
                    let written = draft_of(&draft.body);
                    let again = Draft::read(written.as_bytes(), *kind);
                    let again = again.unwrap_or_else(|error| panic!("{error:?}: {written}"));
                    assert_eq!(again.body, draft.body, "{written}");
                }
                Err(error) => {
                    assert!(!error.0.is_empty());
                    for mistake in &error.0 {
                        assert!((1..=lines).contains(&mistake.line), "{mistake:?} of {lines} lines");
                        assert!(mistake.column >= 1, "{mistake:?}");
                    }
                }
            }
        }
    });
}

#[test]
fn no_report_makes_a_reader_panic_and_nothing_secret_is_left_in_what_is_redacted() {
    let secret =
        b"token = \"ghp_16C7e42F292c6912E7710c838347Ae178B4a\" https://a:hunter2hunter2@example.org/"
            .to_vec();
    let corpus = [folder("examples/import"), vec![secret]].concat();
    fuzz(&corpus, |bytes| {
        let Ok(text) = text(bytes) else { return };
        for format in FORMATS {
            let _ = (format.read)(&text, &mut Failures::default());
        }
        let _ = gate(&text);
        let _ = Map::read(&text);
        let redacted = redact(&text);
        assert_eq!(secrets(&redacted), [], "{redacted}");
    });
}

#[test]
fn what_git_tells_a_hook_is_read_line_by_line_or_not_at_all() {
    let (one, none) = ("1".repeat(40), "0".repeat(40));
    let corpus = [
        format!("refs/heads/main {one} refs/heads/main {none}\n"),
        format!("(delete) {none} refs/heads/gone {one}\nHEAD~1 with spaces {one} refs/tags/v1 {one}\n"),
    ]
    .map(String::into_bytes);
    fuzz(&corpus, |bytes| {
        let Ok(refs) = parse_pushed(bytes) else { return };
        let lines = bytes.split(|byte| *byte == b'\n').count() - 1;
        let is_unended = usize::from(bytes.last().is_some_and(|last| *last != b'\n'));
        assert_eq!(refs.len(), lines + is_unended, "a line was passed over");
    });
}
