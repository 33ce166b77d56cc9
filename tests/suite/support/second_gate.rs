//! Asks both gates a question: the program's and `examples/second-verifier/gate.py`. Both take the facts about
//! commits from the same small code repository, and all other facts from outside the ledger from the question.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use countersign::gate::{
    self, CommitFact, Decision, Facts, Freshness, LedgerStanding, Needs, Question, RemoteAnswer, Revert,
    Wanted,
};
use countersign::record::kind::receipt::Artifact;
use countersign::state::RefAtRemote;
use countersign::value::{CommitId, MemberName, PathPattern, Time};
use serde_json::{Value, json};

use crate::support::question::commit as commit_of;
use crate::support::second_verifier::{Objects, hex_of, script_folder};
use crate::support::whole::WholeState;

/// A commit of the code repository: the digit that its id repeats, the digits of its parents, and the paths that it
/// changes relative to the first parent.
type GraphCommit = (char, &'static [char], &'static [&'static str]);

/// The code repository. A commit that is not in this list does not exist.
pub const GRAPH: [GraphCommit; 9] = [
    ('1', &[], &["services/payments/a", "docs/a"]),
    ('2', &['1'], &["services/payments/a"]),
    ('3', &['2'], &["docs/a"]),
    ('4', &['3'], &["services/payments/b"]),
    ('5', &['4'], &["services/payments/c"]),
    ('6', &['2'], &["services/payments/d"]),
    ('7', &['5', '6'], &["services/payments/d"]),
    ('8', &['7'], &[]),
    ('9', &['5'], &["services/payments/c"]),
];

/// Reverts of the first commit on top of the second: whether the revert applies cleanly, and the commits whose tree
/// is its result.
const UNDOING: [(char, char, bool, &[char]); 4] =
    [('5', '5', true, &['9', '4']), ('4', '5', true, &[]), ('2', '7', false, &[]), ('6', '7', true, &['5'])];

/// A question, and the facts from outside the ledger.
#[derive(Debug, Clone)]
pub struct Asked {
    pub question: Question,
    pub standing: LedgerStanding,
    pub now: Time,
    pub clock: Time,
    pub told: Option<RefAtRemote>,
    pub given: Option<CommitId>,
    pub freshness: Freshness,
}

fn digit(commit: &CommitId) -> char {
    commit.as_str().chars().next().unwrap()
}

fn ancestors(of: char) -> BTreeSet<char> {
    let mut found = BTreeSet::from([of]);
    let mut left = vec![of];
    while let Some(next) = left.pop() {
        let parents = GRAPH.iter().find(|one| one.0 == next).map_or(&[][..], |one| one.1);
        left.extend(parents.iter().filter(|parent| found.insert(**parent)));
    }
    found
}

fn exists(commit: &CommitId) -> bool {
    GRAPH.iter().any(|one| one.0 == digit(commit))
}

fn contains(commit: &CommitId, other: &CommitId) -> bool {
    exists(commit) && exists(other) && ancestors(digit(commit)).contains(&digit(other))
}

impl Asked {
    /// Returns the decision of the program. If the commit already runs on the target, the decision says only that, and
    /// has no checks.
    pub fn decide(&self, state: Option<&WholeState>) -> Decision {
        let (question, told, given) = (&self.question, self.told.as_ref(), self.given.as_ref());
        let needs = state.map(|state| gate::needs(state, question, told, given, self.now));
        let facts = self.facts(needs.as_ref());
        let unchanged = needs.as_ref().and_then(|needs| gate::unchanged(needs, question, &facts));
        unchanged.unwrap_or_else(|| gate::decide(needs.as_ref(), question, &facts))
    }

    /// Returns the decision of the program with all checks, even if the commit already runs on the target.
    pub fn decide_fully(&self, state: Option<&WholeState>) -> Decision {
        let (question, told, given) = (&self.question, self.told.as_ref(), self.given.as_ref());
        let needs = state.map(|state| gate::needs(state, question, told, given, self.now));
        let facts = self.facts(needs.as_ref());
        gate::decide(needs.as_ref(), question, &facts)
    }

    fn facts(&self, needs: Option<&Needs<'_>>) -> Facts {
        let mut facts = Facts {
            clock: self.clock,
            ledger: self.standing.clone(),
            freshness: self.freshness.clone(),
            told: self.told.clone(),
            given: self.given.clone(),
            commit_exists: exists(&self.question.commit),
            ..Facts::unknown(self.now)
        };
        let Some(needs) = needs else { return facts };
        for known in needs.commits.keys() {
            let contained = contains(&self.question.commit, known);
            facts.commits.insert(known.clone(), CommitFact { exists: exists(known), contained });
        }
        for (redesign, ran) in &needs.ran {
            let before = needs.state().allowed_before(&self.question.target, ran.before).unwrap();
            let old = |commit: &&CommitId| exists(commit) && is_old(commit, &before, needs.paths);
            facts.old.extend(ran.commits.iter().filter(old).map(|commit| (*redesign, commit.clone())));
        }
        facts.revert = needs.undone.map(|undone| undo(&self.question.commit, undone));
        facts.is_reverted = needs.way_back.as_ref().is_some_and(|back| {
            let (on, undone) = (digit(back.on), digit(back.undone));
            let gives = UNDOING.iter().find(|one| one.0 == undone && one.1 == on && one.2);
            gives.is_some_and(|one| one.3.contains(&digit(&self.question.commit)))
        });
        facts
    }

    /// The question as `gate.py` reads it.
    pub fn json(&self) -> Value {
        let Question { target, commit, wanted, artifacts, .. } = &self.question;
        let wanted = match wanted {
            Wanted::Expansion => "expansion",
            Wanted::Restoration => "restoration",
            Wanted::Either => "either",
        };
        let standing = match &self.standing {
            LedgerStanding::Sound => "sound",
            LedgerStanding::Halted { .. } => "halted",
            LedgerStanding::Untrusted { code, .. } => code.as_str(),
        };
        let of_digit = |digit: char| commit_of(digit).to_string();
        let all = |digits: &[char]| digits.iter().map(|digit| of_digit(*digit)).collect::<Vec<_>>();
        let commits: BTreeMap<String, Value> = GRAPH
            .iter()
            .map(|(name, parents, paths)| {
                (of_digit(*name), json!({ "parents": all(parents), "paths": paths }))
            })
            .collect();
        let undoing = UNDOING.iter().map(|(undone, on, clean, gives)| {
            json!({ "commit": of_digit(*undone), "on": of_digit(*on), "clean": clean, "gives": all(gives) })
        });
        let artifacts = artifacts.iter().map(
            |Artifact { name, sha256 }| json!({ "name": name.to_string(), "sha256": sha256.to_string() }),
        );
        let told = self.told.as_ref().map(|told| {
            json!({ "ref": told.name.to_string(), "holds": told.holds.as_ref().map(ToString::to_string) })
        });
        let remote = match self.freshness.remote {
            RemoteAnswer::NoRemote => json!("none"),
            RemoteAnswer::NeverAsked => json!("never-asked"),
            RemoteAnswer::OtherHead => json!("other-head"),
            RemoteAnswer::NoLedger(at) => json!({ "no-ledger": at.to_string() }),
            RemoteAnswer::At(at) => json!({ "at": at.to_string() }),
        };
        let vouches = self
            .freshness
            .vouches
            .iter()
            .map(|vouch| json!({ "person": vouch.person.to_string(), "time": vouch.at.to_string() }));
        json!({
            "service": target.service.to_string(), "environment": target.environment.to_string(),
            "commit": commit.to_string(), "wanted": wanted, "artifacts": artifacts.collect::<Vec<_>>(),
            "now": self.now.to_string(), "clock": self.clock.to_string(), "standing": standing,
            "commits": commits, "undoing": undoing.collect::<Vec<_>>(), "told": told,
            "given": self.given.as_ref().map(ToString::to_string), "remote": remote,
            "vouches": vouches.collect::<Vec<_>>(), "witnesses": self.freshness.witnesses,
            "at_least": self.freshness.at_least.map(|at| at.to_string()),
            "signer": self.freshness.signer.as_ref().map(MemberName::to_string),
        })
    }
}

fn is_old(commit: &CommitId, ran: &BTreeSet<CommitId>, paths: &[PathPattern]) -> bool {
    let changed = GRAPH.iter().find(|one| one.0 == digit(commit)).map_or(&[][..], |one| one.2);
    let claims =
        |path: &&str| paths.is_empty() || paths.iter().any(|pattern| pattern.matches(path.as_bytes()));
    ran.iter().any(|known| contains(known, commit)) || !changed.iter().any(claims)
}

fn undo(on: &CommitId, undone: &CommitId) -> Revert {
    let known = UNDOING.iter().find(|one| one.0 == digit(undone) && one.1 == digit(on));
    match known.filter(|_| contains(on, undone)) {
        None => Revert::Impossible("not listed".to_owned()),
        Some(one) if one.2 => Revert::Clean,
        Some(_) => Revert::Conflicts(vec!["a".to_owned()]),
    }
}

/// The fields of an answer that both gates give.
pub fn answer(decision: &Decision) -> Value {
    let id = |id: Option<countersign::value::RecordId>| id.map(|id| id.to_string());
    let ids = |ids: &[countersign::value::RecordId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let checks = decision
        .checks
        .iter()
        .map(|check| json!({ "code": check.code.to_string(), "result": check.result.to_string() }));
    let is_allowed = decision.answer == countersign::record::kind::receipt::Answer::Allowed;
    json!({
        "decision": decision.answer.to_string(), "purpose": decision.purpose.to_string(),
        "unchanged": id(decision.unchanged), "checks": checks.collect::<Vec<_>>(),
        "expires_at": decision.expires_at.map(|at| at.to_string()),
        "rollback_plan": id(decision.rollback_plan), "release": id(decision.release),
        "previous": decision.previous.as_ref().map(ToString::to_string),
        "previous_from": decision.previous_from.map(|from| from.to_string()),
        "redesigns": if is_allowed { ids(&decision.redesigns) } else { Vec::new() },
        "waivers": ids(&decision.waivers),
    })
}

/// Returns the answers of the second gate about the branch `ledger` of a repository.
pub fn second_answers(repository: &Path, questions: &[Value]) -> Vec<Value> {
    let directory = crate::support::temporary::tempdir().unwrap();
    let file = directory.path().join("questions.json");
    std::fs::write(&file, json!(questions).to_string()).unwrap();
    let script = script_folder().join("gate.py");
    let output = Command::new("python3").arg("-B").arg(script).arg(repository).arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A process (`every_question.py`) that runs the second gate on one in-memory ledger after another.
pub struct EveryQuestion {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl EveryQuestion {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/support/every_question.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(script).arg(script_folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, answers }
    }

    /// Returns the second gate's answers to the questions after each entry. `entries` must be all entries of a ledger.
    pub fn answers(
        &mut self,
        objects: &Objects,
        entries: &[CommitId],
        questions: &[Vec<Value>],
    ) -> Vec<Vec<Value>> {
        let entries: Vec<&str> = entries.iter().map(CommitId::as_str).collect();
        let asked = json!({ "objects": hex_of(objects), "entries": entries, "questions": questions });
        writeln!(self.process.stdin.as_mut().unwrap(), "{asked}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    }
}

impl Drop for EveryQuestion {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().unwrap();
        assert!(status.success() || std::thread::panicking(), "every_question.py: {status}");
    }
}
