//! Recurring exceptions and what a triage changes, on ledgers in memory, to the second.

use countersign::finding::Code;
use countersign::record::kind::receipt::{Answer, Outcome, Purpose};
use countersign::value::RecordId;

use crate::support::ledger::{Ledger, NOW, exception, override_, time};
use crate::support::question::{
    Ask, NIGHT, assert_check, check, check_result, commit, expected, of_code, of_process, redesign, target,
    team_with_plan, triage,
};

const REPEATING: Code = Code::NoRepeatingExceptions;
const EFFECTIVE: Code = Code::RedesignEffective;

/// The result of the recurrence check on a target at a time, for a commit that contains these commits.
fn repeats(ledger: &Ledger, environment: &str, at: &str, contained: &str) -> Outcome {
    check(&Ask { environment, contained, ..Ask::at(at) }.of(ledger), REPEATING).result
}

/// The patterns as `patterns` shows them: the cause, the number of recent occasions, and whether the pattern repeats.
fn named(ledger: &Ledger, at: &str) -> Vec<(String, usize, bool)> {
    let state = ledger.state();
    let mut found: Vec<_> = state
        .patterns_at(time(at))
        .overview
        .into_iter()
        .map(|pattern| (pattern.cause.to_string(), pattern.recent.len(), !pattern.repeats_on.is_empty()))
        .collect();
    found.sort();
    found
}

fn symptom(ledger: &mut Ledger, symptom: &str, task: &str, at: &str) -> RecordId {
    let text = exception("x", task, &format!("symptom = \"{symptom}\""), "");
    let text = text
        .replace("root_cause = \"x\"\n", "")
        .replace("failure = \"bad-source-data\"\norigin = \"data\"\n", "");
    ledger.good("ops", "exception", &text, at)
}

/// Records an exception without a cause and without a symptom.
fn unnamed(ledger: &mut Ledger, task: &str, at: &str) -> RecordId {
    let text = exception("x", task, "", "")
        .replace("root_cause = \"x\"\n", "")
        .replace("failure = \"bad-source-data\"\norigin = \"data\"\n", "");
    ledger.good("ops", "exception", &text, at)
}

/// Records a redesign of a process, with evidence.
fn process(ledger: &mut Ledger, more: &str, due: &str, at: &str) -> RecordId {
    ledger.good("alice", "redesign", &redesign(&of_process(more), due), at)
}

#[test]
fn a_pattern_is_one_workflow_and_one_cause_however_many_occurrences_it_has() {
    let (mut ledger, _) = team_with_plan("");
    let ids = ledger.three_occasions();
    // Another workflow or another cause is another pattern.
    let other = exception("feed-stale", "d", "", "").replace("vendor-import", "billing");
    ledger.good("ops", "exception", &other, NOW);
    ledger.observe("feed-late", "e", NOW);
    assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
    let all = named(&ledger, NOW);
    assert_eq!(
        all,
        [("feed-late".into(), 1, false), ("feed-stale".into(), 1, false), ("feed-stale".into(), 3, true)]
    );
    // `occurrences` does not multiply the occasions.
    let (mut ledger, _) = team_with_plan("");
    ledger.good("ops", "exception", &exception("c", "1", "occurrences = 500", ""), NOW);
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Pass);
}

#[test]
fn it_touches_the_targets_of_the_occasions_that_made_it_repeat_and_of_later_ones() {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    assert_eq!(repeats(&ledger, "production", NOW, ""), Outcome::Fail);
    assert_eq!(repeats(&ledger, "staging", NOW, ""), Outcome::Pass, "no occasion touched staging");
    let staging = exception("feed-stale", "d", "", "").replace("production", "staging");
    ledger.good("ops", "exception", &staging, NOW);
    assert_eq!(repeats(&ledger, "staging", NOW, ""), Outcome::Fail);
    // The rules in the policy's table of a target apply to that target.
    let own = "[[policy.target]]\nservice = \"payments\"\nenvironment = \"dev\"\n[policy.target.recurrence]\nthreshold = 4\n";
    let (mut ledger, _) = team_with_plan(own);
    let everywhere =
        |task: &str| exception("c", task, "", "").replace("[\"production\"]", "[\"production\", \"dev\"]");
    for (task, dev) in
        [("1", Outcome::Pass), ("2", Outcome::Warn), ("3", Outcome::Warn), ("4", Outcome::Fail)]
    {
        ledger.good("ops", "exception", &everywhere(task), &format!("2026-11-2{task}T09:00:00Z"));
        assert_eq!(repeats(&ledger, "dev", NOW, ""), dev, "{task}");
        let production = if task >= "3" { Outcome::Fail } else { dev };
        assert_eq!(repeats(&ledger, "production", NOW, ""), production, "{task}");
    }
}

#[test]
fn expected_ones_count_apart_up_to_their_number_within_their_window() {
    let entry = NIGHT.replacen(
        "max_per_window = 100\nwindow = \"90d\"\n",
        "max_per_window = 1\nwindow = \"1d\"\n",
        1,
    );
    let (mut ledger, _) = team_with_plan(&entry);
    let night = |ledger: &mut Ledger, author, task: &str, at: &str, end: &str| {
        ledger.good(author, "exception", &expected("night", task, &[], end), at)
    };
    night(&mut ledger, "bob", "1", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z");
    assert!(named(&ledger, NOW).is_empty());
    // The second and the third each come within a day of the one before, and count.
    night(&mut ledger, "carol", "2", "2026-11-24T08:59:59Z", "2026-11-24T10:00:00Z");
    assert_eq!(named(&ledger, NOW), [("disk-full".into(), 1, false)]);
    night(&mut ledger, "dave", "3", "2026-11-25T08:59:58Z", "2026-11-25T10:00:00Z");
    assert_eq!(named(&ledger, NOW), [("disk-full".into(), 2, false)]);
    night(&mut ledger, "alice", "4", "2026-11-26T08:59:58Z", "2026-11-26T10:00:00Z");
    assert_eq!(named(&ledger, NOW), [("disk-full".into(), 2, false)], "a window after the third");
}

#[test]
fn naming_all_of_a_symptom_needs_no_approval_and_its_pattern_keeps_repeating() {
    let (mut ledger, _) = team_with_plan("");
    let days = ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"];
    let ids: Vec<_> =
        days.iter().zip(["1", "2", "3"]).map(|(day, task)| symptom(&mut ledger, "E1", task, day)).collect();
    assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
    assert_eq!(named(&ledger, NOW), [("untriaged: E1".into(), 3, true)]);
    // Under a laxer policy, naming the cause of a repeating pattern does not stop it from repeating.
    ledger.policy("[policy.recurrence]\nthreshold = 30\n", NOW);
    assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
    let cause = "root_cause = \"feed-stale\"\nfailure = \"timeout\"\norigin = \"hand-off\"\n";
    ledger.good("ops", "triage", &triage(&ids, "cause", cause), NOW);
    assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
    assert_eq!(named(&ledger, NOW), [("feed-stale".into(), 3, true)]);
    // A redesign of the cause resolves it, which was not possible before it had a name.
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(repeats(&ledger, "production", NOW, "1"), Outcome::Pass);
}

#[test]
fn whatever_takes_an_exception_out_of_its_pattern_waits_for_an_approval() {
    type Change = fn(&mut Ledger) -> (Vec<RecordId>, String);
    let cases: [(&str, Change); 7] = [
        ("leaving one behind", |ledger| {
            let days = ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"];
            let ids: Vec<_> =
                days.iter().zip(["1", "2", "3"]).map(|(day, task)| unnamed(ledger, task, day)).collect();
            let text = triage(&ids[..2], "cause", "root_cause = \"other\"\n");
            (ids, text)
        }),
        ("another workflow", |ledger| {
            let days = ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"];
            let ids: Vec<_> = days
                .iter()
                .zip(["1", "2", "3"])
                .map(|(day, task)| symptom(ledger, "E1", task, day))
                .collect();
            let text = triage(&ids, "cause", "workflow = \"billing\"\nroot_cause = \"other\"\n");
            (ids, text)
        }),
        ("renaming", |ledger| {
            let ids = ledger.three_occasions();
            let text = triage(&ids[..1], "cause", "root_cause = \"other\"\n");
            (ids, text)
        }),
        ("another cause for all", |ledger| {
            let ids = ledger.three_occasions();
            let text = triage(&ids, "cause", "root_cause = \"other\"\n");
            (ids, text)
        }),
        ("renaming all", |ledger| {
            let ids = ledger.three_occasions();
            let text = triage(&ids, "cause", "workflow = \"billing\"\n");
            (ids, text)
        }),
        ("a mistake", |ledger| {
            let ids = ledger.three_occasions();
            let text = triage(&ids[2..], "mistaken", "");
            (ids, text)
        }),
        ("a duplicate", |ledger| {
            let ids = ledger.three_occasions();
            let text = triage(&ids[2..], "duplicate", &format!("duplicate_of = \"{}\"\n", ids[0]));
            (ids, text)
        }),
    ];
    for (what, change) in cases {
        let (mut ledger, _) = team_with_plan("");
        let (ids, text) = change(&mut ledger);
        let counted = |ledger: &Ledger| {
            let found = ledger.state().patterns_at(time(NOW)).overview;
            let names = found.into_iter().map(|pattern| {
                (pattern.workflow.to_string(), pattern.cause.to_string(), pattern.recent.len())
            });
            names.collect::<Vec<_>>()
        };
        let before = counted(&ledger);
        let id = ledger.good("alice", "triage", &text, NOW);
        assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
        assert_eq!(counted(&ledger), before, "{what}");
        // The author of the triage cannot approve it.
        let yes = format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n");
        ledger.bad("alice", "approval", &yes, NOW, Code::Concerned);
        assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
        ledger.approve("bob", &id, NOW);
        assert_ne!(counted(&ledger), before, "{what}");
        let moves = ["renaming all", "another workflow", "another cause for all"].contains(&what);
        let expected = if moves { Outcome::Fail } else { Outcome::Warn };
        assert_eq!(check_result(&ledger, REPEATING, NOW), expected, "{what}");
        let state = ledger.state();
        assert!(
            ids.iter().all(|id| state.exceptions().iter().any(|exception| exception.id == *id)),
            "all exceptions stay visible"
        );
    }
}

#[test]
fn what_was_struck_is_not_named_again_by_one_person() {
    let (mut ledger, _) = team_with_plan("");
    let seen = symptom(&mut ledger, "E1", "1", NOW);
    let strike = ledger.good("alice", "triage", &triage(&[seen], "mistaken", ""), NOW);
    ledger.approve("bob", &strike, NOW);
    assert!(named(&ledger, NOW).is_empty());
    let again = ledger.good("carol", "triage", &triage(&[seen], "cause", "root_cause = \"other\"\n"), NOW);
    assert!(named(&ledger, NOW).is_empty());
    assert!(
        ledger
            .state()
            .triages()
            .iter()
            .all(|triage| triage.id != again || triage.approvals.effect().is_none())
    );
    ledger.approve("bob", &again, NOW);
    assert_eq!(named(&ledger, NOW), [("other".into(), 1, false)], "it counts again");
    let state = ledger.state();
    let item = state.exceptions().iter().find(|exception| exception.id == seen).unwrap();
    assert_eq!((item.is_struck(), item.cause().to_string()), (false, "other".to_owned()));
}

#[test]
fn a_rejected_triage_changes_nothing_and_a_withdrawn_no_lets_it_be_approved() {
    let (mut ledger, _) = team_with_plan("");
    let ids = ledger.three_occasions();
    let id = ledger.good("alice", "triage", &triage(&ids[2..], "mistaken", ""), NOW);
    ledger.reject("carol", &id, NOW);
    ledger.approve("bob", &id, NOW);
    assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
    ledger.good("carol", "approval", &format!("[approval]\nof = \"{id}\"\nverdict = \"withdraw\"\n"), NOW);
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Warn);
    // Once in effect, the triage stays in effect, whoever rejects it later.
    ledger.reject("carol", &id, NOW);
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Warn);
    // If the policy asks for no approval, a triage takes effect at once.
    let (mut ledger, _) = team_with_plan("[policy.approvals]\ntriage = 0\n");
    let ids = ledger.three_occasions();
    ledger.good("ops", "triage", &triage(&ids[2..], "mistaken", ""), NOW);
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Warn);
}

#[test]
fn an_approved_triage_undoes_a_pattern_and_a_laxer_policy_behind_it_does_not() {
    let laxer = "[policy.recurrence]\nthreshold = 30\n";
    // The fourth occasion is struck. The other three still repeat under the policy of the time when they were
    // recorded.
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let fourth = ledger.observe("feed-stale", "d", "2026-11-23T09:00:00Z");
    ledger.policy(laxer, NOW);
    let id = ledger.good("alice", "triage", &triage(&[fourth], "mistaken", ""), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(
        check_result(&ledger, REPEATING, NOW),
        Outcome::Fail,
        "a triage does not apply a laxer policy to older occasions"
    );
    // Striking one of only three does undo the pattern.
    let (mut ledger, _) = team_with_plan("");
    let ids = ledger.three_occasions();
    ledger.policy(laxer, NOW);
    let id = ledger.good("alice", "triage", &triage(&ids[2..], "mistaken", ""), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Warn);
    // Giving another exception the cause of a repeating pattern does not undo the pattern.
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let other = ledger.observe("other", "e", "2026-11-23T09:00:00Z");
    ledger.policy(laxer, NOW);
    let id = ledger.good("alice", "triage", &triage(&[other], "cause", "root_cause = \"feed-stale\"\n"), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Fail);
    // A pattern that repeated for a time under a stricter policy keeps repeating.
    let (mut ledger, _) = team_with_plan("");
    let ids: Vec<_> = ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"]
        .iter()
        .zip(["1", "2", "3"])
        .map(|(day, task)| ledger.observe("feed-stale", task, day))
        .take(2)
        .collect();
    let apart = ledger.observe("feed-stale", "z", "2026-11-21T10:00:00Z");
    let id = ledger.good("alice", "triage", &triage(&[apart], "mistaken", ""), "2026-11-21T10:00:00Z");
    ledger.approve("bob", &id, "2026-11-21T10:00:00Z");
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Warn);
    ledger.policy("[policy.recurrence]\nthreshold = 2\n", NOW);
    assert_check(&ledger, REPEATING, NOW, Outcome::Fail, &ids);
    ledger.policy("", NOW);
    let third = ledger.observe("other", "y", NOW);
    let id = ledger.good("alice", "triage", &triage(&[third], "cause", "root_cause = \"feed-stale\"\n"), NOW);
    ledger.approve("bob", &id, NOW);
    let strike = ledger.good("alice", "triage", &triage(&[third], "mistaken", ""), NOW);
    ledger.approve("bob", &strike, NOW);
    assert_eq!(check_result(&ledger, REPEATING, NOW), Outcome::Fail);
}

#[test]
fn a_redesign_takes_effect_with_the_first_deployment_that_brings_it_unless_that_never_began() {
    let (mut ledger, _) = team_with_plan("");
    let ids = ledger.three_occasions();
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    let first = ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-24T10:00:00Z") });
    let late = "2026-12-02T00:00:00Z";
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Pass);
    let failed = |ledger: &Ledger| check(&Ask::at(late).of(ledger), EFFECTIVE).result;
    ledger.outcome("ops", &first, "succeeded", "2026-11-24T10:10:00Z");
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Pass);
    // The deployment never began, so the redesign is not there.
    ledger.outcome("ops", &first, "never-started", "2026-11-24T10:10:00Z");
    assert_check(&ledger, REPEATING, late, Outcome::Fail, &[ids, vec![id]].concat());
    assert_eq!(failed(&ledger), Outcome::Pass);
    // A later outcome does not take that back.
    ledger.outcome("ops", &first, "succeeded", "2026-11-24T10:20:00Z");
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Fail);
    let missing = |ledger: &Ledger| ledger.state().not_deployed(ledger.state().redesigns().first().unwrap());
    assert_eq!(missing(&ledger), [target("production"), target("staging")]);
    // Another deployment brings the redesign.
    let second = ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-24T11:00:00Z") });
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Pass);
    // A failed deployment did begin.
    ledger.outcome("ops", &second, "failed", "2026-11-24T11:10:00Z");
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Pass);
    // If the first of two deployments that brought the redesign never started, the second one still brings it.
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    let first = ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-24T10:00:00Z") });
    ledger.deploy(Ask { what: 'b', contained: "1", ..Ask::at("2026-11-24T11:00:00Z") });
    ledger.outcome("ops", &first, "never-started", "2026-11-24T11:30:00Z");
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Pass);
    // If the first never started, exceptions before the second one do not count against the redesign.
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    let first = ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-24T10:00:00Z") });
    ledger.observe("feed-stale", "d", "2026-11-24T10:30:00Z");
    assert_eq!(failed(&ledger), Outcome::Fail);
    ledger.outcome("ops", &first, "never-started", "2026-11-24T10:40:00Z");
    assert_eq!(failed(&ledger), Outcome::Pass, "what was never there cannot have failed");
    assert_eq!(repeats(&ledger, "production", "2026-11-24T11:00:00Z", "1"), Outcome::Pass);
    ledger.deploy(Ask { what: 'b', contained: "1", ..Ask::at("2026-11-24T11:00:00Z") });
    assert_eq!((repeats(&ledger, "production", late, ""), failed(&ledger)), (Outcome::Pass, Outcome::Pass));
    ledger.observe("feed-stale", "e", "2026-11-24T11:00:00Z");
    assert_eq!((repeats(&ledger, "production", late, "1"), failed(&ledger)), (Outcome::Fail, Outcome::Fail));
}

#[test]
fn a_redesign_fails_after_so_many_occasions_on_the_target_from_the_second_of_its_effect_on() {
    let (mut ledger, _) = team_with_plan("[policy.recurrence]\nafter_redesign = 2\n");
    ledger.three_occasions();
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-24T10:00:00Z") });
    let late = "2026-11-26T00:00:00Z";
    let happened = |ledger: &mut Ledger, task: &str, at: &str| {
        let text = exception("feed-stale", task, &format!("occurred_at = {at}"), "");
        ledger.good("ops", "exception", &text, "2026-11-25T10:00:00Z")
    };
    // An occasion a second before the redesign took effect does not count against the redesign, however late the
    // exception is recorded.
    happened(&mut ledger, "d", "2026-11-24T09:59:59Z");
    happened(&mut ledger, "e", "2026-11-24T10:00:00Z");
    assert_eq!(check(&Ask::at(late).of(&ledger), EFFECTIVE).result, Outcome::Pass);
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Pass);
    happened(&mut ledger, "f", "2026-11-25T01:00:00Z");
    assert_check(&ledger, EFFECTIVE, late, Outcome::Fail, &[id]);
    assert_eq!(repeats(&ledger, "production", late, "1"), Outcome::Fail, "however few they are");
    // Both checks pass if the commit contains a newer approved redesign, but not if it contains the failed one.
    let newer = ledger.good("alice", "redesign", &redesign(&of_code('2'), "2026-12-09T00:00:00Z"), late);
    let ask = |contained| Ask { contained, ..Ask::at(late) };
    assert_eq!(check(&ask("2").of(&ledger), EFFECTIVE).result, Outcome::Fail, "not approved");
    ledger.approve("bob", &newer, late);
    assert_eq!(check(&ask("1").of(&ledger), EFFECTIVE).result, Outcome::Fail, "understood once only");
    assert_eq!(check(&ask("2").of(&ledger), EFFECTIVE).result, Outcome::Pass);
    assert_eq!(repeats(&ledger, "production", late, "2"), Outcome::Pass);
}

#[test]
fn a_change_of_process_is_in_force_from_its_day_or_its_approval_if_that_is_later() {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let due = "2026-11-24T09:00:00Z";
    let id = process(&mut ledger, "in_force_from = 2026-11-24T12:00:00Z\n", due, NOW);
    ledger.approve("bob", &id, "2026-11-24T10:00:00Z");
    assert_eq!(repeats(&ledger, "production", "2026-11-24T11:59:59Z", ""), Outcome::Fail);
    assert_eq!(repeats(&ledger, "production", "2026-11-24T12:00:00Z", ""), Outcome::Pass);
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let id = process(&mut ledger, "in_force_from = 2026-11-24T09:30:00Z\n", due, NOW);
    ledger.approve("bob", &id, "2026-11-24T10:00:00Z");
    assert_eq!(repeats(&ledger, "production", "2026-11-24T09:59:59Z", ""), Outcome::Fail);
    assert_eq!(repeats(&ledger, "production", "2026-11-24T10:00:00Z", ""), Outcome::Pass);
}

#[test]
fn a_pattern_is_understood_once_until_the_redesign_is_due() {
    let (mut ledger, _) = team_with_plan("");
    let mut ids = ledger.three_occasions();
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-11-30T00:00:00Z"), NOW);
    ledger.approve("bob", &id, "2026-11-24T10:00:00Z");
    ids.push(id);
    assert_check(&ledger, REPEATING, "2026-11-24T09:59:59Z", Outcome::Fail, &ids);
    assert_check(&ledger, REPEATING, "2026-11-24T10:00:00Z", Outcome::Warn, &ids);
    let decision = Ask::at("2026-11-24T10:00:00Z").of(&ledger);
    assert!(check(&decision, REPEATING).details.iter().any(|line| line.contains("6 days left")));
    assert_check(&ledger, REPEATING, "2026-11-29T23:59:59Z", Outcome::Warn, &ids);
    assert_check(&ledger, REPEATING, "2026-11-30T00:00:00Z", Outcome::Fail, &ids);
    // A missing commit of the redesign, for example after a squash merge, is named.
    let decision = Ask::at("2026-11-30T00:00:00Z").of(&ledger);
    let lacks = format!("the commit lacks {}", commit('1').short());
    assert!(check(&decision, REPEATING).details.iter().any(|line| line.contains(&lacks)));
    // What happens meanwhile counts for the old pattern, not against the redesign.
    ledger.observe("feed-stale", "d", "2026-11-25T09:00:00Z");
    assert_eq!(check_result(&ledger, REPEATING, "2026-11-25T10:00:00Z"), Outcome::Warn);
    assert_eq!(check_result(&ledger, EFFECTIVE, "2026-11-25T10:00:00Z"), Outcome::Pass);
}

#[test]
fn a_commit_of_another_repository_is_contained_where_a_receipt_there_lists_the_redesign() {
    let policy =
        "[[policy.target]]\nservice = \"import\"\nenvironment = \"production\"\nrepository = \"import\"\n";
    let (mut ledger, _) = team_with_plan("");
    let text = crate::support::ledger::POLICY.replace(
        "environment = \"production\"\n",
        "environment = \"production\"\nrepository = \"payments\"\n",
    );
    let version = ledger.replay.past().policy().id().unwrap();
    let text = format!("{text}{policy}").replacen(
        "version = 1\n",
        &format!("version = 2\nsupersedes = \"{version}\"\n"),
        1,
    );
    ledger.good("alice", "policy", &text, "2026-11-21T00:00:00Z");
    ledger.three_occasions();
    let due = "2026-11-24T09:30:00Z";
    let elsewhere = format!(
        "change = \"code\"\n[[redesign.commit]]\nid = \"{}\"\nrepository = \"import\"\n",
        commit('1')
    );
    let text = redesign(&elsewhere, due).replace("[\"payments\"]", "[\"payments\", \"import\"]");
    let id = ledger.good("alice", "redesign", &text, NOW);
    ledger.approve("bob", &id, NOW);
    let late = "2026-11-24T12:00:00Z";
    assert_eq!(
        repeats(&ledger, "production", late, "1"),
        Outcome::Fail,
        "ancestry in this repository does not count"
    );
    let trust = ledger.replay.past().trust().unwrap().id();
    let receipt = format!(
        "[receipt]\nservice = \"import\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\ndecision = \"allowed\"\n\
         at = {NOW}\nexpires_at = 2026-11-24T09:15:00Z\ntrust = \"{trust}\"\nredesigns = [\"{id}\"]\nprogram = \"t\"\n[[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
        commit('9')
    );
    let receipt = ledger.good("alice", "receipt", &receipt, NOW);
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Pass);
    ledger.outcome("ops", &receipt, "never-started", "2026-11-24T09:20:00Z");
    assert_eq!(repeats(&ledger, "production", late, ""), Outcome::Fail);
}

#[test]
fn a_deployment_that_failed_or_never_began_is_no_way_back_and_no_previous() {
    for result in ["failed", "never-started"] {
        let (mut ledger, _) = team_with_plan("");
        ledger.deploy(Ask { what: 'a', previous: Some('0'), ..Ask::at("2026-11-22T09:00:00Z") });
        let b = ledger.deploy(Ask { what: 'b', ..Ask::at("2026-11-22T10:00:00Z") });
        ledger.deploy(Ask { what: 'd', previous: Some('0'), ..Ask::at("2026-11-22T11:00:00Z") });
        let ask = |ledger: &Ledger, what| Ask { what, previous: None, ..Ask::at(NOW) }.of(ledger);
        assert_eq!(ask(&ledger, 'e').previous, Some(commit('d')));
        assert_eq!(ask(&ledger, 'd').previous, Some(commit('b')), "of another commit");
        assert_eq!(ask(&ledger, 'b').purpose, Purpose::Restoration);
        ledger.outcome("ops", &b, "succeeded", "2026-11-22T12:00:00Z");
        assert_eq!(ask(&ledger, 'b').purpose, Purpose::Restoration);
        ledger.outcome("ops", &b, result, "2026-11-22T12:00:00Z");
        assert_eq!(ask(&ledger, 'b').purpose, Purpose::Expansion, "{result}");
        assert_eq!(ask(&ledger, 'd').previous, Some(commit('a')), "{result}");
        // Rolling it back afterwards does not make it a deployment that worked.
        ledger.outcome("bob", &b, "rolled-back", "2026-11-22T12:30:00Z");
        assert_eq!(ask(&ledger, 'b').purpose, Purpose::Expansion, "{result}");
        assert_eq!(ask(&ledger, 'd').previous, Some(commit('a')), "{result}");
        assert_eq!(ask(&ledger, 'a').purpose, Purpose::Restoration);
    }
    // A deployment that was rolled back did run.
    let (mut ledger, _) = team_with_plan("");
    let a = ledger.deploy(Ask { what: 'a', ..Ask::at("2026-11-22T09:00:00Z") });
    ledger.deploy(Ask { what: 'b', ..Ask::at("2026-11-22T10:00:00Z") });
    ledger.outcome("ops", &a, "rolled-back", "2026-11-22T12:00:00Z");
    assert_eq!(Ask { what: 'a', ..Ask::at(NOW) }.of(&ledger).purpose, Purpose::Restoration);
}

#[test]
fn during_an_incident_the_way_back_is_open_whatever_is_owed() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    ledger.deploy(Ask { what: 'a', ..Ask::at("2026-11-22T09:00:00Z") });
    ledger.deploy(Ask { what: 'b', ..Ask::at("2026-11-22T10:00:00Z") });
    for task in ["1", "2", "3"] {
        ledger.observe("feed-stale", task, NOW);
    }
    ledger.good("bob", "exception", &expected("night", "t", &[], "2026-11-24T13:00:00Z"), NOW);
    ledger.good("carol", "exception", &override_("carol", "2026-11-30T13:00:00Z"), NOW);
    ledger.good("carol", "pause", &crate::support::question::pause(""), NOW);
    let late = "2026-12-26T09:00:00Z";
    let forward = Ask::at(late).of(&ledger);
    assert_eq!(forward.answer, Answer::Refused);
    let back = Ask { what: 'a', ..Ask::at(late) }.of(&ledger);
    assert_eq!((back.purpose, back.answer), (Purpose::Restoration, Answer::Allowed), "{:#?}", back.checks);
    for check in back.checks {
        let failed =
            forward.checks.iter().find(|other| other.code == check.code).unwrap().result == Outcome::Fail;
        let decides = check.code.code() == Code::RollbackTarget;
        assert_eq!(check.result == Outcome::Waived, failed && !decides, "{}", check.code);
    }
    // A commit that never ran there is no way back, nor is the one that runs there now.
    for what in ['b', 'f'] {
        assert_eq!(Ask { what, ..Ask::at(late) }.of(&ledger).answer, Answer::Refused);
    }
    // The commit that results from a revert is a way back if the plan of the newest receipt asks for a revert.
    let reverted = Ask { what: 'e', is_reverted: true, ..Ask::at(late) }.of(&ledger);
    assert_eq!((reverted.purpose, reverted.answer), (Purpose::Restoration, Answer::Allowed));
    let missing = Ask { what: 'e', is_reverted: true, missing: "e", ..Ask::at(late) }.of(&ledger);
    assert_eq!(check(&missing, Code::RollbackTarget).result, Outcome::Fail);
}

#[test]
fn giving_exceptions_to_a_cause_that_is_redesigned_already_waits_for_an_approval() {
    let (mut ledger, _) = team_with_plan("");
    let named = |ids: &[RecordId]| {
        let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
        format!(
            "[triage]\nof = [{}]\nverdict = \"cause\"\nroot_cause = \"feed-stale\"\nreason = \"r\"\n",
            ids.join(", ")
        )
    };
    let takes = |ledger: &Ledger| ledger.state().triages().last().unwrap().approvals.effect().is_some();
    let free = symptom(&mut ledger, "exit 1", "a", "2026-11-20T09:00:00Z");
    ledger.good("ops", "triage", &named(&[free]), "2026-11-20T10:00:00Z");
    assert!(takes(&ledger));
    let id = process(&mut ledger, "", "2026-12-01T00:00:00Z", "2026-11-21T09:00:00Z");
    let open = symptom(&mut ledger, "exit 2", "b", "2026-11-21T09:30:00Z");
    ledger.good("ops", "triage", &named(&[open]), "2026-11-21T09:40:00Z");
    assert!(takes(&ledger), "a redesign that nobody approved resolves nothing");
    ledger.approve("bob", &id, "2026-11-21T10:00:00Z");
    let late = symptom(&mut ledger, "exit 3", "c", "2026-11-22T09:00:00Z");
    ledger.good("ops", "triage", &named(&[late]), "2026-11-22T10:00:00Z");
    assert!(!takes(&ledger));
}

#[test]
fn a_redesign_is_listed_until_it_has_been_in_effect_for_thirty_days() {
    let (mut ledger, _) = team_with_plan("");
    ledger.three_occasions();
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-24T10:00:00Z") });
    let listed = |at: &str| Ask { what: 'b', contained: "1", ..Ask::at(at) }.of(&ledger).redesigns;
    assert_eq!(listed("2026-12-24T09:59:59Z"), [id]);
    assert_eq!(listed("2026-12-24T10:00:00Z"), []);
}

#[test]
fn a_redesign_of_what_was_there_before_resolves_nothing() {
    let (mut ledger, _) = team_with_plan("[policy.recurrence]\nunderstood_for = \"1s\"\n");
    ledger.three_occasions();
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-01T00:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    let later = "2026-11-24T10:00:00Z";
    let decided = |old: &str| {
        let decision = Ask { contained: "1", old, ..Ask::at(later) }.of(&ledger);
        let found = check(&decision, REPEATING).clone();
        (found.result, decision.redesigns, found.details.join("\n"))
    };
    let (result, listed, _) = decided("");
    assert_eq!((result, listed), (Outcome::Pass, vec![id]));
    let (result, listed, told) = decided("1");
    assert_eq!((result, listed), (Outcome::Fail, vec![]));
    assert!(told.contains("is in the commit, but does not count"), "{told}");
}

#[test]
fn a_redesign_that_took_effect_makes_nothing_understood() {
    let (mut ledger, _) = team_with_plan("[policy.recurrence]\nthreshold = 1\nafter_redesign = 2\n");
    ledger.observe("feed-stale", "a", "2026-11-20T09:00:00Z");
    let at = "2026-11-20T10:00:00Z";
    let id = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-12-20T00:00:00Z"), at);
    ledger.approve("bob", &id, at);
    assert_eq!(repeats(&ledger, "production", at, ""), Outcome::Warn, "understood until it takes effect");
    ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-21T09:00:00Z") });
    // The cause came back once. Another deployment of the same change resolves nothing.
    ledger.observe("feed-stale", "b", "2026-11-21T10:00:00Z");
    let again = Ask { what: 'b', contained: "1", old: "1", ..Ask::at("2026-11-22T09:00:00Z") };
    assert_eq!(check(&again.of(&ledger), REPEATING).result, Outcome::Fail);
}
