//! A random ledger that grows, and the questions that are asked about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::ask::{GateAnswered, GateRequest, Unchanged, receipt_of};
use countersign::finding::Code;
use countersign::gate::{Decision, Freshness, LedgerStanding, Question, RemoteAnswer, Wanted};
use countersign::record::Body;
use countersign::record::kind::receipt::{Artifact, Receipt};
use countersign::replay::Pushed;
use countersign::state::RefAtRemote;
use countersign::value::{CommitId, RecordId, Target, Time};
use countersign::witness::Vouch;

use super::records::{COMMITS, ENVIRONMENTS, SERVICES};
use super::rules::{policy, strict_policy, team};
use crate::support::ledger::{Actor, Ledger, time};
use crate::support::question::commit;
use crate::support::random::Random;
use crate::support::second_gate::Asked;

/// What a record is, as far as it matters for later records that refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Exception,
    Override,
    Plan,
    Redesign,
    Triage,
    Release,
    Receipt,
    Outcome,
    Pause,
    Other,
}

/// A random ledger.
pub struct World {
    kept: Kept,
    pub random: Random,
    pub ledger: Ledger,
    pub entries: Vec<CommitId>,
    /// The questions after each entry, with the decisions of the program.
    pub asked: Vec<Vec<(Asked, Decision)>>,
    pub tasks: usize,
    /// When each receipt was decided.
    pub receipts: BTreeMap<RecordId, Time>,
    /// How many records of each kind had each verdict.
    pub verdicts: BTreeMap<String, usize>,
    made: Vec<(Made, RecordId)>,
    texts: Vec<String>,
    pub now: Time,
}

/// How strict the rules of a ledger are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Random rules, which random records change.
    AsTheyCome,
    /// Proposals take two admins, and other records one approval; nothing is waived. No admin alone can change that.
    Strict,
}

impl World {
    pub fn found(seed: u64) -> Self {
        Self::found_with(seed, Kept::AsTheyCome)
    }

    pub fn found_with(seed: u64, kept: Kept) -> Self {
        let mut world = Self {
            kept,
            random: Random(seed),
            ledger: Ledger::empty(),
            entries: Vec::new(),
            asked: Vec::new(),
            tasks: 0,
            receipts: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            made: Vec::new(),
            texts: Vec::new(),
            now: time("2026-10-01T08:00:00Z"),
        };
        let mut text = team(&mut world.random, 1, None);
        if kept == Kept::Strict {
            text = text
                .replace("trust = 1\npolicy = 1\nquarantine = 1", "trust = 2\npolicy = 2\nquarantine = 2");
        }
        world.record("alice", "trust", &text);
        if kept == Kept::Strict {
            world.approve_as("bob");
        }
        let text = if kept == Kept::Strict {
            strict_policy(&mut world.random)
        } else {
            policy(&mut world.random, 1, None)
        };
        world.record("alice", "policy", &text);
        if kept == Kept::Strict {
            world.approve_as("bob");
        }
        let plan = world.plan();
        world.record("alice", "rollback-plan", &plan);
        world.approve();
        world
    }

    /// Returns the time that is `seconds` after `now`.
    pub fn at(&self, seconds: i64) -> String {
        self.now.plus_seconds(seconds).to_string()
    }

    /// Returns the time that is a random one of these numbers of hours after `now`.
    pub fn in_hours(&mut self, hours: &[i64]) -> String {
        let hours = self.random.pick(hours);
        self.at(hours * 3600)
    }

    pub fn a_commit(&mut self) -> String {
        commit(self.random.pick(&COMMITS)).to_string()
    }

    /// Returns a record of one of these kinds, mostly one of the newest.
    pub fn of(&mut self, kinds: &[Made]) -> Option<RecordId> {
        let all: Vec<RecordId> =
            self.made.iter().filter(|(made, _)| kinds.contains(made)).map(|(_, id)| *id).collect();
        let from = if self.random.one_in(3) { 0 } else { all.len().saturating_sub(5) };
        (!all.is_empty()).then(|| self.random.pick(&all[from..]))
    }

    /// Whether a record was made as this.
    pub fn is_made(&self, id: &RecordId, made: Made) -> bool {
        self.made.contains(&(made, *id))
    }

    /// Returns the newest records of these kinds, at most `most` of them.
    pub fn newest(&self, kinds: &[Made], most: usize) -> Vec<RecordId> {
        let all = self.made.iter().rev().filter(|(made, _)| kinds.contains(made));
        all.take(most).map(|(_, id)| *id).collect()
    }

    /// Describes the records up to an entry, for the message of a failure.
    pub fn log(&self, until: usize) -> String {
        let end = format!("--- {} by", until + 1);
        let lines = self.texts.iter().take_while(|line| !line.starts_with(&end));
        lines.map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Appends an entry: a record of some kind, a receipt, or a change of the rules.
    pub fn append(&mut self) {
        let ahead = self.random.pick(&[0, 600, 3600, 3 * 3600, 8 * 3600, 14 * 3600, 30 * 3600]);
        self.now = self.now.plus_seconds(ahead);
        match self.random.below(24) {
            0..3 if self.kept == Kept::Strict => self.receipt(),
            0 => {
                let past = self.ledger.replay.past();
                let (version, id) = (past.policy().version() + 1, past.policy().id());
                let text = policy(&mut self.random, version, id);
                self.record("alice", "policy", &text);
            }
            1 if self.random.one_in(3) => {
                let roster = self.ledger.replay.past().roster().unwrap();
                let (version, id) = (roster.trust().version.value() + 1, roster.id());
                let text = team(&mut self.random, version, Some(id));
                self.record("alice", "trust", &text);
            }
            2 if self.random.one_in(3) && self.entries.len() > 4 => {
                let entry = self.random.pick(&self.entries[2..]);
                let text = format!("[quarantine]\nentries = [\"{entry}\"]\nreason = \"r\"\n");
                self.record("bob", "quarantine", &text);
            }
            3..=7 => self.receipt(),
            8 => self.at_once(),
            _ => {
                let made = (0..9).find_map(|_| self.anything());
                let Some((kind, text)) = made else { return };
                let author = self.author(kind);
                self.record(author, kind, &text);
                // Most plans, redesigns and releases are approved at once.
                let is_approved = matches!(kind, "rollback-plan" | "redesign" | "release" | "exception");
                if is_approved
                    && (text.contains("expires_at") || kind == "redesign")
                    && !self.random.one_in(3)
                {
                    self.approve();
                }
            }
        }
    }

    /// Appends an entry of several records: often triages, and approvals of what waits for one.
    fn at_once(&mut self) {
        let author = self.random.pick(&["alice", "bob", "carol", "dave"]);
        let mut records: Vec<(&'static str, String)> = Vec::new();
        for _ in 0..self.random.pick(&[2, 2, 3]) {
            let likely = if self.random.one_in(2) { self.approval() } else { None };
            let likely = likely.map(|text| ("approval", text));
            let triage =
                if self.random.one_in(2) { self.triage().map(|text| ("triage", text)) } else { None };
            let made = likely.or(triage).or_else(|| self.anything());
            // An entry has each record only once.
            records.extend(made.filter(|(_, text)| records.iter().all(|(_, other)| other != text)));
        }
        let together: Vec<(&'static str, &str, &str)> =
            records.iter().map(|(kind, text)| (author, *kind, text.as_str())).collect();
        if together.is_empty() {
            return;
        }
        let at = self.at(0);
        for (_, text) in &records {
            let line = text.trim().replace('\n', ", ");
            self.texts.push(format!("--- {} by {author} at {at}: {line}", self.entries.len()));
        }
        let ids = self.ledger.append_together(&together, &at);
        for ((kind, text), id) in records.iter().zip(ids) {
            self.take(made_of(kind, text), id);
        }
        self.end_entry();
    }

    /// Appends an approval of the newest record by a random member.
    fn approve(&mut self) {
        let author = self.random.pick(&["bob", "carol", "dave"]);
        self.approve_as(author);
    }

    fn approve_as(&mut self, author: &'static str) {
        let Some((_, of)) = self.made.last() else { return };
        let text = format!("[approval]\nof = \"{of}\"\nverdict = \"approve\"\n");
        self.record(author, "approval", &text);
    }

    /// Appends a record by `author` that is neither a vote on nor a rehearsal of a record of a member outside `names`.
    pub fn append_alone(&mut self, author: &'static str, names: &[&str]) {
        // Exceptions and approvals lift few refusals, so other kinds are tried.
        let lifts = |kind: &str| !matches!(kind, "exception" | "approval");
        let made = (0..30).filter_map(|_| self.anything()).find(|(kind, _)| lifts(kind));
        let Some((kind, text)) = made else { return };
        let past = self.ledger.replay.past();
        let votes = matches!(kind, "approval") || text.contains("rehears");
        let of: Option<RecordId> =
            text.split("of = \"").nth(1).and_then(|rest| rest.get(..64)).and_then(|id| id.parse().ok());
        let by_others = of
            .and_then(|of| past.record(&of).unwrap())
            .is_some_and(|of| !names.contains(&of.author.as_str()));
        if !(votes && by_others) {
            self.record_at(author, kind, &text, 0);
        }
    }

    /// Appends a record whose body does not come from a draft.
    pub fn push(&mut self, author: &'static str, body: Body) -> Pushed {
        let text = format!("{body:?}").replace('\n', " ");
        self.texts.push(format!("--- {} by {author} at {}: {text}", self.entries.len(), self.now));
        let record = self.ledger.record(author, body, &self.now.to_string());
        let actor = Actor::new(author);
        let file = actor.file(&record.payload());
        let pushed = self.ledger.push_files(&actor, &[file]);
        self.landed(Made::Receipt, record.id());
        pushed
    }

    /// Returns the receipt of a decision; `None` if nothing was decided.
    pub fn receipt_of(&self, asked: &Asked, decision: Decision) -> Option<Receipt> {
        let request = GateRequest {
            question: asked.question.clone(),
            told: asked.told.clone(),
            given: asked.given.clone(),
            unchanged: Unchanged::Decided,
            as_of: None,
        };
        let trust = self.ledger.replay.past().trust()?.id();
        receipt_of(&GateAnswered { asked: request, decision, title: None }, trust)
    }

    fn author(&mut self, kind: &str) -> &'static str {
        match kind {
            "exception" => self.random.pick(&["ops", "ops", "vendor", "alice", "carol", "erin"]),
            "outcome" => self.random.pick(&["ops", "alice", "dave", "carol"]),
            "approval" | "review" | "closure" => self.random.pick(&["alice", "bob", "carol", "dave", "erin"]),
            "triage" => self.random.pick(&["alice", "bob", "carol", "erin", "frank", "frank", "vendor"]),
            _ => self.random.pick(&["alice", "alice", "bob", "carol", "dave"]),
        }
    }

    fn record(&mut self, author: &'static str, kind: &str, text: &str) {
        let ago = self.random.pick(&[0, 0, 0, 0, 0, 0, 0, 300, 3600, -7200]);
        self.record_at(author, kind, text, if self.entries.len() < 2 { 0 } else { ago });
    }

    fn record_at(&mut self, author: &'static str, kind: &str, text: &str, ago: i64) {
        let at = self.at(-ago);
        let line = text.trim().replace('\n', ", ");
        self.texts.push(format!("--- {} by {author} at {at}: {line}", self.entries.len()));
        let id = self.ledger.append(author, kind, text, &at);
        self.landed(made_of(kind, text), id);
    }

    fn landed(&mut self, made: Made, id: RecordId) {
        self.take(made, id);
        self.end_entry();
    }

    fn take(&mut self, made: Made, id: RecordId) {
        let void = self.ledger.void(&id).map(|code| code.as_str().to_owned()).unwrap_or_default();
        let position = self.ledger.replay.past().position(&id).unwrap().unwrap_or_default();
        self.texts.push(format!("    {position} = {} {void}", id.short()));
        let verdict = if void.is_empty() { "verified" } else { void.as_str() };
        *self.verdicts.entry(format!("{made:?} {verdict}")).or_default() += 1;
        if void.is_empty() {
            self.made.push((made, id));
        }
    }

    fn end_entry(&mut self) {
        self.entries.push(self.ledger.parent.clone().unwrap());
        self.asked.push(Vec::new());
    }

    /// Decides a question, and appends the receipt of the decision.
    fn receipt(&mut self) {
        let asked = Asked { standing: LedgerStanding::Sound, ..self.question() };
        let state = self.ledger.state();
        let decision = asked.decide(Some(&state));
        if decision.unchanged.is_some() {
            return;
        }
        let receipt = self.receipt_of(&asked, decision).unwrap();
        let author = self.random.pick(&["alice", "ops", "dave"]);
        let at = self.now;
        let text = format!(
            "receipt of {} to {}/{}: {} {}, previous {:?} from {:?}, on {:?}, redesigns {:?}",
            receipt.commit.short(),
            receipt.service,
            receipt.environment,
            receipt.decision,
            receipt.purpose,
            receipt.previous.as_ref().map(CommitId::short),
            receipt.previous_from,
            receipt.r#ref,
            receipt.redesigns,
        );
        let record = self.ledger.record(author, Body::Receipt(Arc::new(receipt)), &at.to_string());
        let actor = Actor::new(author);
        let file = actor.file(&record.payload());
        assert!(matches!(self.ledger.push_files(&actor, &[file]), Pushed::Counted { .. }));
        self.texts.push(format!("--- {} by {author} at {at}\n{text}", self.entries.len()));
        self.receipts.insert(record.id(), at);
        self.landed(Made::Receipt, record.id());
    }

    /// Asks some questions about the current state, or none, at random.
    pub fn ask(&mut self) {
        if !self.random.one_in(2) {
            return;
        }
        let state = self.ledger.state();
        for _ in 0..4 {
            let asked = self.question();
            let decision = asked.decide(Some(&state));
            self.asked.last_mut().unwrap().push((asked, decision));
        }
    }

    pub fn question(&mut self) -> Asked {
        let random = &mut self.random;
        let service = if random.one_in(6) { "docs" } else { "payments" };
        let environment = if random.one_in(5) { random.pick(&ENVIRONMENTS) } else { "production" };
        assert!(SERVICES.contains(&service));
        let target = Target { service: service.parse().unwrap(), environment: environment.parse().unwrap() };
        let artifacts = if random.one_in(8) {
            vec![Artifact { name: "a".parse().unwrap(), sha256: "1".repeat(64).parse().unwrap() }]
        } else {
            Vec::new()
        };
        let wanted = random.pick(&[Wanted::Expansion, Wanted::Either, Wanted::Either, Wanted::Restoration]);
        let state = self.ledger.state();
        let newest = state.newest_allowed(&target).map(|newest| newest.says.commit.clone());
        let released = state.releases().iter().rev().find(|release| release.touches(&target));
        let released = released.map(|release| release.says.commit.clone());
        let newest = newest.filter(|_| random.one_in(4));
        let released = released.filter(|_| random.one_in(3));
        let what = newest.or(released).unwrap_or_else(|| commit(random.pick(&COMMITS)));
        let question = Question { target, commit: what, wanted, artifacts, options: Vec::new() };
        let now = self.now.plus_seconds(random.pick(&[0, 0, 0, 60, 3600, 13 * 3600, 50 * 3600]));
        let clock = if random.one_in(6) { now.plus_seconds(random.pick(&[-7200, 86_400])) } else { now };
        let name = "refs/heads/main".parse().unwrap();
        let held = random.sometimes(2, &COMMITS).map(commit);
        let told = random.one_in(3).then_some(RefAtRemote { name, holds: held });
        let given = if told.is_none() { random.sometimes(3, &COMMITS).map(commit) } else { None };
        let standing = match random.below(12) {
            0 => LedgerStanding::Halted { found: "x".to_owned(), outbox: Vec::new() },
            1 if random.one_in(4) => LedgerStanding::Untrusted { code: Code::Rewound, found: "x".to_owned() },
            _ => LedgerStanding::Sound,
        };
        let freshness = freshness(random, clock);
        let asked = Asked { question, standing, now, clock, told, given, freshness };
        if self.random.one_in(8) { about_what_runs(asked, &state) } else { asked }
    }
}

/// Returns what a record is.
fn made_of(kind: &str, text: &str) -> Made {
    match kind {
        "exception" if text.contains("\nexpires_at") => Made::Override,
        "exception" => Made::Exception,
        "rollback-plan" => Made::Plan,
        "redesign" => Made::Redesign,
        "triage" => Made::Triage,
        "release" => Made::Release,
        "outcome" => Made::Outcome,
        "pause" => Made::Pause,
        _ => Made::Other,
    }
}

/// Changes a question to one about the commit that was allowed last on the target, with a sound and fresh ledger.
fn about_what_runs(asked: Asked, state: &crate::support::whole::WholeState) -> Asked {
    let Some(newest) = state.newest_allowed(&asked.question.target) else { return asked };
    let question = Question {
        commit: newest.says.commit.clone(),
        wanted: Wanted::Either,
        artifacts: Vec::new(),
        ..asked.question
    };
    let freshness = Freshness { remote: RemoteAnswer::NoRemote, ..Freshness::default() };
    let standing = LedgerStanding::Sound;
    Asked { question, standing, told: None, given: None, freshness, clock: asked.now, ..asked }
}

fn freshness(random: &mut Random, clock: Time) -> Freshness {
    let ago =
        |random: &mut Random| clock.plus_seconds(-random.pick(&[-3600, 0, 1800, 3600, 86_400, 200_000]));
    let people = ["alice", "bob", "carol"];
    let vouches = (0..random.pick(&[0, 0, 1, 2])).map(|_| {
        let person = random.pick(&people);
        Vouch {
            witness: format!("night-{person}").parse().unwrap(),
            person: person.parse().unwrap(),
            size: 1,
            at: ago(random),
        }
    });
    let vouches = vouches.collect();
    let remote = match random.below(14) {
        0 => RemoteAnswer::NeverAsked,
        1 => RemoteAnswer::OtherHead,
        2 => RemoteAnswer::NoLedger(ago(random)),
        3 => RemoteAnswer::At(ago(random)),
        4..=11 => RemoteAnswer::NoRemote,
        _ => RemoteAnswer::At(clock),
    };
    Freshness {
        vouches,
        witnesses: random.pick(&[0, 0, 0, 0, 0, 0, 0, 1, 2]),
        at_least: if random.one_in(9) { Some(ago(random)) } else { None },
        remote,
        signer: random
            .sometimes(2, &["alice", "alice", "alice", "bob", "carol"])
            .map(|name| name.parse().unwrap()),
    }
}
