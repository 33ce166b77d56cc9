//! Reports that real tools have written. The import finds the failures that an independent reader counts in them
//! (`tests/reports/counts.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign::import::{FORMATS, Failures, text};

type Counts = BTreeMap<String, u64>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports")
}

fn reports() -> Vec<PathBuf> {
    let files = ["made", "written"].map(|kind| std::fs::read_dir(folder().join(kind)).unwrap());
    let mut files: Vec<PathBuf> = files.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Returns each symptom that the import finds in a report, without the name of the format, with the number of its
/// occurrences. Paths are made relative to the folder that every tool ran in. (The program makes them relative to the
/// work tree.)
fn imported(file: &Path) -> Counts {
    let extension = file.extension().unwrap().to_str().unwrap();
    let option = if extension == "xml" { "from-junit" } else { "from-sarif" };
    let format = FORMATS.iter().find(|format| format.option == option).unwrap();
    let mut failures = Failures::below(vec!["/tmp/countersign-reports/project".to_owned()]);
    let bytes = std::fs::read(file).unwrap();
    let text = text(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    (format.read)(&text, &mut failures).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let key = |symptom: &str| symptom.split_once(':').unwrap().1.to_owned();
    failures.found().iter().map(|failure| (key(failure.symptom.as_str()), failure.occurrences)).collect()
}

/// Whether a symptom of the import contains a key of the other reader. The import escapes what is not printable ASCII,
/// and adds the names of suites.
fn is_of(key: &str, imported: &str) -> bool {
    let key = key.replace("/tmp/countersign-reports/project/", "");
    let key = if key.is_empty() { "the report".to_owned() } else { key };
    let byte = |byte: u8| match byte {
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let escaped: String = key.trim_matches([':', '.', ' ']).bytes().map(byte).collect();
    imported.replace("%20", " ").replace("file:///", "").contains(&escaped)
}

#[test]
fn the_failures_of_real_reports_are_those_that_another_reader_counts() {
    let files = reports();
    let output = Command::new("python3").arg(folder().join("counts.py")).args(&files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: BTreeMap<String, Counts> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read.len(), files.len());
    let mut all = 0;
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let mut found = imported(file);
        for (key, count) in &read[name] {
            let same = found.iter().find(|(imported, many)| *many == count && is_of(key, imported));
            let Some((same, _)) = same.map(|(key, many)| (key.clone(), *many)) else {
                panic!("{name}: {count} {key}: not among {found:#?}");
            };
            found.remove(&same);
            all += count;
        }
        assert!(
            found.is_empty(),
            "{name}: the import found failures that the other reader did not: {found:#?}"
        );
    }
    assert!(all > 300, "{all}");
}

/// The symptom of a failure is the same on every runner, and in every run.
#[test]
fn no_symptom_of_a_real_report_holds_a_folder_of_the_runner_or_the_time_of_the_run() {
    for file in reports() {
        for key in imported(&file).keys() {
            let digits = key.split(|character: char| !character.is_ascii_digit());
            let is_timed = digits.into_iter().any(|run| run.len() == 14 && run.starts_with("202"));
            assert!(!key.contains("/tmp/") && !is_timed, "{}: {key}", file.display());
        }
    }
}
