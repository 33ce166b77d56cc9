//! A state as bytes, so that what was folded before need not be folded again.
//!
//! Bytes come in that somebody vouches for: they are the program's own, and sealed. What they say is held against
//! the past that they belong to; the records themselves are not read again.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::pattern::Patterns;
use super::{
    Deployment, ExceptionItem, OutcomeItem, PauseItem, Place, PlanItem, RedesignItem, ReleaseItem, State,
    TriageItem,
};
use crate::record::Checkpoint;
use crate::verify::Past;

/// Items that are packed together, so that several threads can unpack them.
const TOGETHER: usize = 2_048;

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
        };
        let packed = |it: postcard::Result<Vec<u8>>| it.ok();
        let mut parts = vec![packed(postcard::to_allocvec(&rest))?];
        let exceptions = self.exceptions.par_chunks(TOGETHER).map(|some| postcard::to_allocvec(some).ok());
        let exceptions: Vec<Vec<u8>> = exceptions.collect::<Option<_>>()?;
        let deployments = self.deployments.par_chunks(TOGETHER).map(|some| postcard::to_allocvec(some).ok());
        let deployments: Vec<Vec<u8>> = deployments.collect::<Option<_>>()?;
        let of_exceptions = exceptions.len();
        parts.extend(exceptions);
        parts.extend(deployments);
        let lengths: Vec<usize> = parts.iter().map(Vec::len).collect();
        let mut bytes = postcard::to_allocvec(&(of_exceptions, lengths)).ok()?;
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        Some(bytes)
    }

    /// The state at the head of a past, from the bytes of the state at one of its boundaries: what came since is
    /// folded on top. None where they are no such bytes.
    pub fn resume(past: &Past, at: Checkpoint, bytes: &[u8]) -> Option<Self> {
        if past.boundary(at.size) != Some(at.root) {
            return None;
        }
        let ((of_exceptions, lengths), mut left): ((usize, Vec<usize>), _) =
            postcard::take_from_bytes(bytes).ok()?;
        let mut parts = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (part, more) = left.split_at_checked(length)?;
            parts.push(part);
            left = more;
        }
        let (rest, many) = parts.split_first().filter(|_| left.is_empty())?;
        let (exceptions, deployments) = many.split_at_checked(of_exceptions)?;
        let (rest, (exceptions, deployments)) = rayon::join(
            || postcard::from_bytes::<Rest>(rest).ok(),
            || rayon::join(|| unpack::<ExceptionItem>(exceptions), || unpack::<Deployment>(deployments)),
        );
        let rest = rest?;
        let state = Self {
            ledger: past.ledger_id()?,
            checkpoint: at,
            ledger_time: None,
            roster: past.roster_at(at.size)?.clone(),
            policy: past.policy_at(at.size).clone(),
            exceptions: exceptions?,
            plans: rest.plans,
            redesigns: rest.redesigns,
            triages: rest.triages,
            releases: rest.releases,
            pauses: rest.pauses,
            deployments: deployments?,
            outcomes: rest.outcomes,
            patterns: rest.patterns,
            places: HashMap::new(),
        };
        state.go_on(past, at.size)
    }

    /// Where each item stands in its list; only what is folded further asks for it.
    pub(super) fn place_all(&mut self) {
        let places = &mut self.places;
        places.extend(self.exceptions.iter().enumerate().map(|(at, it)| (it.id, Place::Exception(at))));
        places.extend(self.plans.iter().enumerate().map(|(at, it)| (it.id, Place::Plan(at))));
        places.extend(self.redesigns.iter().enumerate().map(|(at, it)| (it.id, Place::Redesign(at))));
        places.extend(self.triages.iter().enumerate().map(|(at, it)| (it.id, Place::Triage(at))));
        places.extend(self.releases.iter().enumerate().map(|(at, it)| (it.id, Place::Release(at))));
        places.extend(self.pauses.iter().enumerate().map(|(at, it)| (it.id, Place::Pause(at))));
        places.extend(self.deployments.iter().enumerate().map(|(at, it)| (it.id, Place::Deployment(at))));
    }
}

fn unpack<T: for<'a> Deserialize<'a> + Send>(parts: &[&[u8]]) -> Option<Vec<T>> {
    let unpacked: Vec<Vec<T>> =
        parts.par_iter().map(|part| postcard::from_bytes(part).ok()).collect::<Option<_>>()?;
    Some(unpacked.into_iter().flatten().collect())
}
