//! The outcomes in the outbox of this clone. They cannot be appended to a ledger that is halted or has diverged. But
//! the way back must not wait until such a ledger is repaired, so the gate takes the outcomes from the outbox.

use std::sync::Arc;

use crate::ledger::Loaded;
use crate::record::Body;
use crate::state::{Inquiry, NoState, State};
use crate::value::{RecordId, Target};
use crate::verify::VerifiedRecord;
use crate::workspace::Workspace;
use crate::write::authentic;

/// A state into which the outcomes of the outbox are folded.
pub(super) struct WithOutbox {
    pub(super) state: Arc<State>,
    /// The ids of those outcomes that are about deployments to the target.
    pub(super) outcomes: Vec<RecordId>,
}

/// Folds the outcomes of the outbox into a copy of a state. Outcomes that would not count are left out. Returns the
/// new state and the ids of the outcomes that are about deployments to the target. `None` if no outcome is left that is
/// about such a deployment.
///
/// # Errors
///
/// If something that was verified in an earlier run cannot be read any more. Then it is unknown what the outcomes would
/// change.
pub(super) fn with_outbox(
    workspace: &Workspace,
    loaded: &Loaded,
    state: &State,
    target: &Target,
    inquiry: &Inquiry,
) -> Result<Option<WithOutbox>, NoState> {
    let past = loaded.replay.past();
    let of = |record: &VerifiedRecord| {
        let Body::Outcome(outcome) = &**record.body() else { return None };
        Some(outcome.of)
    };
    let verified = authentic(workspace).into_iter().map(|record| past.predict(&record));
    let verified: Vec<Option<VerifiedRecord>> = verified.collect::<Result<_, _>>()?;
    let outcomes: Vec<VerifiedRecord> =
        verified.into_iter().flatten().filter(|record| of(record).is_some()).collect();
    if outcomes.is_empty() {
        return Ok(None);
    }
    let then = match state.with_records(past, &outcomes)? {
        Some(then) => then,
        // An outcome is about a deployment that this live state leaves out.
        None => loaded.state()?.with_records(past, &outcomes)?,
    };
    let is_here = |record: &&VerifiedRecord| {
        of(record).and_then(|of| then.deployment(&of)).is_some_and(|of| then.was_to(of, target))
    };
    let ids: Vec<RecordId> = outcomes.iter().filter(is_here).map(VerifiedRecord::id).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    Ok(Some(WithOutbox { state: Arc::new(then).prepared(inquiry)?, outcomes: ids }))
}
