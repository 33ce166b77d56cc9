//! In-memory ledgers: real records, signatures and commits, but no repository. The time is always an
//! argument.

use std::sync::Arc;

use crate::support::whole::WholeState;
use countersign::entry::{AddedFile, ObjectFormat, RawEntry, message, signed_commit, unsigned_commit};
use countersign::finding::{Code, Finding};
use countersign::merkle::Tree;
use countersign::record::draft::Draft;
use countersign::record::field::Elements;
use countersign::record::{
    Body, Checkpoint, Evidence, Header, Kind, Record, SignedRecord, id_of, signature_block, split,
};
use countersign::replay::{Pushed, Replay};
use countersign::sshsig::{
    Algorithm, COMMIT_NAMESPACE, KeyLine, PublicKey, RECORD_NAMESPACE, Verifier, WireWriter, signed_data,
    wrap,
};
use countersign::value::{CommitId, Digest, RecordId, Time};
use countersign::verify::{Verdict, examine};
use ed25519_dalek::{Signer as _, SigningKey};

use crate::support::cached::{Folded, assert_same, check_fold, push_after_restore};
use crate::support::second_verifier::Objects;

/// A member or stranger, with a key derived from the name and a number.
#[derive(Clone)]
pub struct Actor {
    pub name: &'static str,
    pub key: SigningKey,
}

impl Actor {
    pub fn new(name: &'static str) -> Self {
        Self::with_key(name, 1)
    }

    pub fn with_key(name: &'static str, number: u8) -> Self {
        let seed = Digest::of(format!("{name} {number}").as_bytes());
        Self { name, key: SigningKey::from_bytes(seed.as_bytes()) }
    }

    pub fn public(&self) -> PublicKey {
        PublicKey { algorithm: Algorithm::Ed25519, point: self.key.verifying_key().to_bytes() }
    }

    pub fn line(&self) -> String {
        KeyLine { key: self.public(), comment: Some(self.name.into()) }.to_string()
    }

    pub fn sign(&self, namespace: &str, bytes: &[u8]) -> Vec<u8> {
        let signature = self.key.sign(&signed_data(namespace, bytes)).to_bytes();
        let inner = WireWriter::default().string(b"ssh-ed25519").string(&signature).finish();
        wrap(&self.public(), namespace, &inner)
    }

    /// Signs a payload, and returns the record file.
    pub fn file(&self, payload: &str) -> Vec<u8> {
        let block = signature_block(&self.sign(RECORD_NAMESPACE, payload.as_bytes()));
        format!("{payload}{block}").into_bytes()
    }
}

pub fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// Parses the body of a draft.
pub fn body(kind: &str, text: &str) -> Body {
    draft(kind, text).body
}

fn draft(kind: &str, text: &str) -> Draft {
    let kind: Kind = kind.parse().unwrap();
    Draft::read(text.as_bytes(), kind).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// Returns the TOML of a trust member. A role is given as `approver` or, with a scope, as
/// `approver:payments:production`; the type of a service is given as `service of alice`.
pub fn member(actor: &Actor, kind: &str, roles: &[&str]) -> String {
    let owner = kind.strip_prefix("service of ");
    let (kind, owner) = match owner {
        Some(owner) => ("service", format!("owner = \"{owner}\"\n")),
        None => (kind, String::new()),
    };
    let mut text = format!(
        "[[trust.member]]\nname = \"{}\"\ntype = \"{kind}\"\n{owner}keys = [\"{}\"]\n",
        actor.name,
        actor.line()
    );
    for role in roles {
        let parts: Vec<&str> = role.split(':').collect();
        text.push_str(&format!("[[trust.member.role]]\nrole = \"{}\"\n", parts[0]));
        if let [_, service, environment] = parts[..] {
            text.push_str(&format!("services = [\"{service}\"]\nenvironments = [\"{environment}\"]\n"));
        }
    }
    text
}

/// Returns the TOML of a trust with thresholds for trust, policy and quarantine.
pub fn trust(version: u64, supersedes: Option<RecordId>, thresholds: [u64; 3], members: &[String]) -> String {
    let follow = match supersedes {
        Some(id) => format!("supersedes = \"{id}\"\n"),
        None => format!("nonce = \"{}\"\n", "7".repeat(64)),
    };
    let [trust, policy, quarantine] = thresholds;
    format!(
        "[trust]\nversion = {version}\n{follow}format = 2\n[trust.threshold]\ntrust = {trust}\npolicy = {policy}\nquarantine = {quarantine}\n{}",
        members.concat()
    )
}

/// A ledger, and what is needed to append to it.
pub struct Ledger {
    pub replay: Replay,
    pub leaves: Tree,
    pub parent: Option<CommitId>,
    pub id: Option<RecordId>,
    /// The checkpoint that the next author has seen; the head if `None`.
    pub seen: Option<Checkpoint>,
    pub objects: Objects,
    /// Skips the checks after each entry, which would take minutes on a long ledger.
    pub is_quiet: bool,
    /// The most recent fold of the state, and an older one.
    folded: [Option<Folded>; 2],
}

/// At the end of a test, asserts that the second verifier agrees about the ledger.
impl Drop for Ledger {
    fn drop(&mut self) {
        if let Some(head) = self.parent.as_ref().filter(|_| !std::thread::panicking()) {
            let id = self.id.map(|id| id.to_string());
            self.objects.both_verifiers_agree(head.as_str(), id.as_deref());
        }
    }
}

/// The time of most records in tests.
pub const NOW: &str = "2026-11-24T09:00:00Z";

impl Ledger {
    pub fn empty() -> Self {
        Self {
            replay: Replay::new(None),
            leaves: Tree::default(),
            parent: None,
            id: None,
            seen: None,
            objects: Objects::default(),
            is_quiet: false,
            folded: [None, None],
        }
    }

    /// A founded ledger of alice, bob and carol (humans; admin, reporter, approver and gate) and ops (alice's service;
    /// reporter and gate).
    pub fn team() -> Self {
        let mut ledger = Self::empty();
        let all = &["admin", "reporter", "approver", "gate"][..];
        let people = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", all));
        let ops = member(&Actor::new("ops"), "service of alice", &["reporter", "gate"]);
        let text = trust(1, None, [1, 1, 1], &[people.concat(), ops]);
        ledger.append("alice", "trust", &text, "2026-10-01T08:00:00Z");
        ledger.append("alice", "policy", POLICY, "2026-10-01T08:00:00Z");
        ledger
    }

    pub fn head(&self) -> Checkpoint {
        Checkpoint { size: self.leaves.size(), root: self.leaves.root() }
    }

    /// Makes a record for the next entry; it has no ledger id and no checkpoint if the ledger is empty.
    pub fn record(&self, author: &str, body: Body, at: &str) -> Record {
        let first = self.leaves.size() == 0;
        let header = Header {
            schema: countersign::value::limit::FORMAT,
            kind: body.kind().as_str().parse().unwrap(),
            ledger: self.id.filter(|_| !first),
            author: author.parse().unwrap(),
            created_at: time(at),
            checkpoint: (!first).then(|| self.seen.unwrap_or_else(|| self.head())),
        };
        Record { header, body, evidence: Elements::<Evidence>::from(Vec::new()) }
    }

    /// Pushes an entry that adds these files under the paths of their records.
    pub fn push_files(&mut self, committer: &Actor, files: &[Vec<u8>]) -> Pushed {
        let named = files.iter().map(|bytes| {
            let path = SignedRecord::parse(bytes).map(|record| record.path().to_string());
            (
                path.or_else(|rejected| rejected.path().map(|path| path.to_string()).ok_or(()))
                    .unwrap_or("x".to_owned()),
                bytes.clone(),
            )
        });
        self.push_named(committer, named.collect())
    }

    /// Pushes an entry that adds these files under the given paths.
    pub fn push_named(&mut self, committer: &Actor, files: Vec<(String, Vec<u8>)>) -> Pushed {
        self.push_entry(committer, files, |message| message)
    }

    /// Pushes an entry that adds these records, with a changed commit message.
    pub fn push_with_message(
        &mut self,
        committer: &Actor,
        files: &[Vec<u8>],
        change: impl Fn(String) -> String,
    ) -> Pushed {
        let path = |bytes: &Vec<u8>| SignedRecord::parse(bytes).unwrap().path().to_string();
        self.push_entry(committer, files.iter().map(|bytes| (path(bytes), bytes.clone())).collect(), change)
    }

    fn push_entry(
        &mut self,
        committer: &Actor,
        mut files: Vec<(String, Vec<u8>)>,
        change: impl Fn(String) -> String,
    ) -> Pushed {
        files.sort();
        let mut leaves = self.leaves.clone();
        files.iter().for_each(|(_, bytes)| leaves.append(bytes));
        let after = Checkpoint { size: leaves.size(), root: leaves.root() };
        let records: Vec<SignedRecord> =
            files.iter().filter_map(|(_, bytes)| SignedRecord::parse(bytes).ok()).collect();
        let tree = self.objects.tree(&files);
        let unsigned = unsigned_commit(
            &tree,
            self.parent.as_ref(),
            "A <a@example.org> 1 +0000",
            &change(message(&records, &after)),
        );
        let blob = committer.sign(COMMIT_NAMESPACE, unsigned.as_bytes());
        let commit = signed_commit(&unsigned, &blob, ObjectFormat::Sha256);
        self.push_commit(commit, files)
    }

    /// Pushes an entry with this commit and these files.
    pub fn push_commit(&mut self, commit: String, files: Vec<(String, Vec<u8>)>) -> Pushed {
        let id: CommitId = self.objects.commit(&commit).parse().unwrap();
        let added = files
            .iter()
            .map(|(path, bytes)| AddedFile { path: path.clone(), bytes: Ok(Arc::from(bytes.as_slice())) });
        let raw =
            RawEntry { id: id.clone(), commit: Arc::from(commit.into_bytes()), added: Ok(added.collect()) };
        let examined = examine(&raw, ObjectFormat::Sha256, &mut Verifier::default());
        let restored = if self.is_quiet { None } else { push_after_restore(&self.replay, &examined) };
        let pushed = self.replay.push(&examined).expect("every body is in memory");
        assert_same(&pushed, &self.replay, restored);
        self.check_fold();
        if matches!(pushed, Pushed::Counted { .. }) {
            files.iter().for_each(|(_, bytes)| self.leaves.append(bytes));
            self.objects.keep(&files);
            self.id = self.replay.past().ledger_id();
        }
        self.parent = Some(id);
        pushed
    }

    /// Folds the state from the start, and checks that resuming from earlier folds gives the same state. A
    /// larger ledger is checked only at some sizes, because each fold takes time.
    fn check_fold(&mut self) {
        let size = self.replay.past().size();
        if self.is_quiet {
            return;
        }
        if size > 12 && !size.is_multiple_of(if size > 40 { 16 } else { 5 }) {
            return;
        }
        let folded = check_fold(&self.replay, &self.folded);
        if self.folded[1].is_none() || size.is_multiple_of(20) {
            self.folded[1].clone_from(&folded);
        }
        self.folded[0] = folded;
    }

    /// Appends a record in an entry of its own, which must count; the record may be void. Returns its id.
    pub fn append(&mut self, author: &'static str, kind: &str, text: &str, at: &str) -> RecordId {
        self.append_as(&Actor::new(author), kind, text, at)
    }

    /// Like [`Self::append`], with the key of this actor.
    pub fn append_as(&mut self, actor: &Actor, kind: &str, text: &str, at: &str) -> RecordId {
        let Draft { body, evidence } = draft(kind, text);
        let record = Record { evidence, ..self.record(actor.name, body, at) };
        let file = actor.file(&record.payload());
        match self.push_files(actor, &[file]) {
            Pushed::Counted { .. } => record.id(),
            Pushed::Broken { findings } => panic!("{findings:?}"),
        }
    }

    /// Appends several records in one entry, each signed by its author. The first author signs the commit.
    pub fn append_together(&mut self, records: &[(&'static str, &str, &str)], at: &str) -> Vec<RecordId> {
        let made: Vec<(Actor, Record)> = records
            .iter()
            .map(|(author, kind, text)| {
                let Draft { body, evidence } = draft(kind, text);
                (Actor::new(author), Record { evidence, ..self.record(author, body, at) })
            })
            .collect();
        let files: Vec<Vec<u8>> = made.iter().map(|(actor, record)| actor.file(&record.payload())).collect();
        match self.push_files(&made[0].0, &files) {
            Pushed::Counted { .. } => made.iter().map(|(_, record)| record.id()).collect(),
            Pushed::Broken { findings } => panic!("{findings:?}"),
        }
    }

    pub fn approve(&mut self, author: &'static str, of: &RecordId, at: &str) -> RecordId {
        self.append(author, "approval", &format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n"), at)
    }

    pub fn reject(&mut self, author: &'static str, of: &RecordId, at: &str) -> RecordId {
        self.append(
            author,
            "approval",
            &format!("[approval]\nof = \"{of}\"\nverdict = \"reject\"\nreason = \"no\"\n"),
            at,
        )
    }

    /// Returns the code of a void record; `None` if it is verified.
    pub fn void(&self, id: &RecordId) -> Option<Code> {
        match self.replay.past().record(id).unwrap().expect("the record counts").verdict {
            Verdict::Verified => None,
            Verdict::Void { code, .. } => Some(code),
        }
    }

    pub fn state(&self) -> WholeState {
        WholeState::from(self.replay.state().expect("the ledger is founded"))
    }
}

/// Returns the codes of a broken entry; panics if it counts.
pub fn broken(pushed: &Pushed) -> Vec<Code> {
    match pushed {
        Pushed::Counted { void } => panic!("the entry counts; void: {void:?}"),
        Pushed::Broken { findings } => codes(findings),
    }
}

pub fn codes(findings: &[Finding]) -> Vec<Code> {
    findings.iter().map(|finding| finding.code).collect()
}

/// Returns the payload of a record file, and the record id.
pub fn payload_of(file: &[u8]) -> (String, RecordId) {
    let text = std::str::from_utf8(file).unwrap();
    let (payload, _) = split(text).unwrap();
    (payload.to_owned(), id_of(payload.as_bytes()))
}

pub const POLICY: &str = "
[policy]
version = 1

[[policy.target]]
service = \"payments\"
environment = \"production\"
refs = [\"refs/heads/production\"]

[[policy.target]]
service = \"payments\"
environment = \"staging\"
";

/// Returns the TOML of an exception in production; `more` is added to its table, and `after` follows its
/// trigger.
pub fn exception(cause: &str, task: &str, more: &str, after: &str) -> String {
    format!(
        "[exception]\nworkflow = \"vendor-import\"\nservices = [\"payments\"]\nenvironments = [\"production\"]\n\
         failure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"{cause}\"\nsummary = \"It failed\"\n{more}\n\
         [exception.trigger]\nidentity = \"ops\"\ncredential = \"vault:kv#1\"\ntask = \"{task}\"\n{after}"
    )
}

/// Returns the TOML of an override that lets `to` write to `db` until `end`.
pub fn override_(to: &str, end: &str) -> String {
    let grant = format!(
        "[[exception.grant]]\nto = \"{to}\"\naction = \"write\"\nresource = \"db\"\nexpires_at = {end}\n"
    );
    exception("feed-stale", &format!("task of {to} until {end}"), &format!("expires_at = {end}"), &grant)
}

/// Returns the TOML of a rollback plan for production.
pub fn plan(owner: &str, to: &str, end: &str) -> String {
    format!(
        "[rollback-plan]\nservices = [\"payments\"]\nenvironments = [\"production\"]\nto = \"{to}\"\nmethod = \"redeploy\"\n\
         owner = \"{owner}\"\nsummary = \"Back\"\nexpires_at = {end}\nmax_duration = \"20m\"\ndata = \"reversible\"\n\
         [[rollback-plan.criterion]]\nmetric = \"errors\"\ncomparison = \">\"\nthreshold = \"0.02\"\nwindow = \"5m\"\nsource = \"prometheus\"\n"
    )
}
