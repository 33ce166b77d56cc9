//! Each past and state of a ledger in memory, resumed from its cached form: it is the same.

use std::sync::Arc;

use countersign::record::{Body, Checkpoint, RecordPath};
use countersign::replay::{Pushed, Replay};
use countersign::state::State;
use countersign::value::{Digest, RecordId};
use countersign::verify::{Bodies, Examined, Past};

/// The bodies of a past that is still in memory.
#[derive(Debug)]
struct Held(Past);

impl Bodies for Held {
    fn body(&self, id: &RecordId, path: &RecordPath) -> Option<Arc<Body>> {
        let (accepted, body) = (self.0.record(id)?, self.0.body(id)?);
        assert_eq!(*path, RecordPath::new(body.kind().name(), accepted.created_at, *id));
        Some(body)
    }

    fn prepare(&self, _: &[(RecordId, RecordPath)]) {}

    fn has_lost(&self) -> bool {
        false
    }
}

/// Sizes beyond which not every entry is looked at twice.
const SMALL: u64 = 40;

/// What this past would say of the entry if it were remembered; none where it cannot be.
pub fn once_remembered(replay: &Replay, entry: &Examined) -> Option<(String, Replay)> {
    let past = replay.past();
    if past.size() > SMALL && !past.size().is_multiple_of(16) {
        return None;
    }
    let bytes = past.snapshot()?;
    let restored =
        Past::restore(&bytes.into(), Arc::new(Held(past.clone()))).expect("what was written is read");
    let mut resumed = Replay::resume(restored, replay.report().clone());
    let pushed = resumed.push(entry);
    Some((format!("{pushed:?}"), resumed))
}

/// A state as it was folded at some size, to be gone on with.
#[derive(Clone)]
pub struct Folded {
    standing: Digest,
    at: Checkpoint,
    bytes: Vec<u8>,
}

/// The state of a ledger as bytes, and that going on from what was folded at an earlier size gives the same ones.
pub fn folded_alike(replay: &Replay, before: &[Option<Folded>]) -> Option<Folded> {
    let past = replay.past();
    let state = State::fold(past)?;
    let bytes = state.snapshot().expect("a state can be written");
    crate::support::indices::nothing_is(&state);
    let standing = past.standing_digest();
    let at = past.checkpoint();
    for before in before.iter().flatten().filter(|before| before.standing == standing) {
        let resumed =
            State::resume(past, before.at, &before.bytes.clone().into()).expect("what was written is read");
        assert_eq!(resumed.checkpoint, state.checkpoint);
        assert_eq!((resumed.ledger_time, resumed.roster.id()), (state.ledger_time, state.roster.id()));
        assert_eq!(resumed.policy.id(), state.policy.id());
        if resumed.snapshot().as_ref() != Some(&bytes) {
            let shown =
                |it: &State| format!("{:#?}", (&it.exceptions, &it.triages, &it.deployments, &it.patterns));
            assert_eq!(shown(&resumed), shown(&state), "from size {}", before.at.size);
            panic!("a state that was gone on with from size {} differs", before.at.size);
        }
    }
    Some(Folded { standing, at, bytes })
}

/// It said the same, and stands in the same way.
pub fn is_alike(pushed: &Pushed, replay: &Replay, remembered: Option<(String, Replay)>) {
    if let Some((said, resumed)) = remembered {
        assert_eq!(format!("{pushed:?}"), said);
        assert_eq!(described(replay), described(&resumed));
    }
}

fn described(replay: &Replay) -> String {
    let past = replay.past();
    let proposals: Vec<_> = past
        .proposals()
        .iter()
        .map(|it| {
            (it.id, past.roster().map(|roster| it.tally(roster, &|point, at| past.is_standing(point, at))))
        })
        .collect();
    let state = replay.state();
    let state =
        state.as_ref().map(|it| (&it.exceptions, &it.plans, &it.redesigns, &it.deployments, &it.patterns));
    format!(
        "{:#?}",
        (
            past.checkpoint(),
            past.ledger_time(),
            past.unaccounted(),
            past.quarantines(),
            past.trust().map(|roster| roster.id()),
            past.policy().id(),
            past.records().collect::<Vec<_>>(),
            past.void().collect::<Vec<_>>(),
            (proposals, state, replay.report()),
        )
    )
}
