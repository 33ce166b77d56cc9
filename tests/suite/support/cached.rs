//! Checks that pasts and states restored from their cached form behave like the originals. Every in-memory
//! ledger runs these checks as it grows.

use std::sync::Arc;

use countersign::record::{Body, Checkpoint, RecordPath};
use countersign::replay::{Pushed, Replay};
use countersign::state::{Aside, State, StateSnapshot};
use countersign::value::{CommitId, Digest, RecordId, Root};
use countersign::verify::{
    Bodies, BrokenEntry, Earlier, EarlierCounts, EarlierEntry, EarlierRecord, EarlierRows, Examined, Past,
    PastSnapshot, Unreadable, VoteOf,
};

use crate::support::live::{LiveState, check_live};
use crate::support::whole::WholeState;

/// A past that is still in memory, as a source of record bodies.
#[derive(Debug)]
struct InMemory(Past);

impl Bodies for InMemory {
    fn body(&self, id: &RecordId, path: &RecordPath) -> Result<Arc<Body>, Unreadable> {
        let body = self.0.body(id)?.ok_or(Unreadable::Record(*id))?;
        let created_at = self.0.record(id)?.unwrap().created_at;
        assert_eq!(*path, RecordPath::new(body.kind().name(), created_at, *id));
        Ok(body)
    }

    fn prefetch(&self, _: &[(RecordId, RecordPath)]) {}
}

/// The earlier rows of a past, in memory.
#[derive(Debug)]
struct LookedUp {
    rows: EarlierRows,
    whole: Past,
}

impl LookedUp {
    fn of(rows: EarlierRows, whole: &Past) -> Arc<dyn Earlier> {
        Arc::new(Self { rows, whole: whole.clone() })
    }
}

impl Earlier for LookedUp {
    fn records(&self) -> u64 {
        u64::try_from(self.rows.records.len()).unwrap()
    }

    fn entries(&self) -> u64 {
        u64::try_from(self.rows.entries.len()).unwrap()
    }

    fn record(&self, position: u64) -> Result<EarlierRecord, Unreadable> {
        Ok(self.rows.records[usize::try_from(position).unwrap()])
    }

    fn position(&self, id: &RecordId) -> Result<Option<u64>, Unreadable> {
        let at = self.rows.records.iter().position(|record| record.id == *id);
        Ok(at.map(|at| u64::try_from(at).unwrap()))
    }

    fn entry(&self, number: u64) -> Result<EarlierEntry, Unreadable> {
        Ok(self.rows.entries[usize::try_from(number).unwrap()].clone())
    }

    fn entry_number(&self, commit: &CommitId) -> Result<Option<u64>, Unreadable> {
        let at = self.rows.entries.iter().position(|entry| entry.commit == *commit);
        Ok(at.map(|at| u64::try_from(at).unwrap()))
    }

    fn entry_beyond(&self, size: u64) -> Result<u64, Unreadable> {
        let at = self.rows.entries.partition_point(|entry| entry.size <= size);
        Ok(u64::try_from(at).unwrap())
    }

    fn root(&self, entry: &EarlierEntry) -> Result<Root, Unreadable> {
        Ok(self.whole.boundary(entry.size)?.unwrap())
    }

    fn vote(&self, of: &VoteOf) -> Result<Option<u64>, Unreadable> {
        Ok(self.rows.votes.get(of).copied())
    }

    fn votes(&self) -> Result<Vec<(VoteOf, u64)>, Unreadable> {
        Ok(self.rows.votes.clone().into_iter().collect())
    }

    fn broken_entries(&self) -> u64 {
        u64::try_from(self.rows.broken.len()).unwrap()
    }

    fn broken_entry(&self, number: u64) -> Result<BrokenEntry, Unreadable> {
        Ok(self.rows.broken[usize::try_from(number).unwrap()].clone())
    }

    fn broken_number(&self, commit: &CommitId) -> Result<Option<u64>, Unreadable> {
        let at = self.rows.broken.iter().position(|entry| entry.commit == *commit);
        Ok(at.map(|at| u64::try_from(at).unwrap()))
    }
}

/// The largest size at which every entry is checked; larger ledgers are checked only at multiples of 16.
const SMALL: u64 = 40;

/// Restores the past from its snapshot and pushes the entry onto that copy. Returns the debug form of the
/// result, and the copy; `None` if the past has no snapshot or the ledger is too large to check every entry.
pub fn push_after_restore(replay: &Replay, entry: &Examined) -> Option<(String, Replay)> {
    let past = replay.past();
    if past.size() > SMALL && !past.size().is_multiple_of(16) {
        return None;
    }
    // At even sizes the snapshot holds only the newest entry, and the earlier rows are looked up.
    let divided = if past.size().is_multiple_of(2) { past.split_snapshot(1).unwrap() } else { None };
    let (earlier, snapshot) = match divided {
        Some((rows, snapshot)) => (Some(LookedUp::of(rows, past)), snapshot),
        None => (None, past.snapshot_behind(EarlierCounts::default())?),
    };
    let bytes = postcard::to_allocvec(&snapshot).unwrap();
    let snapshot: PastSnapshot<'_> = postcard::from_bytes(&bytes).unwrap();
    let restored = Past::restore(snapshot, earlier, Arc::new(InMemory(past.clone())));
    let restored = restored.expect("a snapshot can be restored");
    let mut resumed = Replay::resume(restored, replay.last()?.clone());
    let pushed = resumed.push(entry).expect("every body is in memory");
    Some((format!("{pushed:?}"), resumed))
}

/// A folded state at some size, from which a later fold can be resumed.
#[derive(Clone)]
pub struct Folded {
    standing: Digest,
    at: Checkpoint,
    bytes: Vec<u8>,
    live: LiveState,
}

/// Folds the state of a ledger, and asserts that resuming from each earlier fold gives the same bytes, unless
/// the standing of earlier records has changed since. Returns the new fold; `None` before the ledger is
/// founded.
pub fn check_fold(replay: &Replay, before: &[Option<Folded>]) -> Option<Folded> {
    let past = replay.past();
    let state = WholeState::from(replay.state().ok()?);
    let encoded = |state: &State| postcard::to_allocvec(&state.snapshot(past)).unwrap();
    let bytes = encoded(&state);
    crate::support::indices::assert_complete(&state);
    let standing = past.standing_digest();
    let at = past.checkpoint();
    for before in before.iter().flatten().filter(|before| before.standing == standing) {
        let snapshot: StateSnapshot<'_> = postcard::from_bytes(&before.bytes).unwrap();
        assert_eq!(snapshot.size(), before.at.size);
        let resumed = State::resume(past, snapshot, Arc::new(Aside::default()))
            .unwrap()
            .expect("a snapshot can be resumed");
        assert_eq!(resumed.checkpoint, state.checkpoint);
        assert_eq!((resumed.ledger_time, resumed.roster.id()), (state.ledger_time, state.roster.id()));
        assert_eq!(resumed.policy.id(), state.policy.id());
        if encoded(&resumed) != bytes {
            let shown = |state: &State| format!("{:#?}", (state.held_exceptions(), &state.patterns));
            assert_eq!(shown(&resumed), shown(&state), "from size {}", before.at.size);
            panic!("the state resumed from size {} differs from a full fold", before.at.size);
        }
    }
    let live = check_live(past, &state, before.iter().flatten().map(|before| &before.live)).live;
    Some(Folded { standing, at, bytes, live })
}

/// Asserts that the restored copy gave the same result and is now in the same state.
pub fn assert_same(pushed: &Pushed, replay: &Replay, restored: Option<(String, Replay)>) {
    if let Some((result, resumed)) = restored {
        assert_eq!(format!("{pushed:?}"), result);
        assert_eq!(describe(replay), describe(&resumed));
    }
}

fn describe(replay: &Replay) -> String {
    let past = replay.past();
    let proposals: Vec<_> = past
        .proposals()
        .iter()
        .map(|proposal| {
            let tally =
                past.roster().map(|roster| proposal.tally(roster, &|point, at| past.is_standing(point, at)));
            (proposal.id, tally)
        })
        .collect();
    let state = replay.state();
    let state = state.as_ref().ok().map(|state| {
        (state.exceptions(), state.plans(), state.redesigns(), state.deployments(), &state.state().patterns)
    });
    format!(
        "{:#?}",
        (
            past.checkpoint(),
            past.ledger_time(),
            past.unaccounted().collect::<Result<Vec<_>, _>>(),
            past.broken().collect::<Result<Vec<_>, _>>(),
            past.quarantines(),
            past.trust().map(|roster| roster.id()),
            past.policy().id(),
            past.records().collect::<Result<Vec<_>, _>>(),
            past.void().collect::<Result<Vec<_>, _>>(),
            past.checkpoints().collect::<Result<Vec<_>, _>>(),
            (proposals, state, replay.last()),
        )
    )
}
