//! Entries that are made byte by byte in a real repository and differ from a good one in one thing; and the
//! doors that a history comes in by: `verify`, `gate`, the second verifier, and a bare repository that the
//! branch was pushed to.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use countersign::entry::{ObjectFormat, signed_commit};
use countersign::key::{PublicKeySource, Signer};
use countersign::merkle::Tree;
use countersign::record::{SignedRecord, id_of, signature_block};
use countersign::sshsig::{COMMIT_NAMESPACE, RECORD_NAMESPACE};
use serde_json::Value;

use crate::support::ledger::Ledger;
use crate::support::sandbox::{Sandbox, program};

pub const ASK: &[&str] =
    &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];

/// What every door says in the same words.
const SAME: &[&str] = &[
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

/// An entry of a raw tree object: mode, name, id.
pub type Row = (String, String, Vec<u8>);

/// What is changed of a good entry, in the order in which an entry is made.
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
    /// Nothing is changed.
    pub fn good() -> Self {
        Self {
            author: "alice",
            committer: "alice",
            payload: Box::new(|it| it),
            path: Box::new(|it| it),
            rows: Box::new(|it| it),
            tree: Box::new(|it| it),
            unsigned: Box::new(|it| it),
            signed: Box::new(|it| it),
        }
    }

    /// Whose keys sign the record and the commit.
    pub fn by(self, author: &'static str, committer: &'static str) -> Self {
        Self { author, committer, ..self }
    }

    /// The payload, before it is signed.
    pub fn payload(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { payload: Box::new(change), ..self }
    }

    /// The path, which otherwise follows from the record.
    pub fn path(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { path: Box::new(change), ..self }
    }

    /// The directory of the day, which the record is in.
    pub fn rows(self, change: impl Fn(Vec<Row>) -> Vec<Row> + 'static) -> Self {
        Self { rows: Box::new(change), ..self }
    }

    /// The id of the whole tree.
    pub fn tree(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { tree: Box::new(change), ..self }
    }

    /// The commit, before it is signed.
    pub fn unsigned(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { unsigned: Box::new(change), ..self }
    }

    /// The commit, when it is signed.
    pub fn signed(self, change: impl Fn(String) -> String + 'static) -> Self {
        Self { signed: Box::new(change), ..self }
    }
}

/// A ledger of alice alone, and what a good third entry of it is.
pub struct Forge {
    pub sandbox: Sandbox,
    pub bare: PathBuf,
    /// The last entry that is there.
    pub parent: String,
    pin: Vec<u8>,
    leaves: Tree,
    path: String,
    payload: String,
    unsigned: String,
}

impl Forge {
    pub fn new() -> Self {
        Self::on(Sandbox::with_ledger())
    }

    /// The same on any ledger.
    pub fn on(sandbox: Sandbox) -> Self {
        let bare = sandbox.root.path().join("bare.git");
        sandbox.at(sandbox.root.path(), "git", &["init", "-q", "--bare", "bare.git"]).ok();
        let (pin, parent) = (std::fs::read(pin(&sandbox)).unwrap(), sandbox.ledger_head());
        let mut leaves = Tree::default();
        let before = sandbox.git(&["rev-list", "--reverse", "ledger"]).ok().stdout;
        for commit in before.lines() {
            added(&sandbox, commit).iter().for_each(|path| leaves.append(file(&sandbox, path).as_bytes()));
        }
        sandbox.exception("a");
        let path = added(&sandbox, "ledger").remove(0);
        let (payload, _) = file(&sandbox, &path).split_once("[signature]\n").map(owned).unwrap();
        let commit = sandbox.git(&["cat-file", "commit", "ledger"]).ok().stdout;
        let (headers, rest) = commit.split_once("\ngpgsig ").unwrap();
        let unsigned = format!("{headers}\n\n{}", rest.split_once("\n\n").unwrap().1);
        let forge = Self { sandbox, bare, parent, pin, leaves, path, payload, unsigned };
        forge.put_back();
        forge
    }

    /// Sets the ledger and what is remembered of it back to before the third entry.
    pub fn put_back(&self) {
        self.set(&self.parent);
        std::fs::write(pin(&self.sandbox), &self.pin).unwrap();
        let _ = std::fs::remove_dir_all(self.bare.join("countersign"));
    }

    /// Makes an entry, and puts the branch on it.
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
        let blob = self.put("blob", file.as_bytes());
        let base = self.raw("tree", &format!("{}^{{tree}}", self.parent));
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
        let id = self.put("commit", commit.as_bytes());
        self.set(&id);
        id
    }

    /// The entry halts the ledger with exactly these codes, whichever door it comes in by.
    #[track_caller]
    pub fn halts(&self, name: &str, forgery: &Forgery, codes: &[&str]) {
        let entry = self.make(forgery);
        let view = self.told("halted", 3);
        assert_eq!(codes_of(&view, &entry), codes.iter().copied().collect(), "{name}: {view:#}");
        assert_eq!(view["size"], self.leaves.size(), "{name}");
        self.put_back();
    }

    /// The entry counts, whichever door it comes in by; what `verify` says of the ledger then.
    #[track_caller]
    pub fn counts(&self, forgery: &Forgery) -> Value {
        self.make(forgery);
        let view = self.told("sound", 0);
        assert_eq!(view["size"], self.leaves.size() + 1, "{view:#}");
        self.put_back();
        view
    }

    /// Every door says this of the ledger; what `verify` says.
    #[track_caller]
    pub fn told(&self, verdict: &str, code: i32) -> Value {
        let view = self.sandbox.run(&["verify", "--json"]).code(code).json();
        assert_eq!(view["verdict"], verdict, "{view:#}");
        let said = self.sandbox.run(&["verify"]).code(code);
        let hostile = |it: char| {
            it != '\n' && it.is_control()
                || matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!said.stdout.contains(hostile) && said.stderr.is_empty(), "{}{}", said.stdout, said.stderr);
        self.sandbox.both_verifiers_agree();
        let asked = self.sandbox.run(&[ASK, &["--json"]].concat());
        let valid = if code == 0 { "pass" } else { "fail" };
        assert_eq!(asked.json()["checks"][0]["result"], valid, "{}", asked.stdout);
        let _ = asked.code(if code == 0 { 1 } else { 3 });
        pushed(&self.sandbox, &self.sandbox.repository, &self.bare);
        self.alike(&view, &self.bare, code);
        view
    }

    #[track_caller]
    fn alike(&self, view: &Value, bare: &Path, code: i32) {
        let id = self.ledger();
        let path = bare.display().to_string();
        let there =
            self.sandbox.run(&["-C", &path, "verify", "--ledger-id", &id, "--json"]).code(code).json();
        for field in SAME {
            assert_eq!(view[field], there[field], "{field}\n{view:#}\n{there:#}");
        }
    }

    /// The ledger id.
    pub fn ledger(&self) -> String {
        String::from_utf8_lossy(&self.pin)["ledger ".len()..][..64].to_owned()
    }

    fn signer(&self, name: &str) -> Signer {
        Signer::find(&PublicKeySource::Path(self.sandbox.home.join(name)), None).unwrap()
    }

    /// The bytes of an object.
    pub fn raw(&self, kind: &str, name: &str) -> Vec<u8> {
        let mut command = self.sandbox.command(&self.sandbox.repository, "git");
        command.args(["cat-file", kind, name]).output().unwrap().stdout
    }

    /// Writes an object, whatever is wrong with it.
    pub fn put(&self, kind: &str, bytes: &[u8]) -> String {
        let mut command = self.sandbox.command(&self.sandbox.repository, "git");
        command.args(["hash-object", "--literally", "-t", kind, "-w", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A tree with a file put into it, and the directories of its path; the last of them is changed.
    fn insert(&self, base: &[u8], parts: &[&str], blob: &str, change: &Change<Vec<Row>>) -> String {
        let mut rows = rows_of(base);
        let (name, below) = parts.split_first().unwrap();
        let known = rows.iter().position(|row| row.1 == *name && row.0 == "40000");
        let old = known.map(|at| rows.remove(at).2);
        if below.is_empty() {
            rows.push(("100644".to_owned(), (*name).to_owned(), bytes_of(blob)));
        } else {
            let old = old.map(|id| self.raw("tree", &hex(&id))).unwrap_or_default();
            let tree = self.insert(&old, below, blob, change);
            rows.push(("40000".to_owned(), (*name).to_owned(), bytes_of(&tree)));
        }
        rows.sort_by_key(sort_key);
        if below.is_empty() {
            rows = change(rows);
        }
        self.put_tree(&rows)
    }

    pub fn put_tree(&self, rows: &[Row]) -> String {
        let mut bytes = Vec::new();
        for (mode, name, id) in rows {
            bytes.extend(format!("{mode} {name}\0").bytes());
            bytes.extend(id);
        }
        self.put("tree", &bytes)
    }

    /// Puts the branch on an object; Git itself refuses some of them.
    pub fn set(&self, id: &str) {
        std::fs::write(self.sandbox.repository.join(".git/refs/heads/ledger"), format!("{id}\n")).unwrap();
    }
}

/// The codes of an entry; no other entry is broken.
pub fn codes_of<'a>(view: &'a Value, entry: &str) -> BTreeSet<&'a str> {
    let broken = view["broken"].as_array().unwrap();
    assert!(broken.iter().all(|it| it["entry"] == entry), "{view:#}");
    broken.iter().map(|it| it["code"].as_str().unwrap()).collect()
}

/// Pushes the ledger with plain `git push`. What Git itself refuses to carry is put there by hand, as a host could.
fn pushed(sandbox: &Sandbox, from: &Path, bare: &Path) {
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

/// What is said of a ledger that was made in memory: by `verify` and `gate` in a repository, and by `verify`
/// in another one that it was pushed to.
#[track_caller]
pub fn told_of(ledger: &Ledger, verdict: &str, code: i32) -> Value {
    let sandbox = Sandbox::new();
    let head = ledger.parent.as_ref().unwrap();
    let written = ledger.objects.written(head.as_str());
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
    pushed(&sandbox, written.path(), &bare);
    let there = sandbox.at(&bare, program(), &verify).code(code).json();
    for field in SAME {
        assert_eq!(view[field], there[field], "{field}\n{view:#}\n{there:#}");
    }
    view
}

fn pin(sandbox: &Sandbox) -> PathBuf {
    sandbox.repository.join(".git/countersign/pin")
}

fn added(sandbox: &Sandbox, commit: &str) -> Vec<String> {
    let arguments = ["diff-tree", "--root", "-r", "--no-commit-id", "--name-only", commit];
    sandbox.git(&arguments).ok().stdout.lines().map(str::to_owned).collect()
}

fn file(sandbox: &Sandbox, path: &str) -> String {
    sandbox.git(&["cat-file", "blob", &format!("ledger:{path}")]).ok().stdout
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
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

fn sort_key(row: &Row) -> String {
    format!("{}{}", row.1, if row.0 == "40000" { "/" } else { "" })
}

pub fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
