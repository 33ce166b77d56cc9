//! Snapshots: the cached encoding of a state, so that records folded before need not be folded again.
//!
//! A snapshot is trusted as is: the caller authenticates it with a MAC. Its checkpoint is checked against the
//! past that it belongs to; the records are not read again.

use std::collections::HashMap;
use std::sync::Arc;

use super::state::{ItemPlace, State};
use crate::packed::{Many, Packed, join};
use crate::record::Checkpoint;
use crate::state::pattern::Patterns;
use crate::verify::Past;

impl State {
    /// Encodes this state.
    pub fn snapshot(&self) -> Option<Vec<u8>> {
        Some(join(&[
            postcard::to_allocvec(&self.index).ok()?,
            self.exceptions.pack()?,
            self.plans.pack()?,
            self.redesigns.pack()?,
            self.triages.pack()?,
            self.releases.pack()?,
            self.pauses.pack()?,
            self.deployments.pack()?,
            self.outcomes.pack()?,
            self.patterns.pack()?,
        ]))
    }

    /// Decodes the state at a boundary of a past, and folds the later records on top. Returns `None` if `at`
    /// is not such a boundary, or if the bytes are not a state.
    pub fn resume(past: &Past, at: Checkpoint, packed: &Packed) -> Option<Self> {
        if past.boundary(at.size) != Some(at.root) {
            return None;
        }
        let parts = <[Packed; 10]>::try_from(packed.parts()?).ok()?;
        let [index, exceptions, plans, redesigns, triages, releases, pauses, deployments, outcomes, patterns] =
            parts;
        let state = Self {
            ledger: past.ledger_id()?,
            checkpoint: at,
            ledger_time: None,
            roster: past.roster_at(at.size)?.clone(),
            policy: past.policy_at(at.size).clone(),
            exceptions: Many::unpacked(&exceptions)?,
            plans: Many::unpacked(&plans)?,
            redesigns: Many::unpacked(&redesigns)?,
            triages: Many::unpacked(&triages)?,
            releases: Many::unpacked(&releases)?,
            pauses: Many::unpacked(&pauses)?,
            deployments: Many::unpacked(&deployments)?,
            outcomes: Many::unpacked(&outcomes)?,
            patterns: Patterns::unpacked(&patterns)?,
            index: postcard::from_bytes(&index.all()?).ok()?,
            asked: Arc::default(),
            places: HashMap::new(),
        };
        state.go_on(past, at.size)
    }

    /// Fills in the place of each item in its list; needed only to fold more records.
    pub(in crate::state) fn place_all(&mut self) {
        let places = &mut self.places;
        places.extend(self.exceptions.ids().enumerate().map(|(at, id)| (id, ItemPlace::Exception(at))));
        places.extend(self.plans.ids().enumerate().map(|(at, id)| (id, ItemPlace::Plan(at))));
        places.extend(self.redesigns.ids().enumerate().map(|(at, id)| (id, ItemPlace::Redesign(at))));
        places.extend(self.triages.ids().enumerate().map(|(at, id)| (id, ItemPlace::Triage(at))));
        places.extend(self.releases.ids().enumerate().map(|(at, id)| (id, ItemPlace::Release(at))));
        places.extend(self.pauses.ids().enumerate().map(|(at, id)| (id, ItemPlace::Pause(at))));
        places.extend(self.deployments.ids().enumerate().map(|(at, id)| (id, ItemPlace::Deployment(at))));
    }
}
