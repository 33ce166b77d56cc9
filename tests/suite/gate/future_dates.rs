//! Records with a date in the future: what permits has no effect before its date, and what forbids counts at
//! once.

use std::collections::BTreeMap;

use countersign::finding::Code;
use countersign::gate::{CommitFact, Facts, Freshness, LedgerStanding, Question, Wanted};
use countersign::record::kind::receipt::Outcome;
use countersign::value::{CommitId, Target};

use crate::support::ledger::{Ledger, NOW, exception, override_, plan, time};
use crate::support::question::{answer, told};

const LATER: &str = "2026-11-24T10:00:00Z";
const JUST_BEFORE: &str = "2026-11-24T09:59:59Z";
const FAR: &str = "2126-11-24T09:00:00Z";
const END: &str = "2026-12-20T09:00:00Z";

/// Returns the result of one check of the gate for `payments` in production at the time `at`.
fn result(ledger: &Ledger, code: Code, at: &str) -> Outcome {
    let commit = |digit: &str| -> CommitId { digit.repeat(40).parse().unwrap() };
    let there = CommitFact { exists: true, contained: false };
    let facts = Facts {
        now: time(at),
        clock: time(at),
        ledger: LedgerStanding::Sound,
        freshness: Freshness::default(),
        commits: BTreeMap::from([(commit("0"), there), (commit("1"), there)]),
        old: std::collections::BTreeSet::new(),
        commit_exists: true,
        revert: None,
        is_reverted: false,
        told: Some(told(commit("0"))),
        given: None,
    };
    let target = Target { service: "payments".parse().unwrap(), environment: "production".parse().unwrap() };
    let (artifacts, options) = (Vec::new(), Vec::new());
    let question = Question { target, commit: commit("1"), wanted: Wanted::Either, artifacts, options };
    let decision = answer(&ledger.state(), &question, &facts);
    decision.checks.iter().find(|check| check.code.code() == code).unwrap().result
}

#[test]
fn an_approval_of_tomorrow_grants_from_tomorrow_on() {
    for (of, yes) in [(LATER, NOW), (NOW, LATER), (LATER, LATER)] {
        let mut ledger = Ledger::team();
        let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", END), of);
        let vote = ledger.approve("bob", &id, yes);
        assert_eq!(ledger.void(&vote), None);
        assert_eq!(result(&ledger, Code::RollbackPlan, NOW), Outcome::Fail, "{of} {yes}");
        assert_eq!(result(&ledger, Code::RollbackPlan, JUST_BEFORE), Outcome::Fail, "{of} {yes}");
        assert_eq!(result(&ledger, Code::RollbackPlan, LATER), Outcome::Pass, "{of} {yes}");
    }
}

#[test]
fn a_rejection_of_tomorrow_ends_today() {
    for at in [LATER, FAR] {
        let mut ledger = Ledger::team();
        let end = if at == FAR { "2026-12-01T09:00:00Z" } else { END };
        let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", end), NOW);
        ledger.approve("bob", &id, NOW);
        assert_eq!(result(&ledger, Code::RollbackPlan, NOW), Outcome::Pass);
        let no = ledger.reject("bob", &id, at);
        let expected = if at == FAR { (Some(Code::Closed), Outcome::Pass) } else { (None, Outcome::Fail) };
        assert_eq!((ledger.void(&no), result(&ledger, Code::RollbackPlan, NOW)), expected, "{at}");
    }
}

#[test]
fn failures_of_tomorrow_count_today() {
    for at in [NOW, LATER, FAR] {
        let mut ledger = Ledger::team();
        for (task, expected) in [("1", Outcome::Pass), ("2", Outcome::Warn), ("3", Outcome::Fail)] {
            let happened = format!("occurred_at = 2026-11-2{task}T09:00:00Z");
            ledger.append("ops", "exception", &exception("feed-stale", task, &happened, ""), at);
            assert_eq!(result(&ledger, Code::NoRepeatingExceptions, NOW), expected, "{at} {task}");
        }
    }
}

#[test]
fn an_override_of_tomorrow_has_to_be_decided_today_and_gives_nothing_before() {
    let mut ledger = Ledger::team();
    let end = "2026-11-24T13:00:00Z";
    let id = ledger.append("carol", "exception", &override_("carol", end), LATER);
    assert_eq!(result(&ledger, Code::OverridesDecided, NOW), Outcome::Fail);
    ledger.approve("bob", &id, NOW);
    for (at, expected) in [(NOW, Outcome::Fail), (JUST_BEFORE, Outcome::Fail), (LATER, Outcome::Pass)] {
        assert_eq!(result(&ledger, Code::OverridesDecided, at), expected, "{at}");
    }
    // The end is exclusive: an approval counts if it is dated a second before the end, and is too late if it is dated
    // at the end.
    for (at, code) in [("2026-11-24T12:59:59Z", None), (end, Some(Code::Closed))] {
        let mut ledger = Ledger::team();
        let id = ledger.append("carol", "exception", &override_("carol", end), NOW);
        let vote = ledger.approve("bob", &id, at);
        assert_eq!(ledger.void(&vote), code, "{at}");
    }
}
