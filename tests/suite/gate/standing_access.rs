//! Standing access (F6): renewals of one grant, growing privileges, and when they no longer count, to the
//! second.

use countersign::finding::Code;
use countersign::record::kind::receipt::Outcome;
use countersign::value::RecordId;

use crate::support::ledger::{Ledger, NOW, time};
use crate::support::question::{Ask, access, assert_check, check, closure, team_with_plan};

const CODE: Code = Code::NoStandingAccess;

/// Records an override, approved by bob, that gives carol the action on `db` from the time `from` until `end`.
fn grant_access(ledger: &mut Ledger, task: &str, action: &str, from: &str, end: &str) -> RecordId {
    let id = ledger.good("carol", "exception", &access("carol", task, action, end), from);
    ledger.approve("bob", &id, from);
    id
}

#[test]
fn one_renewal_is_allowed_and_the_second_is_standing_access() {
    let (mut ledger, _) = team_with_plan("");
    let one = grant_access(&mut ledger, "1", "write", NOW, "2026-11-24T13:00:00Z");
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[]);
    let two = grant_access(&mut ledger, "2", "write", "2026-11-24T12:00:00Z", "2026-11-24T18:00:00Z");
    assert_check(&ledger, CODE, "2026-11-24T12:00:00Z", Outcome::Pass, &[]);
    let three = grant_access(&mut ledger, "3", "write", "2026-11-25T10:00:00Z", "2026-11-25T16:00:00Z");
    let all = [one, two, three];
    assert_check(&ledger, CODE, "2026-11-25T10:00:00Z", Outcome::Fail, &all);
    // The row no longer counts once it has been over for as long as it lasted, which is 31 hours.
    assert_check(&ledger, CODE, "2026-11-26T22:59:59Z", Outcome::Fail, &all);
    assert_check(&ledger, CODE, "2026-11-26T23:00:00Z", Outcome::Pass, &[]);
    // The limit in the policy in force counts.
    ledger.policy("[policy.exceptions]\nmax_renewals = 2\n", "2026-11-25T11:00:00Z");
    assert_check(&ledger, CODE, "2026-11-25T12:00:00Z", Outcome::Pass, &[]);
    ledger.policy("[policy.exceptions]\nmax_renewals = 0\n", "2026-11-25T11:00:00Z");
    assert_check(&ledger, CODE, "2026-11-25T12:00:00Z", Outcome::Fail, &all);
}

#[test]
fn what_begins_within_the_grace_after_the_end_is_a_renewal_and_at_its_end_it_is_not() {
    for (begins, result) in [("2026-11-25T12:59:59Z", Outcome::Fail), ("2026-11-25T13:00:00Z", Outcome::Pass)]
    {
        let (mut ledger, _) = team_with_plan("[policy.exceptions]\nmax_renewals = 0\n");
        grant_access(&mut ledger, "1", "write", NOW, "2026-11-24T13:00:00Z");
        assert_check(&ledger, CODE, NOW, Outcome::Pass, &[]);
        grant_access(&mut ledger, "2", "write", begins, "2026-11-25T20:00:00Z");
        assert_eq!(check(&Ask::at("2026-11-25T14:00:00Z").of(&ledger), CODE).result, result, "{begins}");
    }
}

#[test]
fn a_row_of_renewals_lasts_until_its_latest_end_and_not_until_the_end_of_the_last_one() {
    let (mut ledger, _) =
        team_with_plan("[policy.exceptions]\nmax_renewals = 1\ncredential_grace = \"1h\"\n");
    // The second grant ends before the first does. The third begins long after the end of the second, but within the
    // grace after the end of the first.
    let one = grant_access(&mut ledger, "1", "write", NOW, "2026-11-24T20:00:00Z");
    let two = grant_access(&mut ledger, "2", "write", NOW, "2026-11-24T10:00:00Z");
    let three = grant_access(&mut ledger, "3", "write", "2026-11-24T20:30:00Z", "2026-11-24T22:00:00Z");
    assert_check(&ledger, CODE, "2026-11-24T20:30:00Z", Outcome::Fail, &[one, two, three]);
}

#[test]
fn resources_that_the_policy_calls_one_are_one() {
    let entry = "[[policy.resource]]\nname = \"db*\"\n";
    let one = format!("{entry}one_resource = true\n");
    for (policy, result) in [("", Outcome::Pass), (entry, Outcome::Pass), (&one, Outcome::Fail)] {
        let (mut ledger, _) = team_with_plan(&format!("{policy}[policy.exceptions]\nmax_renewals = 0\n"));
        let mut given = Vec::new();
        for (task, resource) in [("1", "db-1"), ("2", "db-2")] {
            let text = access("carol", task, "write", "2026-11-24T13:00:00Z")
                .replace("resource = \"db\"", &format!("resource = \"{resource}\""));
            let id = ledger.good("carol", "exception", &text, NOW);
            ledger.approve("bob", &id, NOW);
            given.push(id);
        }
        let records: &[RecordId] = if result == Outcome::Fail { &given } else { &[] };
        assert_check(&ledger, CODE, NOW, result, records);
    }
}

#[test]
fn only_the_same_member_and_resource_in_effect_are_renewals() {
    let (mut ledger, _) = team_with_plan("[policy.exceptions]\nmax_renewals = 0\n");
    grant_access(&mut ledger, "1", "write", NOW, "2026-11-24T13:00:00Z");
    // Another member, another resource, an override without an approval, and a rejected one.
    let dave = ledger.good("carol", "exception", &access("dave", "2", "write", "2026-11-24T13:00:00Z"), NOW);
    ledger.approve("bob", &dave, NOW);
    let elsewhere = access("carol", "3", "write", "2026-11-24T13:00:00Z")
        .replace("resource = \"db\"", "resource = \"queue\"");
    let elsewhere = ledger.good("carol", "exception", &elsewhere, NOW);
    ledger.approve("bob", &elsewhere, NOW);
    let waits =
        ledger.good("carol", "exception", &access("carol", "4", "write", "2026-11-24T13:00:00Z"), NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[]);
    ledger.reject("bob", &waits, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[]);
    // Two grants at the same time are renewals of one grant, even if their authors differ.
    let same = ledger.good("alice", "exception", &access("carol", "5", "write", "2026-11-24T13:00:00Z"), NOW);
    ledger.approve("bob", &same, NOW);
    let decision = Ask::at(NOW).of(&ledger);
    let found = check(&decision, CODE);
    assert_eq!(found.result, Outcome::Fail);
    assert!(
        found.records.contains(&same)
            && found.records.len() == 2
            && found.found.contains("carol's access to db")
    );
    // A target that none of them touches is not affected.
    let staging = Ask { environment: "staging", ..Ask::at(NOW) }.of(&ledger);
    assert_eq!(check(&staging, CODE).result, Outcome::Pass);
}

#[test]
fn an_action_that_none_before_gave_fails_also_within_the_number() {
    let (mut ledger, _) = team_with_plan("");
    let one = grant_access(&mut ledger, "1", "write", NOW, "2026-11-24T13:00:00Z");
    let two = grant_access(&mut ledger, "2", "drop", "2026-11-24T13:00:00Z", "2026-11-24T15:00:00Z");
    let decision = Ask::at("2026-11-24T13:00:00Z").of(&ledger);
    let found = check(&decision, CODE);
    assert_eq!((found.result, found.records.as_slice()), (Outcome::Fail, &[one, two][..]));
    assert!(found.details.iter().any(|line| line.contains("`drop`")), "{:?}", found.details);
    assert_check(&ledger, CODE, "2026-11-24T20:59:59Z", Outcome::Fail, &[one, two]);
    assert_check(&ledger, CODE, "2026-11-24T21:00:00Z", Outcome::Pass, &[]);
    // Fewer actions than before are no growth, nor are two actions in the first override.
    let (mut ledger, _) = team_with_plan("");
    let both = access("carol", "1", "write", "2026-11-24T13:00:00Z");
    let grant = both.split("[[exception.grant]]").nth(1).unwrap().replace("\"write\"", "\"read\"");
    let id = ledger.good("carol", "exception", &format!("{both}[[exception.grant]]{grant}"), NOW);
    ledger.approve("bob", &id, NOW);
    assert_check(&ledger, CODE, NOW, Outcome::Pass, &[]);
    grant_access(&mut ledger, "2", "read", "2026-11-24T13:00:00Z", "2026-11-24T15:00:00Z");
    assert_check(&ledger, CODE, "2026-11-24T13:00:00Z", Outcome::Pass, &[]);
}

#[test]
fn what_the_person_says_of_the_end_does_not_shorten_a_row() {
    // A row of three, from NOW to 26 November 17:00: 56 hours.
    let three = || {
        let (mut ledger, _) = team_with_plan("");
        grant_access(&mut ledger, "1", "write", NOW, "2026-11-24T13:00:00Z");
        grant_access(&mut ledger, "2", "write", "2026-11-24T12:00:00Z", "2026-11-24T18:00:00Z");
        let last = grant_access(&mut ledger, "3", "write", "2026-11-24T17:00:00Z", "2026-11-26T17:00:00Z");
        (ledger, last)
    };
    let forgotten_at = |ledger: &Ledger, at: &str| {
        let result = |at: String| check(&Ask::at(&at).of(ledger), CODE).result;
        let before = time(at).plus_seconds(-1).to_string();
        assert_eq!((result(before), result(at.to_owned())), (Outcome::Fail, Outcome::Pass), "{at}");
    };
    let (ledger, _) = three();
    forgotten_at(&ledger, "2026-11-29T01:00:00Z");
    // A closure by a person whom the override concerns does not shorten the access.
    let (mut ledger, last) = three();
    ledger.good("carol", "closure", &closure(&last), "2026-11-24T20:00:00Z");
    forgotten_at(&ledger, "2026-11-29T01:00:00Z");
    // After a closure by another person, the access ends `max_backdating` after the date of the closure: here it has
    // lasted 35 hours.
    ledger.good("dave", "closure", &closure(&last), "2026-11-24T20:00:00Z");
    forgotten_at(&ledger, "2026-11-27T07:00:00Z");
    // A rejection ends the override, but not the row.
    let (mut ledger, last) = three();
    ledger.reject("dave", &last, "2026-11-24T20:00:00Z");
    forgotten_at(&ledger, "2026-11-29T01:00:00Z");
}

#[test]
fn a_person_and_their_service_have_one_row() {
    // Alice and her service `ops` take turns, back to back.
    let (mut ledger, _) = team_with_plan("");
    let turns =
        [("alice", NOW, "2026-11-24T13:00:00Z"), ("ops", "2026-11-24T13:00:00Z", "2026-11-24T17:00:00Z")];
    for (to, from, end) in
        turns.into_iter().chain([("alice", "2026-11-24T17:00:00Z", "2026-11-24T21:00:00Z")])
    {
        let text = access(to, &format!("{to}-{}", &from[11..13]), "write", end);
        let id = ledger.good("carol", "exception", &text, from);
        ledger.approve("bob", &id, from);
    }
    let decision = Ask::at("2026-11-24T17:00:00Z").of(&ledger);
    let found = check(&decision, CODE);
    assert_eq!((found.result, found.records.len()), (Outcome::Fail, 3), "{}", found.found);
    // Two persons have two rows.
    let (mut ledger, _) = team_with_plan("");
    for (to, from, end) in turns.map(|(to, from, end)| (if to == "ops" { "dave" } else { to }, from, end)) {
        let id = ledger.good("carol", "exception", &access(to, to, "write", end), from);
        ledger.approve("bob", &id, from);
    }
    assert_eq!(check(&Ask::at("2026-11-24T13:00:00Z").of(&ledger), CODE).result, Outcome::Pass);
}
