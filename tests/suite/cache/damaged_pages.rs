//! Cache files are read in pages: a corrupt page is never used for an answer.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::effort::cases;
use crate::support::ledger::{Ledger, NOW, exception};
use crate::support::sandbox::{Ran, Sandbox, program};

/// A ledger with so many records that its state is cached, in several pages.
struct Long {
    sandbox: Sandbox,
    directory: PathBuf,
    id: String,
}

impl Long {
    fn new() -> Self {
        let mut ledger = Ledger::team();
        let cause = |number: u32| ["late", "stale", "wrong"][(number % 3) as usize];
        for chunk in (0..560).collect::<Vec<u32>>().chunks(8) {
            let texts: Vec<String> = chunk
                .iter()
                .map(|number| exception(cause(*number), &format!("run {number}"), "", ""))
                .collect();
            let records: Vec<_> = texts.iter().map(|text| ("ops", "exception", text.as_str())).collect();
            ledger.append_together(&records, NOW);
        }
        let sandbox = Sandbox::new();
        let directory = sandbox.root.path().join("long.git");
        let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
        std::fs::rename(written.keep(), &directory).unwrap();
        // Without a head, dropping the ledger does not run the second verifier, which would be slow here.
        ledger.parent = None;
        Self { sandbox, directory, id: ledger.id.unwrap().to_string() }
    }

    fn run(&self, words: &str) -> Ran {
        let words: Vec<&str> = words.split_whitespace().chain(["--ledger-id", &self.id]).collect();
        self.sandbox.at(&self.directory, program(), &words)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join("countersign").join(name)
    }
}

/// Commands that read much of the cache.
const COMMANDS: [&str; 6] = [
    "verify --json",
    "log --json",
    "patterns --json",
    "export metrics",
    "gate --service payments --environment production --commit ledger --json",
    "status --commit ledger --json",
];

/// The exit code of an answer, and its text without what depends on the time.
fn answer_of(ran: &Ran) -> (Option<i32>, String) {
    let at = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            value.as_object_mut().into_iter().for_each(|object| _ = object.remove("at"));
            value.to_string()
        }
        Err(_) => text.lines().filter(|line| !line.contains("age") && !line.contains("seconds")).collect(),
    };
    (ran.code, at(&ran.stdout))
}

fn flip(path: &Path, good: &[u8], place: usize) {
    let mut bytes = good.to_vec();
    bytes[place] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_corrupt_page_is_never_used_for_an_answer() {
    let long = Long::new();
    let good: Vec<_> = COMMANDS.map(|words| answer_of(&long.run(words))).to_vec();
    let out = long.sandbox.root.path().join("metrics.prom");
    let export = format!("export metrics --out {}", out.display());
    let mut refused = 0;
    for name in ["verified", "state"] {
        let file = long.file(name);
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.len() > 2 * 16 * 1024, "{name} has {} bytes", bytes.len());
        for place in (0..bytes.len()).step_by(bytes.len() / cases(2) + 1) {
            for (words, good) in COMMANDS.iter().zip(&good) {
                flip(&file, &bytes, place);
                let ran = long.run(words);
                if answer_of(&ran) == *good {
                    continue;
                }
                refused += 1;
                assert_eq!(ran.code, Some(3), "{words} with byte {place} of {name}: {}", ran.stderr);
                assert!(
                    ran.stderr.contains("was corrupt and has been discarded; run the command again"),
                    "{}",
                    ran.stderr
                );
                assert_eq!(ran.stdout, "", "{words} with byte {place} of {name}");
                assert!(!file.exists(), "{words} with byte {place} of {name}");
                assert_eq!(answer_of(&long.run(words)), *good, "{words} after byte {place} of {name}");
            }
            flip(&file, &bytes, place);
            let exported = long.run(&export).code == Some(0);
            assert_eq!(out.exists(), exported, "byte {place} of {name}");
            _ = std::fs::remove_file(&out);
        }
        std::fs::write(&file, &bytes).unwrap();
    }
    assert!(refused > 0, "no command met a corrupt page");
}
