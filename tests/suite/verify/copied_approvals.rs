//! Votes with a stolen key next to the votes of its owner (trust.md, Counting). The random ledgers reach this
//! case too rarely.

use crate::support::ledger::{Actor, Ledger, NOW, member, trust};

#[test]
fn a_later_vote_with_a_stolen_key_hides_no_earlier_vote_with_a_good_one() {
    let stolen = Actor::with_key("bob", 2);
    let people = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", &["admin"]));
    let good = Actor::new("bob").line();
    let both = people.concat().replace(&good, &format!("{good}\", \"{}", stolen.line()));
    let mut ledger = Ledger::empty();
    let first = ledger.append("alice", "trust", &trust(1, None, [3, 1, 3], &[both]), NOW);
    ledger.approve("bob", &first, NOW);
    ledger.approve("carol", &first, NOW);
    let distrust = format!(
        "[[trust.distrust]]\nkey = \"{}\"\nfrom = 0\nreason = \"laptop stolen\"\n",
        stolen.public().fingerprint()
    );
    let next = trust(2, Some(first), [3, 1, 3], &people) + &distrust;
    let id = ledger.append("alice", "trust", &next, NOW);
    ledger.approve("bob", &id, NOW);
    let no = format!("[approval]\nof = \"{id}\"\nverdict = \"reject\"\nreason = \"let me stay\"\n");
    let thief = ledger.append_as(&stolen, "approval", &no, NOW);
    assert_eq!(ledger.void(&thief), None, "the stolen key is still in force");
    let in_force = |ledger: &Ledger| ledger.replay.past().trust().map(|roster| roster.id());
    assert_eq!(in_force(&ledger), Some(first));
    ledger.approve("carol", &id, NOW);
    assert_eq!(in_force(&ledger), Some(id), "the thief's vote must not cancel the owner's");
}
