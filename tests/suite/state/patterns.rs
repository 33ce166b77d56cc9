//! What the gate decides about patterns, redesigns, plans, overrides and the way back (ledger-schema/deployment.md), on
//! ledgers in memory.

use std::collections::BTreeMap;

use countersign::finding::Code;
use countersign::gate::{CommitFact, Decision, Facts, LedgerStanding, Question, Wanted};
use countersign::record::kind::receipt::{Answer, Outcome, Purpose};
use countersign::value::{CommitId, Target};

use crate::support::ledger::{Ledger, NOW, exception, override_, plan, time};
use crate::support::question::{answer, held, of_process, team_with_policy, told};

const DAY: [&str; 4] =
    ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z", "2026-11-23T09:00:00Z"];
const END: &str = "2026-12-20T09:00:00Z";

fn commit(digit: char) -> CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

fn target(environment: &str) -> Target {
    Target { service: "payments".parse().unwrap(), environment: environment.parse().unwrap() }
}

/// The gate's decision about commit `c` at the time `at`; `contained` are the commits that `c` contains.
fn ask(ledger: &Ledger, environment: &str, at: &str, contained: &[char]) -> Decision {
    ask_about(ledger, environment, at, 'c', contained, Wanted::Either)
}

fn ask_about(
    ledger: &Ledger,
    environment: &str,
    at: &str,
    what: char,
    contained: &[char],
    wanted: Wanted,
) -> Decision {
    let commits: BTreeMap<_, _> = "0123456789abcdef"
        .chars()
        .map(|digit| (commit(digit), CommitFact { exists: true, contained: contained.contains(&digit) }))
        .collect();
    let facts = Facts {
        now: time(at),
        clock: time(at),
        ledger: LedgerStanding::Sound,
        freshness: countersign::gate::Freshness::default(),
        commits,
        old: std::collections::BTreeSet::new(),
        commit_exists: true,
        revert: None,
        is_reverted: false,
        told: Some(told(held(&ledger.state(), environment, '0'))),
        given: None,
    };
    let question = Question {
        target: target(environment),
        commit: commit(what),
        wanted,
        artifacts: Vec::new(),
        options: Vec::new(),
    };
    answer(&ledger.state(), &question, &facts)
}

fn result(decision: &Decision, code: Code) -> Outcome {
    decision
        .checks
        .iter()
        .find(|check| check.code.code() == code)
        .unwrap_or_else(|| panic!("{code} was not examined"))
        .result
}

fn repeating(ledger: &Ledger, at: &str, contained: &[char]) -> Outcome {
    result(&ask(ledger, "production", at, contained), Code::NoRepeatingExceptions)
}

fn redesign(more: &str, due: &str) -> String {
    format!(
        "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\n\
         environments = [\"production\", \"staging\"]\nsummary = \"s\"\ncause = \"c\"\nowner = \"alice\"\ndue = {due}\n{more}"
    )
}

fn code(digit: char) -> String {
    format!("change = \"code\"\n[[redesign.commit]]\nid = \"{}\"\n", commit(digit))
}

fn three(ledger: &mut Ledger) {
    for (day, task) in DAY.iter().zip(["a", "b", "c"]) {
        ledger.append("ops", "exception", &exception("feed-stale", task, "", ""), day);
    }
}

#[test]
fn two_occasions_warn_and_the_third_refuses() {
    let mut ledger = Ledger::team();
    let expected = [Outcome::Pass, Outcome::Warn, Outcome::Fail];
    for ((day, task), expected) in DAY.iter().zip(["a", "b", "c"]).zip(expected) {
        ledger.append("ops", "exception", &exception("feed-stale", task, "", ""), day);
        assert_eq!(repeating(&ledger, NOW, &[]), expected, "{task}");
    }
}

#[test]
fn what_repeats_without_a_name_asks_for_the_triage_of_all_of_it() {
    let mut ledger = Ledger::team();
    let unnamed = |task: &str| {
        exception("x", task, "symptom = \"stale\"", "")
            .replace("failure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"x\"\n", "")
    };
    let record = |(at, task): (&&str, &&str)| ledger.append("ops", "exception", &unnamed(task), at).short();
    let ids: Vec<String> = DAY.iter().zip(&["a", "b", "c"]).map(record).collect();
    let decision = ask(&ledger, "production", NOW, &[]);
    let check =
        decision.checks.iter().find(|check| check.code.code() == Code::NoRepeatingExceptions).unwrap();
    assert_eq!(check.result, Outcome::Fail);
    let next = check.next.as_ref().unwrap().to_string();
    assert_eq!(next, format!("countersign triage {}", ids.join(" ")));
}

#[test]
fn three_in_just_less_than_the_window_repeat_and_in_the_window_they_do_not() {
    for (first, expected) in
        [("2026-11-20T09:00:01Z", Outcome::Fail), ("2026-11-20T09:00:00Z", Outcome::Warn)]
    {
        let mut ledger = team_with_policy("[policy.recurrence]\nwindow = \"3d\"\n");
        for (at, task) in [(first, "a"), (DAY[1], "b"), (DAY[3], "c")] {
            ledger.append("ops", "exception", &exception("feed-stale", task, "", ""), at);
        }
        assert_eq!(repeating(&ledger, DAY[3], &[]), expected, "{first}");
    }
}

#[test]
fn once_repeating_neither_waiting_nor_a_laxer_policy_is_a_way_out() {
    let mut ledger = Ledger::team();
    three(&mut ledger);
    let id = ledger.replay.past().policy().id().unwrap();
    let laxer = crate::support::ledger::POLICY.replace(
        "version = 1\n",
        &format!("version = 2\nsupersedes = \"{id}\"\n[policy.recurrence]\nthreshold = 30\n"),
    );
    ledger.append("alice", "policy", &laxer, NOW);
    assert_eq!(ledger.replay.past().policy().version(), 2);
    assert_eq!(repeating(&ledger, "2027-11-24T09:00:00Z", &[]), Outcome::Fail);
}

#[test]
fn names_that_the_policy_says_are_one_cause_count_together() {
    let mut ledger = Ledger::team();
    let id = ledger.replay.past().policy().id().unwrap();
    let same = crate::support::ledger::POLICY
        .replace("version = 1\n", &format!("version = 2\nsupersedes = \"{id}\"\n"))
        + "[[policy.same_cause]]\nis = \"feed-stale\"\nalso = [\"feed-late\"]\n";
    ledger.append("ops", "exception", &exception("feed-stale", "a", "", ""), DAY[0]);
    ledger.append("ops", "exception", &exception("feed-late", "b", "", ""), DAY[1]);
    ledger.append("alice", "policy", &same, DAY[2]);
    assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Warn);
    ledger.append("ops", "exception", &exception("feed-late", "c", "", ""), DAY[3]);
    assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail);
}

#[test]
fn mode_warn_says_what_it_would_have_refused() {
    let mut ledger = Ledger::team();
    let id = ledger.replay.past().policy().id().unwrap();
    let warn = crate::support::ledger::POLICY.replace(
        "version = 1\n",
        &format!("version = 2\nsupersedes = \"{id}\"\n[policy.recurrence]\nmode = \"warn\"\n"),
    );
    ledger.append("alice", "policy", &warn, DAY[0]);
    three(&mut ledger);
    assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Warn);
}

#[test]
fn an_approved_redesign_holds_the_gate_open_until_it_is_due_and_only_once() {
    let mut ledger = Ledger::team();
    three(&mut ledger);
    let id = ledger.append("alice", "redesign", &redesign(&code('1'), "2026-12-01T00:00:00Z"), NOW);
    assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail, "not approved yet");
    ledger.approve("bob", &id, NOW);
    assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Warn, "understood");
    assert_eq!(repeating(&ledger, "2026-11-30T23:59:59Z", &[]), Outcome::Warn);
    assert_eq!(repeating(&ledger, "2026-12-01T00:00:00Z", &[]), Outcome::Fail, "it is overdue");
    let again = ledger.append("alice", "redesign", &redesign(&code('2'), "2027-02-01T00:00:00Z"), NOW);
    ledger.approve("bob", &again, NOW);
    assert_eq!(
        repeating(&ledger, "2026-12-01T00:00:00Z", &[]),
        Outcome::Fail,
        "a pattern is understood once"
    );
    assert_eq!(repeating(&ledger, "2026-12-01T00:00:00Z", &['2']), Outcome::Pass, "contained");
}

#[test]
fn understood_ends_after_understood_for_however_late_it_is_due() {
    let mut ledger = Ledger::team();
    three(&mut ledger);
    let id = ledger.append("alice", "redesign", &redesign(&code('1'), "2027-06-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(repeating(&ledger, "2026-12-08T08:59:59Z", &[]), Outcome::Warn);
    assert_eq!(repeating(&ledger, "2026-12-08T09:00:00Z", &[]), Outcome::Fail);
}

/// Records an allowed receipt for a commit, as the gate would make it; alice has the gate's role.
fn deploy(ledger: &mut Ledger, environment: &str, what: char, contained: &[char], at: &str) {
    let decision = ask_about(ledger, environment, at, what, contained, Wanted::Either);
    assert_eq!(decision.answer, Answer::Allowed, "{:?}", decision.checks);
    let list = |name: &str, ids: Vec<String>| {
        if ids.is_empty() { String::new() } else { format!("{name} = [\"{}\"]\n", ids.join("\", \"")) }
    };
    let plan = decision.rollback_plan.map(|id| format!("rollback_plan = \"{id}\"\n")).unwrap_or_default();
    let text = format!(
        "[receipt]\nservice = \"payments\"\nenvironment = \"{environment}\"\nref = \"refs/heads/production\"\ncommit = \"{}\"\npurpose = \"{}\"\ndecision = \"allowed\"\n\
         at = {at}\nexpires_at = {}\ntrust = \"{}\"\n{plan}previous = \"{}\"\nprevious_from = \"ref\"\n{}program = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
        commit(what),
        decision.purpose,
        decision.expires_at.unwrap(),
        decision.trust.unwrap(),
        held(&ledger.state(), environment, '0'),
        list("redesigns", decision.redesigns.iter().map(ToString::to_string).collect()),
    );
    let id = ledger.append("alice", "receipt", &text, at);
    assert_eq!(ledger.void(&id), None);
}

fn with_plan() -> Ledger {
    let mut ledger = Ledger::team();
    let both = plan("alice", "previous", END)
        .replace("environments = [\"production\"]", "environments = [\"production\", \"staging\"]");
    let id = ledger.append("alice", "rollback-plan", &both, "2026-11-21T00:00:00Z");
    ledger.approve("bob", &id, "2026-11-21T00:00:00Z");
    ledger
}

#[test]
fn a_deployed_redesign_resolves_the_pattern_and_fails_where_the_cause_comes_back() {
    let mut ledger = with_plan();
    three(&mut ledger);
    let id = ledger.append("alice", "redesign", &redesign(&code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    deploy(&mut ledger, "production", 'c', &['1'], NOW);
    assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Pass, "resolved: later commits need not contain it");
    // The cause comes back in staging only: the redesign has not failed in production.
    let staging = exception("feed-stale", "d", "", "").replace("production", "staging");
    ledger.append("ops", "exception", &staging, "2026-11-25T09:00:00Z");
    assert_ne!(repeating(&ledger, "2026-11-25T10:00:00Z", &['1']), Outcome::Fail);
    ledger.append("ops", "exception", &exception("feed-stale", "e", "", ""), "2026-11-26T09:00:00Z");
    let decision = ask(&ledger, "production", "2026-11-26T10:00:00Z", &['1']);
    assert_eq!(result(&decision, Code::NoRepeatingExceptions), Outcome::Fail, "the redesign has failed");
    let better = ledger.append(
        "alice",
        "redesign",
        &redesign(&code('2'), "2026-12-09T00:00:00Z"),
        "2026-11-26T11:00:00Z",
    );
    ledger.approve("bob", &better, "2026-11-26T11:00:00Z");
    assert_eq!(
        repeating(&ledger, "2026-11-26T12:00:00Z", &['1']),
        Outcome::Fail,
        "the old one is not enough"
    );
    assert_eq!(repeating(&ledger, "2026-11-26T12:00:00Z", &['1', '2']), Outcome::Pass);
}

#[test]
fn a_redesign_that_failed_by_one_cause_has_failed_whatever_is_struck_of_another() {
    let mut ledger = with_plan();
    let old = ledger.append("ops", "exception", &exception("feed-stale", "z", "", ""), DAY[0]);
    three(&mut ledger);
    let both = redesign(&code('1'), "2026-12-01T00:00:00Z")
        .replace("[\"feed-stale\"]", "[\"feed-late\", \"feed-stale\"]");
    let id = ledger.append("alice", "redesign", &both, NOW);
    ledger.approve("bob", &id, NOW);
    deploy(&mut ledger, "production", 'c', &['1'], NOW);
    let late =
        ledger.append("ops", "exception", &exception("feed-late", "e", "", ""), "2026-11-26T09:00:00Z");
    let strike = |ledger: &mut Ledger, of: &countersign::value::RecordId, at: &str| {
        let text = format!("[triage]\nof = [\"{of}\"]\nverdict = \"mistaken\"\nreason = \"r\"\n");
        let id = ledger.append("alice", "triage", &text, at);
        ledger.approve("bob", &id, at);
    };
    let results = |ledger: &Ledger, at: &str| {
        let decision = ask(ledger, "production", at, &['1']);
        (result(&decision, Code::NoRepeatingExceptions), result(&decision, Code::RedesignEffective))
    };
    assert_eq!(results(&ledger, "2026-11-26T10:00:00Z"), (Outcome::Fail, Outcome::Fail));
    strike(&mut ledger, &old, "2026-11-26T11:00:00Z");
    assert_eq!(results(&ledger, "2026-11-26T12:00:00Z"), (Outcome::Fail, Outcome::Fail));
    // Without the occasion that made it fail, the redesign did not fail.
    strike(&mut ledger, &late, "2026-11-26T13:00:00Z");
    assert_eq!(results(&ledger, "2026-11-26T14:00:00Z"), (Outcome::Pass, Outcome::Pass));
}

#[test]
fn a_change_of_process_resolves_from_its_day_on_with_evidence() {
    let mut ledger = Ledger::team();
    three(&mut ledger);
    let from = of_process("in_force_from = 2026-11-26T00:00:00Z\n");
    let id = ledger.append("alice", "redesign", &redesign(&from, "2026-11-25T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(
        repeating(&ledger, "2026-11-25T23:59:59Z", &[]),
        Outcome::Fail,
        "it is overdue, and in force only from tomorrow"
    );
    assert_eq!(repeating(&ledger, "2026-11-26T00:00:00Z", &[]), Outcome::Pass);
    let text = redesign(from.split("[[evidence]]").next().unwrap(), "2026-11-25T00:00:00Z");
    assert!(
        countersign::record::draft::Draft::read(text.as_bytes(), countersign::record::Kind::Redesign)
            .is_err(),
        "without evidence"
    );
}

#[test]
fn a_plan_is_in_force_from_its_approval_to_its_end_half_open() {
    let mut ledger = Ledger::team();
    let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", "2026-11-25T09:00:00Z"), NOW);
    let at = |ledger: &Ledger, at| result(&ask(ledger, "production", at, &[]), Code::RollbackPlan);
    assert_eq!(at(&ledger, NOW), Outcome::Fail);
    ledger.approve("bob", &id, NOW);
    assert_eq!(
        at(&ledger, "2026-11-24T08:59:59Z"),
        Outcome::Fail,
        "the approval is dated after the question"
    );
    assert_eq!(at(&ledger, NOW), Outcome::Pass);
    assert_eq!(at(&ledger, "2026-11-25T08:59:59Z"), Outcome::Pass);
    assert_eq!(at(&ledger, "2026-11-25T09:00:00Z"), Outcome::Fail);
}

#[test]
fn a_shorter_lifetime_ends_plans_at_once_and_a_longer_one_leaves_them_their_own_end() {
    let mut ledger = Ledger::team();
    let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", "2026-12-20T09:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    let at =
        |ledger: &Ledger| result(&ask(ledger, "production", "2026-11-28T09:00:00Z", &[]), Code::RollbackPlan);
    assert_eq!(at(&ledger), Outcome::Pass);
    let mut policy = |version: u64, lifetime: &str| {
        let id = ledger.replay.past().policy().id().unwrap();
        let text = crate::support::ledger::POLICY.replace(
            "version = 1\n",
            &format!("version = {version}\nsupersedes = \"{id}\"\n[policy.rollback]\nmax_lifetime = \"{lifetime}\"\n"),
        );
        ledger.append("alice", "policy", &text, NOW);
        at(&ledger)
    };
    assert_eq!(policy(2, "3d"), Outcome::Fail);
    assert_eq!(policy(3, "300d"), Outcome::Pass, "the limit is the plan's own end again");
}

#[test]
fn what_a_plan_goes_back_to_exists_and_is_not_what_is_deployed() {
    let cases = [("previous", Outcome::Pass), ("removal", Outcome::Fail)];
    for (to, expected) in cases {
        let mut ledger = Ledger::team();
        let id = ledger.append("alice", "rollback-plan", &plan("alice", to, END), NOW);
        ledger.approve("bob", &id, NOW);
        assert_eq!(result(&ask(&ledger, "production", NOW, &[]), Code::RollbackTarget), expected, "{to}");
    }
    for (to, expected) in [('1', Outcome::Pass), ('c', Outcome::Fail)] {
        let mut ledger = Ledger::team();
        let id = ledger.append("alice", "rollback-plan", &plan("alice", commit(to).as_str(), END), NOW);
        ledger.approve("bob", &id, NOW);
        assert_eq!(result(&ask(&ledger, "production", NOW, &[]), Code::RollbackTarget), expected, "{to}");
    }
    let mut ledger = Ledger::team();
    let revert = plan("alice", "previous", END)
        .replace("method = \"redeploy\"", &format!("method = \"revert\"\ncommit = \"{}\"", commit('c')));
    let id = ledger.append("alice", "rollback-plan", &revert, NOW);
    ledger.approve("bob", &id, NOW);
    let decision = ask(&ledger, "production", NOW, &[]);
    let check = decision.checks.iter().find(|check| check.code.code() == Code::RollbackTarget).unwrap();
    assert!(
        check.result == Outcome::Fail && check.found.contains("could not check whether undoing"),
        "{}",
        check.found
    );
}

#[test]
fn a_plan_without_enough_criteria_or_for_an_unknown_target_fails() {
    let mut ledger = with_plan();
    assert_eq!(result(&ask(&ledger, "production", NOW, &[]), Code::RollbackCriteria), Outcome::Pass);
    assert_eq!(result(&ask(&ledger, "produktion", NOW, &[]), Code::TargetKnown), Outcome::Fail);
    let id = ledger.replay.past().policy().id().unwrap();
    let text = crate::support::ledger::POLICY.replace(
        "version = 1\n",
        &format!("version = 2\nsupersedes = \"{id}\"\n[policy.rollback]\nmin_criteria = 2\n"),
    );
    ledger.append("alice", "policy", &text, NOW);
    assert_eq!(result(&ask(&ledger, "production", NOW, &[]), Code::RollbackCriteria), Outcome::Fail);
}

#[test]
fn a_live_override_is_decided_and_an_ended_one_closed_before_anything_expands() {
    let mut ledger = with_plan();
    let id = ledger.append("carol", "exception", &override_("carol", "2026-11-24T13:00:00Z"), NOW);
    let both = |ledger: &Ledger, at| {
        let decision = ask(ledger, "production", at, &[]);
        (result(&decision, Code::OverridesDecided), result(&decision, Code::OverridesClosed))
    };
    assert_eq!(both(&ledger, NOW), (Outcome::Fail, Outcome::Pass), "undecided");
    ledger.approve("bob", &id, NOW);
    assert_eq!(both(&ledger, NOW), (Outcome::Pass, Outcome::Pass));
    assert_eq!(both(&ledger, "2026-11-25T12:59:59Z"), (Outcome::Pass, Outcome::Pass), "within the grace");
    assert_eq!(
        both(&ledger, "2026-11-25T13:00:00Z"),
        (Outcome::Pass, Outcome::Fail),
        "it was not closed within the grace"
    );
    let closure = format!("[closure]\nof = \"{id}\"\nreason = \"over\"\n");
    let closed = ledger.append("carol", "closure", &closure, "2026-11-25T14:00:00Z");
    assert_eq!(ledger.void(&closed), None, "closures need no live subject");
    assert_eq!(both(&ledger, "2026-11-25T15:00:00Z"), (Outcome::Pass, Outcome::Pass));
}

#[test]
fn a_rejected_override_does_not_hold_up_the_target() {
    let mut ledger = with_plan();
    let id = ledger.append("carol", "exception", &override_("carol", "2026-11-24T13:00:00Z"), NOW);
    ledger.reject("bob", &id, NOW);
    assert_eq!(result(&ask(&ledger, "production", NOW, &[]), Code::OverridesDecided), Outcome::Pass);
}

#[test]
fn the_way_back_is_never_refused_for_what_the_way_forward_lacks() {
    let mut ledger = with_plan();
    deploy(&mut ledger, "production", 'a', &[], "2026-11-22T09:00:00Z");
    deploy(&mut ledger, "production", 'b', &[], "2026-11-22T10:00:00Z");
    for (day, task) in DAY.iter().skip(2).chain([&NOW]).zip(["x", "y", "z"]) {
        ledger.append("ops", "exception", &exception("feed-stale", task, "", ""), day);
    }
    let late = "2027-03-01T00:00:00Z";
    let back = ask_about(&ledger, "production", late, 'a', &[], Wanted::Either);
    assert_eq!((back.purpose, back.answer), (Purpose::Restoration, Answer::Allowed), "{:?}", back.checks);
    assert_eq!(result(&back, Code::RollbackPlan), Outcome::Waived);
    assert_eq!(result(&back, Code::NoRepeatingExceptions), Outcome::Waived);
    // Commit `0` is a way back, too: a receipt says that the ref held it before the first deployment.
    let planned = ask_about(&ledger, "production", late, '0', &[], Wanted::Restoration);
    assert_eq!(planned.answer, Answer::Allowed, "{:?}", planned.checks);
    // A commit that runs there now is no way back, nor is one that never ran there.
    for what in ['b', 'f'] {
        let forward = ask_about(&ledger, "production", late, what, &[], Wanted::Either);
        assert_eq!((forward.purpose, forward.answer), (Purpose::Expansion, Answer::Refused), "{what}");
        let asked = ask_about(&ledger, "production", late, what, &[], Wanted::Restoration);
        assert_eq!(asked.answer, Answer::Refused, "{what}");
        assert_eq!(result(&asked, Code::RollbackTarget), Outcome::Fail, "{what}");
    }
}

#[test]
fn a_halted_ledger_is_judged_at_its_last_good_entry_for_the_way_back_only() {
    let mut ledger = with_plan();
    deploy(&mut ledger, "production", 'a', &[], "2026-11-22T09:00:00Z");
    deploy(&mut ledger, "production", 'b', &[], "2026-11-22T10:00:00Z");
    let decide_with = |what: char, standing: LedgerStanding| {
        let commits = BTreeMap::new();
        let facts = Facts {
            now: time(NOW),
            clock: time(NOW),
            ledger: standing,
            freshness: countersign::gate::Freshness::default(),
            commits,
            old: std::collections::BTreeSet::new(),
            commit_exists: true,
            revert: None,
            is_reverted: false,
            told: None,
            given: None,
        };
        let question = Question {
            target: target("production"),
            commit: commit(what),
            wanted: Wanted::Either,
            artifacts: vec![],
            options: vec![],
        };
        answer(&ledger.state(), &question, &facts)
    };
    let halted = || LedgerStanding::Halted { found: "x".to_owned(), outbox: Vec::new() };
    let forked = || LedgerStanding::Untrusted { code: Code::Forked, found: "x".to_owned() };
    assert_eq!(decide_with('a', halted()).answer, Answer::Allowed);
    assert_eq!(decide_with('c', halted()).answer, Answer::Refused);
    assert!(decide_with('c', halted()).is_untrusted());
    for what in ['a', 'c'] {
        let decision = decide_with(what, forked());
        assert!(
            decision.answer == Answer::Refused && decision.checks.len() == 1,
            "nothing is examined on a fork"
        );
    }
}

#[test]
fn what_the_policy_asks_for_and_is_not_there_fails() {
    let cases = [
        ("[policy.rollback]\nrehearsed_within = \"30d\"\n", Code::RollbackRehearsed),
        ("[policy.approvals]\nreleases = 1\n", Code::ReleaseApproved),
        ("[policy.freshness]\nwitnesses = 1\n", Code::LedgerFresh),
    ];
    for (table, code) in cases {
        let mut ledger = with_plan();
        assert_eq!(ask(&ledger, "production", NOW, &[]).answer, Answer::Allowed);
        let id = ledger.replay.past().policy().id().unwrap();
        let text = crate::support::ledger::POLICY
            .replace("version = 1\n", &format!("version = 2\nsupersedes = \"{id}\"\n{table}"));
        ledger.append("alice", "policy", &text, NOW);
        let decision = ask(&ledger, "production", NOW, &[]);
        assert_eq!((decision.answer, result(&decision, code)), (Answer::Refused, Outcome::Fail));
    }
}

#[test]
fn break_glass_is_in_effect_at_once_and_the_same_persons_next_needs_another_person() {
    let mut ledger = Ledger::team();
    let id = ledger.replay.past().policy().id().unwrap();
    let text = crate::support::ledger::POLICY
        .replace("version = 1\n", &format!("version = 2\nsupersedes = \"{id}\"\n"))
        + "[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 0\nmax_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\nmay_waive = [\"rollback-rehearsed\"]\n";
    ledger.append("alice", "policy", &text, NOW);
    let glass = |task: &str, more: &str| {
        exception("c", task, &format!("expected = \"night\"\n{more}expires_at = 2026-11-24T13:00:00Z"), "")
    };
    let first = ledger.append("bob", "exception", &glass("1", ""), NOW);
    let second = ledger.append("bob", "exception", &glass("2", ""), NOW);
    let too_much = ledger.append("bob", "exception", &glass("3", "waives = [\"rollback-plan\"]\n"), NOW);
    let by_machine = ledger.append("ops", "exception", &glass("4", ""), NOW);
    let state = ledger.state();
    let in_effect = |id| {
        state.exceptions().iter().find(|exception| exception.id == id).unwrap().approvals.effect().is_some()
    };
    assert!(in_effect(first) && !in_effect(second));
    assert_eq!(
        (ledger.void(&too_much), ledger.void(&by_machine)),
        (Some(Code::Expected), Some(Code::Expected))
    );
    let late = ask(&ledger, "production", "2026-11-25T09:00:00Z", &[]);
    assert_eq!(result(&late, Code::ReviewsDone), Outcome::Fail, "the review is overdue");
}

#[test]
fn receipts_that_allow_judge_the_head_or_are_void() {
    let mut ledger = with_plan();
    let seen = ledger.head();
    deploy(&mut ledger, "production", 'a', &[], "2026-11-22T09:00:00Z");
    ledger.seen = Some(seen);
    let trust = ledger.replay.past().trust().unwrap().id();
    let text = |expires: &str| {
        format!(
            "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\ndecision = \"allowed\"\n\
         at = {NOW}\nexpires_at = {expires}\ntrust = \"{trust}\"\nprogram = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
            commit('b')
        )
    };
    let stale = ledger.append("alice", "receipt", &text("2026-11-24T09:15:00Z"), NOW);
    assert_eq!(ledger.void(&stale), Some(Code::StaleDecision));
    ledger.seen = None;
    let long = ledger.append("alice", "receipt", &text("2026-11-24T09:15:01Z"), NOW);
    assert_eq!(ledger.void(&long), Some(Code::Lifetime));
    let good = ledger.append("alice", "receipt", &text("2026-11-24T09:15:00Z"), NOW);
    assert_eq!(ledger.void(&good), None);
}

#[test]
fn the_same_inputs_give_the_same_decision() {
    let mut ledger = with_plan();
    three(&mut ledger);
    let once = format!("{:?}", ask(&ledger, "production", NOW, &[]));
    assert_eq!(once, format!("{:?}", ask(&ledger, "production", NOW, &[])));
}

/// Rules that a hostile reviewer once found ways around.
mod ways_around {
    use super::*;
    use crate::support::ledger::{Actor, POLICY, body};
    use countersign::value::RecordId;

    fn next_policy(ledger: &mut Ledger, text: &str, at: &str) {
        let policy = ledger.replay.past().policy();
        let (version, id) = (policy.version() + 1, policy.id().unwrap());
        let head = format!("version = {version}\nsupersedes = \"{id}\"\n");
        ledger.append("alice", "policy", &text.replace("version = 1\n", &head), at);
        assert_eq!(ledger.replay.past().policy().version(), version);
    }

    fn process_redesign(ledger: &mut Ledger, from: &str) -> RecordId {
        let of = of_process(&format!("in_force_from = {from}\n"));
        ledger.append("alice", "redesign", &redesign(&of, "2026-11-01T00:00:00Z"), "2026-11-10T00:00:00Z")
    }

    #[test]
    fn a_change_of_process_that_is_yet_to_come_hides_nothing() {
        let mut ledger = Ledger::team();
        let id = process_redesign(&mut ledger, "2099-01-01T00:00:00Z");
        ledger.approve("bob", &id, "2026-11-10T00:00:00Z");
        three(&mut ledger);
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail);
    }

    #[test]
    fn a_stricter_policy_judges_what_is_there_already() {
        let mut ledger = Ledger::team();
        for (day, task) in DAY.iter().zip(["a", "b"]) {
            ledger.append("ops", "exception", &exception("feed-stale", task, "", ""), day);
        }
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Warn);
        let two = "\n[policy.recurrence]\nthreshold = 2\n\n[[policy.target]]";
        next_policy(&mut ledger, &POLICY.replacen("\n[[policy.target]]", two, 1), NOW);
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail);
        // A pattern that repeated under the stricter policy also repeats under the laxer one after it.
        next_policy(&mut ledger, POLICY, NOW);
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail);
    }

    #[test]
    fn a_cause_that_comes_back_under_its_other_name_fails_the_redesign() {
        let mut ledger = with_plan();
        next_policy(
            &mut ledger,
            &format!("{POLICY}[[policy.same_cause]]\nis = \"feed-stale\"\nalso = [\"feed-late\"]\n"),
            DAY[0],
        );
        three(&mut ledger);
        let id = ledger.append("alice", "redesign", &redesign(&code('1'), "2026-12-01T00:00:00Z"), NOW);
        ledger.approve("bob", &id, NOW);
        deploy(&mut ledger, "production", 'c', &['1'], NOW);
        ledger.append("ops", "exception", &exception("feed-late", "d", "", ""), "2026-11-26T09:00:00Z");
        let decision = ask(&ledger, "production", "2026-11-26T10:00:00Z", &['1']);
        assert_eq!(result(&decision, Code::NoRepeatingExceptions), Outcome::Fail);
        assert_eq!(result(&decision, Code::RedesignEffective), Outcome::Fail);
    }

    #[test]
    fn a_failed_redesign_refuses_also_where_the_policy_only_warns_of_repeating() {
        let mut ledger = with_plan();
        let warn = POLICY.replacen(
            "\n[[policy.target]]",
            "\n[policy.recurrence]\nmode = \"warn\"\n\n[[policy.target]]",
            1,
        );
        next_policy(&mut ledger, &warn, DAY[0]);
        three(&mut ledger);
        let id = ledger.append("alice", "redesign", &redesign(&code('1'), "2026-12-01T00:00:00Z"), NOW);
        ledger.approve("bob", &id, NOW);
        deploy(&mut ledger, "production", 'c', &['1'], NOW);
        assert_eq!(ask(&ledger, "production", NOW, &[]).answer, Answer::Allowed);
        ledger.append("ops", "exception", &exception("feed-stale", "d", "", ""), "2026-11-26T09:00:00Z");
        let at = "2026-11-26T10:00:00Z";
        assert_eq!(ask(&ledger, "production", at, &[]).answer, Answer::Refused);
        let better = ledger.append("alice", "redesign", &redesign(&code('2'), "2026-12-09T00:00:00Z"), at);
        ledger.approve("bob", &better, at);
        assert_eq!(result(&ask(&ledger, "production", at, &['2']), Code::RedesignEffective), Outcome::Pass);
    }

    #[test]
    fn an_unapproved_redesign_that_a_receipt_lists_resolves_nothing() {
        let mut ledger = with_plan();
        let id = ledger.append(
            "alice",
            "redesign",
            &redesign(&code('1'), "2026-12-01T00:00:00Z"),
            "2026-11-21T00:00:00Z",
        );
        three(&mut ledger);
        let trust = ledger.replay.past().trust().unwrap().id();
        let text = format!(
            "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\ndecision = \"allowed\"\n\
             at = {NOW}\nexpires_at = 2026-11-24T09:15:00Z\ntrust = \"{trust}\"\nredesigns = [\"{id}\"]\nprogram = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
            commit('c')
        );
        let receipt = ledger.append("alice", "receipt", &text, NOW);
        assert_eq!(ledger.void(&receipt), None);
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail);
    }

    #[test]
    fn expected_exceptions_beyond_their_number_stay_a_pattern_under_a_laxer_policy() {
        let mut ledger = Ledger::team();
        let entry = |most: u64| {
            format!(
                "{POLICY}[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 1\nmax_lifetime = \"4h\"\nreview_within = \"90d\"\nmax_per_window = {most}\nwindow = \"90d\"\n"
            )
        };
        next_policy(&mut ledger, &entry(1), DAY[0]);
        for (day, task) in DAY.iter().zip(["a", "b", "c", "d"]) {
            let end = time(day).plus(countersign::value::Duration::of_hours(1));
            let text =
                exception("feed-stale", task, &format!("expected = \"night\"\nexpires_at = {end}"), "");
            let id = ledger.append("bob", "exception", &text, day);
            assert_eq!(ledger.void(&id), None);
        }
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail, "three beyond the one allowed");
        next_policy(&mut ledger, &entry(50), NOW);
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Fail);
    }

    #[test]
    fn a_credential_left_pending_refuses_after_the_grace() {
        let mut ledger = with_plan();
        let end = "2026-11-24T13:00:00Z";
        let text = override_("carol", end)
            .replace("resource = \"db\"\n", "resource = \"db\"\ncredential = \"vault:1\"\n");
        let id = ledger.append("carol", "exception", &text, NOW);
        ledger.approve("bob", &id, NOW);
        ledger.append(
            "carol",
            "closure",
            &format!("[closure]\nof = \"{id}\"\nreason = \"over\"\n"),
            "2026-11-24T12:00:00Z",
        );
        let at = |ledger: &Ledger, at| result(&ask(ledger, "production", at, &[]), Code::CredentialsRevoked);
        assert_eq!(at(&ledger, "2026-11-25T11:59:59Z"), Outcome::Pass);
        assert_eq!(at(&ledger, "2026-11-25T12:00:00Z"), Outcome::Fail);
        let fate = format!(
            "[closure]\nof = \"{id}\"\nreason = \"gone\"\n[[closure.credential]]\ncredential = \"vault:1\"\nbecame = \"revoked\"\n"
        );
        // A closure by a person whom the override does not concern is enough.
        ledger.append("bob", "closure", &fate, "2026-11-25T13:00:00Z");
        assert_eq!(at(&ledger, "2026-11-25T14:00:00Z"), Outcome::Pass);
    }

    #[test]
    fn an_expected_exception_that_never_was_in_effect_owes_no_review() {
        let mut ledger = with_plan();
        let entry = "[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 1\nmax_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\n";
        next_policy(&mut ledger, &format!("{POLICY}{entry}"), DAY[0]);
        let text = exception("c", "t", "expected = \"night\"\nexpires_at = 2026-11-24T13:00:00Z", "");
        ledger.append("bob", "exception", &text, NOW);
        assert_eq!(ask(&ledger, "production", "2026-12-01T09:00:00Z", &[]).answer, Answer::Allowed);
    }

    #[test]
    fn what_somebody_typed_as_the_commit_before_is_no_way_back() {
        let mut ledger = with_plan();
        let plan = ledger.state().plans().first().unwrap().id;
        let trust = ledger.replay.past().trust().unwrap().id();
        let git = "previous_from = \"ref\"\n";
        for (from, expected) in [
            ("previous_from = \"given\"\n", Answer::Refused),
            ("previous_from = \"ledger\"\n", Answer::Refused),
            (git, Answer::Allowed),
        ] {
            let text = format!(
                "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\nref = \"refs/heads/production\"\ncommit = \"{}\"\npurpose = \"expansion\"\ndecision = \"allowed\"\n\
                 at = {NOW}\nexpires_at = 2026-11-24T09:15:00Z\ntrust = \"{trust}\"\nrollback_plan = \"{plan}\"\nprevious = \"{}\"\n{from}program = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
                commit('b'),
                commit('e')
            );
            let id = ledger.append("alice", "receipt", &text, NOW);
            assert_eq!(ledger.void(&id), None);
            assert_eq!(ask_about(&ledger, "production", NOW, 'e', &[], Wanted::Restoration).answer, expected);
        }
    }

    #[test]
    fn a_way_back_that_failed_can_be_gone_again() {
        let mut ledger = with_plan();
        deploy(&mut ledger, "production", 'b', &[], "2026-11-22T10:00:00Z");
        for task in ["x", "y", "z"] {
            ledger.append("ops", "exception", &exception("feed-stale", task, "", ""), NOW);
        }
        for _ in 0..2 {
            let back = ask_about(&ledger, "production", NOW, '0', &[], Wanted::Restoration);
            assert_eq!(back.answer, Answer::Allowed, "{:?}", back.checks);
            let trust = back.trust.unwrap();
            let text = format!(
                "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"restoration\"\ndecision = \"allowed\"\n\
                 at = {NOW}\nexpires_at = 2026-11-24T09:15:00Z\ntrust = \"{trust}\"\nprogram = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
                commit('0')
            );
            ledger.append("alice", "receipt", &text, NOW);
        }
    }

    #[test]
    fn a_clock_behind_the_ledger_decides_nothing_but_the_way_back() {
        let mut ledger = with_plan();
        deploy(&mut ledger, "production", 'a', &[], "2026-11-22T09:00:00Z");
        deploy(&mut ledger, "production", 'b', &[], "2026-11-22T10:00:00Z");
        ledger.append("bob", "exception", &exception("c", "1", "", ""), NOW);
        ledger.append("carol", "exception", &exception("c", "1", "", ""), NOW);
        let early = "2026-11-24T08:54:59Z";
        let forward = ask(&ledger, "production", early, &[]);
        assert_eq!((forward.answer, result(&forward, Code::LedgerFresh)), (Answer::Refused, Outcome::Fail));
        assert_eq!(ask_about(&ledger, "production", early, 'a', &[], Wanted::Either).answer, Answer::Allowed);
        assert_eq!(
            ask(&ledger, "production", "2026-11-24T08:55:00Z", &[]).answer,
            Answer::Allowed,
            "within the skew"
        );
    }

    #[test]
    fn many_retries_of_one_task_are_one_occasion() {
        let mut ledger = Ledger::team();
        for round in 0..4 {
            let files: Vec<Vec<u8>> = (0..50)
                .map(|number| {
                    let text = exception(
                        "feed-stale",
                        "the same task",
                        &format!("occurrences = {}", round * 50 + number + 2),
                        "",
                    );
                    Actor::new("ops").file(&ledger.record("ops", body("exception", &text), NOW).payload())
                })
                .collect();
            ledger.push_files(&Actor::new("ops"), &files);
        }
        assert_eq!(repeating(&ledger, NOW, &[]), Outcome::Pass);
    }
}
