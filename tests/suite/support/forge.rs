//! Forged ledger entries, written byte by byte into a real repository; each differs from a good entry in one
//! respect. The verdict on them is checked wherever a ledger is read: by `verify`, by `gate`, by the second
//! verifier, and by `verify` in a bare repository that the branch was pushed to.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use countersign::entry::{ObjectFormat, signed_commit};
use countersign::key::{PublicKeySource, Signer, SigningWays};
use countersign::merkle::Tree;
use countersign::record::{SignedRecord, id_of, signature_block};
use countersign::sshsig::{COMMIT_NAMESPACE, RECORD_NAMESPACE};
use serde_json::Value;

use crate::support::ledger::Ledger;
use crate::support::sandbox::{Sandbox, program};

/// The arguments of a `gate` command for the commit at `HEAD`.
pub const ASK: &[&str] =
    &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];

/// The fields of `verify --json` that must be the same in every repository with the ledger.
const SAME_FIELDS: &[&str] = &[
    "verdict",
    "found",
    "ledger",
    "head",
    "size",
    "root",
    "entries",
    "ledger_time",
    "trust_version",
    "policy_version",
    "quarantines",
    "broken",
    "void",
];

type Change<T> = Box<dyn Fn(T) -> T>;

/// An entry of a raw tree object: mode, name and id.
pub type Row = (String, String, Vec<u8>);

/// The changes to a good entry, in the order in which they are applied while the entry is made.
pub struct Forgery {
    author: &'static str,
    committer: &'static str,
    payload: Change<String>,
    path: Change<String>,
    rows: Change<Vec<Row>>,
    tree: Change<String>,
    unsigned: Change<String>,
    signed: Change<String>,
}

impl Forgery {
    /// A good entry, without any change.
    pub fn good() -> Self {
        Self {
            author: "alice",
            committer: "alice",
            payload: Box::new(|payload| payload),
            path: Box::new(|path| path),
            rows: Box::new(|rows| rows),
            tree: Box::new(|tree| tree),
            unsigned: Box::new(|commit| commit),
            signed: Box::new(|commit| commit),
        }
    }

    /// Sets the members whose keys sign the record and the commit.
    pub fn by(self, author: &'static str, committer: &'static str) -> Self {
        Self { author, committer, ..self }
    }

    /// Changes the payload before it is signed.
    pub fn payload(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { payload: Box::new(change), ..self }
    }

    /// Changes the path of the record file, which otherwise follows from the record.
    pub fn path(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { path: Box::new(change), ..self }
    }

    /// Changes the rows of the tree that contains the record, the directory of its day.
    pub fn rows(self, change: impl Fn(Vec<Row>) -> Vec<Row> + 'static) -> Self {
        Self { rows: Box::new(change), ..self }
    }

    /// Replaces the id of the root tree.
    pub fn tree(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { tree: Box::new(change), ..self }
    }

    /// Changes the commit before it is signed.
    pub fn unsigned(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { unsigned: Box::new(change), ..self }
    }

    /// Changes the commit after it is signed.
    pub fn signed(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { signed: Box::new(change), ..self }
    }
}

/// A ledger in a sandbox, and the parts of a good next entry by alice.
pub struct Forge {
    pub sandbox: Sandbox,
    pub bare: PathBuf,
    /// The commit of the last entry before the forged one.
    pub parent: String,
    pin: Vec<u8>,
    leaves: Tree,
    path: String,
    payload: String,
    unsigned: String,
}

impl Forge {
    /// Uses a new ledger whose only member is alice.
    pub fn new() -> Self {
        Self::on(Sandbox::with_ledger())
    }

    /// Uses the ledger of a sandbox. The forged entry will be the next one.
    pub fn on(sandbox: Sandbox) -> Self {
        let bare = sandbox.root.path().join("bare.git");
        sandbox.at(sandbox.root.path(), "git", &["init", "-q", "--bare", "bare.git"]).ok();
        let (pin, parent) = (std::fs::read(pin(&sandbox)).unwrap(), sandbox.ledger_head());
        let mut leaves = Tree::default();
        let before = sandbox.git(&["rev-list", "--reverse", "ledger"]).ok().stdout;
        for commit in before.lines() {
            for path in added_files(&sandbox, commit) {
                leaves.append(ledger_file(&sandbox, &path).as_bytes());
            }
        }
        sandbox.exception("a");
        let path = added_files(&sandbox, "ledger").remove(0);
        let file = ledger_file(&sandbox, &path);
        let payload = file.split_once("[signature]\n").unwrap().0.to_owned();
        let commit = sandbox.git(&["cat-file", "commit", "ledger"]).ok().stdout;
        let (headers, rest) = commit.split_once("\ngpgsig ").unwrap();
        let unsigned = format!("{headers}\n\n{}", rest.split_once("\n\n").unwrap().1);
        let forge = Self { sandbox, bare, parent, pin, leaves, path, payload, unsigned };
        forge.reset();
        forge
    }

    /// Resets the ledger branch and the pin to their state before the forged entry, and removes what the
    /// program has stored in the bare repository.
    pub fn reset(&self) {
        self.set_branch(&self.parent);
        std::fs::write(pin(&self.sandbox), &self.pin).unwrap();
        let _ = std::fs::remove_dir_all(self.bare.join("countersign"));
    }

    /// Writes the forged entry and points the ledger branch at it. Returns the id of its commit.
    pub fn make(&self, forgery: &Forgery) -> String {
        let payload = (forgery.payload)(self.payload.clone());
        let signature = self.signer(forgery.author).sign(RECORD_NAMESPACE, payload.as_bytes()).unwrap();
        let file = format!("{payload}{}", signature_block(&signature));
        let folder = self.path.rsplit_once('/').unwrap().0;
        let path = SignedRecord::parse(file.as_bytes()).map_or_else(
            |_| format!("{folder}/{}.toml", id_of(payload.as_bytes())),
            |record| record.path().to_string(),
        );
        let path = (forgery.path)(path);
        let blob = self.write_object("blob", file.as_bytes());
        let base = self.object("tree", &format!("{}^{{tree}}", self.parent));
        let parts: Vec<&str> = path.split('/').collect();
        let tree = (forgery.tree)(self.insert(&base, &parts, &blob, &forgery.rows));
        let mut leaves = self.leaves.clone();
        leaves.append(file.as_bytes());
        let (headers, message) = self.unsigned.split_once("\n\n").unwrap();
        let (_, headers) = headers.split_once('\n').unwrap();
        let words = message.split("Ledger-Size").next().unwrap();
        let (size, root) = (leaves.size(), leaves.root());
        let unsigned = format!("tree {tree}\n{headers}\n\n{words}Ledger-Size: {size}\nLedger-Root: {root}\n");
        let unsigned = (forgery.unsigned)(unsigned);
        let signature = self.signer(forgery.committer).sign(COMMIT_NAMESPACE, unsigned.as_bytes()).unwrap();
        let commit = (forgery.signed)(signed_commit(&unsigned, &signature, ObjectFormat::Sha1));
        let id = self.write_object("commit", commit.as_bytes());
        self.set_branch(&id);
        id
    }

    /// Asserts that the entry halts the ledger with exactly these codes, wherever the ledger is read.
    #[track_caller]
    pub fn halts(&self, name: &str, forgery: &Forgery, codes: &[&str]) {
        let entry = self.make(forgery);
        let view = self.expect_verdict("halted", 3);
        assert_eq!(codes_of(&view, &entry), codes.iter().copied().collect(), "{name}: {view:#}");
        assert_eq!(view["size"], self.leaves.size(), "{name}");
        self.reset();
    }

    /// Asserts that the entry counts, wherever the ledger is read. Returns the report of `verify`.
    #[track_caller]
    pub fn counts(&self, forgery: &Forgery) -> Value {
        self.make(forgery);
        let view = self.expect_verdict("sound", 0);
        assert_eq!(view["size"], self.leaves.size() + 1, "{view:#}");
        self.reset();
        view
    }

    /// Asserts that the ledger has this verdict wherever it is read, and that `verify` exits with this code
    /// and prints no control or invisible characters. Returns the report of `verify`.
    #[track_caller]
    pub fn expect_verdict(&self, verdict: &str, code: i32) -> Value {
        let view = self.sandbox.run(&["verify", "--json"]).code(code).json();
        assert_eq!(view["verdict"], verdict, "{view:#}");
        let shown = self.sandbox.run(&["verify"]).code(code);
        let hostile = |letter: char| {
            letter != '\n' && letter.is_control()
                || matches!(
                    letter,
                    '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
                )
        };
        assert!(
            !shown.stdout.contains(hostile) && shown.stderr.is_empty(),
            "{}{}",
            shown.stdout,
            shown.stderr
        );
        self.sandbox.both_verifiers_agree();
        let asked = self.sandbox.run(&[ASK, &["--json"]].concat());
        let valid = if code == 0 { "pass" } else { "fail" };
        assert_eq!(asked.json()["checks"][0]["result"], valid, "{}", asked.stdout);
        let _ = asked.code(if code == 0 { 1 } else { 3 });
        push_ledger(&self.sandbox, &self.sandbox.repository, &self.bare);
        self.assert_same_in(&self.bare, &view, code);
        view
    }

    /// Asserts that `verify` in the bare repository reports the same as `view`.
    #[track_caller]
    fn assert_same_in(&self, bare: &Path, view: &Value, code: i32) {
        let id = self.ledger_id();
        let path = bare.display().to_string();
        let there =
            self.sandbox.run(&["-C", &path, "verify", "--ledger-id", &id, "--json"]).code(code).json();
        for field in SAME_FIELDS {
            assert_eq!(view[field], there[field], "{field}\n{view:#}\n{there:#}");
        }
    }

    /// Returns the ledger id, as it is pinned.
    pub fn ledger_id(&self) -> String {
        String::from_utf8_lossy(&self.pin)["ledger ".len()..][..64].to_owned()
    }

    fn signer(&self, name: &str) -> Signer {
        Signer::find(&PublicKeySource::Path(self.sandbox.home.join(name)), SigningWays::default()).unwrap()
    }

    /// Returns the bytes of an object.
    pub fn object(&self, kind: &str, name: &str) -> Vec<u8> {
        let mut command = self.sandbox.command(&self.sandbox.repository, "git");
        command.args(["cat-file", kind, name]).output().unwrap().stdout
    }

    /// Writes an object, even a malformed one, and returns its id.
    pub fn write_object(&self, kind: &str, bytes: &[u8]) -> String {
        let mut command = self.sandbox.command(&self.sandbox.repository, "git");
        command.args(["hash-object", "--literally", "-t", kind, "-w", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Adds a file to a tree, together with the directories of its path, and changes the innermost directory.
    /// Returns the id of the new tree.
    fn insert(&self, base: &[u8], parts: &[&str], blob: &str, change: &Change<Vec<Row>>) -> String {
        let mut rows = rows_of(base);
        let (name, below) = parts.split_first().unwrap();
        let known = rows.iter().position(|row| row.1 == *name && row.0 == "40000");
        let old = known.map(|at| rows.remove(at).2);
        if below.is_empty() {
            rows.push(("100644".to_owned(), (*name).to_owned(), bytes_of(blob)));
        } else {
            let old = old.map(|id| self.object("tree", &hex(&id))).unwrap_or_default();
            let tree = self.insert(&old, below, blob, change);
            rows.push(("40000".to_owned(), (*name).to_owned(), bytes_of(&tree)));
        }
        rows.sort_by_key(sort_key);
        if below.is_empty() {
            rows = change(rows);
        }
        self.write_tree(&rows)
    }

    pub fn write_tree(&self, rows: &[Row]) -> String {
        let mut bytes = Vec::new();
        for (mode, name, id) in rows {
            bytes.extend(format!("{mode} {name}\0").bytes());
            bytes.extend(id);
        }
        self.write_object("tree", &bytes)
    }

    /// Points the ledger branch at an object. The ref is written directly, because Git refuses some of the
    /// objects.
    pub fn set_branch(&self, id: &str) {
        std::fs::write(self.sandbox.repository.join(".git/refs/heads/ledger"), format!("{id}\n")).unwrap();
    }
}

/// Returns the codes of a broken entry, and asserts that no other entry is broken.
pub fn codes_of<'a>(view: &'a Value, entry: &str) -> BTreeSet<&'a str> {
    let broken = view["broken"].as_array().unwrap();
    assert!(broken.iter().all(|finding| finding["entry"] == entry), "{view:#}");
    broken.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// Pushes the ledger with plain `git push`. If Git refuses to transfer the objects, copies them, as a
/// malicious host could.
fn push_ledger(sandbox: &Sandbox, from: &Path, bare: &Path) {
    let there = bare.display().to_string();
    let push = sandbox.at(from, "git", &["push", "-q", "--force", &there, "ledger"]);
    if push.code != Some(0) {
        let git = sandbox.at(from, "git", &["rev-parse", "--absolute-git-dir"]).ok().stdout;
        let copy = format!(
            "cp -r {0}/objects/. {1}/objects && cp {0}/refs/heads/ledger {1}/refs/heads/",
            git.trim(),
            there
        );
        sandbox.at(from, "bash", &["-c", &copy]).ok();
    }
}

/// Writes an in-memory ledger to a repository, and asserts that `verify` reports this verdict there and in a bare
/// repository to which the ledger was pushed, and that `gate` agrees. Returns the report of `verify`.
#[track_caller]
pub fn expect_verdict(ledger: &Ledger, verdict: &str, code: i32) -> Value {
    let sandbox = Sandbox::new();
    let head = ledger.parent.as_ref().unwrap();
    let written = ledger.objects.write_repository(head.as_str());
    let id = ledger.id.map(|id| id.to_string());
    let anchor: Vec<&str> = id.iter().flat_map(|id| ["--ledger-id", id]).collect();
    let verify = [&["verify", "--json"][..], &anchor].concat();
    let view = sandbox.at(written.path(), program(), &verify).code(code).json();
    assert_eq!(view["verdict"], verdict, "{view:#}");
    let mut ask = ASK.to_vec();
    *ask.last_mut().unwrap() = head.as_str();
    ask.extend(&anchor);
    let _ = sandbox.at(written.path(), program(), &ask).code(if code == 0 { 1 } else { 3 });
    let bare = sandbox.root.path().join("bare.git");
    let init = ["init", "-q", "--bare", "--object-format=sha256", "bare.git"];
    sandbox.at(sandbox.root.path(), "git", &init).ok();
    push_ledger(&sandbox, written.path(), &bare);
    let there = sandbox.at(&bare, program(), &verify).code(code).json();
    for field in SAME_FIELDS {
        assert_eq!(view[field], there[field], "{field}\n{view:#}\n{there:#}");
    }
    view
}

fn pin(sandbox: &Sandbox) -> PathBuf {
    sandbox.repository.join(".git/countersign/pin")
}

fn added_files(sandbox: &Sandbox, commit: &str) -> Vec<String> {
    let arguments = ["diff-tree", "--root", "-r", "--no-commit-id", "--name-only", commit];
    sandbox.git(&arguments).ok().stdout.lines().map(str::to_owned).collect()
}

fn ledger_file(sandbox: &Sandbox, path: &str) -> String {
    sandbox.git(&["cat-file", "blob", &format!("ledger:{path}")]).ok().stdout
}

fn rows_of(mut tree: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    while let Some(nul) = tree.iter().position(|byte| *byte == 0) {
        let (mode, name) = std::str::from_utf8(&tree[..nul]).unwrap().split_once(' ').unwrap();
        rows.push((mode.to_owned(), name.to_owned(), tree[nul + 1..nul + 21].to_vec()));
        tree = &tree[nul + 21..];
    }
    rows
}

/// Git sorts a directory as if its name ended in a slash.
fn sort_key(row: &Row) -> String {
    format!("{}{}", row.1, if row.0 == "40000" { "/" } else { "" })
}

pub fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
