//! Every check of the gate: what makes it fail, what makes it pass, its boundaries to the second, and the records that
//! it rests on. An end is exclusive. The table names the files with the cases; *below* is this file, and the paths of
//! others are relative to `tests/suite`:
//!
//! | check | fails | passes | boundary |
//! |---|---|---|---|
//! | `ledger-valid` | below; `state/patterns`, `git/history`: halted; `cli/gate`: rewound | below | none in time |
//! | `ledger-fresh` | `ledger/freshness`; below | `ledger/freshness`; below | below: the clock, `max_age` |
//! | `target-known` | below | below | below: from the entry after the policy |
//! | `not-paused` | below | below | below: its end, a resume |
//! | `rollback-plan` | below; `state/patterns` | below | below: approval, end, closure |
//! | `rollback-criteria` | below | below | below: exactly as many as asked |
//! | `rollback-target` | below; `git/revert` | below | none in time |
//! | `rollback-rehearsed` | below | below | below: end of the rehearsal, `rehearsed_within` |
//! | `overrides-decided` | below | below | below: approval, end |
//! | `overrides-closed` | below | below | below: the grace |
//! | `no-repeating-exceptions` | `state/recurrence` | `state/recurrence` | `state/recurrence` |
//! | `redesign-effective` | `state/recurrence` | `state/recurrence` | `state/recurrence` |
//! | `reviews-done` | below; `gate/break_glass` | below | below: `review_within` |
//! | `credentials-revoked` | `state/patterns`; below | below | below: the grace |
//! | `no-standing-access` | `gate/standing_access` | `gate/standing_access` | `gate/standing_access` |
//! | `release-approved` | below; `gate/releases` | below | below: approval, end |

use countersign::finding::{CheckCode, Code};
use countersign::gate::{Freshness, LedgerStanding, RemoteAnswer, Revert};
use countersign::record::kind::receipt::{Answer, Outcome};

use crate::support::ledger::{Actor, NOW, POLICY, member, plan, time, trust};
use crate::support::question::{
    Ask, END, NIGHT, access, assert_check, check, check_result, closure, commit, expected, pause, release,
    resume, review, team_with_plan, team_with_policy,
};
use crate::support::sandbox::Sandbox;

const BEFORE: &str = "2026-11-24T08:59:59Z";
const TOMORROW: &str = "2026-11-25T09:00:00Z";
const A_SECOND_SHORT: &str = "2026-11-25T08:59:59Z";

#[test]
fn the_gate_has_sixteen_checks_and_each_is_explained() {
    let checks: Vec<Code> =
        Code::ALL.iter().copied().filter(|code| CheckCode::new(*code).is_some()).collect();
    assert_eq!(checks.len(), 16);
    let sandbox = Sandbox::new();
    for code in &checks {
        let text = sandbox.run(&["explain", code.as_str()]).ok().stdout;
        for heading in ["means", "why", "do"] {
            assert!(text.contains(&format!("  {heading}")), "{code}: {text}");
        }
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            !words.contains("this version cannot") && !words.contains("not supported yet"),
            "{code}: {text}"
        );
    }
    // Every check that a policy can ask for is examined once; the first and the last are in their places.
    let (ledger, _) =
        team_with_plan("[policy.rollback]\nrehearsed_within = \"30d\"\n[policy.approvals]\nreleases = 1\n");
    let examined: Vec<Code> = Ask::at(NOW).of(&ledger).checks.iter().map(|check| check.code.code()).collect();
    let mut sorted = examined.clone();
    sorted.sort();
    let mut all = checks;
    all.sort();
    assert_eq!(sorted, all);
    assert_eq!((examined[0], examined[15]), (Code::LedgerValid, Code::ReleaseApproved));
    // The checks that a policy does not ask for are left out, and no others.
    let (ledger, _) = team_with_plan("");
    assert_eq!(Ask::at(NOW).of(&ledger).checks.len(), 14);
    assert_eq!(Ask::at(NOW).of(&ledger).answer, Answer::Allowed);
}

#[test]
fn ledger_valid_passes_on_a_sound_ledger_only() {
    let (ledger, _) = team_with_plan("");
    let answer = |standing| {
        let decision = Ask { standing, ..Ask::at(NOW) }.of(&ledger);
        (decision.answer, check(&decision, Code::LedgerValid).result, decision.checks.len())
    };
    assert_eq!(answer(LedgerStanding::Sound), (Answer::Allowed, Outcome::Pass, 14));
    let halted = LedgerStanding::Halted { found: "x".to_owned(), outbox: Vec::new() };
    assert_eq!(answer(halted), (Answer::Refused, Outcome::Fail, 14));
    for code in [Code::Rewound, Code::Forked, Code::Incomplete] {
        let untrusted = LedgerStanding::Untrusted { code, found: "x".to_owned() };
        assert_eq!(answer(untrusted), (Answer::Refused, Outcome::Fail, 1), "nothing else is examined");
    }
}

#[test]
fn ledger_fresh_ends_with_max_age_and_the_clock_may_be_behind_by_the_skew() {
    let (mut ledger, _) = team_with_plan("");
    let at_least = |ledger: &_, at: &str, bound: &str| {
        let freshness = Freshness { at_least: Some(time(bound)), ..Freshness::default() };
        check(&Ask { freshness, ..Ask::at(at) }.of(ledger), Code::LedgerFresh).result
    };
    assert_eq!(at_least(&ledger, NOW, "2026-11-23T09:00:01Z"), Outcome::Pass);
    assert_eq!(at_least(&ledger, NOW, "2026-11-23T09:00:00Z"), Outcome::Fail, "max_age ago");
    assert_eq!(at_least(&ledger, NOW, "2026-11-24T09:05:00Z"), Outcome::Pass, "ahead by the skew");
    assert_eq!(at_least(&ledger, NOW, "2026-11-24T09:05:01Z"), Outcome::Fail);
    let fetched = |at: &str| {
        let freshness = Freshness { remote: RemoteAnswer::At(time(at)), ..Freshness::default() };
        check(&Ask { freshness, ..Ask::at(NOW) }.of(&ledger), Code::LedgerFresh).result
    };
    assert_eq!(fetched("2026-11-23T09:00:01Z"), Outcome::Warn, "only the host vouches");
    assert_eq!(fetched("2026-11-23T09:00:00Z"), Outcome::Fail);
    // Ledger time is the second newest of the people's newest dates.
    ledger.observe("x", "1", NOW);
    assert_eq!(check_result(&ledger, Code::LedgerFresh, "2026-11-21T00:00:00Z"), Outcome::Pass);
    ledger.good("bob", "exception", &crate::support::ledger::exception("x", "1", "", ""), NOW);
    assert_eq!(check_result(&ledger, Code::LedgerFresh, "2026-11-24T08:55:00Z"), Outcome::Pass);
    assert_check(&ledger, Code::LedgerFresh, "2026-11-24T08:54:59Z", Outcome::Fail, &[]);
}

#[test]
fn target_known_rests_on_the_policy_in_force() {
    let mut ledger = team_with_policy("");
    let first = ledger.replay.past().policy().id().unwrap();
    assert_check(&ledger, Code::TargetKnown, NOW, Outcome::Pass, &[first]);
    let dev = |ledger: &_| {
        let decision = Ask { environment: "dev", ..Ask::at(NOW) }.of(ledger);
        check(&decision, Code::TargetKnown).clone()
    };
    assert_eq!(dev(&ledger).result, Outcome::Fail);
    assert!(dev(&ledger).next.is_some());
    let second = ledger.policy("[[policy.target]]\nservice = \"payments\"\nenvironment = \"dev\"\n", NOW);
    assert_eq!((dev(&ledger).result, dev(&ledger).records), (Outcome::Pass, vec![second]));
}

#[test]
fn not_paused_fails_from_the_record_to_its_end_or_to_a_resume() {
    let (mut ledger, _) = team_with_plan("");
    let code = Code::NotPaused;
    assert_check(&ledger, code, NOW, Outcome::Pass, &[]);
    let ends = ledger.good("ops", "pause", &pause(&format!("expires_at = {TOMORROW}\n")), NOW);
    // The pause forbids at once, whatever its date.
    assert_check(&ledger, code, "2026-11-23T09:00:00Z", Outcome::Fail, &[ends]);
    assert_check(&ledger, code, NOW, Outcome::Fail, &[ends]);
    assert_check(&ledger, code, A_SECOND_SHORT, Outcome::Fail, &[ends]);
    assert_check(&ledger, code, TOMORROW, Outcome::Pass, &[]);
    // Only its own target is paused.
    let staging = Ask { environment: "staging", ..Ask::at(NOW) }.of(&ledger);
    assert_eq!(check(&staging, code).result, Outcome::Pass);
    let open = ledger.good("bob", "pause", &pause(""), NOW);
    assert_check(&ledger, code, A_SECOND_SHORT, Outcome::Fail, &[ends, open]);
    assert_check(&ledger, code, "2036-11-24T09:00:00Z", Outcome::Fail, &[open]);
    // A resume ends the pause from the date of the resume on.
    ledger.good("carol", "resume", &resume(&open), "2026-11-26T09:00:00Z");
    assert_check(&ledger, code, "2026-11-26T08:59:59Z", Outcome::Fail, &[open]);
    assert_check(&ledger, code, "2026-11-26T09:00:00Z", Outcome::Pass, &[]);
    // A pause that begins later forbids only from then on, and can be resumed before.
    let later = "begins_at = 2026-11-27T09:00:00Z\nexpires_at = 2026-11-28T09:00:00Z\n";
    let planned = ledger.good("bob", "pause", &pause(later), "2026-11-26T09:30:00Z");
    assert_check(&ledger, code, "2026-11-27T08:59:59Z", Outcome::Pass, &[]);
    assert_check(&ledger, code, "2026-11-27T09:00:00Z", Outcome::Fail, &[planned]);
    assert_check(&ledger, code, "2026-11-28T09:00:00Z", Outcome::Pass, &[]);
    ledger.good("bob", "resume", &resume(&planned), "2026-11-26T09:40:00Z");
    assert_check(&ledger, code, "2026-11-27T09:00:00Z", Outcome::Pass, &[]);
    // A resume ends no other pause.
    let again = ledger.good("bob", "pause", &pause(""), "2026-11-26T10:00:00Z");
    assert_check(&ledger, code, "2026-11-26T10:00:00Z", Outcome::Fail, &[again]);
}

#[test]
fn rollback_plan_is_in_force_from_its_approval_to_its_end_or_closure() {
    let mut ledger = team_with_policy("");
    let code = Code::RollbackPlan;
    assert_check(&ledger, code, NOW, Outcome::Fail, &[]);
    let id = ledger.good("alice", "rollback-plan", &plan("alice", "previous", TOMORROW), NOW);
    assert_check(&ledger, code, NOW, Outcome::Fail, &[id]);
    let dependent = [Code::RollbackCriteria, Code::RollbackTarget];
    for other in dependent {
        assert_eq!(check_result(&ledger, other, NOW), Outcome::Fail, "nothing examined is not a pass");
    }
    ledger.approve("bob", &id, "2026-11-24T10:00:00Z");
    assert_check(&ledger, code, "2026-11-24T09:59:59Z", Outcome::Fail, &[id]);
    assert_check(&ledger, code, "2026-11-24T10:00:00Z", Outcome::Pass, &[id]);
    assert_check(&ledger, code, A_SECOND_SHORT, Outcome::Pass, &[id]);
    assert_check(&ledger, code, TOMORROW, Outcome::Fail, &[id]);
    let decision = Ask::at("2026-11-24T10:00:00Z").of(&ledger);
    assert_eq!((decision.answer, decision.rollback_plan), (Answer::Allowed, Some(id)));
    // A closure ends the plan at once.
    ledger.good("alice", "closure", &closure(&id), "2026-11-24T11:00:00Z");
    assert_check(&ledger, code, "2026-11-24T10:00:00Z", Outcome::Fail, &[id]);
    // A rejection ends a plan in effect too.
    let other =
        ledger.good("alice", "rollback-plan", &plan("alice", "previous", END), "2026-11-24T12:00:00Z");
    ledger.approve("bob", &other, "2026-11-24T12:00:00Z");
    assert_check(&ledger, code, "2026-11-24T12:00:00Z", Outcome::Pass, &[other]);
    ledger.reject("carol", &other, "2026-11-24T12:00:00Z");
    assert_check(&ledger, code, "2026-11-24T12:00:00Z", Outcome::Fail, &[other]);
}

#[test]
fn rollback_criteria_counts_to_what_the_policy_asks() {
    for (asked, result) in [("1", Outcome::Pass), ("2", Outcome::Fail)] {
        let (ledger, id) = team_with_plan(&format!("[policy.rollback]\nmin_criteria = {asked}\n"));
        assert_check(&ledger, Code::RollbackCriteria, NOW, result, &[id]);
    }
    let ledger = team_with_policy("");
    assert_check(&ledger, Code::RollbackCriteria, NOW, Outcome::Fail, &[]);
}

#[test]
fn a_criterion_that_no_program_can_measure_is_told_and_refused_where_the_policy_says_so() {
    for (rule, source, result) in [
        ("", "prometheus", Outcome::Pass),
        ("", "the dashboard on the wall", Outcome::Warn),
        ("machine_readable = true\n", "prometheus", Outcome::Pass),
        ("machine_readable = true\n", "the dashboard on the wall", Outcome::Fail),
    ] {
        let mut ledger = team_with_policy(&format!("[policy.rollback]\nmin_criteria = 1\n{rule}"));
        let text = plan("alice", "previous", END).replace("\"prometheus\"", &format!("\"{source}\""));
        let id = ledger.good("alice", "rollback-plan", &text, NOW);
        ledger.approve("bob", &id, NOW);
        assert_check(&ledger, Code::RollbackCriteria, NOW, result, &[id]);
        let decision = Ask::at(NOW).of(&ledger);
        let told = check(&decision, Code::RollbackCriteria).details.iter();
        let is_told = told.clone().any(|line| line.starts_with("criterion errors is not machine-readable"));
        assert_eq!(is_told, result != Outcome::Pass);
    }
}

#[test]
fn a_plan_is_in_force_only_while_its_owner_is_a_member() {
    let (mut ledger, id) = team_with_plan("");
    assert_check(&ledger, Code::RollbackPlan, NOW, Outcome::Pass, &[id]);
    let everything = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let roster = |names: &[&'static str]| -> String {
        names.iter().map(|name| member(&Actor::new(name), "human", everything)).collect()
    };
    let before = ledger.replay.past().trust().unwrap().id();
    let without = trust(2, Some(before), [1, 1, 1], &[roster(&["bob", "carol", "dave"])]);
    let second = ledger.good("bob", "trust", &without, NOW);
    assert_check(&ledger, Code::RollbackPlan, NOW, Outcome::Fail, &[id]);
    let decision = Ask::at(NOW).of(&ledger);
    let told = &check(&decision, Code::RollbackPlan).details;
    assert_eq!(told, &[format!("plan {} has no owner: alice is no longer a member", id.short())]);
    // The plan is in force again once the owner is back.
    let again = trust(3, Some(second), [1, 1, 1], &[roster(&["alice", "bob", "carol", "dave"])]);
    ledger.good("bob", "trust", &again, NOW);
    assert_check(&ledger, Code::RollbackPlan, NOW, Outcome::Pass, &[id]);
}

#[test]
fn rollback_target_exists_and_is_not_what_is_deployed() {
    let code = Code::RollbackTarget;
    let (ledger, id) = team_with_plan("");
    assert_check(&ledger, code, NOW, Outcome::Pass, &[id]);
    let result_of = |ask: Ask<'_>| check(&ask.of(&ledger), code).result;
    assert_eq!(result_of(Ask { previous: None, ..Ask::at(NOW) }), Outcome::Pass, "it is removed");
    assert_eq!(result_of(Ask { previous: Some('c'), ..Ask::at(NOW) }), Outcome::Fail, "the commit itself");
    assert_eq!(result_of(Ask { missing: "0", ..Ask::at(NOW) }), Outcome::Fail, "the commit is missing here");
    let with = |to: &str, change: &dyn Fn(String) -> String| {
        let mut ledger = team_with_policy("");
        let id = ledger.good("alice", "rollback-plan", &change(plan("alice", to, END)), NOW);
        ledger.approve("bob", &id, NOW);
        ledger
    };
    let removal = with("removal", &|text| text);
    assert_eq!(check(&Ask { previous: None, ..Ask::at(NOW) }.of(&removal), code).result, Outcome::Pass);
    assert_eq!(check(&Ask::at(NOW).of(&removal), code).result, Outcome::Fail, "for a first deployment only");
    let fixed = with(commit('1').as_str(), &|text| text);
    assert_eq!(check(&Ask::at(NOW).of(&fixed), code).result, Outcome::Pass);
    assert_eq!(check(&Ask { missing: "1", ..Ask::at(NOW) }.of(&fixed), code).result, Outcome::Fail);
    assert_eq!(check(&Ask { what: '1', ..Ask::at(NOW) }.of(&fixed), code).result, Outcome::Fail);
    let revert = with("previous", &|text| {
        text.replace("method = \"redeploy\"", &format!("method = \"revert\"\ncommit = \"{}\"", commit('c')))
    });
    let cases = [
        (Some(Revert::Clean), Outcome::Pass, "applies cleanly"),
        (Some(Revert::Conflicts(vec!["a b".to_owned()])), Outcome::Fail, "later changes of a b"),
        (Some(Revert::Impossible("it is a merge".to_owned())), Outcome::Fail, "it is a merge"),
        (None, Outcome::Fail, "could not check whether undoing"),
    ];
    for (fact, result, found) in cases {
        let decision = Ask { revert: fact, ..Ask::at(NOW) }.of(&revert);
        let check = check(&decision, code);
        assert!(check.result == result && check.found.contains(found), "{}", check.found);
    }
}

#[test]
fn rollback_rehearsed_counts_from_the_end_of_the_rehearsal_for_as_long_as_the_policy_says() {
    let code = Code::RollbackRehearsed;
    let (mut ledger, plan_id) = team_with_plan("[policy.rollback]\nrehearsed_within = \"1d\"\n");
    assert_check(&ledger, code, NOW, Outcome::Fail, &[plan_id]);
    let text = |started: &str, ended: &str, result: &str| {
        format!(
            "[outcome]\nof = \"{plan_id}\"\nresult = \"{result}\"\nenvironment = \"staging\"\nstarted_at = {started}\nended_at = {ended}\n"
        )
    };
    // Neither the author of the plan nor a machine may report a rehearsal.
    ledger.bad("alice", "outcome", &text(BEFORE, NOW, "rehearsed"), NOW, Code::Concerned);
    ledger.bad("ops", "outcome", &text(BEFORE, NOW, "rehearsed"), NOW, Code::Role);
    assert_check(&ledger, code, NOW, Outcome::Fail, &[plan_id]);
    let good = ledger.good("bob", "outcome", &text("2026-11-24T08:00:00Z", NOW, "rehearsed"), NOW);
    assert_check(&ledger, code, BEFORE, Outcome::Fail, &[plan_id]);
    assert_check(&ledger, code, NOW, Outcome::Pass, &[plan_id, good]);
    assert_check(&ledger, code, A_SECOND_SHORT, Outcome::Pass, &[plan_id, good]);
    assert_check(&ledger, code, TOMORROW, Outcome::Fail, &[plan_id, good]);
    // A later failed rehearsal counts at once, whatever its date, and a machine may report it.
    let failed = ledger.good(
        "ops",
        "outcome",
        &text(NOW, "2026-11-24T10:00:00Z", "rehearsal-failed"),
        "2026-11-24T10:00:00Z",
    );
    assert_check(&ledger, code, "2026-11-24T09:30:00Z", Outcome::Fail, &[plan_id, failed]);
    assert_check(&ledger, code, "2026-11-24T10:00:00Z", Outcome::Fail, &[plan_id, failed]);
    let again = ledger.good(
        "carol",
        "outcome",
        &text(NOW, "2026-11-24T11:00:00Z", "rehearsed"),
        "2026-11-24T12:00:00Z",
    );
    assert_check(&ledger, code, "2026-11-24T11:59:59Z", Outcome::Fail, &[plan_id, failed]);
    assert_check(&ledger, code, "2026-11-24T12:00:00Z", Outcome::Pass, &[plan_id, again]);
    assert_check(&ledger, code, "2026-11-25T10:59:59Z", Outcome::Pass, &[plan_id, again]);
    assert_check(&ledger, code, "2026-11-25T11:00:00Z", Outcome::Fail, &[plan_id, again]);
    // Without a plan there is no rehearsal; removing a first deployment needs none.
    let mut bare = team_with_policy("[policy.rollback]\nrehearsed_within = \"1d\"\n");
    assert_check(&bare, code, NOW, Outcome::Fail, &[]);
    let removal = bare.good("alice", "rollback-plan", &plan("alice", "removal", END), NOW);
    bare.approve("bob", &removal, NOW);
    assert_check(&bare, code, NOW, Outcome::Pass, &[removal]);
}

#[test]
fn overrides_are_decided_while_they_live_and_closed_within_the_grace() {
    let (decided, closed) = (Code::OverridesDecided, Code::OverridesClosed);
    let (mut ledger, _) = team_with_plan("");
    assert_check(&ledger, decided, NOW, Outcome::Pass, &[]);
    let id = ledger.good("carol", "exception", &access("carol", "t", "write", "2026-11-24T13:00:00Z"), NOW);
    assert_check(&ledger, decided, NOW, Outcome::Fail, &[id]);
    assert_check(&ledger, decided, "2026-11-24T12:59:59Z", Outcome::Fail, &[id]);
    assert_check(&ledger, decided, "2026-11-24T13:00:00Z", Outcome::Pass, &[]);
    // The override was never in effect, so no closure is needed.
    assert_check(&ledger, closed, "2026-11-30T13:00:00Z", Outcome::Pass, &[]);
    ledger.approve("bob", &id, "2026-11-24T10:00:00Z");
    assert_check(&ledger, decided, "2026-11-24T09:59:59Z", Outcome::Fail, &[id]);
    assert_check(&ledger, decided, "2026-11-24T10:00:00Z", Outcome::Pass, &[]);
    assert_check(&ledger, closed, "2026-11-25T12:59:59Z", Outcome::Pass, &[]);
    assert_check(&ledger, closed, "2026-11-25T13:00:00Z", Outcome::Fail, &[id]);
    // Staging is another target.
    let staging = Ask { environment: "staging", ..Ask::at("2026-11-25T13:00:00Z") }.of(&ledger);
    assert_eq!(staging.answer, Answer::Allowed);
    ledger.good("carol", "closure", &closure(&id), "2026-11-25T14:00:00Z");
    assert_check(&ledger, closed, "2026-11-25T14:00:00Z", Outcome::Pass, &[]);
    // A rejection is a decision too.
    let other = ledger.good(
        "carol",
        "exception",
        &access("carol", "u", "write", "2026-11-26T13:00:00Z"),
        "2026-11-25T14:00:00Z",
    );
    assert_check(&ledger, decided, "2026-11-25T14:00:00Z", Outcome::Fail, &[other]);
    ledger.reject("bob", &other, "2026-11-25T14:00:00Z");
    assert_check(&ledger, decided, "2026-11-25T14:00:00Z", Outcome::Pass, &[]);
}

#[test]
fn credentials_are_revoked_within_the_grace_after_the_end_or_the_first_closure() {
    let code = Code::CredentialsRevoked;
    let (mut ledger, _) = team_with_plan("");
    let with = |task: &str, end: &str| {
        access("carol", task, "write", end)
            .replace("resource = \"db\"\n", "resource = \"db\"\ncredential = \"vault:1\"\n")
    };
    let id = ledger.good("carol", "exception", &with("t", "2026-11-24T13:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    assert_check(&ledger, code, "2026-11-26T12:00:00Z", Outcome::Pass, &[]);
    // A closure after the end that reports the credential as pending: the grace runs from the end.
    let pending =
        format!("{}[[closure.credential]]\ncredential = \"vault:1\"\nbecame = \"pending\"\n", closure(&id));
    ledger.good("carol", "closure", &pending, "2026-11-24T15:00:00Z");
    assert_check(&ledger, code, "2026-11-25T12:59:59Z", Outcome::Pass, &[]);
    assert_check(&ledger, code, "2026-11-25T13:00:00Z", Outcome::Fail, &[id]);
    let other =
        format!("{}[[closure.credential]]\ncredential = \"vault:2\"\nbecame = \"revoked\"\n", closure(&id));
    ledger.good("carol", "closure", &other, "2026-11-25T13:00:00Z");
    assert_check(&ledger, code, "2026-11-25T13:00:00Z", Outcome::Fail, &[id]);
    let gone =
        format!("{}[[closure.credential]]\ncredential = \"vault:1\"\nbecame = \"expired\"\n", closure(&id));
    ledger.good("bob", "closure", &gone, "2026-11-25T13:00:00Z");
    assert_check(&ledger, code, "2026-11-25T13:00:00Z", Outcome::Pass, &[]);
}

#[test]
fn reviews_are_done_before_the_deadline() {
    let code = Code::ReviewsDone;
    let (mut ledger, _) = team_with_plan(NIGHT);
    assert_check(&ledger, code, NOW, Outcome::Pass, &[]);
    let id = ledger.good("bob", "exception", &expected("night", "t", &[], "2026-11-24T13:00:00Z"), NOW);
    assert_check(&ledger, code, NOW, Outcome::Warn, &[id]);
    assert_check(&ledger, code, A_SECOND_SHORT, Outcome::Warn, &[id]);
    assert_check(&ledger, code, TOMORROW, Outcome::Fail, &[id]);
    let staging = Ask { environment: "staging", ..Ask::at(TOMORROW) }.of(&ledger);
    assert_eq!(check(&staging, code).result, Outcome::Pass);
    ledger.bad("bob", "review", &review(&id, "justified", &[]), TOMORROW, Code::Concerned);
    assert_check(&ledger, code, TOMORROW, Outcome::Fail, &[id]);
    // A late review counts, from its date on.
    ledger.good("carol", "review", &review(&id, "justified", &[]), "2026-11-25T10:00:00Z");
    assert_check(&ledger, code, "2026-11-25T09:59:59Z", Outcome::Fail, &[id]);
    assert_check(&ledger, code, "2026-11-25T10:00:00Z", Outcome::Pass, &[]);
}

#[test]
fn a_release_is_approved_from_its_approval_to_its_end() {
    let code = Code::ReleaseApproved;
    let (mut ledger, plan) = team_with_plan("[policy.approvals]\nreleases = 1\n");
    assert_check(&ledger, code, NOW, Outcome::Fail, &[]);
    let id = ledger.good("alice", "release", &release(&plan, &[], TOMORROW), NOW);
    assert_check(&ledger, code, NOW, Outcome::Fail, &[id]);
    ledger.approve("bob", &id, "2026-11-24T10:00:00Z");
    assert_check(&ledger, code, "2026-11-24T09:59:59Z", Outcome::Fail, &[id]);
    assert_check(&ledger, code, "2026-11-24T10:00:00Z", Outcome::Pass, &[id]);
    assert_check(&ledger, code, A_SECOND_SHORT, Outcome::Pass, &[id]);
    assert_check(&ledger, code, TOMORROW, Outcome::Fail, &[id]);
    let decision = Ask::at("2026-11-24T10:00:00Z").of(&ledger);
    assert_eq!((decision.answer, decision.release), (Answer::Allowed, Some(id)));
    // A release is for one commit and one target.
    let other = Ask { what: 'd', ..Ask::at("2026-11-24T10:00:00Z") }.of(&ledger);
    assert_eq!(check(&other, code).result, Outcome::Fail);
    let staging = Ask { environment: "staging", ..Ask::at("2026-11-24T10:00:00Z") }.of(&ledger);
    assert_eq!(check(&staging, code).result, Outcome::Fail);
}

#[test]
fn a_policy_and_a_trust_of_one_entry_are_taken_into_account_one_after_the_other() {
    // The plan has one approval of the two that it needs. The policy asks for one, and then the trust takes the role of
    // its only approver away.
    let mut ledger = team_with_policy("[policy.approvals]\nrollback_plans = 2\n");
    let at = "2026-11-21T00:00:00Z";
    let id = ledger.good("alice", "rollback-plan", &plan("alice", "previous", END), at);
    ledger.approve("bob", &id, at);
    assert_eq!(check_result(&ledger, Code::RollbackPlan, NOW), Outcome::Fail);
    let policy = {
        let known = ledger.replay.past().policy();
        let head = format!("version = 2\nsupersedes = \"{}\"\n", known.id().unwrap());
        format!("{POLICY}[policy.approvals]\nrollback_plans = 1\n").replacen("version = 1\n", &head, 1)
    };
    let trust = {
        let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
        let alice = member(&Actor::new("alice"), "human", all);
        let others = ["bob", "carol", "dave"].map(|name| member(&Actor::new(name), "human", &["reporter"]));
        trust(2, Some(ledger.state().roster.id()), [1, 1, 1], &[alice, others.concat()])
    };
    ledger.append_together(&[("alice", "policy", &policy), ("alice", "trust", &trust)], at);
    assert_eq!(ledger.state().roster.trust().version.value(), 2);
    assert_eq!(check_result(&ledger, Code::RollbackPlan, NOW), Outcome::Pass);
}
