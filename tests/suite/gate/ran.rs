//! Allowed is not *ran* (ledger-schema/deployment.md): what confirms that a deployment ran, and what depends on the
//! confirmation, on ledgers in memory. `a`, `b` and `d` are deployed in this order.

use countersign::finding::Code;
use countersign::gate::{Decision, Freshness, Wanted};
use countersign::record::kind::receipt::{Answer, Outcome, Purpose};
use countersign::value::RecordId;

use crate::support::ledger::{Actor, Ledger, NOW, POLICY, member, plan, trust};
use crate::support::question::{
    Ask, END, FOUNDED, check, commit, pause, target, team_with_plan, team_with_policy,
};

/// When `a`, `b` and `d` are deployed.
const AT: [&str; 3] = ["2026-11-22T09:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"];

/// Deploys a commit as a pipeline does without an answer from Git: the previous commit is given by option.
fn silently(ledger: &mut Ledger, what: char, at: &'static str) -> RecordId {
    ledger.deploy(Ask { what, previous: None, given: Some('0'), ..Ask::at(at) })
}

/// A ledger of people with every role, `ops` with the role `gate`, and `rita` with the role `reporter` alone.
/// A plan goes back to `previous`.
fn team() -> Ledger {
    let mut ledger = Ledger::empty();
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let people = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", all));
    let services = [("ops", "gate"), ("rita", "reporter")]
        .map(|(name, role)| member(&Actor::new(name), "service of alice", &[role]));
    let text = trust(1, None, [1, 1, 1], &[people.concat(), services.concat()]);
    ledger.append("alice", "trust", &text, FOUNDED);
    ledger.append("alice", "policy", POLICY, FOUNDED);
    let id = ledger.good("alice", "rollback-plan", &plan("alice", "previous", END), "2026-11-21T00:00:00Z");
    ledger.approve("bob", &id, "2026-11-21T00:00:00Z");
    ledger
}

/// A ledger with `a` and `b` allowed without an answer from Git, and a pause. Returns the receipt of `a`.
fn allowed_and_paused() -> (Ledger, RecordId) {
    let mut ledger = team();
    let a = silently(&mut ledger, 'a', AT[0]);
    silently(&mut ledger, 'b', AT[1]);
    ledger.good("carol", "pause", &pause(""), "2026-11-23T09:00:00Z");
    (ledger, a)
}

/// Asks about the commit `what`, without an answer from Git.
fn ask(ledger: &Ledger, what: char) -> Decision {
    Ask { what, previous: None, ..Ask::at(NOW) }.of(ledger)
}

fn says(ledger: &mut Ledger, author: &'static str, of: &RecordId, result: &str, started: &str) -> RecordId {
    let text = format!(
        "[outcome]\nof = \"{of}\"\nresult = \"{result}\"\nstarted_at = {started}\nended_at = {started}\n"
    );
    ledger.good(author, "outcome", &text, "2026-11-24T08:00:00Z")
}

#[test]
fn a_commit_that_was_allowed_and_never_ran_is_no_way_back() {
    let (ledger, _) = allowed_and_paused();
    let decision = ask(&ledger, 'a');
    assert_eq!((decision.purpose, decision.answer), (Purpose::Expansion, Answer::Refused));
    let paused = check(&decision, Code::NotPaused);
    assert!(
        paused.details.iter().any(|line| line.contains("if an outcome confirms that aaaaaaa ran")),
        "{paused:?}"
    );
    assert!(paused.next.as_ref().unwrap().to_string().starts_with("countersign record outcome --of"));
    let asked = Ask { what: 'a', wanted: Wanted::Restoration, previous: None, ..Ask::at(NOW) }.of(&ledger);
    assert_eq!(check(&asked, Code::RollbackTarget).result, Outcome::Fail);
    // The honest sibling: the same commit, once an entitled member has recorded that it ran.
    let (mut ledger, a) = allowed_and_paused();
    says(&mut ledger, "bob", &a, "succeeded", "2026-11-22T09:05:00Z");
    let decision = ask(&ledger, 'a');
    assert_eq!((decision.purpose, decision.answer), (Purpose::Restoration, Answer::Allowed));
}

#[test]
fn an_outcome_confirms_by_its_author_its_result_and_its_beginning() {
    for (author, result, started, purpose) in [
        ("ops", "succeeded", "2026-11-22T09:05:00Z", Purpose::Restoration),
        ("bob", "succeeded", AT[0], Purpose::Restoration),
        ("ops", "succeeded", "2026-11-22T09:14:59Z", Purpose::Restoration),
        ("ops", "succeeded", "2026-11-22T09:15:00Z", Purpose::Expansion),
        ("ops", "succeeded", "2026-11-22T09:20:00Z", Purpose::Expansion),
        ("ops", "succeeded", "2026-11-22T08:59:59Z", Purpose::Expansion),
        ("ops", "rolled-back", "2026-11-22T09:05:00Z", Purpose::Restoration),
        ("ops", "failed", "2026-11-22T09:05:00Z", Purpose::Expansion),
        ("ops", "never-started", "2026-11-22T09:05:00Z", Purpose::Expansion),
        // A member with the role `reporter` alone confirms nothing.
        ("rita", "succeeded", "2026-11-22T09:05:00Z", Purpose::Expansion),
    ] {
        let (mut ledger, a) = allowed_and_paused();
        says(&mut ledger, author, &a, result, started);
        assert_eq!(ask(&ledger, 'a').purpose, purpose, "{author} {result} {started}");
    }
}

#[test]
fn what_git_told_a_receipt_to_be_there_before_has_run() {
    // `0` has no receipt of its own, but the receipt of `a` names it as the previous commit, which a ref held.
    let (mut ledger, _) = team_with_plan("");
    ledger.deploy(Ask { what: 'a', ..Ask::at(AT[0]) });
    ledger.good("carol", "pause", &pause(""), "2026-11-23T09:00:00Z");
    assert_eq!(ask(&ledger, '0').purpose, Purpose::Restoration);
    // A previous commit that was given by option, or comes from the ledger, is no proof.
    for given in [Some('0'), None] {
        let (mut ledger, _) = team_with_plan("");
        silently(&mut ledger, 'a', AT[0]);
        ledger.deploy(Ask { what: 'b', previous: None, given, ..Ask::at(AT[1]) });
        assert_eq!(ask(&ledger, '0').purpose, Purpose::Expansion, "{given:?}");
        assert_eq!(ask(&ledger, 'a').purpose, Purpose::Expansion, "{given:?}");
    }
    // A later receipt that names `a` as the previous commit, from the same ref, confirms that `a` ran.
    let (mut ledger, _) = team_with_plan("");
    ledger.deploy(Ask { what: 'a', ..Ask::at(AT[0]) });
    assert!(ledger.state().newest_confirmed(&target("production"), None).is_none());
    ledger.deploy(Ask { what: 'b', ..Ask::at(AT[1]) });
    let state = ledger.state();
    let newest = state.newest_confirmed(&target("production"), None).unwrap();
    assert_eq!(newest.says.commit, commit('a'));
}

#[test]
fn a_confirmation_by_whoever_asks_is_shown_as_a_warning() {
    for (signer, result) in [("bob", Outcome::Warn), ("carol", Outcome::Pass)] {
        let (mut ledger, a) = allowed_and_paused();
        says(&mut ledger, "bob", &a, "succeeded", "2026-11-22T09:05:00Z");
        let freshness = Freshness { signer: Some(signer.parse().unwrap()), ..Freshness::default() };
        let decision = Ask { what: 'a', previous: None, freshness, ..Ask::at(NOW) }.of(&ledger);
        assert_eq!(decision.answer, Answer::Allowed);
        assert_eq!(check(&decision, Code::RollbackTarget).result, result, "{signer}");
    }
}

/// Appends and approves a plan that goes back to `to`; `change` is applied to its text.
fn planned(ledger: &mut Ledger, to: &str, change: &dyn Fn(String) -> String, at: &str) -> RecordId {
    let id = ledger.good("alice", "rollback-plan", &change(plan("alice", to, END)), at);
    ledger.approve("bob", &id, at);
    id
}

#[test]
fn the_plan_of_the_newest_confirmed_receipt_is_a_way_back() {
    // The plan of `a` leads to `1`, and that of `b` to `2`.
    let deployed = || {
        let mut ledger = team();
        planned(&mut ledger, commit('1').as_str(), &|text| text, "2026-11-22T08:00:00Z");
        let a = ledger.deploy(Ask { what: 'a', previous: None, ..Ask::at(AT[0]) });
        let second = planned(&mut ledger, commit('2').as_str(), &|text| text, "2026-11-22T09:30:00Z");
        let b = ledger.deploy(Ask { what: 'b', previous: None, ..Ask::at(AT[1]) });
        (ledger, a, b, second)
    };
    let back = |ledger: &Ledger, what| ask(ledger, what).purpose == Purpose::Restoration;
    // Nothing is confirmed, so no plan leads anywhere.
    let (mut ledger, a, b, second) = deployed();
    assert!(!back(&ledger, '1') && !back(&ledger, '2'));
    says(&mut ledger, "ops", &a, "succeeded", AT[0]);
    assert!(back(&ledger, '1') && !back(&ledger, '2'), "`b` is not confirmed");
    says(&mut ledger, "ops", &b, "failed", AT[1]);
    assert!(!back(&ledger, '1') && back(&ledger, '2'), "`failed` says that it ran");
    ledger.reject("carol", &second, "2026-11-24T08:30:00Z");
    assert!(!back(&ledger, '2'), "a rejected plan leads nowhere");
    // A plan of the method `revert` leads to the commit that the revert gives, and nowhere else.
    let mut ledger = team();
    let revert = |text: String| {
        let undone = format!("method = \"revert\"\ncommit = \"{}\"", commit('a'));
        text.replace("method = \"redeploy\"", &undone)
    };
    planned(&mut ledger, commit('1').as_str(), &revert, "2026-11-22T08:00:00Z");
    let clean = || Some(countersign::gate::Revert::Clean);
    let a = ledger.deploy(Ask { what: 'a', previous: None, revert: clean(), ..Ask::at(AT[0]) });
    says(&mut ledger, "ops", &a, "succeeded", AT[0]);
    assert!(!back(&ledger, '1'));
    let reverted = Ask { what: 'e', previous: None, is_reverted: true, ..Ask::at(NOW) }.of(&ledger);
    assert_eq!(reverted.purpose, Purpose::Restoration);
}

#[test]
fn the_newest_commit_is_a_way_back_only_where_somebody_pushed_past_the_hook() {
    let mut ledger = team();
    ledger.deploy(Ask { what: 'a', ..Ask::at(AT[0]) });
    let b = ledger.deploy(Ask { what: 'b', ..Ask::at(AT[1]) });
    says(&mut ledger, "ops", &b, "succeeded", AT[1]);
    for (held, purpose) in [
        ('b', Purpose::Expansion),
        // `a` has an allowed receipt, so deploying `b` on top of it again is an expansion.
        ('a', Purpose::Expansion),
        ('f', Purpose::Restoration),
    ] {
        let decision = Ask { what: 'b', previous: Some(held), ..Ask::at(NOW) }.of(&ledger);
        assert_eq!(decision.purpose, purpose, "{held}");
    }
}

#[test]
fn removal_is_refused_once_another_commit_may_have_run() {
    let rule = |ledger: &Ledger, previous| {
        check(&Ask { what: 'b', previous, ..Ask::at(NOW) }.of(ledger), Code::RollbackTarget).result
    };
    for to in ["removal", "previous"] {
        let with = || {
            let mut ledger = team_with_policy("");
            planned(&mut ledger, to, &|text| text, "2026-11-21T08:00:00Z");
            ledger
        };
        let mut ledger = with();
        assert_eq!(rule(&ledger, None), Outcome::Pass, "nothing ran: it is taken away");
        let told = if to == "removal" { Outcome::Fail } else { Outcome::Pass };
        assert_eq!(rule(&ledger, Some('1')), told, "Git tells that something is there");
        let a = ledger.deploy(Ask { what: 'a', previous: None, ..Ask::at(AT[0]) });
        assert_eq!(rule(&ledger, None), told, "allowed is enough");
        ledger.outcome("ops", &a, "never-started", "2026-11-22T09:10:00Z");
        assert_eq!(rule(&ledger, None), Outcome::Pass, "it never started");
    }
}

#[test]
fn which_refs_say_what_runs_is_for_the_receipt_to_show() {
    let mut ledger = team();
    let told = Ask { what: 'a', ..Ask::at(AT[0]) }.of(&ledger);
    assert_eq!(told.previous_from.unwrap().as_str(), "ref");
    assert_eq!(told.on_ref.unwrap().as_str(), "refs/heads/production");
    let given = Ask { what: 'a', previous: None, given: Some('0'), ..Ask::at(AT[0]) }.of(&ledger);
    assert_eq!((given.previous_from.unwrap().as_str(), given.on_ref), ("given", None));
    ledger.deploy(Ask { what: 'a', ..Ask::at(AT[0]) });
    let known = Ask { what: 'b', previous: None, ..Ask::at(AT[1]) }.of(&ledger);
    assert_eq!((known.previous_from.unwrap().as_str(), known.previous.unwrap()), ("ledger", commit('a')));
}

/// A ledger in which `a` and `b` were allowed, `ops` reports that `a` succeeded, and carol that it failed. Returns
/// carol's outcome.
fn failed(more: &str) -> (Ledger, RecordId) {
    let mut ledger = team();
    if !more.is_empty() {
        ledger.policy(more, "2026-11-21T00:00:00Z");
    }
    let a = silently(&mut ledger, 'a', AT[0]);
    silently(&mut ledger, 'b', AT[1]);
    says(&mut ledger, "ops", &a, "succeeded", "2026-11-22T09:05:00Z");
    let failed = says(&mut ledger, "carol", &a, "failed", "2026-11-22T09:05:00Z");
    (ledger, failed)
}

#[test]
fn a_failure_can_be_answered_by_another_person_who_may_decide_or_approve() {
    let back = |ledger: &Ledger| ask(ledger, 'a').purpose == Purpose::Restoration;
    let (ledger, _) = failed("");
    assert!(!back(&ledger), "an unanswered `failed` bars");
    for who in ["bob", "ops"] {
        let (mut ledger, outcome) = failed("");
        let no = ledger.reject(who, &outcome, "2026-11-24T08:10:00Z");
        assert_eq!(ledger.void(&no), None);
        assert!(back(&ledger), "{who}");
        // The latest answer counts: the rejection can be withdrawn, and a new failure bars again.
        let withdrawn = format!("[approval]\nof = \"{outcome}\"\nverdict = \"withdraw\"\n");
        ledger.good(who, "approval", &withdrawn, "2026-11-24T08:20:00Z");
        assert!(!back(&ledger), "{who} withdrew");
        ledger.reject(who, &outcome, "2026-11-24T08:30:00Z");
        assert!(back(&ledger));
        let a = ledger.state().deployments().first().unwrap().id;
        says(&mut ledger, "alice", &a, "failed", "2026-11-22T09:05:00Z");
        assert!(!back(&ledger), "somebody says so again");
    }
    // A member with the role `reporter` alone cannot answer a reported failure, nor can its author. An approval is no
    // answer.
    let (mut ledger, failed_by_carol) = failed("");
    let answer = |verdict: &str| {
        format!("[approval]\nof = \"{failed_by_carol}\"\nverdict = \"{verdict}\"\nreason = \"r\"\n")
    };
    ledger.bad("rita", "approval", &answer("reject"), "2026-11-24T08:10:00Z", Code::Role);
    ledger.bad("carol", "approval", &answer("reject"), "2026-11-24T08:10:00Z", Code::Concerned);
    ledger.bad("bob", "approval", &answer("approve"), "2026-11-24T08:10:00Z", Code::Reference);
    assert!(!back(&ledger));
    // If overrides take no approval, the author of the outcome may answer it.
    let (mut ledger, outcome) = failed("[policy.approvals]\noverrides = 0\n");
    ledger.reject("carol", &outcome, "2026-11-24T08:10:00Z");
    assert!(back(&ledger));
    // An outcome that bars nothing cannot be answered.
    let (mut ledger, _) = failed("");
    let a = ledger.state().deployments().first().unwrap().id;
    let good = says(&mut ledger, "alice", &a, "succeeded", "2026-11-22T09:05:00Z");
    let text = format!("[approval]\nof = \"{good}\"\nverdict = \"reject\"\nreason = \"r\"\n");
    ledger.bad("bob", "approval", &text, "2026-11-24T08:10:00Z", Code::Reference);
}

#[test]
fn an_answered_never_started_gives_effect_and_failure_back() {
    let mut ledger = team();
    for (task, day) in [("a", "20"), ("b", "21"), ("c", "22")] {
        let text = crate::support::ledger::exception("feed-stale", task, "", "");
        ledger.good("rita", "exception", &text, &format!("2026-11-{day}T09:00:00Z"));
    }
    let due = "2026-12-01T00:00:00Z";
    let text = crate::support::question::redesign(&crate::support::question::of_code('1'), due);
    let id = ledger.good("alice", "redesign", &text, "2026-11-23T09:00:00Z");
    ledger.approve("bob", &id, "2026-11-23T09:00:00Z");
    let a = ledger.deploy(Ask { what: 'a', contained: "1", ..Ask::at("2026-11-23T10:00:00Z") });
    let took_effect = |ledger: &Ledger| {
        let state = ledger.state();
        state.patterns.took_effect(state.redesigns().first().unwrap(), &target("production")).is_some()
    };
    assert!(took_effect(&ledger));
    let never = says(&mut ledger, "ops", &a, "never-started", "2026-11-23T10:05:00Z");
    assert!(!took_effect(&ledger));
    let no = ledger.reject("bob", &never, "2026-11-24T08:10:00Z");
    assert_eq!(ledger.void(&no), None);
    assert!(took_effect(&ledger));
    // The cause came back after that, so the redesign has failed. Withdrawing the answer takes back the effect and the
    // failure, and a new answer restores both.
    let failed =
        |ledger: &Ledger| check(&Ask::at("2026-11-24T12:00:00Z").of(ledger), Code::RedesignEffective).result;
    assert_eq!(failed(&ledger), Outcome::Pass);
    let text = crate::support::ledger::exception("feed-stale", "d", "", "");
    ledger.good("rita", "exception", &text, "2026-11-24T10:00:00Z");
    assert_eq!(failed(&ledger), Outcome::Fail);
    let withdrawn = format!("[approval]\nof = \"{never}\"\nverdict = \"withdraw\"\n");
    ledger.good("bob", "approval", &withdrawn, "2026-11-24T10:10:00Z");
    assert_eq!((took_effect(&ledger), failed(&ledger)), (false, Outcome::Pass));
    ledger.reject("bob", &never, "2026-11-24T10:20:00Z");
    assert_eq!((took_effect(&ledger), failed(&ledger)), (true, Outcome::Fail));
}

#[test]
fn a_plan_leads_back_to_no_commit_whose_newest_deployment_failed() {
    // Bob alone says that `a` ran. The plan of `b`, which carol confirms, goes back to `a`.
    for (outcome, expected) in [("succeeded", Outcome::Pass), ("failed", Outcome::Warn)] {
        let mut ledger = team();
        planned(&mut ledger, commit('1').as_str(), &|text| text, "2026-11-22T08:00:00Z");
        let first = ledger.deploy(Ask { what: 'a', previous: None, ..Ask::at(AT[0]) });
        says(&mut ledger, "bob", &first, "succeeded", AT[0]);
        let again = ledger.deploy(Ask { what: 'a', previous: None, ..Ask::at(AT[1]) });
        says(&mut ledger, "bob", &again, outcome, AT[1]);
        planned(&mut ledger, commit('a').as_str(), &|text| text, "2026-11-22T13:00:00Z");
        let b = ledger.deploy(Ask { what: 'b', previous: None, ..Ask::at("2026-11-22T14:00:00Z") });
        says(&mut ledger, "carol", &b, "succeeded", "2026-11-22T14:00:00Z");
        let freshness = Freshness { signer: Some("bob".parse().unwrap()), ..Freshness::default() };
        let wanted = Wanted::Restoration;
        let decision = Ask { what: 'a', wanted, previous: None, freshness, ..Ask::at(NOW) }.of(&ledger);
        assert_eq!(check(&decision, Code::RollbackTarget).result, expected, "{outcome}");
    }
}

#[test]
fn a_member_withdraws_only_an_answer_of_their_own_to_the_same_outcome() {
    let at = "2026-11-24T08:30:00Z";
    let word = |of: &RecordId, verdict: &str| {
        format!("[approval]\nof = \"{of}\"\nverdict = \"{verdict}\"\nreason = \"r\"\n")
    };
    let (mut ledger, a) = allowed_and_paused();
    let first = says(&mut ledger, "ops", &a, "failed", AT[0]);
    let second = says(&mut ledger, "ops", &a, "never-started", AT[0]);
    let is_barred = |ledger: &Ledger| ledger.state().deployment(&a).unwrap().is_barred();
    assert!(is_barred(&ledger));
    ledger.append("carol", "approval", &word(&second, "reject"), at);
    assert!(!is_barred(&ledger));
    // Bob has answered nothing, and carol has answered another outcome.
    ledger.append("bob", "approval", &word(&second, "withdraw"), at);
    ledger.append("carol", "approval", &word(&first, "withdraw"), at);
    assert!(!is_barred(&ledger));
    ledger.append("carol", "approval", &word(&second, "withdraw"), at);
    assert!(is_barred(&ledger));
    // What was withdrawn is not withdrawn a second time.
    ledger.append("bob", "approval", &word(&second, "reject"), at);
    ledger.append("carol", "approval", &word(&second, "withdraw"), at);
    assert!(!is_barred(&ledger));
}
