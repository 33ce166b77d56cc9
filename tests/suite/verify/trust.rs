//! Founding, succession, retired and distrusted keys, and ledger time (ledger-schema/verify.md).

use countersign::finding::Code;
use countersign::replay::Pushed;
use countersign::sshsig::KeyLine;
use countersign::value::RecordId;

use crate::support::ledger::{
    Actor, Ledger, NOW, body, broken, exception, member, override_, plan, time, trust,
};
use crate::support::vectors::{hardware_key, hardware_of};

const ALL: &[&str] = &["admin", "reporter", "approver", "gate"];
const END: &str = "2026-11-25T09:00:00Z";

fn people(names: &[&'static str]) -> Vec<String> {
    names.iter().map(|name| member(&Actor::new(name), "human", ALL)).collect()
}

fn with_thresholds(thresholds: [u64; 3], names: &[&'static str]) -> Ledger {
    let mut ledger = Ledger::empty();
    ledger.append(names[0], "trust", &trust(1, None, thresholds, &people(names)), "2026-10-01T08:00:00Z");
    ledger
}

fn in_force(ledger: &Ledger) -> Option<RecordId> {
    ledger.replay.past().trust().map(|roster| roster.id())
}

#[test]
fn a_ledger_with_a_threshold_of_two_is_founded_by_the_second_admin() {
    let mut ledger = with_thresholds([2, 1, 2], &["alice", "bob"]);
    assert_eq!(in_force(&ledger), None);
    let early = ledger.append("alice", "policy", crate::support::ledger::POLICY, NOW);
    assert_eq!(ledger.void(&early), Some(Code::Founding));
    let id = ledger.id.unwrap();
    ledger.approve("bob", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id));
}

#[test]
fn a_new_roster_needs_both_thresholds() {
    // There are two admins. The proposal has three, and a threshold of three.
    let mut ledger = with_thresholds([1, 1, 1], &["alice", "bob"]);
    let first = ledger.id.unwrap();
    let next = trust(2, Some(first), [3, 1, 3], &people(&["alice", "bob", "dave"]));
    let id = ledger.append("alice", "trust", &next, NOW);
    assert_eq!(in_force(&ledger), Some(first), "the old threshold alone is not enough");
    ledger.approve("bob", &id, NOW);
    assert_eq!(in_force(&ledger), Some(first));
    // Dave is a new admin: his vote with the proposed key counts (trust.md, The keys of a proposal).
    ledger.approve("dave", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id));
}

#[test]
fn a_proposed_key_signs_approvals_of_its_proposal_and_nothing_else() {
    let mut ledger = with_thresholds([2, 1, 2], &["alice", "bob"]);
    let first = ledger.id.unwrap();
    ledger.approve("bob", &first, NOW);
    let id = ledger.append(
        "alice",
        "trust",
        &trust(2, Some(first), [2, 1, 2], &people(&["alice", "bob", "dave"])),
        NOW,
    );
    let record = ledger.record("dave", body("exception", &exception("c", "t", "", "")), NOW);
    let file = Actor::new("dave").file(&record.payload());
    let codes = broken(&ledger.push_files(&Actor::new("alice"), &[file]));
    assert_eq!(codes, [Code::Signer], "{id}");
}

#[test]
fn an_admin_who_invents_others_keys_speaks_for_nobody() {
    let mut ledger = with_thresholds([2, 1, 2], &["alice", "bob"]);
    let first = ledger.id.unwrap();
    ledger.approve("bob", &first, NOW);
    let forged = member(&Actor::with_key("bob", 2), "human", ALL);
    let next = trust(2, Some(first), [2, 1, 2], &[people(&["alice"]).concat(), forged]);
    let id = ledger.append("alice", "trust", &next, NOW);
    ledger.append_as(
        &Actor::with_key("bob", 2),
        "approval",
        &format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n"),
        NOW,
    );
    assert_eq!(in_force(&ledger), Some(first));
    ledger.approve("bob", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id), "bob's own key must count");
}

#[test]
fn a_proposed_hardware_key_with_the_bytes_of_a_key_in_force_is_another_key() {
    let mut ledger = with_thresholds([2, 1, 2], &["alice", "bob"]);
    let first = ledger.id.unwrap();
    ledger.approve("bob", &first, NOW);
    let bob = Actor::new("bob");
    let line = KeyLine { key: hardware_key(&bob), comment: None }.to_string();
    let hardware = member(&bob, "human", ALL).replace(&bob.line(), &line);
    let next = trust(2, Some(first), [2, 1, 2], &[people(&["alice"]).concat(), hardware]);
    let id = ledger.append("alice", "trust", &next, NOW);
    let time = ledger.replay.past().ledger_time();
    let text = format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n");
    let vote = ledger.record("bob", body("approval", &text), "2026-11-24T10:00:00Z");
    let file = hardware_of(&bob, &vote.payload(), 0x01);
    assert!(matches!(ledger.push_files(&Actor::new("alice"), &[file]), Pushed::Counted { .. }));
    assert_eq!(ledger.void(&vote.id()), None);
    assert_eq!(in_force(&ledger), Some(first), "the vote must count only on the side of the proposal");
    assert_eq!(ledger.replay.past().ledger_time(), time, "the vote must not move ledger time");
    ledger.approve("bob", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id), "bob's own key must count");
}

#[test]
fn one_admin_counts_once_however_often_and_with_whatever_key() {
    let mut ledger = Ledger::empty();
    let two_keys = member(&Actor::new("alice"), "human", ALL)
        .replace("keys = [", &format!("keys = [\"{}\", ", Actor::with_key("alice", 2).line()));
    let text = trust(1, None, [2, 1, 2], &[two_keys.clone(), people(&["bob"]).concat()]);
    ledger.append("alice", "trust", &text, "2026-10-01T08:00:00Z");
    let id = ledger.id.unwrap();
    ledger.approve("alice", &id, NOW);
    ledger.append_as(
        &Actor::with_key("alice", 2),
        "approval",
        &format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n"),
        NOW,
    );
    assert_eq!(in_force(&ledger), None);
    ledger.approve("bob", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id));
}

#[test]
fn of_two_rivals_the_first_to_get_there_wins_and_the_other_never_does() {
    let mut ledger = with_thresholds([2, 1, 2], &["alice", "bob", "carol"]);
    let first = ledger.id.unwrap();
    ledger.approve("bob", &first, NOW);
    let one =
        ledger.append("alice", "trust", &trust(2, Some(first), [2, 1, 2], &people(&["alice", "bob"])), NOW);
    let two = ledger.append(
        "bob",
        "trust",
        &trust(2, Some(first), [2, 1, 2], &people(&["alice", "bob", "carol", "dave"])),
        NOW,
    );
    ledger.approve("carol", &two, NOW);
    assert_eq!(in_force(&ledger), Some(two));
    let late = ledger.approve("bob", &one, NOW);
    assert_eq!(ledger.void(&late), Some(Code::Closed));
    let again = ledger.append(
        "alice",
        "trust",
        &trust(2, Some(first), [2, 1, 2], &people(&["alice", "bob"]))
            .replace("format = 2\n", "format = 2\nreason = \"again\"\n"),
        NOW,
    );
    assert_eq!(ledger.void(&again), Some(Code::Version));
    assert_eq!(in_force(&ledger), Some(two));
}

#[test]
fn a_rejection_of_a_trust_takes_back_ones_own_yes_and_vetoes_nothing() {
    let mut ledger = with_thresholds([2, 1, 2], &["alice", "bob", "carol"]);
    let first = ledger.id.unwrap();
    ledger.approve("bob", &first, NOW);
    // Bob, who is to be removed, votes no.
    let id =
        ledger.append("alice", "trust", &trust(2, Some(first), [2, 1, 2], &people(&["alice", "carol"])), NOW);
    let no = ledger.reject("bob", &id, NOW);
    assert_eq!(ledger.void(&no), None);
    ledger.approve("carol", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id));
}

#[test]
fn a_retired_key_is_void_and_what_it_signed_stands() {
    let mut ledger = Ledger::team();
    let before = ledger.append("bob", "rollback-plan", &plan("bob", "previous", END), NOW);
    let first = ledger.id.unwrap();
    let new_key = member(&Actor::with_key("bob", 2), "human", ALL);
    let next = trust(2, Some(first), [1, 1, 1], &[people(&["alice", "carol"]).concat(), new_key]);
    let id = ledger.append("alice", "trust", &next, NOW);
    assert_eq!(in_force(&ledger), Some(id));
    let after = ledger.append("bob", "exception", &exception("c", "t", "", ""), NOW);
    assert_eq!(ledger.void(&after), Some(Code::Key));
    assert_eq!(ledger.void(&before), None);
    assert_eq!(ledger.state().plans().len(), 1);
    let with_new =
        ledger.append_as(&Actor::with_key("bob", 2), "exception", &exception("c", "u", "", ""), NOW);
    assert_eq!(ledger.void(&with_new), None);
}

#[test]
fn what_a_distrusted_key_signed_from_its_position_on_no_longer_stands() {
    let mut ledger = Ledger::team();
    let plan_id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", END), NOW);
    let from = ledger.head().size;
    ledger.approve("bob", &plan_id, NOW);
    assert!(ledger.state().plans().first().unwrap().approvals.effect().is_some());
    let first = ledger.id.unwrap();
    let distrust = format!(
        "[[trust.distrust]]\nkey = \"{}\"\nfrom = {from}\nreason = \"laptop stolen\"\n",
        Actor::new("bob").public().fingerprint()
    );
    let new_key = member(&Actor::with_key("bob", 2), "human", ALL);
    let next = trust(2, Some(first), [1, 1, 1], &[people(&["alice", "carol"]).concat(), new_key]) + &distrust;
    let id = ledger.append("alice", "trust", &next, NOW);
    assert_eq!(in_force(&ledger), Some(id));
    assert!(
        ledger.state().plans().first().unwrap().approvals.effect().is_none(),
        "the vote with the stolen key must no longer count"
    );
    ledger.approve("carol", &plan_id, NOW);
    assert!(ledger.state().plans().first().unwrap().approvals.effect().is_some());
}

#[test]
fn rosters_that_contradict_themselves_or_the_register_are_void() {
    let swap = |text: String, from: &str, to: &str| text.replacen(from, to, 1);
    let good = |first| trust(2, Some(first), [1, 1, 1], &people(&["alice", "bob"]));
    type Change<'a> = Box<dyn Fn(String) -> String + 'a>;
    let bob = Actor::new("bob").line();
    let cases: Vec<(&str, Change<'_>)> = vec![
        ("a key of one member for another", Box::new(|text| swap(text, &bob, &Actor::new("carol").line()))),
        (
            "a human turned service",
            Box::new(|text| {
                let (head, tail) = text.split_once("name = \"bob\"").unwrap();
                let tail = tail.replace("type = \"human\"", "type = \"service\"\nowner = \"alice\"");
                let tail: String = tail.split("[[trust.member.role]]").next().unwrap().to_owned()
                    + "[[trust.member.role]]\nrole = \"reporter\"\n";
                format!("{head}name = \"bob\"{tail}")
            }),
        ),
        ("a name twice", Box::new(|text| text.clone() + &people(&["bob"]).concat())),
        (
            "nobody left to act",
            Box::new(|text| {
                text.replace("trust = 1", "trust = 3").replace("quarantine = 1", "quarantine = 3")
            }),
        ),
        (
            "a human with an owner",
            Box::new(|text| swap(text, "type = \"human\"\n", "type = \"human\"\nowner = \"bob\"\n")),
        ),
        (
            "a scope on admin",
            Box::new(|text| {
                swap(text, "role = \"admin\"\n", "role = \"admin\"\nservices = [\"payments\"]\n")
            }),
        ),
        (
            "a key of small order",
            Box::new(|text| {
                let point = countersign::sshsig::PublicKey {
                    algorithm: countersign::sshsig::Algorithm::Ed25519,
                    point: [0; 32],
                };
                let mut identity = point.clone();
                identity.point[0] = 1;
                swap(text, &bob, &identity.to_string())
            }),
        ),
    ];
    for (name, change) in cases {
        let mut ledger = Ledger::team();
        let first = ledger.id.unwrap();
        let id = ledger.append("alice", "trust", &change(good(first)), NOW);
        assert_eq!(ledger.void(&id), Some(Code::Roster), "{name}");
        assert_eq!(in_force(&ledger), Some(first), "{name}");
    }
    let mut ledger = Ledger::team();
    let first = ledger.id.unwrap();
    let id = ledger.append("alice", "trust", &good(first), NOW);
    assert_eq!((ledger.void(&id), in_force(&ledger)), (None, Some(id)));
}

#[test]
fn no_single_person_moves_ledger_time() {
    let mut ledger = Ledger::team();
    let at = |ledger: &Ledger| ledger.replay.past().ledger_time().unwrap();
    ledger.append("alice", "exception", &exception("c", "1", "", ""), NOW);
    ledger.append("bob", "exception", &exception("c", "2", "", ""), NOW);
    assert_eq!(at(&ledger), time(NOW));
    ledger.append("carol", "exception", &exception("c", "3", "", ""), "2099-01-01T00:00:00Z");
    assert_eq!(at(&ledger), time(NOW), "one person with a wrong clock must not move it");
    ledger.append("carol", "exception", &exception("c", "4", "", ""), "2100-01-01T00:00:00Z");
    assert_eq!(at(&ledger), time(NOW), "not even with several records");
    // The person behind a service is its owner, so alice is the second person.
    ledger.append("ops", "exception", &exception("c", "5", "", ""), "2098-01-01T00:00:00Z");
    assert_eq!(at(&ledger), time("2098-01-01T00:00:00Z"), "two persons can move it");
}

#[test]
fn an_override_takes_effect_where_its_approvals_suffice_and_a_no_ends_it() {
    let mut ledger = Ledger::team();
    let id = ledger.append("carol", "exception", &override_("carol", END), NOW);
    let undecided = ledger.state();
    assert!(undecided.exceptions().first().unwrap().approvals.effect().is_none());
    ledger.approve("bob", &id, NOW);
    assert!(ledger.state().exceptions().first().unwrap().approvals.effect().is_some());
    ledger.reject("bob", &id, NOW);
    assert!(matches!(
        ledger.state().exceptions().first().unwrap().approvals.status(),
        countersign::state::ApprovalStatus::Ended { .. }
    ));
}

#[test]
fn votes_of_one_entry_do_not_see_each_other_and_the_rejection_is_the_latest() {
    let mut ledger = Ledger::team();
    let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", END), NOW);
    let yes = format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n");
    let no = format!("[approval]\nof = \"{id}\"\nverdict = \"reject\"\nreason = \"no\"\n");
    ledger.append_together(&[("bob", "approval", &yes), ("bob", "approval", &no)], NOW);
    assert!(matches!(
        ledger.state().plans().first().unwrap().approvals.status(),
        countersign::state::ApprovalStatus::Rejected { .. }
    ));
    ledger.append("bob", "approval", &format!("[approval]\nof = \"{id}\"\nverdict = \"withdraw\"\n"), NOW);
    assert!(matches!(
        ledger.state().plans().first().unwrap().approvals.status(),
        countersign::state::ApprovalStatus::Undecided { .. }
    ));
}

#[test]
fn a_stolen_key_cannot_hide_the_vote_of_the_key_that_replaces_it() {
    let mut ledger = with_thresholds([2, 1, 2], &["alice", "bob", "carol"]);
    let first = ledger.id.unwrap();
    ledger.approve("bob", &first, NOW);
    let distrust = format!(
        "[[trust.distrust]]\nkey = \"{}\"\nfrom = 0\nreason = \"stolen\"\n",
        Actor::new("bob").public().fingerprint()
    );
    let new_bob = member(&Actor::with_key("bob", 2), "human", ALL);
    let next = trust(2, Some(first), [3, 1, 3], &[people(&["alice", "carol"]).concat(), new_bob]) + &distrust;
    let id = ledger.append("alice", "trust", &next, NOW);
    // The thief approves with the stolen key, then bob with his new key.
    ledger.approve("bob", &id, NOW);
    ledger.append_as(
        &Actor::with_key("bob", 2),
        "approval",
        &format!("[approval]\nof = \"{id}\"\nverdict = \"approve\"\n"),
        NOW,
    );
    assert_eq!(in_force(&ledger), Some(first));
    ledger.approve("carol", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id));
}

#[test]
fn what_has_made_trust_and_policy_effective_stands_for_ever() {
    let mut ledger = Ledger::team();
    let policy = ledger.replay.past().policy().id().unwrap();
    let first = ledger.id.unwrap();
    let distrust = format!(
        "[[trust.distrust]]\nkey = \"{}\"\nfrom = 0\nreason = \"stolen\"\n",
        Actor::new("alice").public().fingerprint()
    );
    let new_alice = member(&Actor::with_key("alice", 2), "human", ALL);
    let next = trust(2, Some(first), [1, 1, 1], &[people(&["bob", "carol"]).concat(), new_alice]) + &distrust;
    let id = ledger.append("bob", "trust", &next, NOW);
    assert_eq!(in_force(&ledger), Some(id));
    let text = format!(
        "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\ndecision = \"refused\"\n\
         at = {NOW}\ntrust = \"{id}\"\nprogram = \"t\"\n[[receipt.check]]\ncode = \"target-known\"\nresult = \"pass\"\nrecords = [\"{policy}\"]\n",
        "1".repeat(40)
    );
    let receipt = ledger.append("bob", "receipt", &text, NOW);
    assert_eq!(
        ledger.void(&receipt),
        None,
        "a policy proposed with a stolen key stays valid until a later policy replaces it"
    );
}

#[test]
fn a_distrusted_key_dates_nothing() {
    let mut ledger = Ledger::team();
    ledger.append("alice", "exception", &exception("c", "1", "", ""), NOW);
    let from = ledger.head().size;
    for name in ["bob", "carol"] {
        ledger.append(name, "exception", &exception("c", name, "", ""), "2099-01-01T00:00:00Z");
    }
    assert_eq!(ledger.replay.past().ledger_time(), Some(time("2099-01-01T00:00:00Z")));
    let distrust = |name| {
        format!(
            "[[trust.distrust]]\nkey = \"{}\"\nfrom = {from}\nreason = \"stolen\"\n",
            Actor::new(name).public().fingerprint()
        )
    };
    let others = ["bob", "carol"].map(|name| member(&Actor::with_key(name, 2), "human", ALL)).concat();
    let next = trust(2, ledger.id, [1, 1, 1], &[people(&["alice"]).concat(), others])
        + &distrust("bob")
        + &distrust("carol");
    ledger.append("alice", "trust", &next, NOW);
    assert_eq!(ledger.replay.past().ledger_time(), Some(time(NOW)));
}

#[test]
fn a_policy_that_does_not_say_what_it_follows_is_void_and_halts_nobody() {
    let mut ledger = Ledger::team();
    let id = ledger.append("alice", "policy", "[policy]\nversion = 2\n", NOW);
    assert_eq!(ledger.void(&id), Some(Code::Version));
}
