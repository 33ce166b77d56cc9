//! A state as bytes, so that what was folded before need not be folded again.
//!
//! Bytes come in that somebody vouches for: they are the program's own, and sealed. What they say is held against
//! the past that they belong to; the records themselves are not read again.

use std::collections::HashMap;
use std::sync::Arc;

use super::state::{ItemPlace, State};
use crate::packed::{Many, Packed, join};
use crate::record::Checkpoint;
use crate::state::pattern::Patterns;
use crate::verify::Past;

impl State {
    /// This state as bytes.
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

    /// The state at the head of a past, from the bytes of the state at one of its boundaries: what came since is
    /// folded on top. None where they are no such bytes.
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

    /// Where each item stands in its list; only what is folded further asks for it.
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
