//! Indices of the items that can still affect an answer, so that a query examines few of them.
//!
//! An index never decides anything. An item that it leaves out cannot change an answer, under any policy and
//! at any time; an item that it contains is examined as if there were no index.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::policy;
use crate::state::item::{ExceptionItem, PauseItem, PlanItem, ReleaseItem, TriageItem};
use crate::value::{Ascii, MemberName, Time};

/// Indices into the lists of a state; the place of an item is its index in its list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::state) struct Index {
    /// The overrides that are not closed, have a pending credential, or may need a review.
    pub(in crate::state) open: BTreeSet<usize>,
    /// The grants of overrides, by resource and by the person behind the grantee.
    pub(in crate::state) grants: BTreeMap<Ascii, BTreeMap<MemberName, Vec<Granted>>>,
    /// The plans that are not closed, with their `expires_at`.
    pub(in crate::state) plans: BTreeMap<usize, Time>,
    /// The releases, with their `expires_at`.
    pub(in crate::state) releases: BTreeMap<usize, Time>,
    /// The end of each pause: the earliest of its resumes and its `expires_at`; `None` if it has none of
    /// these.
    pub(in crate::state) pauses: Vec<Option<Time>>,
    /// The triages that have not taken effect.
    pub(in crate::state) triages: BTreeSet<usize>,
    /// The time at which each redesign took effect on the last of its targets; `None` while it has not on one
    /// of them.
    pub(in crate::state) redesigns: Vec<Option<Time>>,
    /// The redesigns that are not approved.
    pub(in crate::state) undecided_redesigns: BTreeSet<usize>,
    /// The outcomes that are of no deployment: the rehearsals of plans.
    pub(in crate::state) rehearsals: Vec<usize>,
    /// The commit of each deployment, by its `commit_prefix`.
    pub(in crate::state) commits: Vec<u64>,
    /// The commit of each release, by its `commit_prefix`.
    pub(in crate::state) released: Vec<u64>,
}

/// A grant of an override.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::state) struct Granted {
    /// The place of its override.
    pub(in crate::state) place: usize,
    /// Its index in the grants of that override.
    pub(in crate::state) number: usize,
    /// When it began; `None` until the override takes effect.
    pub(in crate::state) from: Option<Time>,
    /// When it ends at the latest.
    pub(in crate::state) until: Time,
}

impl Index {
    /// Adds a new override.
    pub(in crate::state) fn add_override(
        &mut self,
        place: usize,
        item: &ExceptionItem,
        policy: &policy::InForce,
    ) {
        for (number, (grant, person)) in item.says.exception.grant.iter().zip(&item.says.grantees).enumerate()
        {
            let granted = Granted { place, number, from: None, until: grant.expires_at };
            let of_resource = self.grants.entry(grant.resource.clone()).or_default();
            of_resource.entry(person.clone()).or_default().push(granted);
        }
        self.note_override(place, item, policy);
    }

    /// Updates an override after a vote, a closure or a change of rules.
    pub(in crate::state) fn note_override(
        &mut self,
        place: usize,
        item: &ExceptionItem,
        policy: &policy::InForce,
    ) {
        let may_owe = item.may_be_reviewed(policy);
        if item.closed.is_some() && item.pending_credentials(policy, Time::FIRST).is_empty() && !may_owe {
            self.open.remove(&place);
        } else {
            self.open.insert(place);
        }
        let Some(effect) = item.approvals.effect() else { return };
        for (grant, person) in item.says.exception.grant.iter().zip(&item.says.grantees) {
            let rows = self.grants.get_mut(&grant.resource).and_then(|rows| rows.get_mut(person));
            let own = rows.into_iter().flatten().rev().take_while(|row| row.place >= place);
            own.filter(|row| row.place == place).for_each(|row| row.from = Some(effect.at));
        }
    }

    /// Adds a plan, or removes one that was closed.
    pub(in crate::state) fn note_plan(&mut self, place: usize, item: &PlanItem) {
        match item.closed {
            Some(_) => _ = self.plans.remove(&place),
            None => _ = self.plans.insert(place, item.says.expires_at),
        }
    }

    /// Adds a release.
    pub(in crate::state) fn note_release(&mut self, place: usize, item: &ReleaseItem) {
        self.releases.insert(place, item.says.expires_at);
    }

    /// Adds a pause, or updates its end.
    pub(in crate::state) fn note_pause(&mut self, place: usize, item: &PauseItem) {
        let resumes = item.resumed.iter().map(|resumed| resumed.created_at);
        let over = resumes.chain(item.says.expires_at).min();
        match self.pauses.get_mut(place) {
            Some(known) => *known = over,
            None => self.pauses.push(over),
        }
    }

    /// Adds a triage, or removes one that took effect.
    pub(in crate::state) fn note_triage(&mut self, place: usize, item: &TriageItem) {
        match item.approvals.effect() {
            Some(_) => _ = self.triages.remove(&place),
            None => _ = self.triages.insert(place),
        }
    }

    /// Adds a redesign, or updates when it had taken effect on all its targets.
    pub(in crate::state) fn note_redesign(&mut self, place: usize, settled: Option<Time>) {
        match self.redesigns.get_mut(place) {
            Some(known) => *known = settled,
            None => self.redesigns.push(settled),
        }
    }
}
