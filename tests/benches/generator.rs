//! Generates ledgers like those of a real team: records of every kind, about 110 a day, each entry signed, until the
//! first of November 2026. The objects are written to one pack, which streams to the disk, because writing a hundred
//! thousand loose objects would take longer than verifying them.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use countersign::entry::{ObjectFormat, message, signed_commit, unsigned_commit};
use countersign::merkle::Tree;
use countersign::record::draft::Draft;
use countersign::record::{Checkpoint, Header, Kind, Record, SignedRecord, signature_block};
use countersign::sshsig::{
    Algorithm, COMMIT_NAMESPACE, KeyLine, PublicKey, RECORD_NAMESPACE, WireWriter, signed_data, wrap,
};
use countersign::value::{CommitId, Digest, Duration, RecordId, Time};
use ed25519_dalek::{Signer as _, SigningKey};
use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The number of records per day, so that a million records fit into the years that a record can state.
const A_DAY: u64 = 110;
/// When the last record is dated.
const END: &str = "2026-11-01T00:00:00Z";
/// The version of the generated ledgers. A ledger that an earlier run kept is used again only if it has this version.
pub(crate) const VERSION: u32 = 2;

/// Returns the number of days that so many records span.
pub(crate) fn days(records: u64) -> u64 {
    records / A_DAY
}

/// The number of workflows.
const WORKFLOWS: u64 = 40;
/// One of `NEGLECTED` workflows is neglected: its recurring exceptions are followed by a redesign only once in
/// `NEGLECTED_TURNS` turns, about twice a year.
const NEGLECTED: u64 = 10;
const NEGLECTED_TURNS: u64 = 12;
/// The number of seconds between two records.
const BETWEEN: u64 = 86_400 / A_DAY;
const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// The policy's entry for expected exceptions.
const EXPECTED: &str = "[[policy.expected]]\nname = \"night-emergency\"\ntype = \"emergency-access\"\napprovals = 0\nmax_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\n";

/// A repository with a growing ledger.
pub(crate) struct Generated {
    directory: PathBuf,
    team: Team,
}

impl Generated {
    /// Creates a bare repository with a founded ledger. `admin` is the public key of one more admin, next to the
    /// members with generated keys. `records` is the number of records that the ledger will have, from which the date
    /// of the first record follows.
    pub(crate) fn new(directory: &Path, admin: &str, records: u64) -> Self {
        Self::with_targets(directory, admin, 6, records)
    }

    /// Creates a bare repository with a founded ledger whose policy has this number of targets.
    pub(crate) fn with_targets(directory: &Path, admin: &str, targets: u64, records: u64) -> Self {
        git(directory, &["init", "--quiet", "--bare", "."]);
        let mut team = Team::new(directory, records);
        team.found(admin, targets);
        Self { directory: directory.to_owned(), team }
    }

    /// Appends records until there are this many, and moves the branch.
    pub(crate) fn grow(&mut self, records: u64) {
        while self.team.leaves.size() < records {
            self.team.step();
        }
        self.write();
    }

    /// Appends records by one author in one entry, and returns their ids.
    pub(crate) fn append(&mut self, author: &str, drafts: &[(Kind, String)]) -> Vec<RecordId> {
        self.team.append_all(author, drafts)
    }

    /// Appends this number of unsigned commits, each with a message of this many bytes.
    pub(crate) fn append_unsigned(&mut self, commits: u64, bytes: usize) {
        for number in 0..commits {
            let tree = hex(&self.team.root.write(&mut self.team.pack));
            let message = format!("{number} {}", "x".repeat(bytes));
            let text = unsigned_commit(&tree, self.team.parent.as_ref(), "mallory <> 1 +0000", &message);
            self.team.commit(&text);
        }
    }

    /// Writes what was appended to the repository, and moves the branch.
    pub(crate) fn write(&mut self) {
        if self.team.pack.count == 0 {
            return;
        }
        self.team.pack.finish(&self.directory);
        let head = self.team.parent.as_ref().expect("a head").to_string();
        git(&self.directory, &["update-ref", "refs/heads/ledger", &head]);
    }

    /// The repository.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the ledger id.
    pub(crate) fn id(&self) -> RecordId {
        self.team.id.expect("a ledger id")
    }

    /// Returns the number of records.
    pub(crate) fn size(&self) -> u64 {
        self.team.leaves.size()
    }
}

/// Runs git in a repository, and returns its output.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").current_dir(directory).args(arguments).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

struct Team {
    leaves: Tree,
    root: Directory,
    pack: Pack,
    parent: Option<CommitId>,
    id: Option<RecordId>,
    trust: Option<RecordId>,
    policy: Option<RecordId>,
    now: Time,
    count: u64,
    /// The redesigns of each service that have not been deployed yet.
    redesigns: BTreeMap<String, Vec<RecordId>>,
    /// The number of redesigns of each workflow.
    causes: BTreeMap<u64, u64>,
}

impl Team {
    fn new(directory: &Path, records: u64) -> Self {
        let seconds = i64::try_from(records * BETWEEN).expect("a time");
        let end: Time = END.parse().expect("a time");
        Self {
            leaves: Tree::default(),
            root: Directory::default(),
            pack: Pack::new(directory),
            parent: None,
            id: None,
            trust: None,
            policy: None,
            now: end.plus_seconds(-seconds),
            count: 0,
            redesigns: BTreeMap::new(),
            causes: BTreeMap::new(),
        }
    }

    /// Appends the first trust and policy.
    fn found(&mut self, admin: &str, targets: u64) {
        let roles: String = ["admin", "reporter", "approver", "reviewer", "gate"]
            .iter()
            .map(|role| format!("[[trust.member.role]]\nrole = \"{role}\"\n"))
            .collect();
        let human = |name: &str, key: &str| {
            format!("[[trust.member]]\nname = \"{name}\"\ntype = \"human\"\nkeys = [\"{key}\"]\n{roles}")
        };
        let people: String = PEOPLE.iter().map(|name| human(name, &line(name))).collect();
        let people = people + &human("dave", admin);
        let service = format!(
            "[[trust.member]]\nname = \"svc\"\ntype = \"service\"\nowner = \"carol\"\nkeys = [\"{}\"]\n[[trust.member.role]]\nrole = \"reporter\"\n",
            line("svc")
        );
        let nonce = "7".repeat(64);
        let trust = format!(
            "[trust]\nversion = 1\nnonce = \"{nonce}\"\nformat = 2\n[trust.threshold]\ntrust = 1\npolicy = 1\nquarantine = 1\n{people}{service}"
        );
        self.id = Some(self.append("alice", Kind::Trust, &trust));
        self.trust = self.id;
        let targets: String = (0..targets)
            .map(|number| format!("[[policy.target]]\nservice = \"service-{number}\"\nenvironment = \"production\"\nrefs = [\"refs/heads/production\"]\n"))
            .collect();
        self.policy =
            Some(self.append("alice", Kind::Policy, &format!("[policy]\nversion = 1\n{EXPECTED}{targets}")));
    }

    /// Appends the next records: mostly exceptions, some of them overrides with approval and closure, and
    /// also plans, redesigns and receipts.
    fn step(&mut self) {
        self.count += 1;
        // Cycle through the services so that each has records of every kind.
        let service = format!("service-{}", (self.count % 20 + self.count / 20) % 6);
        match self.count % 20 {
            9 if self.count % 60 == 9 => self.rarer(&service),
            0 => {
                let end = self.next().plus(Duration::of_days(20));
                let plan = self.append("alice", Kind::RollbackPlan, &plan(&service, end));
                self.approve(plan);
            }
            7 => {
                let due = self.next().plus(Duration::of_days(7));
                // Redesign one workflow after the other, except the neglected ones.
                let workflow = self.count / 20 % WORKFLOWS;
                let cause = self.cause_in(workflow);
                let turn = self.count / 20 / WORKFLOWS;
                if workflow.is_multiple_of(NEGLECTED) && !turn.is_multiple_of(NEGLECTED_TURNS) {
                    return self.observe(&service);
                }
                let redesign =
                    self.append("alice", Kind::Redesign, &redesign(self.count, workflow, cause, due));
                self.approve(redesign);
                for service in 0..6 {
                    self.redesigns.entry(format!("service-{service}")).or_default().push(redesign);
                }
                // The redesigned cause does not recur, but the next cause does.
                *self.causes.entry(workflow).or_default() += 1;
            }
            3 | 11 => {
                let end = self.next().plus(Duration::of_hours(4));
                let grant = format!(
                    "[[exception.grant]]\nto = \"alice\"\naction = \"write\"\nresource = \"db:{service}\"\ncredential = \"vault:lease/{}\"\nexpires_at = {end}\n",
                    self.count
                );
                let text =
                    exception(self.count, self.failing(), &service, &format!("expires_at = {end}\n"), &grant);
                let id = self.append("alice", Kind::Exception, &text);
                self.approve(id);
                let closure = format!(
                    "[closure]\nof = \"{id}\"\nreason = \"done\"\n[[closure.credential]]\ncredential = \"vault:lease/{}\"\nbecame = \"revoked\"\n",
                    self.count
                );
                // What a closure says about a credential counts only if another person signs the closure.
                self.append("bob", Kind::Closure, &closure);
            }
            5 | 13 | 17 => {
                let (trust, policy) = (self.trust.expect("founded"), self.policy.expect("founded"));
                let end = self.next().plus(Duration::of_minutes(15));
                let commit = format!("{:040x}", self.count);
                let listed = self.redesigns.remove(&service).map(|ids| {
                    let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
                    format!("redesigns = [{}]\n", ids.join(", "))
                });
                let redesigns = listed.unwrap_or_default();
                let text = format!(
                    "[receipt]\nservice = \"{service}\"\nenvironment = \"production\"\ncommit = \"{commit}\"\npurpose = \"expansion\"\ndecision = \"allowed\"\nat = {}\nexpires_at = {end}\ntrust = \"{trust}\"\npolicy = \"{policy}\"\n{redesigns}program = \"countersign\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n[[receipt.check]]\ncode = \"rollback-plan\"\nresult = \"pass\"\n",
                    self.next()
                );
                let receipt = self.append("bob", Kind::Receipt, &text);
                let (started, ended) = (self.now, self.next());
                let outcome = format!(
                    "[outcome]\nof = \"{receipt}\"\nresult = \"succeeded\"\nstarted_at = {started}\nended_at = {ended}\n"
                );
                self.append("bob", Kind::Outcome, &outcome);
            }
            _ => self.observe(&service),
        }
    }

    fn observe(&mut self, service: &str) {
        let text = exception(self.count, self.failing(), service, "", "");
        self.append("svc", Kind::Exception, &text);
    }

    /// Appends rarer records: a break-glass with its review and closure, a pause with its end, or a service's
    /// exception with its triage.
    fn rarer(&mut self, service: &str) {
        let number = self.count;
        match number / 60 % 3 {
            0 => {
                let end = self.next().plus(Duration::of_hours(4));
                let more = format!("expected = \"night-emergency\"\nexpires_at = {end}\n");
                let id = self.append(
                    "alice",
                    Kind::Exception,
                    &exception(number, self.failing(), service, &more, ""),
                );
                let review = format!(
                    "[review]\nof = \"{id}\"\nverdict = \"justified\"\nfindings = \"It was needed.\"\n"
                );
                self.append("bob", Kind::Review, &review);
                self.append(
                    "alice",
                    Kind::Closure,
                    &format!("[closure]\nof = \"{id}\"\nreason = \"over\"\n"),
                );
            }
            1 => {
                let text = format!(
                    "[pause]\nservices = [\"{service}\"]\nenvironments = [\"production\"]\nreason = \"The import fails\"\n"
                );
                let id = self.append("alice", Kind::Pause, &text);
                self.append(
                    "alice",
                    Kind::Resume,
                    &format!("[resume]\nof = \"{id}\"\nreason = \"It runs\"\n"),
                );
            }
            _ => {
                let text =
                    exception(number, self.failing(), service, &format!("symptom = \"exit {number}\"\n"), "");
                let open = ["failure", "origin", "root_cause"];
                let is_named = |line: &&str| !open.iter().any(|name| line.starts_with(&format!("{name} = ")));
                let text: String = text.lines().filter(is_named).map(|line| format!("{line}\n")).collect();
                let id = self.append("svc", Kind::Exception, &text);
                let triage = format!(
                    "[triage]\nof = [\"{id}\"]\nverdict = \"cause\"\nroot_cause = \"cause-{}\"\nreason = \"Same file\"\n",
                    self.failing().1
                );
                self.append("bob", Kind::Triage, &triage);
            }
        }
    }

    /// Returns the workflow that fails in this step, and the cause.
    fn failing(&self) -> (u64, u64) {
        let workflow = (self.count + 3 * (self.count / WORKFLOWS)) % WORKFLOWS;
        (workflow, self.cause_in(workflow))
    }

    /// Returns the current cause of failures in a workflow. Each redesign replaces it by the next.
    fn cause_in(&self, workflow: u64) -> u64 {
        workflow + WORKFLOWS * self.causes.get(&workflow).copied().unwrap_or(0)
    }

    /// Returns the date of the next record.
    fn next(&self) -> Time {
        self.now.plus(Duration::of_seconds(u32::try_from(BETWEEN).unwrap_or(1)))
    }

    fn approve(&mut self, of: RecordId) {
        self.append("bob", Kind::Approval, &format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n"));
    }

    /// Appends a record in an entry of its own, and returns its id.
    fn append(&mut self, author: &str, kind: Kind, text: &str) -> RecordId {
        let ids = self.append_all(author, &[(kind, text.to_owned())]);
        *ids.first().expect("a record")
    }

    /// Appends records in one entry, and returns their ids.
    fn append_all(&mut self, author: &str, drafts: &[(Kind, String)]) -> Vec<RecordId> {
        let first = self.leaves.size() == 0;
        let seen = Checkpoint { size: self.leaves.size(), root: self.leaves.root() };
        let mut records = Vec::new();
        for (kind, text) in drafts {
            self.now = self.next();
            let draft =
                Draft::read(text.as_bytes(), *kind).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
            let header = Header {
                schema: countersign::value::limit::FORMAT,
                kind: kind.as_str().parse().expect("a name"),
                ledger: self.id.filter(|_| !first),
                author: author.parse().expect("a name"),
                created_at: self.now,
                checkpoint: (!first).then_some(seen),
            };
            let payload = Record { header, body: draft.body, evidence: draft.evidence }.payload();
            let file =
                format!("{payload}{}", signature_block(&sign(author, RECORD_NAMESPACE, payload.as_bytes())));
            records.push(SignedRecord::parse(file.as_bytes()).expect("a record"));
        }
        records.sort_by_key(|record| record.path().to_string());
        for record in &records {
            let blob = self.pack.add(Object::Blob, record.bytes());
            let path = record.path().to_string();
            let parts: Vec<&str> = path.split('/').collect();
            self.root.insert(&parts, blob);
            self.leaves.append(record.bytes());
        }
        let tree = self.root.write(&mut self.pack);
        let after = Checkpoint { size: self.leaves.size(), root: self.leaves.root() };
        let ids = records.iter().map(SignedRecord::id).collect();
        let who = format!("{author} <> {} +0000", self.now.unix());
        let unsigned = unsigned_commit(&hex(&tree), self.parent.as_ref(), &who, &message(&records, &after));
        let blob = sign(author, COMMIT_NAMESPACE, unsigned.as_bytes());
        self.commit(&signed_commit(&unsigned, &blob, ObjectFormat::Sha1));
        ids
    }

    fn commit(&mut self, text: &str) {
        let commit = self.pack.add(Object::Commit, text.as_bytes());
        self.parent = Some(hex(&commit).parse().expect("a commit id"));
    }
}

/// Returns the TOML of an exception.
pub(crate) fn exception(
    number: u64,
    (workflow, cause): (u64, u64),
    service: &str,
    more: &str,
    after: &str,
) -> String {
    format!(
        "[exception]\nworkflow = \"workflow-{workflow}\"\nservices = [\"{service}\"]\nenvironments = [\"production\"]\nfailure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"cause-{cause}\"\nsummary = \"The vendor's file of the day had the rates of the day before\"\ndetail = \"It came on time, and its first line named the day before. Rates were taken from the page of the vendor instead.\"\n{more}[exception.trigger]\nidentity = \"svc\"\ncredential = \"vault:kv/payments/vendor#v12\"\ntask = \"run {number}, step reconcile\"\n{after}"
    )
}

fn plan(service: &str, end: Time) -> String {
    format!(
        "[rollback-plan]\nservices = [\"{service}\"]\nenvironments = [\"production\"]\nto = \"previous\"\nmethod = \"redeploy\"\nowner = \"alice\"\nsummary = \"Deploy what ran before\"\nexpires_at = {end}\nmax_duration = \"20m\"\ndata = \"reversible\"\n[[rollback-plan.criterion]]\nmetric = \"errors per minute\"\ncomparison = \">\"\nthreshold = \"2\"\nwindow = \"5m\"\nsource = \"prometheus\"\n"
    )
}

fn redesign(number: u64, workflow: u64, cause: u64, due: Time) -> String {
    let services: Vec<String> = (0..6).map(|service| format!("\"service-{service}\"")).collect();
    let services = services.join(", ");
    format!(
        "[redesign]\nworkflow = \"workflow-{workflow}\"\nroot_causes = [\"cause-{cause}\"]\nservices = [{services}]\nenvironments = [\"production\"]\nsummary = \"Checked at ingestion\"\ncause = \"Nothing checked the date.\"\nowner = \"alice\"\nchange = \"code\"\ndue = {due}\n[[redesign.commit]]\nid = \"{number:040x}\"\n"
    )
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(Digest::of(name.as_bytes()).as_bytes())
}

fn public(name: &str) -> PublicKey {
    PublicKey { algorithm: Algorithm::Ed25519, point: key(name).verifying_key().to_bytes() }
}

pub(crate) fn line(name: &str) -> String {
    KeyLine { key: public(name), comment: Some(name.into()) }.to_string()
}

fn sign(name: &str, namespace: &str, bytes: &[u8]) -> Vec<u8> {
    let signature = key(name).sign(&signed_data(namespace, bytes)).to_bytes();
    let inner = WireWriter::default().string(b"ssh-ed25519").string(&signature).finish();
    wrap(&public(name), namespace, &inner)
}

fn hex(id: &[u8; 20]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Default)]
struct Directory {
    directories: BTreeMap<String, Directory>,
    files: BTreeMap<String, [u8; 20]>,
    written: Option<[u8; 20]>,
}

impl Directory {
    fn insert(&mut self, path: &[&str], blob: [u8; 20]) {
        self.written = None;
        match path {
            [] => {}
            [name] => _ = self.files.insert((*name).to_owned(), blob),
            [name, rest @ ..] => self.directories.entry((*name).to_owned()).or_default().insert(rest, blob),
        }
    }

    /// Writes the trees that have changed, and returns the id of this one. A directory contains either files
    /// or directories, so writing each in its order keeps the tree sorted.
    fn write(&mut self, pack: &mut Pack) -> [u8; 20] {
        if let Some(id) = self.written {
            return id;
        }
        let mut bytes = Vec::new();
        for (name, directory) in &mut self.directories {
            bytes.extend_from_slice(format!("40000 {name}\0").as_bytes());
            bytes.extend_from_slice(&directory.write(pack));
        }
        for (name, blob) in &self.files {
            bytes.extend_from_slice(format!("100644 {name}\0").as_bytes());
            bytes.extend_from_slice(blob);
        }
        *self.written.insert(pack.add(Object::Tree, &bytes))
    }
}

#[derive(Clone, Copy)]
enum Object {
    Commit = 1,
    Tree = 2,
    Blob = 3,
}

/// A pack that is being written.
struct Pack {
    path: PathBuf,
    /// `None` until the first object, and after the last.
    file: Option<std::io::BufWriter<std::fs::File>>,
    count: u32,
}

impl Pack {
    /// Makes an empty pack in a repository.
    fn new(directory: &Path) -> Self {
        Self { path: directory.join("generated.pack"), file: None, count: 0 }
    }

    /// Writes the rest of the pack, and lets Git index the pack.
    fn finish(&mut self, directory: &Path) {
        let Some(file) = self.file.take() else { return };
        let mut file = file.into_inner().expect("the disk takes the pack");
        file.seek(SeekFrom::Start(8)).expect("a file");
        file.write_all(&self.count.to_be_bytes()).expect("the disk takes the pack");
        file.rewind().expect("a file");
        // A pack ends with the digest of what comes before (gitformat-pack).
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).expect("a file");
            if read == 0 {
                break;
            }
            hasher.update(buffer.get(..read).expect("no more than the buffer holds"));
        }
        file.write_all(hasher.try_finalize().expect("a hash").as_bytes()).expect("the disk takes the pack");
        drop(file);
        let input = std::fs::File::open(&self.path).expect("a pack");
        let mut index = Command::new("git");
        index.current_dir(directory).args(["index-pack", "--stdin"]).stdin(input).stdout(Stdio::null());
        assert!(index.status().expect("git runs").success(), "git index-pack");
        std::fs::remove_file(&self.path).expect("a pack");
        self.count = 0;
    }

    fn open(&self) -> std::io::BufWriter<std::fs::File> {
        let mut options = std::fs::File::options();
        let file = options.read(true).write(true).create(true).truncate(true).open(&self.path);
        let mut file = std::io::BufWriter::with_capacity(1 << 20, file.expect("a file"));
        file.write_all(b"PACK\0\0\0\x02\0\0\0\0").expect("the disk takes the pack");
        file
    }

    fn add(&mut self, object: Object, data: &[u8]) -> [u8; 20] {
        let kind = match object {
            Object::Commit => gix::objs::Kind::Commit,
            Object::Tree => gix::objs::Kind::Tree,
            Object::Blob => gix::objs::Kind::Blob,
        };
        let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, data).expect("a hash");
        let mut encoded = Vec::new();
        let mut size = data.len();
        let mut byte = ((object as u8) << 4) | u8::try_from(size & 15).unwrap_or(0);
        size >>= 4;
        while size > 0 {
            encoded.push(byte | 0x80);
            byte = u8::try_from(size & 0x7f).unwrap_or(0);
            size >>= 7;
        }
        encoded.push(byte);
        let mut encoder = ZlibEncoder::new(&mut encoded, Compression::fast());
        encoder
            .write_all(data)
            .and_then(|()| encoder.finish().map(|_| ()))
            .expect("writing to memory succeeds");
        let mut file = self.file.take().unwrap_or_else(|| self.open());
        file.write_all(&encoded).expect("the disk takes the pack");
        self.file = Some(file);
        self.count += 1;
        id.as_bytes().try_into().expect("20 bytes")
    }
}
