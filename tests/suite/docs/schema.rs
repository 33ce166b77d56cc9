//! `ledger-schema/` and `examples/` agree with the program: templates, drafts, pages.

use std::path::{Path, PathBuf};

use countersign::finding::Code;
use countersign::record::Kind;
use countersign::record::draft::Draft;
use countersign::record::template::{KnownFields, template};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}

#[test]
fn there_is_a_template_of_each_kind_as_the_program_writes_it() {
    let folder = root().join("ledger-schema").join("templates");
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        let _ = std::fs::create_dir_all(&folder);
        for kind in Kind::ALL {
            std::fs::write(folder.join(format!("{kind}.toml")), template(*kind, &KnownFields::new()))
                .unwrap();
        }
    }
    assert_eq!(files(&folder).len(), Kind::ALL.len());
    for kind in Kind::ALL {
        let text = std::fs::read_to_string(folder.join(format!("{kind}.toml"))).unwrap();
        assert_eq!(text, template(*kind, &KnownFields::new()), "{kind}");
    }
}

#[test]
fn every_example_draft_is_one_and_each_kind_has_one() {
    let mut kinds = Vec::new();
    for path in files(&root().join("examples").join("drafts")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let heads = |kind: &Kind| text.lines().any(|line| line == format!("[{kind}]"));
        let kind = Kind::ALL.iter().copied().find(heads);
        let kind = kind.unwrap_or_else(|| panic!("{}: a draft of no kind", path.display()));
        Draft::read(text.as_bytes(), kind).unwrap_or_else(|error| panic!("{}: {error:#?}", path.display()));
        kinds.push(kind);
    }
    for kind in Kind::ALL {
        assert!(kinds.contains(kind), "no example of {kind}");
    }
}

#[test]
fn every_code_is_in_the_specification_and_has_an_explanation() {
    let pages: String = ["record.md", "entry.md", "trust.md", "verify.md", "deployment.md", "witness.md"]
        .iter()
        .map(|name| std::fs::read_to_string(root().join("ledger-schema").join(name)).unwrap())
        .collect();
    for code in Code::ALL {
        assert!(pages.contains(&format!("`{code}`")), "`{code}` is in no page of ledger-schema");
        let explanation = code.explanation();
        for text in [explanation.meaning, explanation.why, explanation.remedy] {
            assert!(text.ends_with('.') && text.len() > 10, "{code}: {text}");
        }
    }
}

#[test]
fn every_field_of_every_kind_is_in_the_specification() {
    let page = std::fs::read_to_string(root().join("ledger-schema").join("record.md")).unwrap();
    for kind in Kind::ALL {
        for field in kind.fields() {
            let table = format!("{kind}.{}", field.name);
            assert!(page.contains(&format!("`{}`", field.name)) || page.contains(&table), "{table}");
        }
    }
}
