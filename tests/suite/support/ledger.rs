//! A ledger in memory: real records, real signatures, real commits, no repository. Time is an argument.

use std::sync::Arc;

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
use countersign::state::State;
use countersign::value::{CommitId, Digest, RecordId, Time};
use countersign::verify::{Verdict, examine};
use ed25519_dalek::{Signer as _, SigningKey};

use crate::support::cached::{Folded, folded_alike, is_alike, once_remembered};
use crate::support::second_verifier::Objects;

/// Somebody with a key that their name and a number determine.
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

    /// A record file over a payload.
    pub fn file(&self, payload: &str) -> Vec<u8> {
        let block = signature_block(&self.sign(RECORD_NAMESPACE, payload.as_bytes()));
        format!("{payload}{block}").into_bytes()
    }
}

pub fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// The body of a draft.
pub fn body(kind: &str, text: &str) -> Body {
    let kind: Kind = kind.parse().unwrap();
    Draft::read(text.as_bytes(), kind).unwrap_or_else(|error| panic!("{error:?}\n{text}")).body
}

/// A member of a trust, with roles such as `approver` or `approver:payments:production`.
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

pub fn trust(version: u64, supersedes: Option<RecordId>, thresholds: [u64; 3], members: &[String]) -> String {
    let follow = match supersedes {
        Some(id) => format!("supersedes = \"{id}\"\n"),
        None => format!("nonce = \"{}\"\n", "7".repeat(64)),
    };
    let [trust, policy, quarantine] = thresholds;
    format!(
        "[trust]\nversion = {version}\n{follow}format = 1\n[trust.threshold]\ntrust = {trust}\npolicy = {policy}\nquarantine = {quarantine}\n{}",
        members.concat()
    )
}

/// The ledger, and what is needed to go on with it.
pub struct Ledger {
    pub replay: Replay,
    pub leaves: Tree,
    pub parent: Option<CommitId>,
    pub id: Option<RecordId>,
    /// What the next author has seen; the head unless a test says otherwise.
    pub seen: Option<Checkpoint>,
    pub objects: Objects,
    /// The state as it was folded last, and longer ago.
    folded: [Option<Folded>; 2],
}

/// Whatever a test did to a ledger, a second verifier sees it in the same way.
impl Drop for Ledger {
    fn drop(&mut self) {
        if let Some(head) = self.parent.as_ref().filter(|_| !std::thread::panicking()) {
            let id = self.id.map(|id| id.to_string());
            self.objects.are_judged_alike(head.as_str(), id.as_deref());
        }
    }
}

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
            folded: [None, None],
        }
    }

    /// A ledger of alice, bob and carol (humans, every role), ops (alice's service: reporter, gate), founded.
    pub fn team() -> Self {
        let mut ledger = Self::empty();
        let all = &["admin", "reporter", "approver", "gate"][..];
        let people = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", all));
        let ops = member(&Actor::new("ops"), "service of alice", &["reporter", "gate"]);
        let text = trust(1, None, [1, 1, 1], &[people.concat(), ops]);
        ledger.say("alice", "trust", &text, "2026-10-01T08:00:00Z");
        ledger.say("alice", "policy", POLICY, "2026-10-01T08:00:00Z");
        ledger
    }

    pub fn head(&self) -> Checkpoint {
        Checkpoint { size: self.leaves.size(), root: self.leaves.root() }
    }

    pub fn record(&self, author: &str, body: Body, at: &str) -> Record {
        let first = self.leaves.size() == 0;
        let header = Header {
            schema: 1,
            kind: body.kind().as_str().parse().unwrap(),
            ledger: self.id.filter(|_| !first),
            author: author.parse().unwrap(),
            created_at: time(at),
            checkpoint: (!first).then(|| self.seen.unwrap_or_else(|| self.head())),
        };
        Record { header, body, evidence: Elements::<Evidence>::from(Vec::new()) }
    }

    /// Puts files into the next entry, under the paths of their records, and judges it.
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

    pub fn push_named(&mut self, committer: &Actor, files: Vec<(String, Vec<u8>)>) -> Pushed {
        self.push_said(committer, files, |message| message)
    }

    /// The same with another message.
    pub fn push_with_message(
        &mut self,
        committer: &Actor,
        files: &[Vec<u8>],
        change: impl Fn(String) -> String,
    ) -> Pushed {
        let path = |bytes: &Vec<u8>| SignedRecord::parse(bytes).unwrap().path().to_string();
        self.push_said(committer, files.iter().map(|it| (path(it), it.clone())).collect(), change)
    }

    fn push_said(
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

    pub fn push_commit(&mut self, commit: String, files: Vec<(String, Vec<u8>)>) -> Pushed {
        let id: CommitId = self.objects.commit(&commit).parse().unwrap();
        let added = files
            .iter()
            .map(|(path, bytes)| AddedFile { path: path.clone(), bytes: Ok(Arc::from(bytes.as_slice())) });
        let raw =
            RawEntry { id: id.clone(), commit: Arc::from(commit.into_bytes()), added: Ok(added.collect()) };
        let examined = examine(&raw, ObjectFormat::Sha256, &mut Verifier::default());
        let remembered = once_remembered(&self.replay, &examined);
        let pushed = self.replay.push(&examined);
        is_alike(&pushed, &self.replay, remembered);
        self.fold_on();
        if matches!(pushed, Pushed::Counted { .. }) {
            files.iter().for_each(|(_, bytes)| self.leaves.append(bytes));
            self.objects.counts(&files);
            self.id = self.replay.past().ledger_id();
        }
        self.parent = Some(id);
        pushed
    }

    /// Folds the state anew, and goes on from what was folded before: it is the same.
    fn fold_on(&mut self) {
        let size = self.replay.past().size();
        if size > 12 && !size.is_multiple_of(if size > 40 { 16 } else { 5 }) {
            return;
        }
        let folded = folded_alike(&self.replay, &self.folded);
        if self.folded[1].is_none() || size.is_multiple_of(20) {
            self.folded[1].clone_from(&folded);
        }
        self.folded[0] = folded;
    }

    /// Records something; it counts, and its verdict is for `verdict` to say.
    pub fn say(&mut self, author: &'static str, kind: &str, text: &str, at: &str) -> RecordId {
        self.say_as(&Actor::new(author), kind, text, at)
    }

    pub fn say_as(&mut self, actor: &Actor, kind: &str, text: &str, at: &str) -> RecordId {
        let record = self.record(actor.name, body(kind, text), at);
        let file = actor.file(&record.payload());
        match self.push_files(actor, &[file]) {
            Pushed::Counted { .. } => record.id(),
            Pushed::Broken { findings } => panic!("{findings:?}"),
        }
    }

    /// Several records of one entry, by their own authors; the first one commits.
    pub fn say_together(&mut self, records: &[(&'static str, &str, &str)], at: &str) -> Vec<RecordId> {
        let made: Vec<(Actor, Record)> = records
            .iter()
            .map(|(author, kind, text)| (Actor::new(author), self.record(author, body(kind, text), at)))
            .collect();
        let files: Vec<Vec<u8>> = made.iter().map(|(actor, record)| actor.file(&record.payload())).collect();
        match self.push_files(&made[0].0, &files) {
            Pushed::Counted { .. } => made.iter().map(|(_, record)| record.id()).collect(),
            Pushed::Broken { findings } => panic!("{findings:?}"),
        }
    }

    pub fn approve(&mut self, author: &'static str, of: &RecordId, at: &str) -> RecordId {
        self.say(author, "approval", &format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n"), at)
    }

    pub fn reject(&mut self, author: &'static str, of: &RecordId, at: &str) -> RecordId {
        self.say(
            author,
            "approval",
            &format!("[approval]\nof = \"{of}\"\nverdict = \"reject\"\nreason = \"no\"\n"),
            at,
        )
    }

    /// The code of a void record; none if it is verified.
    pub fn void(&self, id: &RecordId) -> Option<Code> {
        match &self.replay.past().record(id).expect("the record counts").verdict {
            Verdict::Verified => None,
            Verdict::Void { code, .. } => Some(*code),
        }
    }

    pub fn state(&self) -> State {
        self.replay.state().expect("the ledger is founded")
    }
}

/// The codes of a broken entry.
pub fn broken(pushed: &Pushed) -> Vec<Code> {
    match pushed {
        Pushed::Counted { void } => panic!("the entry counts; void: {void:?}"),
        Pushed::Broken { findings } => codes(findings),
    }
}

pub fn codes(findings: &[Finding]) -> Vec<Code> {
    findings.iter().map(|finding| finding.code).collect()
}

/// The payload of a record file, and its id.
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

/// An exception of a machine or a person; `more` goes into its table, `after` behind it.
pub fn exception(cause: &str, task: &str, more: &str, after: &str) -> String {
    format!(
        "[exception]\nworkflow = \"vendor-import\"\nservices = [\"payments\"]\nenvironments = [\"production\"]\n\
         failure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"{cause}\"\nsummary = \"It failed\"\n{more}\n\
         [exception.trigger]\nidentity = \"ops\"\ncredential = \"vault:kv#1\"\ntask = \"{task}\"\n{after}"
    )
}

/// An override: `to` may write until `end`.
pub fn override_(to: &str, end: &str) -> String {
    let grant = format!(
        "[[exception.grant]]\nto = \"{to}\"\naction = \"write\"\nresource = \"db\"\nexpires_at = {end}\n"
    );
    exception("feed-stale", &format!("task of {to} until {end}"), &format!("expires_at = {end}"), &grant)
}

pub fn plan(owner: &str, to: &str, end: &str) -> String {
    format!(
        "[rollback-plan]\nservices = [\"payments\"]\nenvironments = [\"production\"]\nto = \"{to}\"\nmethod = \"redeploy\"\n\
         owner = \"{owner}\"\nsummary = \"Back\"\nexpires_at = {end}\nmax_duration = \"20m\"\ndata = \"reversible\"\n\
         [[rollback-plan.criterion]]\nmetric = \"errors\"\ncomparison = \">\"\nthreshold = \"0.02\"\nwindow = \"5m\"\nsource = \"prometheus\"\n"
    )
}
