//! Break-glass and other expected exceptions (F7): recorded first, then used, and reviewed by others
//! afterwards.

use countersign::finding::Code;
use countersign::record::kind::receipt::{Answer, Outcome};
use countersign::state::{Life, ReviewStanding};
use countersign::value::RecordId;

use crate::support::ledger::{Ledger, NOW, exception, override_, plan, time};
use crate::support::question::{
    Ask, END, NIGHT, access, assert_check, check, check_result, closure, commit, expected, of_code, pause,
    redesign, release, review, team_with_plan, team_with_policy,
};

const LATER: &str = "2026-11-24T10:00:00Z";
const UNTIL: &str = "2026-11-24T13:00:00Z";

fn life(ledger: &Ledger, id: &RecordId, at: &str) -> Life {
    let state = ledger.state();
    state.exceptions().iter().find(|exception| exception.id == *id).unwrap().life(&state.policy, time(at))
}

#[test]
fn it_is_in_effect_at_once_and_its_own_target_has_nothing_undecided() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let id = ledger.good("bob", "exception", &expected("night", "t", &[], UNTIL), NOW);
    assert_eq!(life(&ledger, &id, "2026-11-24T08:59:59Z"), Life::NotYet);
    assert_eq!(life(&ledger, &id, NOW), Life::Live);
    assert_eq!(life(&ledger, &id, "2026-11-24T12:59:59Z"), Life::Live);
    assert_eq!(life(&ledger, &id, UNTIL), Life::Over);
    assert_check(&ledger, Code::OverridesDecided, NOW, Outcome::Pass, &[]);
    assert_eq!(Ask::at(NOW).of(&ledger).answer, Answer::Allowed);
    // An exception under an entry that asks for an approval waits for it.
    let ticket = ledger.good("bob", "exception", &expected("ticket", "u", &[], UNTIL), NOW);
    assert_check(&ledger, Code::OverridesDecided, NOW, Outcome::Fail, &[ticket]);
    ledger.approve("carol", &ticket, NOW);
    assert_check(&ledger, Code::OverridesDecided, NOW, Outcome::Pass, &[]);
}

#[test]
fn its_author_is_a_human_of_the_team_it_names_one_target_and_fits_its_entry() {
    let mut ledger = team_with_policy(NIGHT);
    let night = |more: &str| expected("night", "t", &[], UNTIL) + more;
    ledger.good("bob", "exception", &night(""), NOW);
    let bad =
        |ledger: &mut Ledger, author, text: &str, code| ledger.bad(author, "exception", text, NOW, code);
    bad(&mut ledger, "ops", &night(""), Code::Expected);
    let two =
        night("").replace("environments = [\"production\"]", "environments = [\"production\", \"staging\"]");
    bad(&mut ledger, "bob", &two, Code::Expected);
    bad(&mut ledger, "bob", &night("").replace("\"night\"", "\"other\""), Code::Expected);
    bad(&mut ledger, "bob", &expected("night", "t", &["overrides-closed"], UNTIL), Code::Expected);
    bad(&mut ledger, "bob", &expected("ticket", "t", &["rollback-plan"], UNTIL), Code::Expected);
    ledger.good("carol", "exception", &expected("night", "t", &["rollback-plan"], UNTIL), NOW);
    // The lifetime is limited by the entry itself, to the second.
    bad(&mut ledger, "bob", &expected("night", "t", &[], "2026-11-24T13:00:01Z"), Code::Lifetime);
    // An entry with a team is for the members of that team only. An exception under an entry that takes approvals may
    // name several targets.
    let team = NIGHT.replacen("approvals = 0\n", "approvals = 0\nteam = \"on-call\"\n", 1);
    ledger.policy(&team, NOW);
    bad(&mut ledger, "bob", &night(""), Code::Expected);
    let two =
        expected("ticket", "t", &[], UNTIL).replace("[\"production\"]", "[\"production\", \"staging\"]");
    ledger.good("bob", "exception", &two, NOW);
}

#[test]
fn nothing_waives_what_is_never_waived_even_where_the_policy_says_so() {
    let never = ["ledger-valid", "ledger-fresh", "target-known", "reviews-done", "no-standing-access"];
    for code in never {
        let entry = NIGHT.replacen("may_waive = [", &format!("may_waive = [\"{code}\", "), 1);
        let mut ledger = team_with_policy(&entry);
        ledger.bad("bob", "exception", &expected("night", "t", &[code], UNTIL), NOW, Code::Expected);
        ledger.good("bob", "exception", &expected("night", "t", &["rollback-plan"], UNTIL), NOW);
    }
}

#[test]
fn the_same_persons_next_needs_another_person_until_the_first_is_reviewed() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let glass = |task: &str| expected("night", task, &[], UNTIL);
    let first = ledger.good("bob", "exception", &glass("1"), NOW);
    let second = ledger.good("bob", "exception", &glass("2"), NOW);
    assert_eq!((life(&ledger, &first, NOW), life(&ledger, &second, NOW)), (Life::Live, Life::Undecided));
    // The first exception of each person is in effect at once.
    let carols = ledger.good("carol", "exception", &glass("3"), NOW);
    assert_eq!(life(&ledger, &carols, NOW), Life::Live);
    // Bob himself cannot approve his second exception. Another person can.
    ledger.bad(
        "bob",
        "approval",
        &format!("[approval]\nof = \"{second}\"\nverdict = \"approve\"\n"),
        NOW,
        Code::Concerned,
    );
    ledger.approve("dave", &second, LATER);
    assert_eq!(life(&ledger, &second, LATER), Life::Live);
    // A review of the second exception is not enough while the first is not reviewed.
    ledger.good("carol", "review", &review(&second, "justified", &[]), LATER);
    let third = ledger.good("bob", "exception", &glass("4"), LATER);
    assert_eq!(life(&ledger, &third, LATER), Life::Undecided);
    ledger.good("carol", "review", &review(&first, "justified", &[]), LATER);
    assert_eq!(life(&ledger, &third, LATER), Life::Live, "it waited for nothing else");
    let fourth = ledger.good("bob", "exception", &glass("5"), LATER);
    assert_eq!(life(&ledger, &fourth, LATER), Life::Undecided, "the third is not reviewed");
    // The first exception can be used until its end.
    assert_eq!(life(&ledger, &first, "2026-11-24T12:59:59Z"), Life::Live);
}

#[test]
fn one_that_was_closed_owes_its_review_all_the_same() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let first = ledger.good("bob", "exception", &expected("night", "1", &[], UNTIL), NOW);
    ledger.good("bob", "closure", &closure(&first), LATER);
    assert_check(&ledger, Code::ReviewsDone, "2026-11-25T12:00:00Z", Outcome::Fail, &[first]);
    let second = ledger.good("bob", "exception", &expected("night", "2", &[], UNTIL), LATER);
    assert_eq!(life(&ledger, &second, LATER), Life::Undecided);
    ledger.good("carol", "review", &review(&first, "justified", &[]), LATER);
    assert_eq!(life(&ledger, &second, LATER), Life::Live, "it waited for that review");
}

#[test]
fn what_was_never_in_effect_owes_nothing_to_the_next() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let ticket = ledger.good("bob", "exception", &expected("ticket", "1", &[], UNTIL), NOW);
    let glass = ledger.good("bob", "exception", &expected("night", "2", &[], UNTIL), NOW);
    assert_eq!((life(&ledger, &ticket, NOW), life(&ledger, &glass, NOW)), (Life::Undecided, Life::Live));
}

#[test]
fn two_of_one_entry_do_not_both_pass_as_the_first() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let (one, two) = (expected("night", "1", &[], UNTIL), expected("night", "2", &[], UNTIL));
    let ids = ledger.append_together(&[("bob", "exception", &one), ("bob", "exception", &two)], NOW);
    let live = ids.iter().filter(|id| life(&ledger, id, NOW) == Life::Live).count();
    assert_eq!(live, 1);
}

#[test]
fn it_waives_only_what_it_names_and_only_while_it_lives() {
    let (mut ledger, plan) =
        team_with_plan(&format!("{NIGHT}[policy.rollback]\nrehearsed_within = \"30d\"\n"));
    let code = Code::RollbackRehearsed;
    assert_eq!(check_result(&ledger, code, NOW), Outcome::Fail);
    ledger.good("carol", "exception", &expected("night", "other", &["rollback-plan"], UNTIL), NOW);
    assert_eq!(check_result(&ledger, code, NOW), Outcome::Fail, "it waives another check");
    let id = ledger.good("bob", "exception", &expected("night", "t", &["rollback-rehearsed"], UNTIL), NOW);
    let at = |ledger: &Ledger, at: &str| {
        let decision = Ask::at(at).of(ledger);
        (decision.answer, check(&decision, code).result, decision.waivers)
    };
    assert_eq!(at(&ledger, "2026-11-24T08:59:59Z"), (Answer::Refused, Outcome::Fail, vec![]));
    assert_eq!(at(&ledger, NOW), (Answer::Allowed, Outcome::Waived, vec![id]));
    assert_eq!(at(&ledger, "2026-11-24T12:59:59Z"), (Answer::Allowed, Outcome::Waived, vec![id]));
    assert_eq!(at(&ledger, UNTIL), (Answer::Refused, Outcome::Fail, vec![]));
    let decision = Ask::at(NOW).of(&ledger);
    let found = check(&decision, code);
    assert!(found.details.iter().any(|line| line.contains(&format!("waived by {} of bob", id.short()))));
    assert_eq!((found.records.as_slice(), &found.next), (&[plan][..], &None));
    // The exception waives only on its own target, and only the checks that the policy in force still allows it to
    // waive.
    let staging = Ask { environment: "staging", ..Ask::at(NOW) }.of(&ledger);
    assert_eq!(check(&staging, code).result, Outcome::Fail);
    let receipt = ledger.deploy(Ask::at(NOW));
    assert_eq!(
        ledger
            .state()
            .deployments()
            .iter()
            .find(|deployment| deployment.id == receipt)
            .unwrap()
            .says
            .waivers
            .as_slice()
            .to_vec(),
        vec![id]
    );
    let narrower = NIGHT.replacen("\"rollback-rehearsed\", ", "", 1);
    ledger.policy(&format!("{narrower}[policy.rollback]\nrehearsed_within = \"30d\"\n"), NOW);
    assert_eq!(at(&ledger, NOW), (Answer::Refused, Outcome::Fail, vec![]));
}

#[test]
fn a_rejected_break_glass_waives_nothing_and_its_review_is_owed_all_the_same() {
    let (mut ledger, _) = team_with_plan(&format!("{NIGHT}[policy.rollback]\nrehearsed_within = \"30d\"\n"));
    let id = ledger.good("bob", "exception", &expected("night", "t", &["rollback-rehearsed"], UNTIL), NOW);
    ledger.reject("carol", &id, LATER);
    assert_eq!(life(&ledger, &id, LATER), Life::Over);
    assert_eq!(check_result(&ledger, Code::RollbackRehearsed, LATER), Outcome::Fail);
    assert_check(&ledger, Code::ReviewsDone, "2026-11-25T09:00:00Z", Outcome::Fail, &[id]);
    // An exception that was rejected before it took effect owes no review.
    let (mut ledger, _) = team_with_plan(NIGHT);
    let ticket = ledger.good("bob", "exception", &expected("ticket", "t", &[], UNTIL), NOW);
    ledger.reject("carol", &ticket, NOW);
    assert_check(&ledger, Code::ReviewsDone, "2026-11-26T09:00:00Z", Outcome::Pass, &[]);
}

#[test]
fn a_rejection_that_is_withdrawn_later_revives_nothing_that_it_has_ended() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    let id = ledger.good("bob", "exception", &expected("night", "t", &[], UNTIL), NOW);
    ledger.reject("carol", &id, LATER);
    assert_eq!(life(&ledger, &id, LATER), Life::Over);
    let withdrawn = format!("[approval]\nof = \"{id}\"\nverdict = \"withdraw\"\n");
    ledger.good("carol", "approval", &withdrawn, "2026-11-24T10:30:00Z");
    for at in ["2026-11-24T10:30:00Z", "2026-11-24T12:59:59Z"] {
        assert_eq!(life(&ledger, &id, at), Life::Over, "{at}");
    }
}

#[test]
fn nothing_waives_a_persons_rejection() {
    // A missing plan is waived; a rejected plan is not.
    let waived = ["rollback-plan", "rollback-criteria", "rollback-target"];
    let mut ledger = team_with_policy(NIGHT);
    ledger.good("bob", "exception", &expected("night", "t", &waived, UNTIL), NOW);
    assert_eq!(Ask::at(NOW).of(&ledger).answer, Answer::Allowed);
    let id = ledger.good("alice", "rollback-plan", &plan("alice", "previous", END), NOW);
    assert_eq!(Ask::at(NOW).of(&ledger).answer, Answer::Allowed, "undecided");
    ledger.reject("carol", &id, NOW);
    let decision = Ask::at(NOW).of(&ledger);
    assert_eq!(
        (decision.answer, check(&decision, Code::RollbackPlan).result),
        (Answer::Refused, Outcome::Fail)
    );
    // A rejected release is not waived either, whether it was rejected before or after it took effect.
    let policy = format!("{NIGHT}[policy.approvals]\nreleases = 1\n");
    let (mut ledger, plan) = team_with_plan(&policy);
    let glass = ledger.good("bob", "exception", &expected("night", "t", &["release-approved"], UNTIL), NOW);
    let release_result = |ledger: &Ledger| check_result(ledger, Code::ReleaseApproved, NOW);
    assert_eq!(release_result(&ledger), Outcome::Waived);
    let first = ledger.good("alice", "release", &release(&plan, &[glass], END), NOW);
    assert_eq!(release_result(&ledger), Outcome::Waived, "undecided");
    ledger.reject("carol", &first, NOW);
    assert_eq!(release_result(&ledger), Outcome::Fail);
    let second = ledger.good("alice", "release", &release(&plan, &[glass], "2026-12-01T09:00:00Z"), NOW);
    ledger.approve("dave", &second, NOW);
    assert_eq!(release_result(&ledger), Outcome::Pass);
    ledger.reject("carol", &second, NOW);
    assert_eq!(release_result(&ledger), Outcome::Fail);
}

#[test]
fn a_pause_is_waived_only_where_the_entry_allows_it() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    ledger.good("carol", "pause", &pause(""), NOW);
    ledger.good("bob", "exception", &expected("night", "t", &["not-paused"], UNTIL), NOW);
    assert_eq!(check_result(&ledger, Code::NotPaused, NOW), Outcome::Waived);
    assert_eq!(check_result(&ledger, Code::NotPaused, UNTIL), Outcome::Fail);
}

#[test]
fn an_unjustified_one_is_mended_by_what_follows_as_long_as_that_is_not_refused() {
    let code = Code::ReviewsDone;
    let (mut ledger, _) = team_with_plan(NIGHT);
    let id = ledger.good("bob", "exception", &expected("night", "t", &[], UNTIL), NOW);
    let redesign = ledger.good("alice", "redesign", &redesign(&of_code('1'), "2026-11-30T00:00:00Z"), NOW);
    ledger.good("carol", "review", &review(&id, "unjustified", &[redesign]), LATER);
    assert_check(&ledger, code, LATER, Outcome::Pass, &[]);
    assert_check(&ledger, code, "2026-11-29T23:59:59Z", Outcome::Pass, &[]);
    assert_check(&ledger, code, "2026-11-30T00:00:00Z", Outcome::Fail, &[id]);
    ledger.approve("bob", &redesign, LATER);
    assert_check(&ledger, code, "2026-11-30T00:00:00Z", Outcome::Pass, &[]);
    // A later review with the same verdict names its own follow-up.
    let void = ledger.bad(
        "ops",
        "exception",
        &exception("c", "t", "", "")
            .replace("identity = \"ops\"\ncredential = \"vault:kv#1\"", "identity = \"ops\""),
        LATER,
        Code::Required,
    );
    ledger.bad("dave", "review", &review(&id, "unjustified", &[void]), LATER, Code::Reference);
    let refused = ledger.good("alice", "exception", &override_("alice", UNTIL), LATER);
    ledger.reject("carol", &refused, LATER);
    ledger.good("dave", "review", &review(&id, "unjustified", &[refused]), LATER);
    assert_check(&ledger, code, LATER, Outcome::Fail, &[id]);
    ledger.good("carol", "review", &review(&id, "justified", &[]), LATER);
    assert_check(&ledger, code, LATER, Outcome::Fail, &[id]);
}

#[test]
fn what_follows_a_review_and_was_refused_mends_nothing_whatever_its_kind() {
    let policy = format!("{NIGHT}[policy.approvals]\nreleases = 1\n");
    for kind in ["rollback-plan", "redesign", "release", "triage", "exception"] {
        let (mut ledger, plan_id) = team_with_plan(&policy);
        let id = ledger.good("bob", "exception", &expected("night", "t", &[], UNTIL), NOW);
        let seen = ledger.observe("x", "1", NOW);
        let text = match kind {
            "rollback-plan" => plan("alice", "previous", END),
            "redesign" => redesign(&of_code('1'), END),
            "release" => release(&plan_id, &[id], END),
            "triage" => crate::support::question::triage(&[seen], "mistaken", ""),
            _ => access("alice", "z", "write", UNTIL),
        };
        let follows = ledger.good("alice", kind, &text, NOW);
        ledger.good("carol", "review", &review(&id, "unjustified", &[follows]), LATER);
        assert_eq!(check_result(&ledger, Code::ReviewsDone, LATER), Outcome::Pass, "{kind}");
        ledger.reject("dave", &follows, LATER);
        assert_eq!(check_result(&ledger, Code::ReviewsDone, LATER), Outcome::Fail, "{kind}");
    }
}

#[test]
fn as_many_people_review_as_the_policy_asks() {
    let (mut ledger, _) = team_with_plan(&format!("{NIGHT}[policy.approvals]\nreviews = 2\n"));
    let id = ledger.good("bob", "exception", &expected("night", "t", &[], UNTIL), NOW);
    let late = "2026-11-25T09:00:00Z";
    assert_check(&ledger, Code::ReviewsDone, late, Outcome::Fail, &[id]);
    ledger.good("carol", "review", &review(&id, "justified", &[]), LATER);
    ledger.good("carol", "review", &review(&id, "justified", &[]), LATER);
    assert_check(&ledger, Code::ReviewsDone, late, Outcome::Fail, &[id]);
    ledger.good("dave", "review", &review(&id, "justified", &[]), LATER);
    assert_check(&ledger, Code::ReviewsDone, late, Outcome::Pass, &[]);
}

#[test]
fn an_overdue_review_closes_the_way_forward_and_not_the_way_back() {
    let (mut ledger, _) = team_with_plan(NIGHT);
    ledger.deploy(Ask { what: 'a', ..Ask::at("2026-11-22T09:00:00Z") });
    ledger.deploy(Ask { what: 'b', ..Ask::at("2026-11-22T10:00:00Z") });
    let id = ledger.good("bob", "exception", &expected("night", "t", &[], UNTIL), NOW);
    let late = "2026-11-25T09:00:00Z";
    assert_check(&ledger, Code::ReviewsDone, late, Outcome::Fail, &[id]);
    let back = Ask { what: 'a', ..Ask::at(late) }.of(&ledger);
    assert_eq!((back.answer, check(&back, Code::ReviewsDone).result), (Answer::Allowed, Outcome::Waived));
    // Without the entry in the policy, the deadline is a day.
    ledger.policy("", LATER);
    assert_check(&ledger, Code::ReviewsDone, "2026-11-25T08:59:59Z", Outcome::Warn, &[id]);
    assert_check(&ledger, Code::ReviewsDone, late, Outcome::Fail, &[id]);
}

#[test]
fn one_that_names_a_commit_waives_for_it_and_for_what_contains_it() {
    let (mut ledger, _) = team_with_plan(&format!("{NIGHT}[policy.rollback]\nrehearsed_within = \"30d\"\n"));
    let bound = format!("waives = [\"rollback-rehearsed\"]\nfor_commit = \"{}\"", commit('a'));
    let text = expected("night", "t", &["rollback-rehearsed"], UNTIL)
        .replace("waives = [\"rollback-rehearsed\"]", &bound);
    let id = ledger.good("bob", "exception", &text, NOW);
    for (what, contained, result) in
        [('a', "", Outcome::Waived), ('c', "a", Outcome::Waived), ('c', "b", Outcome::Fail)]
    {
        let decision = Ask { what, contained, ..Ask::at(NOW) }.of(&ledger);
        let found = check(&decision, Code::RollbackRehearsed);
        assert_eq!(found.result, result, "{what} contains {contained}: {:?}", found.details);
        let told = format!("{} waives this only for aaaaaaa and commits that contain it", id.short());
        assert_eq!(found.details.contains(&told), result == Outcome::Fail, "{:?}", found.details);
    }
}

#[test]
fn one_that_was_over_before_it_took_effect_never_does() {
    let begin = || {
        let (mut ledger, _) = team_with_plan(NIGHT);
        let first = ledger.good("bob", "exception", &expected("night", "1", &[], UNTIL), NOW);
        let second = ledger.good("bob", "exception", &expected("night", "2", &[], UNTIL), NOW);
        assert!(ledger.state().exception(&second).unwrap().approvals.effect().is_none());
        (ledger, first, second)
    };
    for (reviewed, takes_effect) in [("2026-11-24T12:59:59Z", true), (UNTIL, false)] {
        let (mut ledger, first, second) = begin();
        ledger.good("carol", "review", &review(&first, "justified", &[]), reviewed);
        let state = ledger.state();
        let item = state.exception(&second).unwrap();
        assert_eq!(item.approvals.effect().is_some(), takes_effect, "{reviewed}");
        // An exception that never took effect owes no review.
        let owes = state.review(item, time("2026-12-01T00:00:00Z")) != ReviewStanding::NotAsked;
        assert_eq!(owes, takes_effect);
    }
    // A policy that no longer asks for reviews does not bring the second exception into effect either.
    let (mut ledger, _, second) = begin();
    ledger.policy(&format!("{NIGHT}[policy.approvals]\nreviews = 0\n"), "2026-11-24T14:00:00Z");
    assert!(ledger.state().exception(&second).unwrap().approvals.effect().is_none());
}
