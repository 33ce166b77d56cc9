//! The outcomes in the outbox of this clone. On a ledger that is halted or has diverged nothing can be appended, and the
//! way back must not wait for that.

use crate::ledger::Loaded;
use crate::record::Body;
use crate::state::State;
use crate::value::{RecordId, Target};
use crate::verify::VerifiedRecord;
use crate::workspace::Workspace;
use crate::write::authentic;

/// Returns the state with the outcomes of the outbox, and those that are of deployments of a target; `None` if there
/// is none of these that would count.
pub(super) fn with_outbox(
    workspace: &Workspace,
    loaded: &Loaded,
    state: &State,
    target: &Target,
) -> Option<(State, Vec<RecordId>)> {
    let past = loaded.replay.past();
    let of = |record: &VerifiedRecord| {
        let Body::Outcome(outcome) = &**record.body() else { return None };
        Some(outcome.of)
    };
    let verified = authentic(workspace).into_iter().filter_map(|record| past.predict(&record).ok().flatten());
    let outcomes: Vec<VerifiedRecord> = verified.filter(|record| of(record).is_some()).collect();
    let is_here = |record: &&VerifiedRecord| {
        of(record).and_then(|of| state.deployment(&of)).is_some_and(|of| state.was_to(of, target))
    };
    let ids: Vec<RecordId> = outcomes.iter().filter(is_here).map(VerifiedRecord::id).collect();
    if ids.is_empty() {
        return None;
    }
    // What cannot be looked up is not taken into account.
    Some((state.with_records(past, &outcomes).ok().flatten()?, ids))
}
