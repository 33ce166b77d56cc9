//! What a key may sign, depending on the state of the key (ledger-schema/trust.md, The keys of a proposal).

use countersign::replay::Pushed;
use countersign::value::RecordId;

use crate::support::ledger::{Actor, Ledger, NOW, body, codes, exception, member, trust};

const ALL: &[&str] = &["admin", "reporter", "approver", "gate"];

/// A ledger with keys in every state, and an open proposal of a trust. Returns the id of the proposal, too.
///
/// - Alice's and frank's keys, and bob's second, are in force. Carol's is in force and distrusted.
/// - Bob's first key is retired. Dave's is retired and distrusted. The open trust proposes both again.
/// - Erin's key is proposed, and was never held.
/// - No trust lists mallory's key.
fn ledger() -> (Ledger, RecordId) {
    let people = |keys: &[(&'static str, u8)]| -> String {
        keys.iter().map(|(name, number)| member(&Actor::with_key(name, *number), "human", ALL)).collect()
    };
    let mut ledger = Ledger::empty();
    let first = trust(1, None, [1, 1, 1], &[people(&[("alice", 1), ("bob", 1), ("carol", 1), ("dave", 1)])]);
    let id = ledger.append("alice", "trust", &first, "2026-10-01T08:00:00Z");
    let distrust = ["carol", "dave"].map(|name| {
        let key = Actor::new(name).public().fingerprint();
        format!("[[trust.distrust]]\nkey = \"{key}\"\nfrom = 1\nreason = \"stolen\"\n")
    });
    let next =
        trust(2, Some(id), [2, 1, 2], &[people(&[("alice", 1), ("bob", 2), ("carol", 1), ("frank", 1)])]);
    let id = ledger.append("alice", "trust", &(next + &distrust.concat()), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(ledger.replay.past().trust().unwrap().id(), id);
    let keys = [("alice", 1), ("bob", 1), ("carol", 1), ("dave", 1), ("erin", 1), ("frank", 1)];
    let open = trust(3, Some(id), [2, 1, 2], &[people(&keys)]);
    let open = ledger.append("alice", "trust", &open, NOW);
    assert_eq!(ledger.replay.past().proposals().iter().count(), 1);
    (ledger, open)
}

/// Pushes an entry with one record. Returns `good`, the code by which the record is void, or the codes that break the
/// entry.
fn becomes(
    mut ledger: Ledger,
    author: &'static str,
    signer: &Actor,
    committer: &Actor,
    text: (&str, &str),
) -> String {
    let record = ledger.record(author, body(text.0, text.1), NOW);
    let result = match ledger.push_files(committer, &[signer.file(&record.payload())]) {
        Pushed::Counted { void } if void.is_empty() => "good".to_owned(),
        Pushed::Counted { void } => format!("void {}", codes(&void)[0].as_str()),
        Pushed::Broken { findings } => {
            let codes: Vec<&str> =
                codes(&findings).into_iter().map(countersign::finding::Code::as_str).collect();
            format!("broken {}", codes.join(" "))
        }
    };
    // Without a head, dropping the ledger does not run the second verifier.
    ledger.parent = None;
    result
}

#[test]
fn what_a_key_may_sign_depends_on_its_state() {
    type Row = (&'static str, (&'static str, u8), &'static str, [&'static str; 4]);
    let signer = "broken signer";
    let commit = "broken commit-signature";
    let rows: [Row; 8] = [
        ("in force", ("frank", 1), "frank", ["good", "good", "good", "good"]),
        ("in force, distrusted", ("carol", 1), "carol", ["void key", "void key", "good", "good"]),
        ("retired, proposed again", ("bob", 1), "bob", ["void key", "good", "good", "good"]),
        (
            "retired, distrusted, proposed again",
            ("dave", 1),
            "dave",
            ["void key", "void key", "good", "good"],
        ),
        ("never held, proposed", ("erin", 1), "erin", [signer, "good", commit, "good"]),
        ("never held", ("mallory", 1), "mallory", [signer, signer, commit, commit]),
        ("another member's", ("frank", 1), "alice", [signer, signer, "good", "good"]),
        ("of a member, never held", ("alice", 9), "alice", [signer, signer, commit, commit]),
    ];
    for (state, (name, number), author, expected) in rows {
        let key = Actor::with_key(name, number);
        let alice = Actor::new("alice");
        let text = exception("c", "t", "", "");
        let record = becomes(ledger().0, author, &key, &alice, ("exception", &text));
        let vote = |open: &RecordId| format!("[approval]\nof = \"{open}\"\nverdict = \"approve\"\n");
        let (made, open) = ledger();
        let approval = becomes(made, author, &key, &alice, ("approval", &vote(&open)));
        let entry = becomes(ledger().0, "alice", &alice, &key, ("exception", &text));
        let (made, open) = ledger();
        let entry_of_approvals = becomes(made, "alice", &alice, &key, ("approval", &vote(&open)));
        assert_eq!([record, approval, entry, entry_of_approvals], expected, "{state}");
    }
}
