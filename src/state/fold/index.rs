//! What of a long history can still matter: places of items, so that a question looks at few of them.
//!
//! Nothing here decides anything. What an index leaves out cannot change an answer, whatever the policy says and
//! whatever time it is; what it names is looked at as if there were no index.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::state::item::{ExceptionItem, PauseItem, PlanItem, ReleaseItem, TriageItem};
use crate::value::{Ascii, MemberName, Time};

/// Places of items in the lists of a state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::state) struct Index {
    /// Overrides that are not closed, or left a credential pending, or may owe a review.
    pub(in crate::state) open: BTreeSet<usize>,
    /// Grants of overrides, by who may use which resource.
    pub(in crate::state) grants: BTreeMap<(MemberName, Ascii), Vec<Granted>>,
    /// Plans and releases that are not closed, with their own ends.
    pub(in crate::state) plans: BTreeMap<usize, Time>,
    pub(in crate::state) releases: BTreeMap<usize, Time>,
    /// Pauses, with when they were over at the earliest.
    pub(in crate::state) pauses: Vec<Option<Time>>,
    /// Triages that are not in effect.
    pub(in crate::state) triages: BTreeSet<usize>,
    /// Redesigns, with when the last of their targets had them; none while one has not.
    pub(in crate::state) redesigns: Vec<Option<Time>>,
    /// Redesigns that are not in effect.
    pub(in crate::state) undecided_redesigns: BTreeSet<usize>,
    /// Outcomes of what is no deployment: rehearsals of plans.
    pub(in crate::state) rehearsals: Vec<usize>,
    /// The beginning of the commit of each deployment.
    pub(in crate::state) commits: Vec<u64>,
    /// The beginning of the commit of each release.
    pub(in crate::state) released: Vec<u64>,
}

/// A grant of an override.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::state) struct Granted {
    /// The place of its override.
    pub(in crate::state) place: usize,
    /// Which of the grants of that.
    pub(in crate::state) number: usize,
    /// From when on, once the override is in effect.
    pub(in crate::state) from: Option<Time>,
    /// Until when at the latest.
    pub(in crate::state) until: Time,
}

impl Index {
    /// Takes note of a new override.
    pub(in crate::state) fn add_override(&mut self, place: usize, item: &ExceptionItem) {
        for (number, grant) in item.says.exception.grant.iter().enumerate() {
            let key = (grant.to.clone(), grant.resource.clone());
            let granted = Granted { place, number, from: None, until: grant.expires_at };
            self.grants.entry(key).or_default().push(granted);
        }
        self.note_override(place, item);
    }

    /// Takes note of what was said of an override.
    pub(in crate::state) fn note_override(&mut self, place: usize, item: &ExceptionItem) {
        let may_owe = item.says.exception.expected.is_some();
        if item.closed.is_some() && item.pending_credentials().is_empty() && !may_owe {
            self.open.remove(&place);
        } else {
            self.open.insert(place);
        }
        let Some(effect) = item.approvals.effect() else { return };
        for grant in &item.says.exception.grant {
            let rows = self.grants.get_mut(&(grant.to.clone(), grant.resource.clone()));
            let own = rows.into_iter().flatten().rev().take_while(|row| row.place >= place);
            own.filter(|row| row.place == place).for_each(|row| row.from = Some(effect.at));
        }
    }

    pub(in crate::state) fn note_plan(&mut self, place: usize, item: &PlanItem) {
        match item.closed {
            Some(_) => _ = self.plans.remove(&place),
            None => _ = self.plans.insert(place, item.says.expires_at),
        }
    }

    pub(in crate::state) fn note_release(&mut self, place: usize, item: &ReleaseItem) {
        self.releases.insert(place, item.says.expires_at);
    }

    pub(in crate::state) fn note_pause(&mut self, place: usize, item: &PauseItem) {
        let resumed = item.resumed.iter().map(|it| it.created_at);
        let over = resumed.chain(item.says.expires_at).min();
        match self.pauses.get_mut(place) {
            Some(known) => *known = over,
            None => self.pauses.push(over),
        }
    }

    pub(in crate::state) fn note_triage(&mut self, place: usize, item: &TriageItem) {
        match item.approvals.effect() {
            Some(_) => _ = self.triages.remove(&place),
            None => _ = self.triages.insert(place),
        }
    }

    /// Takes note of when the last target of a redesign had it.
    pub(in crate::state) fn note_redesign(&mut self, place: usize, settled: Option<Time>) {
        match self.redesigns.get_mut(place) {
            Some(known) => *known = settled,
            None => self.redesigns.push(settled),
        }
    }
}
