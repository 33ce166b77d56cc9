//! Unchanged targets (ledger-schema/deployment.md, Unchanged), on ledgers in memory: each condition separately.

use countersign::gate::{self, Facts, LedgerStanding, Question, RemoteAnswer, Wanted};
use countersign::record::kind::receipt::Artifact;
use countersign::state::RefAtRemote;
use countersign::value::{CommitId, RecordId};

use crate::support::ledger::{Ledger, NOW, time};
use crate::support::question::{Ask, commit, target, team_with_plan, told};

const AT: &str = "2026-11-22T09:00:00Z";

/// A commit, and the facts with which the gate is asked whether production is unchanged by it.
struct Known {
    commit: char,
    told: Option<RefAtRemote>,
    given: Option<CommitId>,
    standing: LedgerStanding,
    remote: RemoteAnswer,
    wanted: Wanted,
    artifacts: Vec<Artifact>,
}

impl Known {
    fn of(commit: char) -> Self {
        let (standing, wanted) = (LedgerStanding::Sound, Wanted::Expansion);
        let remote = RemoteAnswer::NoRemote;
        Self { commit, told: None, given: None, standing, remote, wanted, artifacts: Vec::new() }
    }

    /// Returns the receipt of the deployment that runs already, if the gate finds the target unchanged.
    fn ask(self, ledger: &Ledger) -> Option<RecordId> {
        let state = ledger.state();
        let question = Question {
            target: target("production"),
            commit: commit(self.commit),
            wanted: self.wanted,
            artifacts: self.artifacts,
            options: Vec::new(),
        };
        let mut facts = Facts {
            ledger: self.standing,
            told: self.told,
            given: self.given,
            commit_exists: true,
            ..Facts::unknown(time(NOW))
        };
        facts.freshness.remote = self.remote;
        let needs = gate::needs(&state, &question, facts.told.as_ref(), facts.given.as_ref(), facts.now);
        let decision = gate::unchanged(&needs, &question, &facts)?;
        assert!(decision.checks.is_empty() && decision.expires_at.is_none());
        decision.unchanged
    }
}

/// Returns a ledger with an allowed deployment of `b` and its receipt. If `result` is not empty, there is an outcome
/// with this result.
fn deployed(result: &str) -> (Ledger, RecordId) {
    let (mut ledger, _) = team_with_plan("");
    let receipt = ledger.deploy(Ask { what: 'b', previous: None, given: Some('a'), ..Ask::at(AT) });
    if !result.is_empty() {
        ledger.outcome("alice", &receipt, result, AT);
    }
    (ledger, receipt)
}

#[test]
fn a_target_is_unchanged_only_if_its_newest_deployment_is_confirmed_and_succeeded() {
    for (result, expected) in [
        ("", false),
        ("succeeded", true),
        ("failed", false),
        ("rolled-back", false),
        ("never-started", false),
    ] {
        let (ledger, receipt) = deployed(result);
        assert_eq!(Known::of('b').ask(&ledger), expected.then_some(receipt), "{result}");
        assert_eq!(Known::of('c').ask(&ledger), None);
    }
    // A later outcome reports that the deployment was rolled back.
    let (mut ledger, receipt) = deployed("succeeded");
    ledger.outcome("alice", &receipt, "rolled-back", AT);
    assert_eq!(Known::of('b').ask(&ledger), None);
    // A newer allowed receipt of another commit counts, unless its outcome is `never-started`.
    let (mut ledger, receipt) = deployed("succeeded");
    let newer = ledger.deploy(Ask { what: 'd', previous: None, ..Ask::at("2026-11-22T10:00:00Z") });
    assert_eq!(Known::of('b').ask(&ledger), None);
    ledger.outcome("alice", &newer, "never-started", "2026-11-22T10:00:00Z");
    assert_eq!(Known::of('b').ask(&ledger), Some(receipt));
}

#[test]
fn where_something_else_is_known_to_be_there_it_is_not_unchanged() {
    let (ledger, receipt) = deployed("succeeded");
    let holds = |digit| Known { told: Some(told(commit(digit))), ..Known::of('b') };
    assert_eq!(holds('b').ask(&ledger), Some(receipt));
    assert_eq!(holds('a').ask(&ledger), None);
    let nothing = RefAtRemote { name: "refs/heads/production".parse().unwrap(), holds: None };
    assert_eq!(Known { told: Some(nothing), ..Known::of('b') }.ask(&ledger), None);
    for (digit, expected) in [('a', None), ('b', Some(receipt))] {
        assert_eq!(Known { given: Some(commit(digit)), ..Known::of('b') }.ask(&ledger), expected);
    }
    // The commit that the ref names now confirms the deployment, too.
    let (mut ledger, _) = team_with_plan("");
    let receipt = ledger.deploy(Ask { what: 'b', ..Ask::at(AT) });
    assert_eq!(Known::of('b').ask(&ledger), None);
    assert_eq!(holds('b').ask(&ledger), Some(receipt));
}

#[test]
fn a_ledger_that_is_not_sound_an_artifact_and_a_restoration_are_decided() {
    let (ledger, receipt) = deployed("succeeded");
    assert_eq!(Known::of('b').ask(&ledger), Some(receipt));
    let halted = LedgerStanding::Halted { found: "x".to_owned(), outbox: Vec::new() };
    assert_eq!(Known { standing: halted, ..Known::of('b') }.ask(&ledger), None);
    assert_eq!(Known { wanted: Wanted::Restoration, ..Known::of('b') }.ask(&ledger), None);
    let artifact = Artifact { name: "a".parse().unwrap(), sha256: "1".repeat(64).parse().unwrap() };
    assert_eq!(Known { artifacts: vec![artifact], ..Known::of('b') }.ask(&ledger), None);
    // A target that the policy no longer has is decided, too.
    let (mut ledger, _) = deployed("succeeded");
    let policy = ledger.replay.past().policy().id().unwrap();
    let text = format!("[policy]\nversion = 2\nsupersedes = \"{policy}\"\n");
    ledger.good("alice", "policy", &text, AT);
    assert_eq!(Known::of('b').ask(&ledger), None);
}

#[test]
fn a_ledger_that_may_lack_the_newest_says_nothing_of_what_runs() {
    let (ledger, receipt) = deployed("succeeded");
    for (remote, expected) in [
        (RemoteAnswer::At(time(NOW)), Some(receipt)),
        (RemoteAnswer::NeverAsked, None),
        (RemoteAnswer::OtherHead, None),
        (RemoteAnswer::At(time("2026-01-01T00:00:00Z")), None),
    ] {
        assert_eq!(Known { remote, ..Known::of('b') }.ask(&ledger), expected);
    }
}
