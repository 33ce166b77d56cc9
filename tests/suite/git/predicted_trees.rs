//! Long ledgers: most trees are predicted from the previous tree and the commit messages, and are not read. If a
//! prediction fails, the tree itself is read.

use countersign::replay::Pushed;

use crate::support::ledger::{Actor, Ledger, NOW, body, exception};
use crate::support::sandbox::{Sandbox, program};

/// A ledger of 280 entries: some have several records, some records are void.
fn long_ledger() -> Ledger {
    let mut ledger = Ledger::team();
    for number in 0..270 {
        let task = format!("run {number}");
        match number % 30 {
            7 => {
                let text = exception("c", &task, "", "");
                ledger.append_together(
                    &[("ops", "exception", &text), ("bob", "exception", &exception("d", &task, "", ""))],
                    NOW,
                );
            }
            // Dated months ago, so it is void.
            11 => {
                _ = ledger.append("ops", "exception", &exception("c", &task, "", ""), "2026-01-02T00:00:00Z");
            }
            _ => _ = ledger.append("ops", "exception", &exception("c", &task, "", ""), NOW),
        }
    }
    ledger
}

/// Pushes an entry whose message does not name the record that the entry adds, but `lie`.
fn push_with_a_lie(ledger: &mut Ledger, task: &str, lie: &str) -> Pushed {
    let actor = Actor::new("ops");
    let record = ledger.record("ops", body("exception", &exception("c", task, "", "")), NOW);
    let file = actor.file(&record.payload());
    ledger.push_with_message(&actor, &[file], |message| message.replace(&record.id().short(), lie))
}

#[test]
fn a_long_ledger_is_judged_alike_whatever_its_messages_say() {
    let mut ledger = long_ledger();
    let known = ledger.replay.past().id_at(5).unwrap().unwrap().short();
    for (number, lie) in ["00000000", known.as_str(), "x", ""].into_iter().enumerate() {
        assert!(matches!(
            push_with_a_lie(&mut ledger, &format!("lie {number}"), lie),
            Pushed::Counted { .. }
        ));
    }
    // Two entries whose messages name each other's record. In the end both records are there, but the first
    // entry adds only its own.
    let actor = Actor::new("ops");
    ledger.seen = Some(ledger.head());
    let [one, other] = ["one", "other"].map(|task| {
        let record = ledger.record("ops", body("exception", &exception("c", task, "", "")), NOW);
        (record.id().short(), actor.file(&record.payload()))
    });
    for ((name, file), (lie, _)) in [(&one, &other), (&other, &one)] {
        let pushed = ledger.push_with_message(&actor, std::slice::from_ref(file), |message| {
            message.replace(name.as_str(), lie)
        });
        assert!(matches!(pushed, Pushed::Counted { .. }));
    }
    ledger.seen = None;
    // Finally a broken entry. The second verifier examines the ledger when the ledger is dropped.
    let stranger = ledger.record("ops", body("exception", &exception("c", "last", "", "")), NOW);
    let pushed = ledger.push_files(&Actor::new("ops"), &[Actor::new("mallory").file(&stranger.payload())]);
    assert!(matches!(pushed, Pushed::Broken { .. }));
}

#[test]
fn trees_that_follow_from_others_are_not_read_and_the_last_one_is() {
    let mut ledger = long_ledger();
    let sandbox = Sandbox::new();
    let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    let id = ledger.id.unwrap().to_string();
    let verify = || {
        let arguments = ["verify", "--full", "--json", "--ledger-id", &id];
        sandbox.at(written.path(), program(), &arguments)
    };
    let answer = || {
        let mut json = verify().ok().json();
        json.as_object_mut().unwrap().remove("as_of");
        json
    };
    let expected = answer();
    let remove_tree = |tree: &str| {
        let id = sandbox.at(written.path(), "git", &["rev-parse", tree]).ok().stdout.trim().to_owned();
        std::fs::remove_file(written.path().join("objects").join(&id[..2]).join(&id[2..])).unwrap();
    };
    remove_tree("ledger~150^{tree}");
    assert_eq!(answer(), expected);
    remove_tree("ledger^{tree}");
    verify().code(3).stdout_has("incomplete");
    ledger.parent = None;
}
