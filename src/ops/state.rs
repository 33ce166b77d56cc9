//! The state of a ledger that was loaded: what was folded before, with what is new on top.
//!
//! It lies in a file that is sealed (see [`super::sealed`]) and is bound to the ledger, a checkpoint, the trust, to
//! what is distrusted or quarantined, and to the program's version. Losing it costs time and nothing else.

use std::cell::RefCell;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::load::Loaded;
use super::sealed::{self, Place};
use super::standing::Standing;
use crate::packed::Packed;
use crate::record::Checkpoint;
use crate::state::State;
use crate::value::{Digest, RecordId, Root};
use crate::verify::Past;

/// Changes with every change of what a file holds or of how a history is folded.
const FORM: &str = concat!("countersign remembered state 4, program ", env!("CARGO_PKG_VERSION"), "\n");
/// The file.
pub(super) const FILE: &str = "state";
/// Records that are folded on top before the state is written down again.
const WORTH_WHILE: u64 = 512;

/// What stands before the state.
#[derive(Debug, Serialize, Deserialize)]
struct Label {
    ledger: RecordId,
    size: u64,
    root: Digest,
    trust: RecordId,
    standing: Digest,
}

/// The state as far as it was folded, and where it is remembered.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// The file; none where nothing is to be taken from it.
    pub(super) file: Option<Place>,
    known: RefCell<Option<(Digest, Arc<State>)>>,
}

impl Loaded {
    /// The state at the head that was loaded; none before the ledger is founded, or where a record could not be
    /// read again.
    pub fn state(&self) -> Option<Arc<State>> {
        let past = self.replay.past();
        let standing = past.standing_digest();
        let goes_on = |(of, state): &(Digest, Arc<State>)| {
            let at = state.checkpoint;
            *of == standing && past.boundary(at.size) == Some(at.root)
        };
        let known = self.folded.known.borrow_mut().take().filter(goes_on);
        let state = match known {
            Some((_, state)) if state.checkpoint == past.checkpoint() => state,
            // What was appended meanwhile comes on top.
            Some((_, state)) => {
                let from = state.checkpoint.size;
                Arc::new(Arc::unwrap_or_clone(state).go_on(past, from)?)
            }
            None => Arc::new(self.fold()?),
        };
        *self.folded.known.borrow_mut() = Some((standing, Arc::clone(&state)));
        Some(state)
    }

    fn fold(&self) -> Option<State> {
        let past = self.replay.past();
        let file = self.folded.file.as_ref();
        let remembered = file.and_then(|file| recall(file, past).filter(|(_, state)| !state.has_lost()));
        if let Some(file) = file.filter(|_| remembered.is_none() && !past.has_lost()) {
            // What follows rests on nothing that was lost.
            file.found();
        }
        let known = remembered.as_ref().map_or(0, |(at, _)| *at);
        let state = remembered.map_or_else(|| State::fold(past), |(_, state)| Some(state))?;
        let new = past.size().saturating_sub(known);
        if let Some(file) = file.filter(|_| self.standing == Standing::Sound && new >= WORTH_WHILE) {
            remember(file, past, &state);
        }
        Some(state)
    }
}

/// The state from what was folded before, and the size of the ledger there.
fn recall(file: &Place, past: &Past) -> Option<(u64, State)> {
    let [label, snapshot] = <[Packed; 2]>::try_from(sealed::read(file, FORM)?.parts()?).ok()?;
    let label: Label = postcard::from_bytes(&label.all()?).ok()?;
    let agrees = past.ledger_id() == Some(label.ledger)
        && past.standing_digest() == label.standing
        && past.roster_at(label.size).is_some_and(|roster| roster.id() == label.trust);
    let at = Checkpoint { size: label.size, root: Root::new(label.root) };
    State::resume(past, at, &snapshot).filter(|_| agrees).map(|state| (at.size, state))
}

fn remember(file: &Place, past: &Past, state: &State) -> Option<()> {
    let label = Label {
        ledger: state.ledger,
        size: state.checkpoint.size,
        root: *state.checkpoint.root.digest(),
        trust: state.roster.id(),
        standing: past.standing_digest(),
    };
    let label = postcard::to_allocvec(&label).ok()?;
    sealed::write(file, FORM, &[label, state.snapshot()?])
}
