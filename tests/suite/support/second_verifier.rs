//! What the program says of a ledger, beside what `examples/second-verifier` says, which was written from
//! the specification (by somebody who knew the program): over every vector, every ledger that a test makes in memory, and some in
//! repositories. It needs `python3`; where there is none, this says so and compares nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use countersign::value::Digest;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

use crate::support::effort::not_run;
use crate::support::sandbox::{Sandbox, program};

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join("second-verifier").join("verify.py")
}

pub fn has_python() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = Command::new("python3").arg("--version").output().is_ok_and(|it| it.status.success());
        if !found {
            not_run("the second verifier needs python3");
        }
        found
    })
}

pub fn second(arguments: &[&str]) -> Value {
    let output = Command::new("python3").arg(script()).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{text}"))
}

/// The first code that the second verifier gives each of these record files, in one process.
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

fn script_folder() -> PathBuf {
    script().parent().unwrap().to_owned()
}

/// The Git objects of a ledger in memory, of the SHA-256 format, and the tree of its last entry that counts.
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

    /// The tree with so many more files; they stay only when the entry is said to count.
    pub fn tree(&mut self, added: &[(String, Vec<u8>)]) -> String {
        let mut files = self.root.clone();
        files.extend(added.iter().cloned());
        let files: Vec<(Vec<&str>, &[u8])> =
            files.iter().map(|(path, bytes)| (path.split('/').collect(), bytes.as_slice())).collect();
        self.directory(&files).to_string()
    }

    pub fn counts(&mut self, added: &[(String, Vec<u8>)]) {
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

    /// Writes them into a new repository with this head.
    pub fn written(&self, head: &str) -> tempfile::TempDir {
        let directory = crate::support::temporary::tempdir().unwrap();
        let init = ["init", "--quiet", "--bare", "--object-format=sha256", "."];
        assert!(Command::new("git").current_dir(&directory).args(init).status().unwrap().success());
        self.write_into(directory.path(), "ledger", head);
        directory
    }

    /// Writes those that are not there yet into a bare repository, and moves a branch.
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
        // Git itself refuses to put a ref on some of these commits.
        std::fs::write(repository.join("refs/heads").join(branch), format!("{head}\n")).unwrap();
    }

    /// Both verifiers look at them; where nothing is founded, also as if another ledger were asked for.
    pub fn are_judged_alike(&self, head: &str, id: Option<&str>) {
        if !has_python() {
            return;
        }
        let directory = self.written(head);
        both(directory.path(), id);
        if id.is_none() {
            both(directory.path(), Some(&"0".repeat(64)));
        }
    }
}

/// Both verifiers on the branch `ledger` of a repository, with an id from elsewhere if there is one.
fn both(repository: &Path, id: Option<&str>) {
    let anchor: Vec<&str> = id.iter().flat_map(|id| ["--ledger-id", id]).collect();
    let mut output = Command::new(program());
    output.current_dir(repository).args(["verify", "--json"]).args(&anchor);
    // Nothing is remembered: this looks at ledgers once.
    let output = output.env_remove("HOME").env_remove("XDG_STATE_HOME").output().unwrap();
    let first: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)));
    let path = repository.display().to_string();
    let second = second(&[&["ledger", path.as_str()][..], &anchor].concat());
    for field in
        ["verdict", "ledger", "size", "root", "entries", "trust_version", "policy_version", "ledger_time"]
    {
        assert_eq!(first[field], second[field], "{field}\n{first:#}\n{second:#}");
    }
    assert_eq!(void(&first), void(&second), "void\n{first:#}\n{second:#}");
    // Verifiers agree on whether an entry is broken; of several codes that apply, they may name others.
    let (one, other) = (broken(&first), broken(&second));
    assert!(one.keys().eq(other.keys()), "broken\n{first:#}\n{second:#}");
    let alike = one.iter().all(|(entry, codes)| codes.iter().any(|code| other[entry].contains(code)));
    assert!(alike, "broken\n{first:#}\n{second:#}");
}

fn void(report: &Value) -> Vec<[String; 3]> {
    let list = report["void"].as_array().unwrap().iter();
    list.map(|it| ["position", "record", "code"].map(|field| it[field].to_string())).collect()
}

/// The codes of each entry, whichever way a report groups them.
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
    /// Both verifiers agree about the ledger that is here.
    pub fn both_verifiers_agree(&self) {
        if has_python() {
            both(&self.repository, self.run(&["verify", "--json"]).json()["ledger"].as_str());
        }
    }
}
