//! [`StateSnapshot`]: a state as a value that can be stored, so that records folded before need not be folded
//! again.
//!
//! A snapshot is trusted as is: whoever stores it must authenticate it. It is checked against the past that
//! it belongs to; the records are not read again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::index::Index;
use super::state::{ItemPlace, NoState, State};
use crate::record::Checkpoint;
use crate::state::item::{
    Deployment, ExceptionItem, OutcomeItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem,
};
use crate::state::pattern::Patterns;
use crate::value::{Digest, RecordId, Root};
use crate::verify::Past;

/// A state that can be stored and resumed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StateSnapshot<'a> {
    ledger: RecordId,
    /// The trust in force.
    trust: RecordId,
    size: u64,
    root: Root,
    /// The digest of what decides whether earlier records stand.
    standing: Digest,
    exceptions: Cow<'a, [ExceptionItem]>,
    plans: Cow<'a, [PlanItem]>,
    redesigns: Cow<'a, [RedesignItem]>,
    triages: Cow<'a, [TriageItem]>,
    releases: Cow<'a, [ReleaseItem]>,
    pauses: Cow<'a, [PauseItem]>,
    deployments: Cow<'a, [Deployment]>,
    outcomes: Cow<'a, [OutcomeItem]>,
    patterns: Cow<'a, Patterns>,
    index: Cow<'a, Index>,
}

impl StateSnapshot<'_> {
    /// Returns the size of the ledger that the state was folded from.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl State {
    /// Returns a snapshot of this state, which was folded from `past`.
    pub fn snapshot(&self, past: &Past) -> StateSnapshot<'_> {
        StateSnapshot {
            ledger: self.ledger,
            trust: self.roster.id(),
            size: self.checkpoint.size,
            root: self.checkpoint.root,
            standing: past.standing_digest(),
            exceptions: self.exceptions.as_slice().into(),
            plans: self.plans.as_slice().into(),
            redesigns: self.redesigns.as_slice().into(),
            triages: self.triages.as_slice().into(),
            releases: self.releases.as_slice().into(),
            pauses: self.pauses.as_slice().into(),
            deployments: self.deployments.as_slice().into(),
            outcomes: self.outcomes.as_slice().into(),
            patterns: Cow::Borrowed(&self.patterns),
            index: Cow::Borrowed(&self.index),
        }
    }

    /// Resumes a state at a boundary of a past, and folds the later records on top. Returns `Ok(None)` if the
    /// snapshot does not belong to this past: it is of another ledger or history, or other records stand now.
    pub fn resume(past: &Past, snapshot: StateSnapshot<'_>) -> Result<Option<Self>, NoState> {
        let size = snapshot.size;
        let fits = past.ledger_id() == Some(snapshot.ledger)
            && past.boundary(size) == Some(snapshot.root)
            && past.standing_digest() == snapshot.standing;
        let roster = past.roster_at(size).filter(|roster| fits && roster.id() == snapshot.trust);
        let Some(roster) = roster else { return Ok(None) };
        let mut state = Self {
            ledger: snapshot.ledger,
            checkpoint: Checkpoint { size, root: snapshot.root },
            ledger_time: None,
            roster: roster.clone(),
            policy: past.policy_at(size).clone(),
            exceptions: snapshot.exceptions.into_owned(),
            plans: snapshot.plans.into_owned(),
            redesigns: snapshot.redesigns.into_owned(),
            triages: snapshot.triages.into_owned(),
            releases: snapshot.releases.into_owned(),
            pauses: snapshot.pauses.into_owned(),
            deployments: snapshot.deployments.into_owned(),
            outcomes: snapshot.outcomes.into_owned(),
            patterns: snapshot.patterns.into_owned(),
            index: snapshot.index.into_owned(),
            asked: Arc::default(),
            places: HashMap::new(),
        };
        state.place_all();
        state.go_on(past, size).map(Some)
    }

    /// Fills in the place of each item in its list.
    fn place_all(&mut self) {
        let places = &mut self.places;
        let numbered = |place: fn(usize) -> ItemPlace| (0..).map(place);
        places.extend(self.exceptions.iter().map(|item| item.id).zip(numbered(ItemPlace::Exception)));
        places.extend(self.plans.iter().map(|item| item.id).zip(numbered(ItemPlace::Plan)));
        places.extend(self.redesigns.iter().map(|item| item.id).zip(numbered(ItemPlace::Redesign)));
        places.extend(self.triages.iter().map(|item| item.id).zip(numbered(ItemPlace::Triage)));
        places.extend(self.releases.iter().map(|item| item.id).zip(numbered(ItemPlace::Release)));
        places.extend(self.pauses.iter().map(|item| item.id).zip(numbered(ItemPlace::Pause)));
        places.extend(self.deployments.iter().map(|item| item.id).zip(numbered(ItemPlace::Deployment)));
        for outcome in self.outcomes.iter().filter(|outcome| outcome.says.result.bars()) {
            if let Some(ItemPlace::Deployment(place)) = places.get(&outcome.says.of).copied() {
                places.insert(outcome.id, ItemPlace::Answerable(place));
            }
        }
    }
}
