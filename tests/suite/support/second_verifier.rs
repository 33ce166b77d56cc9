//! Compares the reports of the program with those of `examples/second-verifier`, which was written from the
//! specification by somebody who knew the program. The comparison covers every vector, every in-memory
//! ledger, random ledgers after every entry, and some ledgers in repositories. It needs `python3`; without it,
//! the tests report `NOT RUN` and compare nothing.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use countersign::value::{CommitId, Digest};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};

use crate::support::effort::not_run;
use crate::support::sandbox::{Sandbox, program};

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join("second-verifier").join("verify.py")
}

/// Whether `python3` can be run. Reports once that the comparison cannot run without it.
pub fn has_python() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found =
            Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
        if !found {
            not_run("the second verifier needs python3");
        }
        found
    })
}

/// Runs the second verifier, and returns its report.
pub fn run_second_verifier(arguments: &[&str]) -> Value {
    let output = Command::new("python3").arg(script()).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{text}"))
}

/// Returns the first code that the second verifier gives each of these record files. One process reads all files.
pub fn codes_of_records(paths: &[String]) -> Vec<Option<String>> {
    let script = "import json, sys\n\
        sys.path.insert(0, sys.argv[1])\n\
        from verify import Record\n\
        codes = [Record(open(path, 'rb').read()).codes for path in sys.argv[2:]]\n\
        print(json.dumps([str(found[0]) if found else None for found in codes]))";
    let folder = script_folder();
    let output = Command::new("python3").args(["-B", "-c", script]).arg(folder).args(paths).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A process (`every_entry.py`) that runs the second verifier on one in-memory ledger after the other, and reports the
/// state of the ledger after every entry.
pub struct EveryEntry {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl EveryEntry {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/support/every_entry.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(script).arg(script_folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, answers }
    }

    /// Returns the report of the second verifier after each entry. `entries` must be all entries of a ledger.
    pub fn reports(&mut self, objects: &Objects, entries: &[CommitId]) -> Vec<Value> {
        let entries: Vec<&str> = entries.iter().map(CommitId::as_str).collect();
        let question = json!({ "objects": hex_of(objects), "entries": entries });
        writeln!(self.process.stdin.as_mut().unwrap(), "{question}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    }
}

impl Drop for EveryEntry {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().unwrap();
        assert!(status.success() || std::thread::panicking(), "every_entry.py: {status}");
    }
}

/// The objects of a ledger by id, each in hexadecimal digits.
pub fn hex_of(objects: &Objects) -> BTreeMap<&String, String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    objects.objects.iter().map(|(id, whole)| (id, hex(whole))).collect()
}

pub fn script_folder() -> PathBuf {
    script().parent().unwrap().to_owned()
}

/// The Git objects of an in-memory ledger in the SHA-256 format, and the files in the tree of the last entry
/// that counts.
#[derive(Default)]
pub struct Objects {
    objects: BTreeMap<String, Vec<u8>>,
    root: BTreeMap<String, Vec<u8>>,
}

impl Objects {
    fn add(&mut self, kind: &str, data: &[u8]) -> Digest {
        let whole = [format!("{kind} {}\0", data.len()).as_bytes(), data].concat();
        let id = Digest::of(&whole);
        self.objects.insert(id.to_string(), whole);
        id
    }

    pub fn commit(&mut self, text: &str) -> String {
        self.add("commit", text.as_bytes()).to_string()
    }

    /// Adds the tree of the next entry, which adds these files, and returns its id. Call [`Self::keep`] if
    /// the entry counts.
    pub fn tree(&mut self, added: &[(String, Vec<u8>)]) -> String {
        let mut files = self.root.clone();
        files.extend(added.iter().cloned());
        let files: Vec<(Vec<&str>, &[u8])> =
            files.iter().map(|(path, bytes)| (path.split('/').collect(), bytes.as_slice())).collect();
        self.directory(&files).to_string()
    }

    /// Keeps the files of an entry in the trees of later entries.
    pub fn keep(&mut self, added: &[(String, Vec<u8>)]) {
        self.root.extend(added.iter().cloned());
    }

    fn directory(&mut self, files: &[(Vec<&str>, &[u8])]) -> Digest {
        // Git sorts a directory as if its name ended in a slash.
        let mut names: BTreeMap<String, Vec<(Vec<&str>, &[u8])>> = BTreeMap::new();
        for (path, bytes) in files {
            let slash = if path.len() > 1 { "/" } else { "" };
            names.entry(format!("{}{slash}", path[0])).or_default().push((path[1..].to_vec(), bytes));
        }
        let mut tree = Vec::new();
        for (name, below) in names {
            let (mode, id) = match name.strip_suffix('/') {
                Some(_) => ("40000", self.directory(&below)),
                None => ("100644", self.add("blob", below[0].1)),
            };
            tree.extend(format!("{mode} {}\0", name.trim_end_matches('/')).bytes());
            tree.extend(id.as_bytes());
        }
        self.add("tree", &tree)
    }

    /// Writes the objects to a new bare repository whose branch `ledger` has this head.
    pub fn write_repository(&self, head: &str) -> tempfile::TempDir {
        let directory = crate::support::temporary::tempdir().unwrap();
        let init = ["init", "--quiet", "--bare", "--object-format=sha256", "."];
        assert!(Command::new("git").current_dir(&directory).args(init).status().unwrap().success());
        self.write_into(directory.path(), "ledger", head);
        directory
    }

    /// Writes the objects that a bare repository lacks, and sets a branch.
    pub fn write_into(&self, repository: &Path, branch: &str, head: &str) {
        for (id, whole) in &self.objects {
            let folder = repository.join("objects").join(&id[..2]);
            let path = folder.join(&id[2..]);
            if path.exists() {
                continue;
            }
            std::fs::create_dir_all(&folder).unwrap();
            let mut encoder = ZlibEncoder::new(std::fs::File::create(path).unwrap(), Compression::fast());
            encoder.write_all(whole).unwrap();
            encoder.finish().unwrap();
        }
        // Write the ref directly, because Git refuses some of these commits.
        std::fs::write(repository.join("refs/heads").join(branch), format!("{head}\n")).unwrap();
    }

    /// Asserts that both verifiers agree about the ledger with this head. If the ledger has no id, they must also agree
    /// when they are given a wrong id.
    pub fn both_verifiers_agree(&self, head: &str, id: Option<&str>) {
        if !has_python() {
            return;
        }
        let directory = self.write_repository(head);
        compare(directory.path(), id);
        if id.is_none() {
            compare(directory.path(), Some(&"0".repeat(64)));
        }
    }
}

/// Runs both verifiers on the branch `ledger` of a repository, with the ledger id as anchor if given, and
/// compares their reports.
fn compare(repository: &Path, id: Option<&str>) {
    let anchor: Vec<&str> = id.iter().flat_map(|id| ["--ledger-id", id]).collect();
    let mut output = Command::new(program());
    output.current_dir(repository).args(["verify", "--json"]).args(&anchor);
    // Without a state directory nothing is cached. A cache would be of no use, because each ledger is verified only
    // once.
    let output = output.env_remove("HOME").env_remove("XDG_STATE_HOME").output().unwrap();
    let first: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)));
    let path = repository.display().to_string();
    let second = run_second_verifier(&[&["ledger", path.as_str()][..], &anchor].concat());
    for field in
        ["verdict", "ledger", "size", "root", "entries", "trust_version", "policy_version", "ledger_time"]
    {
        assert_eq!(first[field], second[field], "{field}\n{first:#}\n{second:#}");
    }
    assert_eq!(void(&first), void(&second), "void\n{first:#}\n{second:#}");
    // Verifiers must agree on which entries are broken. If several codes apply to an entry, each may report
    // only some of them, but at least one must be the same.
    let (one, other) = (broken(&first), broken(&second));
    assert!(one.keys().eq(other.keys()), "broken\n{first:#}\n{second:#}");
    let agree = one.iter().all(|(entry, codes)| codes.iter().any(|code| other[entry].contains(code)));
    assert!(agree, "broken\n{first:#}\n{second:#}");
}

fn void(report: &Value) -> Vec<[String; 3]> {
    let list = report["void"].as_array().unwrap().iter();
    list.map(|record| ["position", "record", "code"].map(|field| record[field].to_string())).collect()
}

/// Returns the codes of each broken entry. A report has either one item per code or one item per entry.
fn broken(report: &Value) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in report["broken"].as_array().unwrap() {
        let codes = all.entry(item["entry"].to_string()).or_default();
        match item["codes"].as_array() {
            Some(list) => codes.extend(list.iter().map(Value::to_string)),
            None => codes.push(item["code"].to_string()),
        }
    }
    all
}

impl Sandbox {
    /// Asserts that both verifiers agree about the ledger of the sandbox.
    pub fn both_verifiers_agree(&self) {
        if has_python() {
            compare(&self.repository, self.run(&["verify", "--json"]).json()["ledger"].as_str());
        }
    }
}
