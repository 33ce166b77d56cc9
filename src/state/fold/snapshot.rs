//! [`StateSnapshot`]: a state as a value that can be stored, so that records folded before need not be folded
//! again.
//!
//! [`State::resume`] checks only that a snapshot belongs to the given past. The content of the snapshot is trusted, and
//! no record is read again. So whoever stores a snapshot must authenticate it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::state::{ItemPlace, NoState, State};
use crate::record::Checkpoint;
use crate::state::item::{
    Deployment, ExceptionItem, Items, OutcomeItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem,
};
use crate::state::live::{AsideStore, LeftOut, Unheld};
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
    /// The digest of the distrusted keys and the quarantined entries, which decide whether earlier records stand.
    standing: Digest,
    exceptions: Cow<'a, Items<ExceptionItem>>,
    plans: Cow<'a, Items<PlanItem>>,
    redesigns: Cow<'a, Items<RedesignItem>>,
    triages: Cow<'a, Items<TriageItem>>,
    releases: Cow<'a, Items<ReleaseItem>>,
    pauses: Cow<'a, Items<PauseItem>>,
    deployments: Cow<'a, Items<Deployment>>,
    outcomes: Cow<'a, Items<OutcomeItem>>,
    patterns: Cow<'a, Patterns>,
    open: Cow<'a, BTreeSet<usize>>,
    left_out: Cow<'a, Option<LeftOut>>,
    unheld: Cow<'a, Unheld>,
}

impl StateSnapshot<'_> {
    /// Returns the size of the ledger that the state was folded from.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl State {
    /// Returns a snapshot of this state, which was folded from `past`. The exceptions that the state has set aside are
    /// not in the snapshot.
    pub fn snapshot(&self, past: &Past) -> StateSnapshot<'_> {
        StateSnapshot {
            ledger: self.ledger,
            trust: self.roster.id(),
            size: self.checkpoint.size,
            root: self.checkpoint.root,
            standing: past.standing_digest(),
            exceptions: Cow::Borrowed(&self.exceptions),
            plans: Cow::Borrowed(&self.plans),
            redesigns: Cow::Borrowed(&self.redesigns),
            triages: Cow::Borrowed(&self.triages),
            releases: Cow::Borrowed(&self.releases),
            pauses: Cow::Borrowed(&self.pauses),
            deployments: Cow::Borrowed(&self.deployments),
            outcomes: Cow::Borrowed(&self.outcomes),
            patterns: Cow::Borrowed(&self.patterns),
            open: Cow::Borrowed(&self.open),
            left_out: Cow::Borrowed(&self.left_out),
            unheld: Cow::Borrowed(&self.unheld),
        }
    }

    /// Resumes a state at a boundary of a past, and folds the later records on top. Returns `Ok(None)` if the snapshot
    /// does not belong to this past, because it is of another ledger or history, or because other records stand now.
    /// Returns `Ok(None)`, too, if the snapshot is of a live state, and one of the later records touches what that
    /// state leaves out. `store` has the exceptions that were set aside, and the names of what was left out.
    pub fn resume(
        past: &Past,
        snapshot: StateSnapshot<'_>,
        store: Arc<dyn AsideStore>,
    ) -> Result<Option<Self>, NoState> {
        let size = snapshot.size;
        let fits = past.ledger_id() == Some(snapshot.ledger)
            && past.boundary(size)? == Some(snapshot.root)
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
            open: snapshot.open.into_owned(),
            left_out: snapshot.left_out.into_owned(),
            aside: Some(store),
            unheld: snapshot.unheld.into_owned(),
            asked: Arc::default(),
            places: HashMap::new(),
        };
        state.place_all();
        state.extend(past, size, &mut |_, _| {})
    }

    /// Fills in `places` from the lists of records.
    pub(in crate::state) fn place_all(&mut self) {
        fn of<T>(
            items: &Items<T>,
            id: fn(&T) -> RecordId,
            place: fn(usize) -> ItemPlace,
        ) -> impl Iterator<Item = (RecordId, ItemPlace)> {
            items.placed().map(move |(at, item)| (id(item), place(at)))
        }
        let places = &mut self.places;
        places.extend(of(&self.exceptions, |item| item.id, ItemPlace::Exception));
        places.extend(of(&self.plans, |item| item.id, ItemPlace::Plan));
        places.extend(of(&self.redesigns, |item| item.id, ItemPlace::Redesign));
        places.extend(of(&self.triages, |item| item.id, ItemPlace::Triage));
        places.extend(of(&self.releases, |item| item.id, ItemPlace::Release));
        places.extend(of(&self.pauses, |item| item.id, ItemPlace::Pause));
        places.extend(of(&self.deployments, |item| item.id, ItemPlace::Deployment));
        for outcome in self.outcomes.iter().filter(|outcome| outcome.says.result.bars()) {
            if let Some(ItemPlace::Deployment(place)) = places.get(&outcome.says.of).copied() {
                places.insert(outcome.id, ItemPlace::Answerable(place));
            }
        }
    }
}
