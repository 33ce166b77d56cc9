//! A fold that keeps up with the verification of a ledger ends at the same state as a fold of the whole ledger.

use countersign::ledger::{Given, Standing, load};
use countersign::record::Kind;
use countersign::replay::Pushed;
use countersign::state::{GradualFold, WholeState};
use countersign::workspace::Workspace;

use crate::support::ledger::{Actor, Ledger, NOW, POLICY, body, exception, member, trust};

/// The number of exceptions in each part of a ledger: the fold takes several steps in each.
const EXCEPTIONS: usize = 500;

/// A ledger, and the fold that has followed each of its entries.
struct Followed {
    ledger: Ledger,
    fold: GradualFold,
    /// The sizes after which the fold was under way.
    under_way: Vec<u64>,
}

impl Followed {
    fn team() -> Self {
        let mut ledger = Ledger::team();
        ledger.is_quiet = true;
        Self { ledger, fold: GradualFold::default(), under_way: Vec::new() }
    }

    /// Appends exceptions of three causes that `ops` has reported with this key, ten in each entry.
    fn grow(&mut self, ops: &Actor) {
        let first = self.ledger.leaves.size();
        for entry in 0..EXCEPTIONS / 10 {
            let file = |number: usize| {
                let cause = ["late", "stale", "broken"][number % 3];
                let text = exception(cause, &format!("run {first} {entry} {number}"), "", "");
                ops.file(&self.ledger.record(ops.name, body("exception", &text), NOW).payload())
            };
            let files: Vec<Vec<u8>> = (0..10).map(file).collect();
            assert!(matches!(self.ledger.push_files(ops, &files), Pushed::Counted { .. }));
            self.keep_up();
        }
    }

    fn append(&mut self, author: &'static str, kind: Kind, text: &str) {
        self.ledger.append(author, kind.as_str(), text, NOW);
        self.keep_up();
    }

    fn keep_up(&mut self) {
        let past = self.ledger.replay.past();
        self.fold.keep_up(past).unwrap();
        if self.fold.is_under_way(past) {
            self.under_way.push(past.size());
        }
    }

    /// Asserts that the fold ends at the state of the whole ledger, byte for byte.
    fn assert_whole(&mut self) {
        let past = self.ledger.replay.past();
        let encoded = |state: &WholeState| {
            let state = state.state();
            (postcard::to_allocvec(&state.snapshot(past)).unwrap(), state.checkpoint, state.ledger_time)
        };
        let gradual = self.fold.state(past, &mut |_, _| {}).unwrap();
        assert!(encoded(&gradual) == encoded(&self.ledger.replay.state().unwrap()), "the states differ");
    }
}

#[test]
fn a_ledger_is_folded_while_it_is_verified() {
    let mut followed = Followed::team();
    let ops = Actor::new("ops");
    followed.grow(&ops);
    let before = followed.ledger.replay.past().policy().id().unwrap();
    let policy = POLICY.replace("version = 1", &format!("version = 2\nsupersedes = \"{before}\""));
    followed.append("alice", Kind::Policy, &policy);
    followed.grow(&ops);
    assert!(followed.under_way.iter().any(|size| *size < 200), "{:?}", followed.under_way);
    assert_eq!(followed.under_way.last(), Some(&followed.ledger.leaves.size()));
    followed.assert_whole();
}

#[test]
fn after_a_distrust_the_fold_starts_again_once_the_ledger_has_doubled() {
    let mut followed = Followed::team();
    let (old, new) = (Actor::new("ops"), Actor::with_key("ops", 2));
    followed.grow(&old);
    let all = &["admin", "reporter", "approver", "gate"][..];
    let people = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", all));
    let ops = member(&new, "service of alice", &["reporter", "gate"]);
    let distrust = format!(
        "[[trust.distrust]]\nkey = \"{}\"\nfrom = 100\nreason = \"copied by an attacker\"\n",
        old.public().fingerprint()
    );
    let text = trust(2, followed.ledger.id, [1, 1, 1], &[people.concat(), ops]) + &distrust;
    followed.append("alice", Kind::Trust, &text);
    let past = followed.ledger.replay.past();
    assert_eq!(past.trust().unwrap().trust().version.value(), 2, "the distrust is in effect");
    assert!(!followed.fold.is_under_way(past), "exceptions that were folded no longer stand");
    let at = past.size();
    followed.under_way.clear();
    followed.grow(&new);
    assert!(followed.under_way.is_empty(), "the ledger had {at} records: {:?}", followed.under_way);
    followed.grow(&new);
    assert_eq!(followed.under_way.last(), Some(&followed.ledger.leaves.size()));
    assert!(followed.under_way.iter().all(|size| *size >= 2 * at));
    followed.assert_whole();
}

#[test]
fn a_state_that_a_distrust_has_dropped_is_folded_again_when_it_is_asked_for() {
    let mut followed = Followed::team();
    followed.grow(&Actor::new("ops"));
    let first_entry = followed.ledger.replay.past().checkpoints().nth(3).unwrap().unwrap().0;
    let text = format!("[quarantine]\nentries = [\"{first_entry}\"]\nreason = \"an incident\"\n");
    followed.append("alice", Kind::Quarantine, &text);
    assert_eq!(followed.ledger.replay.past().quarantines().len(), 1, "the quarantine is in effect");
    assert!(!followed.fold.is_under_way(followed.ledger.replay.past()));
    followed.assert_whole();
}

#[test]
fn loading_a_ledger_without_a_cache_leaves_nothing_to_fold() {
    let mut ledger = Ledger::team();
    ledger.is_quiet = true;
    for number in 0..700 {
        ledger.append("ops", "exception", &exception("late", &format!("run {number}"), "", ""), NOW);
    }
    let directory = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    let workspace = Workspace::open(directory.path()).unwrap();
    let given = Given { ledger_id: ledger.id, full: true, ..Given::default() };
    let loaded = load(&workspace, &given, &mut |_, _| {}).unwrap();
    assert_eq!(loaded.standing, Standing::Sound);
    let mut folded = 0;
    let state = loaded.state_with(&mut |_, _| folded += 1).unwrap();
    assert_eq!((state.exceptions().len(), folded), (700, 0));
    // A fold of as many records reports its progress.
    WholeState::fold_with(loaded.replay.past(), &mut |_, _| folded += 1).unwrap();
    assert!(folded > 0);
}
