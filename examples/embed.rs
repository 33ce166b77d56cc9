//! Verifies a ledger and asks the gate from bytes in memory, without Git, files or a clock.
//!
//! `cargo run --no-default-features --example embed` builds only the pure core of the crate. This is for programs that
//! have their own store of Git objects: a forge's own hook, a witness daemon, a dashboard, a fuzzer.
//!
//! `Store` stands for such a store. An embedding program writes functions like [`verify`] and [`ask`]; [`Author`] makes
//! a small ledger to verify.

#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "an example shows what it found")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use countersign::entry::{
    AddedFile, ObjectFormat, RawEntry, message, parse_tree, signed_commit, unsigned_commit,
};
use countersign::gate::{CommitFact, Decision, Facts, LedgerStanding, Question, Wanted, decide, needs};
use countersign::merkle::Tree;
use countersign::record::draft::Draft;
use countersign::record::field::Elements;
use countersign::record::{Checkpoint, Header, Kind, Record, SignedRecord, signature_block};
use countersign::replay::Replay;
use countersign::sshsig::{
    Algorithm, COMMIT_NAMESPACE, KeyLine, PublicKey, RECORD_NAMESPACE, Verifier, WireWriter, signed_data,
    wrap,
};
use countersign::value::{CommitId, Digest, RecordId, Target, Time};
use countersign::verify::examine;
use ed25519_dalek::{Signer as _, SigningKey};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut store = Store::default();
    let mut alice = Author::new("alice");
    let trust = alice.trust();
    alice.append(&mut store, Kind::Trust, &trust, "2026-11-24T08:00:00Z")?;
    alice.append(&mut store, Kind::Policy, POLICY, "2026-11-24T08:00:01Z")?;
    let ledger_id = alice.ledger.ok_or("the ledger is founded")?;

    let replay = verify(&store, &alice.chain, ledger_id)?;
    println!("{} records verified in {} entries", replay.past().size(), replay.past().entries());
    show(&ask(&replay, "2026-11-24T09:00:00Z")?);

    alice.append(&mut store, Kind::RollbackPlan, PLAN, "2026-11-24T09:01:00Z")?;
    let replay = verify(&store, &alice.chain, ledger_id)?;
    show(&ask(&replay, "2026-11-24T09:02:00Z")?);
    Ok(())
}

fn show(decision: &Decision) {
    for check in &decision.checks {
        println!("  {} {}: {}", check.result, check.code, check.found);
    }
    println!("{}", decision.answer);
}

// The part that an embedding program writes.

/// Verifies the entries of a ledger, the first one first. The ledger id comes from outside the data.
fn verify(store: &Store, chain: &[CommitId], ledger_id: RecordId) -> Result<Replay> {
    let mut replay = Replay::new(Some(ledger_id));
    let (mut verifier, mut before) = (Verifier::default(), BTreeMap::new());
    for id in chain {
        let commit = store.get("commit", id.as_str())?;
        let tree = std::str::from_utf8(commit)?.lines().next().and_then(|line| line.strip_prefix("tree "));
        let files = store.files(tree.ok_or("a commit begins with its tree")?)?;
        // An entry may only add files, so this has to check that everything else is unchanged.
        let is_kept = before.iter().all(|(path, blob)| files.get(path) == Some(blob));
        let added = files.iter().filter(|(path, _)| !before.contains_key(*path)).map(|(path, blob)| {
            Ok(AddedFile { path: path.clone(), bytes: Ok(Arc::from(store.get("blob", blob)?)) })
        });
        let added: Vec<AddedFile> = added.collect::<Result<_>>()?;
        let raw = RawEntry {
            id: id.clone(),
            commit: Arc::from(commit),
            added: if is_kept { Ok(added) } else { Err("it changes or removes a file".to_owned()) },
        };
        // `examine` needs nothing but the entry: many entries can be examined at once.
        let examined = examine(&raw, ObjectFormat::Sha256, &mut verifier);
        replay.push(&examined)?;
        before = files;
    }
    Ok(replay)
}

/// Asks the gate about a commit. The program passes, as facts, what the gate has to know about the code repository.
fn ask(replay: &Replay, now: &str) -> Result<Decision> {
    let state = replay.state()?;
    let question = Question {
        target: Target { service: "payments".parse()?, environment: "production".parse()? },
        commit: "1".repeat(40).parse()?,
        wanted: Wanted::Expansion,
        artifacts: Vec::new(),
        options: Vec::new(),
    };
    let now: Time = now.parse()?;
    let needs = needs(state.state(), &question, None, None, now);
    // The program itself has to find out whether the ledger is halted, and whether a checkpoint from elsewhere
    // contradicts it.
    let is_halted = replay.past().is_halted();
    let ledger = if is_halted {
        LedgerStanding::Halted { found: "an entry is broken".to_owned(), outbox: Vec::new() }
    } else {
        LedgerStanding::Sound
    };
    let mut facts = Facts { ledger, commit_exists: true, ..Facts::unknown(now) };
    for commit in needs.commits.keys() {
        facts.commits.insert(commit.clone(), CommitFact { exists: true, contained: false });
    }
    Ok(decide(Some(&needs), &question, &facts))
}

/// Git objects of the SHA-256 format, by their ids.
#[derive(Default)]
struct Store(BTreeMap<String, Vec<u8>>);

impl Store {
    fn put(&mut self, kind: &str, data: &[u8]) -> String {
        let whole = [format!("{kind} {}\0", data.len()).as_bytes(), data].concat();
        let id = Digest::of(&whole).to_string();
        self.0.insert(id.clone(), whole);
        id
    }

    /// The data of an object. Its bytes are hashed again, because the store is not trusted.
    fn get(&self, kind: &str, id: &str) -> Result<&[u8]> {
        let whole = self.0.get(id).ok_or_else(|| format!("{id} is missing"))?;
        if Digest::of(whole).to_string() != id {
            return Err(format!("{id} has other bytes").into());
        }
        let head = whole.split(|byte| *byte == 0).next().unwrap_or_default();
        if !head.starts_with(format!("{kind} ").as_bytes()) {
            return Err(format!("{id} is not a {kind}").into());
        }
        Ok(whole.get(head.len() + 1..).unwrap_or_default())
    }

    /// The files below a tree, by their paths.
    fn files(&self, tree: &str) -> Result<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        for entry in parse_tree(self.get("tree", tree)?, 32)? {
            let name = entry.name;
            let id: String = entry.id.iter().map(|byte| format!("{byte:02x}")).collect();
            if entry.is_directory {
                let below = self.files(&id)?;
                files.extend(below.into_iter().map(|(path, blob)| (format!("{name}/{path}"), blob)));
            } else {
                files.insert(name.to_owned(), id);
            }
        }
        Ok(files)
    }

    /// Stores a tree of files, and returns its id. Names are sorted as they are. Git sorts a directory as if its name
    /// ended in a slash, which makes no difference for these names.
    fn put_tree(&mut self, files: &BTreeMap<String, String>) -> String {
        let mut rows: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        for (path, blob) in files {
            let (name, rest) = path.split_once('/').unwrap_or((path, ""));
            rows.entry(name).or_default().insert(rest.to_owned(), blob.clone());
        }
        let mut data = Vec::new();
        for (name, below) in rows {
            let (mode, id) = match below.get("") {
                Some(blob) => ("100644", blob.clone()),
                None => ("40000", self.put_tree(&below)),
            };
            data.extend(format!("{mode} {name}\0").as_bytes());
            data.extend((0..64).step_by(2).filter_map(|at| u8::from_str_radix(id.get(at..at + 2)?, 16).ok()));
        }
        self.put("tree", &data)
    }
}

// A small ledger.

/// The only author of a ledger.
struct Author {
    name: &'static str,
    key: SigningKey,
    ledger: Option<RecordId>,
    leaves: Tree,
    files: BTreeMap<String, String>,
    chain: Vec<CommitId>,
}

impl Author {
    fn new(name: &'static str) -> Self {
        let key = SigningKey::from_bytes(Digest::of(name.as_bytes()).as_bytes());
        let (leaves, files) = (Tree::default(), BTreeMap::new());
        Self { name, key, ledger: None, leaves, files, chain: Vec::new() }
    }

    fn public(&self) -> PublicKey {
        PublicKey { algorithm: Algorithm::Ed25519, point: self.key.verifying_key().to_bytes() }
    }

    fn sign(&self, namespace: &str, bytes: &[u8]) -> Vec<u8> {
        let signature = self.key.sign(&signed_data(namespace, bytes)).to_bytes();
        let inner = WireWriter::default().string(b"ssh-ed25519").string(&signature).finish();
        wrap(&self.public(), namespace, &inner)
    }

    fn trust(&self) -> String {
        let key = KeyLine { key: self.public(), comment: Some(self.name.into()) };
        let roles =
            ["admin", "reporter", "gate"].map(|role| format!("[[trust.member.role]]\nrole = \"{role}\"\n"));
        format!(
            "[trust]\nversion = 1\nnonce = \"{}\"\nformat = 2\n\
             [trust.threshold]\ntrust = 1\npolicy = 1\nquarantine = 1\n\
             [[trust.member]]\nname = \"{}\"\ntype = \"human\"\nkeys = [\"{key}\"]\n{}",
            "7".repeat(64),
            self.name,
            roles.concat()
        )
    }

    /// Signs one record, and appends it in an entry of its own.
    fn append(&mut self, store: &mut Store, kind: Kind, draft: &str, at: &str) -> Result<()> {
        let seen = Checkpoint { size: self.leaves.size(), root: self.leaves.root() };
        let draft = Draft::read(draft.as_bytes(), kind).map_err(|error| format!("{error:?}"))?;
        let header = Header {
            schema: countersign::value::limit::FORMAT,
            kind: kind.name(),
            ledger: self.ledger,
            author: self.name.parse()?,
            created_at: at.parse()?,
            checkpoint: self.ledger.map(|_| seen),
        };
        let record = Record { header, body: draft.body, evidence: Elements::from(Vec::new()) };
        let payload = record.payload();
        let file = format!("{payload}{}", signature_block(&self.sign(RECORD_NAMESPACE, payload.as_bytes())));
        let signed = SignedRecord::parse(file.as_bytes()).map_err(|rejected| format!("{rejected:?}"))?;
        self.leaves.append(file.as_bytes());
        let after = Checkpoint { size: self.leaves.size(), root: self.leaves.root() };
        self.files.insert(signed.path().to_string(), store.put("blob", file.as_bytes()));
        let tree = store.put_tree(&self.files);
        let text = message(&[signed], &after);
        let unsigned = unsigned_commit(&tree, self.chain.last(), "Alice <a@example.org> 1 +0000", &text);
        let blob = self.sign(COMMIT_NAMESPACE, unsigned.as_bytes());
        let commit = signed_commit(&unsigned, &blob, ObjectFormat::Sha256);
        self.chain.push(store.put("commit", commit.as_bytes()).parse()?);
        self.ledger = self.ledger.or(Some(record.id()));
        Ok(())
    }
}

const POLICY: &str = "\
[policy]
version = 1

[policy.approvals]
overrides = 0
rollback_plans = 0
redesigns = 0

[[policy.target]]
service = \"payments\"
environment = \"production\"
refs = [\"refs/heads/production\"]
";

const PLAN: &str = "\
[rollback-plan]
services = [\"payments\"]
environments = [\"production\"]
to = \"removal\"
method = \"redeploy\"
owner = \"alice\"
summary = \"Take it away again\"
expires_at = 2026-12-01T00:00:00Z
max_duration = \"20m\"
data = \"reversible\"

[[rollback-plan.criterion]]
metric = \"errors\"
comparison = \">\"
threshold = \"0.02\"
window = \"5m\"
source = \"prometheus\"
";

#[cfg(test)]
mod tests {
    use countersign::record::kind::receipt::Answer;

    use super::*;

    /// Alice's ledger with a plan, in a store.
    fn ledger() -> (Store, Author) {
        let (mut store, mut alice) = (Store::default(), Author::new("alice"));
        let trust = alice.trust();
        for (kind, draft) in [(Kind::Trust, &*trust), (Kind::Policy, POLICY), (Kind::RollbackPlan, PLAN)] {
            alice.append(&mut store, kind, draft, "2026-11-24T08:00:00Z").unwrap();
        }
        (store, alice)
    }

    #[test]
    fn without_a_plan_it_is_refused_and_with_one_allowed() {
        let (store, alice) = ledger();
        for (entries, answer) in [(2, Answer::Refused), (3, Answer::Allowed)] {
            let replay = verify(&store, &alice.chain[..entries], alice.ledger.unwrap()).unwrap();
            assert_eq!(ask(&replay, "2026-11-24T09:00:00Z").unwrap().answer, answer);
        }
    }

    #[test]
    fn another_ledger_id_or_a_changed_byte_is_not_believed() {
        let (mut store, alice) = ledger();
        let other = RecordId::from_bytes([7; 32]);
        assert_eq!(verify(&store, &alice.chain, other).unwrap().past().size(), 0);
        let last = alice.chain.last().unwrap().as_str().to_owned();
        store.0.get_mut(&last).unwrap().push(b'x');
        assert!(verify(&store, &alice.chain, alice.ledger.unwrap()).is_err());
    }
}
