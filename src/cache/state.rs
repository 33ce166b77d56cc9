//! The state of a ledger that was loaded: what was folded before, with what is new on top.
//!
//! It lies in a file that is sealed (see [`super::sealed`]) and is bound to the ledger, a checkpoint, the trust, to
//! what is distrusted or quarantined, and to the program's version. Losing it costs time and nothing else.

use serde::{Deserialize, Serialize};

use super::sealed::{self, CacheFile};
use crate::packed::Packed;
use crate::record::Checkpoint;
use crate::state::State;
use crate::value::{Digest, RecordId, Root};
use crate::verify::Past;

/// Changes with every change of what a file holds or of how a history is folded.
const FORM: &str = concat!("countersign remembered state 4, program ", env!("CARGO_PKG_VERSION"), "\n");
/// The file.
pub(crate) const FILE: &str = "state";
/// Records that are folded on top before the state is written down again.
pub(crate) const WORTH_WHILE: u64 = 512;

/// What stands before the state.
#[derive(Debug, Serialize, Deserialize)]
struct StateLabel {
    ledger: RecordId,
    size: u64,
    root: Digest,
    trust: RecordId,
    standing: Digest,
}

/// The state from what was folded before, and the size of the ledger there.
pub(crate) fn recall(file: &CacheFile, past: &Past) -> Option<(u64, State)> {
    let [label, snapshot] = <[Packed; 2]>::try_from(sealed::read(file, FORM)?.parts()?).ok()?;
    let label: StateLabel = postcard::from_bytes(&label.all()?).ok()?;
    let agrees = past.ledger_id() == Some(label.ledger)
        && past.standing_digest() == label.standing
        && past.roster_at(label.size).is_some_and(|roster| roster.id() == label.trust);
    let at = Checkpoint { size: label.size, root: Root::new(label.root) };
    State::resume(past, at, &snapshot).filter(|_| agrees).map(|state| (at.size, state))
}

pub(crate) fn remember(file: &CacheFile, past: &Past, state: &State) -> Option<()> {
    let label = StateLabel {
        ledger: state.ledger,
        size: state.checkpoint.size,
        root: *state.checkpoint.root.digest(),
        trust: state.roster.id(),
        standing: past.standing_digest(),
    };
    let label = postcard::to_allocvec(&label).ok()?;
    sealed::write(file, FORM, &[label, state.snapshot()?])
}
