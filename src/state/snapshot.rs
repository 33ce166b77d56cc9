//! A state as bytes, so that what was folded before need not be folded again.
//!
//! Bytes come in that somebody vouches for: they are the program's own, and sealed. What they say is held against
//! the past that they belong to; the records themselves are not read again.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::pattern::Patterns;
use super::{Many, OutcomeItem, PauseItem, Place, PlanItem, RedesignItem, ReleaseItem, State, TriageItem};
use crate::record::Checkpoint;
use crate::verify::Past;

/// What is not packed by itself.
#[derive(Debug, Serialize, Deserialize)]
struct Rest {
    plans: Vec<PlanItem>,
    redesigns: Vec<RedesignItem>,
    triages: Vec<TriageItem>,
    releases: Vec<ReleaseItem>,
    pauses: Vec<PauseItem>,
    outcomes: Vec<OutcomeItem>,
    patterns: Patterns,
    overrides: Vec<usize>,
    commits: Vec<u64>,
}

impl State {
    /// This state as bytes.
    pub fn snapshot(&self) -> Option<Vec<u8>> {
        let rest = Rest {
            plans: self.plans.clone(),
            redesigns: self.redesigns.clone(),
            triages: self.triages.clone(),
            releases: self.releases.clone(),
            pauses: self.pauses.clone(),
            outcomes: self.outcomes.clone(),
            patterns: self.patterns.clone(),
            overrides: self.overrides.clone(),
            commits: self.commits.clone(),
        };
        let parts = [postcard::to_allocvec(&rest).ok()?, self.exceptions.pack()?, self.deployments.pack()?];
        let mut bytes = postcard::to_allocvec(&parts.each_ref().map(Vec::len)).ok()?;
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        Some(bytes)
    }

    /// The state at the head of a past, from the bytes of the state at one of its boundaries: what came since is
    /// folded on top. None where they are no such bytes.
    pub fn resume(past: &Past, at: Checkpoint, bytes: &[u8]) -> Option<Self> {
        if past.boundary(at.size) != Some(at.root) {
            return None;
        }
        let ([rest, exceptions, _], parts): ([usize; 3], _) = postcard::take_from_bytes(bytes).ok()?;
        let (rest, parts) = parts.split_at_checked(rest)?;
        let (exceptions, deployments) = parts.split_at_checked(exceptions)?;
        let rest: Rest = postcard::from_bytes(rest).ok()?;
        let state = Self {
            ledger: past.ledger_id()?,
            checkpoint: at,
            ledger_time: None,
            roster: past.roster_at(at.size)?.clone(),
            policy: past.policy_at(at.size).clone(),
            exceptions: Many::unpacked(exceptions)?,
            plans: rest.plans,
            redesigns: rest.redesigns,
            triages: rest.triages,
            releases: rest.releases,
            pauses: rest.pauses,
            deployments: Many::unpacked(deployments)?,
            outcomes: rest.outcomes,
            patterns: rest.patterns,
            overrides: rest.overrides,
            commits: rest.commits,
            places: HashMap::new(),
        };
        state.go_on(past, at.size)
    }

    /// Where each item stands in its list; only what is folded further asks for it.
    pub(super) fn place_all(&mut self) {
        let places = &mut self.places;
        places.extend(self.exceptions.ids().enumerate().map(|(at, id)| (id, Place::Exception(at))));
        places.extend(self.plans.iter().enumerate().map(|(at, it)| (it.id, Place::Plan(at))));
        places.extend(self.redesigns.iter().enumerate().map(|(at, it)| (it.id, Place::Redesign(at))));
        places.extend(self.triages.iter().enumerate().map(|(at, it)| (it.id, Place::Triage(at))));
        places.extend(self.releases.iter().enumerate().map(|(at, it)| (it.id, Place::Release(at))));
        places.extend(self.pauses.iter().enumerate().map(|(at, it)| (it.id, Place::Pause(at))));
        places.extend(self.deployments.ids().enumerate().map(|(at, id)| (id, Place::Deployment(at))));
    }
}
