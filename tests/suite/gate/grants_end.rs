//! A grant ends when its member leaves or has no believed key (ledger-schema/output.md, `grant`), on ledgers in memory.

use countersign::render::{GrantQuestion, GrantView};

use crate::support::ledger::{Actor, Ledger, NOW, POLICY, member, override_, time, trust};
use crate::support::question::FOUNDED;

/// A later time at which the grant is still running.
const LATER: &str = "2026-11-24T11:00:00Z";

/// A ledger in which alice granted carol `write` on `db` until 13:00.
fn granted() -> (Ledger, Vec<String>) {
    let all = &["admin", "reporter", "approver", "gate"][..];
    let person = |name| member(&Actor::new(name), "human", all);
    let ops = member(&Actor::new("ops"), "service of alice", &["reporter"]);
    let people = vec![person("alice"), person("bob"), ops, person("carol")];
    let mut ledger = Ledger::empty();
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &people), FOUNDED);
    ledger.append("alice", "policy", POLICY, FOUNDED);
    let id = ledger.good("alice", "exception", &override_("carol", "2026-11-24T13:00:00Z"), NOW);
    ledger.approve("bob", &id, NOW);
    (ledger, people)
}

fn allowed(ledger: &Ledger) -> (bool, Vec<String>) {
    let [to, action, resource] = ["carol", "write", "db"];
    let asked = GrantQuestion {
        to: to.parse().unwrap(),
        action: action.parse().unwrap(),
        resource: resource.parse().unwrap(),
        service: Some("payments".parse().unwrap()),
        environment: Some("production".parse().unwrap()),
    };
    let (view, _) = GrantView::new(&ledger.state(), ledger.replay.past(), &asked, time(LATER));
    (view.allowed, view.because)
}

#[test]
fn whoever_has_left_or_has_no_believed_key_is_given_nothing() {
    let (mut ledger, people) = granted();
    assert_eq!(allowed(&ledger), (true, vec![]));
    let before = ledger.replay.past().trust().unwrap().id();
    let without = trust(2, Some(before), [1, 1, 1], &people[..3]);
    ledger.good("alice", "trust", &without, "2026-11-24T10:00:00Z");
    assert_eq!(allowed(&ledger), (false, vec!["carol is not a member of the trust in force".to_owned()]));
    // Carol's key was stolen: it is distrusted, and she has no other.
    let (mut ledger, people) = granted();
    let key = Actor::new("carol").public().fingerprint();
    let distrusted = format!("[[trust.distrust]]\nkey = \"{key}\"\nfrom = 4\nreason = \"stolen\"\n");
    let before = ledger.replay.past().trust().unwrap().id();
    let text = trust(2, Some(before), [1, 1, 1], &[people.concat(), distrusted]);
    ledger.good("alice", "trust", &text, "2026-11-24T10:00:00Z");
    assert_eq!(allowed(&ledger), (false, vec!["no key of carol is believed".to_owned()]));
    // A later trust that does not repeat the distrust changes nothing.
    let before = ledger.replay.past().trust().unwrap().id();
    let text = trust(3, Some(before), [1, 1, 1], &people);
    ledger.good("alice", "trust", &text, "2026-11-24T10:10:00Z");
    assert_eq!(ledger.replay.past().trust().unwrap().trust().version.value(), 3);
    assert_eq!(allowed(&ledger), (false, vec!["no key of carol is believed".to_owned()]));
}
