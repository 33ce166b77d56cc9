//! Encodes plain values as drafts, records and bytes.

use std::collections::BTreeMap;

use countersign::entry::{ObjectFormat, message, signed_commit, unsigned_commit};
use countersign::finding::Code;
use countersign::record::{Body, Checkpoint};
use countersign::replay::Pushed;
use countersign::sshsig::COMMIT_NAMESPACE;
use countersign::value::{CommitId, RecordId, Time};

use super::values::{
    Entry, Exception, Key, Limits, Member, Minute, Name, Number, Plan, Policy, Receipt, Record, Redesign,
    Release, Says, Trust, Vote,
};
use crate::support::ledger::{Actor, Ledger, body};

/// The ids of the records and entries made so far, by number.
#[derive(Default)]
pub struct Ids {
    pub records: Vec<RecordId>,
    pub entries: Vec<CommitId>,
    files: Vec<(String, Vec<u8>)>,
    actors: BTreeMap<Key, Actor>,
    /// The checkpoint at each boundary.
    pub checkpoints: Vec<Checkpoint>,
}

/// Returns a minute as a time.
pub fn time(minute: Minute) -> Time {
    const OCTOBER: i64 = 1_790_812_800;
    Time::from_unix(OCTOBER + minute * 60).unwrap()
}

impl Ids {
    /// Returns the actor with a key. Actors are cached, because making a key is slow.
    pub fn actor(&mut self, key: Key) -> &Actor {
        self.actors.entry(key).or_insert_with(|| Actor::with_key(key.0, key.1))
    }

    fn record(&self, number: Number) -> RecordId {
        self.records.get(number).copied().unwrap_or_else(|| "9".repeat(64).parse().unwrap())
    }

    fn entry(&self, number: Number) -> String {
        self.entries.get(number).map_or_else(|| "9".repeat(64), ToString::to_string)
    }

    /// Pushes an entry, and sorts its records by path.
    pub fn push(&mut self, ledger: &mut Ledger, entry: &mut Entry) -> Pushed {
        let made = entry.records.iter().map(|record| (self.file(ledger, record), record.clone()));
        let mut made: Vec<((String, Vec<u8>), Record)> = made.collect();
        made.sort_by(|one, other| one.0.cmp(&other.0));
        entry.records = made.iter().map(|pair| pair.1.clone()).collect();
        let files: Vec<(String, Vec<u8>)> = made.into_iter().map(|pair| pair.0).collect();
        let committer = self.actor(entry.committer).clone();
        let pushed = match entry.damage {
            None => ledger.push_named(&committer, files),
            Some(damage) => Self::push_damaged(ledger, &committer, files, damage),
        };
        self.entries.push(ledger.parent.clone().unwrap());
        self.checkpoints.push(ledger.head());
        pushed
    }

    fn push_damaged(ledger: &mut Ledger, by: &Actor, files: Vec<(String, Vec<u8>)>, damage: Code) -> Pushed {
        let trailer = Checkpoint { size: 999, root: ledger.head().root };
        let tree = ledger.objects.tree(&files);
        let text = message(&[], &trailer);
        let mut unsigned = unsigned_commit(&tree, ledger.parent.as_ref(), "A <a@example.org> 1 +0000", &text);
        if damage == Code::Commit {
            unsigned = unsigned.replacen("\n\n", "\nencoding latin-1\n\n", 1);
        }
        let blob = by.sign(COMMIT_NAMESPACE, unsigned.as_bytes());
        ledger.push_commit(signed_commit(&unsigned, &blob, ObjectFormat::Sha256), files)
    }

    /// Returns the path and the bytes of a record; the same ones each time.
    pub fn file(&mut self, ledger: &mut Ledger, record: &Record) -> (String, Vec<u8>) {
        if let Some(file) = self.files.get(record.number) {
            return file.clone();
        }
        // The first record has no checkpoint.
        ledger.seen = self.checkpoints.iter().find(|checkpoint| checkpoint.size == record.seen).copied();
        let made = ledger.record(record.author, self.body(record), &time(record.created_at).to_string());
        let mut payload = made.payload();
        match record.damage {
            Some(Code::Spelling) => payload += "stray = 1\n",
            Some(Code::LedgerId) => {
                payload = payload.replace(&ledger.id.unwrap().to_string(), &"8".repeat(64));
            }
            Some(Code::Checkpoint) => {
                let Checkpoint { size, root } = ledger.seen.unwrap();
                payload = if record.number.is_multiple_of(2) {
                    payload.replacen(&root.to_string(), &"7".repeat(64), 1)
                } else {
                    payload.replacen(&format!("size = {size}\n"), &format!("size = {}\n", size + 1000), 1)
                };
            }
            Some(Code::Record) => payload = payload.replacen("author = ", "author  = ", 1),
            _ => {}
        }
        if record.is_foreign {
            payload = payload.replacen("schema = 2", "schema = 3", 1);
        }
        let bytes = self.actor(record.key).file(&payload);
        let id = countersign::record::id_of(payload.as_bytes());
        let day = time(record.created_at).to_string()[..10].replace('-', "/");
        let kind = if record.damage == Some(Code::Path) { "nowhere" } else { made.body.kind().as_str() };
        let file = (format!("{kind}/{day}/{id}.toml"), bytes);
        self.records.push(id);
        self.files.push(file.clone());
        file
    }

    fn body(&self, record: &Record) -> Body {
        let mark = record.number;
        let (kind, text) = match &record.says {
            Says::Trust(trust) => ("trust", self.trust(trust, mark)),
            Says::Policy(policy) => ("policy", self.policy(policy, mark)),
            Says::Exception(exception) => ("exception", self.exception(exception, mark)),
            Says::Plan(plan) => ("rollback-plan", self.plan(plan, mark)),
            Says::Redesign(redesign) => return self.redesign(redesign, mark),
            Says::Approval { of, vote } => {
                let vote = match vote {
                    Vote::Yes => "approve",
                    Vote::No => "reject",
                    Vote::Withdraw => "withdraw",
                };
                let of = self.record(*of);
                (
                    "approval",
                    format!("[approval]\nof = \"{of}\"\nverdict = \"{vote}\"\nreason = \"{mark}\"\n"),
                )
            }
            Says::Closure { of } => {
                ("closure", format!("[closure]\nof = \"{}\"\nreason = \"{mark}\"\n", self.record(*of)))
            }
            Says::Receipt(receipt) => ("receipt", self.receipt(receipt, mark)),
            Says::Quarantine { entries } => {
                let entries: Vec<String> = entries.iter().map(|entry| self.entry(*entry)).collect();
                let list = strings("entries", &entries);
                ("quarantine", format!("[quarantine]\n{list}reason = \"{mark}\"\n"))
            }
            Says::Triage { of, duplicate_of } => {
                let list = strings("of", &self.ids(of));
                let other = self.reference("duplicate_of", *duplicate_of);
                let verdict = if duplicate_of.is_some() { "duplicate" } else { "mistaken" };
                ("triage", format!("[triage]\n{list}verdict = \"{verdict}\"\n{other}reason = \"{mark}\"\n"))
            }
            Says::Release(release) => ("release", self.release(release, mark)),
            Says::Review { of, follow_up } => {
                let verdict = if follow_up.is_empty() { "justified" } else { "unjustified" };
                let list = strings("follow_up", &self.ids(follow_up));
                let of = self.record(*of);
                (
                    "review",
                    format!(
                        "[review]\nof = \"{of}\"\nverdict = \"{verdict}\"\nfindings = \"{mark}\"\n{list}"
                    ),
                )
            }
            Says::Pause { services, environments, expires_at } => {
                let targets = strings("services", services) + &strings("environments", environments);
                let end = moment("expires_at", *expires_at);
                ("pause", format!("[pause]\n{targets}reason = \"{mark}\"\n{end}"))
            }
            Says::Resume { of } => {
                ("resume", format!("[resume]\nof = \"{}\"\nreason = \"{mark}\"\n", self.record(*of)))
            }
            Says::Outcome { of, result, exception } => {
                ("outcome", self.outcome(*of, result, *exception, mark))
            }
            Says::Audit { size, has_its_root } => ("audit", self.audit(*size, *has_its_root, mark)),
        };
        body(kind, &text)
    }

    fn ids(&self, list: &[Number]) -> Vec<String> {
        list.iter().map(|number| self.record(*number).to_string()).collect()
    }

    fn release(&self, release: &Release, mark: Number) -> String {
        let (service, environment) = release.target;
        format!(
            "[release]\nservice = \"{service}\"\nenvironment = \"{environment}\"\ncommit = \"{mark:040}\"\n{}{}{}",
            self.reference("rollback_plan", Some(release.plan)),
            strings("exceptions", &self.ids(&release.exceptions)),
            moment("expires_at", Some(release.expires_at))
        )
    }

    fn outcome(&self, of: Number, result: Name, exception: Option<Number>, mark: Number) -> String {
        format!(
            "[outcome]\nof = \"{}\"\nresult = \"{result}\"\n{}{}{}[[outcome.measured]]\nmetric = \"{mark}\"\nvalue = \"1\"\n",
            self.record(of),
            moment("started_at", Some(0)),
            moment("ended_at", Some(1)),
            self.reference("exception", exception)
        )
    }

    /// Returns the TOML of an audit. Its root is that of the newest boundary up to `size`, or a wrong one.
    fn audit(&self, size: u64, has_its_root: bool, mark: Number) -> String {
        let before = self.checkpoints.iter().rfind(|checkpoint| checkpoint.size <= size);
        let root = match before {
            Some(before) if has_its_root => before.root.to_string(),
            _ => "7".repeat(64),
        };
        format!("[audit]\nsize = {size}\nroot = \"{root}\"\nverdict = \"sound\"\nfindings = \"{mark}\"\n")
    }

    fn reference(&self, field: &str, number: Option<Number>) -> String {
        number.map_or_else(String::new, |number| format!("{field} = \"{}\"\n", self.record(number)))
    }

    fn trust(&self, roster: &Trust, mark: Number) -> String {
        let nonce = if roster.version == 1 { format!("nonce = \"{mark:064}\"\n") } else { String::new() };
        let supersedes = self.reference("supersedes", roster.supersedes);
        let [trust, policy, quarantine] = roster.thresholds;
        let distrust = roster.distrust.iter().map(|(key, from)| {
            let key = Actor::with_key(key.0, key.1).public().fingerprint();
            format!("[[trust.distrust]]\nkey = \"{key}\"\nfrom = {from}\nreason = \"stolen\"\n")
        });
        format!(
            "[trust]\nversion = {}\n{supersedes}{nonce}format = 2\nreason = \"{mark}\"\n[trust.threshold]\n\
             trust = {trust}\npolicy = {policy}\nquarantine = {quarantine}\n{}{}",
            roster.version,
            roster.members.iter().map(member).collect::<String>(),
            distrust.collect::<String>()
        )
    }

    fn policy(&self, policy: &Policy, mark: Number) -> String {
        let mut text = format!("[policy]\nversion = {}\nreason = \"{mark}\"\n", policy.version);
        text += &self.reference("supersedes", policy.supersedes);
        text += &duration("max_backdating", policy.max_backdating);
        text += &duration("clock_skew", policy.clock_skew);
        text += &limits("policy", &policy.general);
        for (of, team, count) in &policy.quorum {
            text += &format!("[[policy.quorum]]\nof = \"{of}\"\nteam = \"{team}\"\ncount = {count}\n");
        }
        for entry in &policy.expected {
            text += &format!(
                "[[policy.expected]]\nname = \"{}\"\ntype = \"emergency-access\"\napprovals = {}\n\
                 review_within = \"1d\"\nmax_per_window = 100\nwindow = \"366d\"\n",
                entry.name, entry.approvals
            );
            text += &entry.team.map_or_else(String::new, |team| format!("team = \"{team}\"\n"));
            text += &duration("max_lifetime", Some(entry.max_lifetime));
            text += &strings("may_waive", &entry.may_waive);
        }
        if policy.resource_lifetime.is_some() {
            text += "[[policy.resource]]\nname = \"rat*\"\n";
            text += &duration("max_lifetime", policy.resource_lifetime);
        }
        for ((service, environment), own) in &policy.targets {
            text += &format!("[[policy.target]]\nservice = \"{service}\"\nenvironment = \"{environment}\"\n");
            text += &limits("policy.target", own);
        }
        text
    }

    fn exception(&self, exception: &Exception, mark: Number) -> String {
        let mut text = format!("[exception]\nworkflow = \"import\"\nsummary = \"{mark}\"\n");
        text +=
            &(strings("services", &exception.services) + &strings("environments", &exception.environments));
        text += if exception.has_failure { "failure = \"timeout\"\norigin = \"data\"\n" } else { "" };
        text += if exception.has_root_cause { "root_cause = \"late-feed\"\n" } else { "" };
        text += &exception
            .answers
            .map_or_else(String::new, |of| strings("answers", &[self.record(of).to_string()]));
        text += &self.reference("renews", exception.renews);
        text += &exception.expected.map_or_else(String::new, |name| format!("expected = \"{name}\"\n"));
        text += &strings("waives", &exception.waives);
        text += &moment("expires_at", exception.expires_at);
        text += &format!("[exception.trigger]\nidentity = \"{}\"\ntask = \"run\"\n", exception.trigger);
        text += if exception.has_credential { "credential = \"vault\"\n" } else { "" };
        for (to, end) in &exception.grants {
            text += &format!(
                "[[exception.grant]]\nto = \"{to}\"\naction = \"write\"\nresource = \"rates\"\n{}",
                moment("expires_at", Some(*end))
            );
        }
        text
    }

    fn plan(&self, plan: &Plan, mark: Number) -> String {
        let mut text =
            format!("[rollback-plan]\nsummary = \"{mark}\"\nto = \"previous\"\nmethod = \"redeploy\"\n");
        text += &(strings("services", &plan.services) + &strings("environments", &plan.environments));
        text += &format!("owner = \"{}\"\nmax_duration = \"20m\"\ndata = \"reversible\"\n", plan.owner);
        text +=
            &(moment("expires_at", Some(plan.expires_at)) + &self.reference("supersedes", plan.supersedes));
        text + "[[rollback-plan.criterion]]\nmetric = \"errors\"\ncomparison = \">\"\nthreshold = \"1\"\n\
                window = \"5m\"\nsource = \"prometheus\"\n"
    }

    fn redesign(&self, redesign: &Redesign, mark: Number) -> Body {
        let mut text = format!(
            "[redesign]\nworkflow = \"import\"\nroot_causes = [\"late-feed\"]\nsummary = \"{mark}\"\n"
        );
        text += &(strings("services", &redesign.services) + &strings("environments", &redesign.environments));
        text += &format!("cause = \"It was late\"\nowner = \"{}\"\nchange = \"code\"\n", redesign.owner);
        text += &(moment("due", Some(90 * 24 * 60)) + &self.reference("supersedes", redesign.supersedes));
        body("redesign", &format!("{text}[[redesign.commit]]\nid = \"{}\"\n", "1".repeat(40)))
    }

    fn receipt(&self, receipt: &Receipt, mark: Number) -> String {
        let decision = if receipt.allowed_until.is_some() { "allowed" } else { "refused" };
        let mut text = format!(
            "[receipt]\nservice = \"{}\"\nenvironment = \"{}\"\ncommit = \"{}\"\npurpose = \"expansion\"\n\
             decision = \"{decision}\"\ntrust = \"{}\"\nprogram = \"{mark}\"\n",
            receipt.target.0,
            receipt.target.1,
            "1".repeat(40),
            self.record(receipt.trust)
        );
        text += &(moment("at", Some(receipt.at)) + &moment("expires_at", receipt.allowed_until));
        text += &(self.reference("release", receipt.release)
            + &strings("redesigns", &self.ids(&receipt.redesigns)));
        text += "[[receipt.check]]\ncode = \"target-known\"\nresult = \"pass\"\n";
        text + &strings("records", &self.ids(&receipt.rests_on))
    }
}

/// Returns a TOML field with this list; an empty text if the list is empty.
fn strings<T: AsRef<str>>(field: &str, list: &[T]) -> String {
    let quoted: Vec<String> = list.iter().map(|item| format!("\"{}\"", item.as_ref())).collect();
    if quoted.is_empty() { String::new() } else { format!("{field} = [{}]\n", quoted.join(", ")) }
}

fn moment(field: &str, minute: Option<Minute>) -> String {
    minute.map_or_else(String::new, |minute| format!("{field} = {}\n", time(minute)))
}

fn duration(field: &str, minutes: Option<Minute>) -> String {
    minutes.map_or_else(String::new, |minutes| format!("{field} = \"{minutes}m\"\n"))
}

fn limits(table: &str, limits: &Limits) -> String {
    let number = |field: &str, value: Option<u64>| {
        value.map_or_else(String::new, |value| format!("{field} = {value}\n"))
    };
    let parts = [
        (
            "approvals",
            number("overrides", limits.overrides)
                + &number("rollback_plans", limits.plans)
                + &number("redesigns", limits.redesigns),
        ),
        ("exceptions", duration("max_lifetime", limits.exception_lifetime)),
        ("rollback", duration("max_lifetime", limits.plan_lifetime)),
        ("receipts", duration("lifetime", limits.receipt_lifetime)),
    ];
    let filled = parts.iter().filter(|(_, text)| !text.is_empty());
    filled.map(|(name, text)| format!("[{table}.{name}]\n{text}")).collect()
}

fn member(member: &Member) -> String {
    let kind = if member.is_human { "human" } else { "service" };
    let keys: Vec<String> = member.keys.iter().map(|key| Actor::with_key(key.0, key.1).line()).collect();
    let mut text = format!("[[trust.member]]\nname = \"{}\"\ntype = \"{kind}\"\n", member.name);
    text += &member.owner.map_or_else(String::new, |owner| format!("owner = \"{owner}\"\n"));
    text += &(strings("teams", &member.teams) + &strings("keys", &keys));
    let one = |field: &str, value: Option<Name>| strings(field, value.as_slice());
    for role in &member.roles {
        text += &format!("[[trust.member.role]]\nrole = \"{}\"\n", role.name);
        text += &(one("services", role.services) + &one("environments", role.environments));
    }
    text
}
