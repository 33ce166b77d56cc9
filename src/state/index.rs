//! What of a long history can still matter: places of items, so that a question looks at few of them.
//!
//! Nothing here decides anything. What an index leaves out cannot change an answer, whatever the policy says and
//! whatever time it is; what it names is looked at as if there were no index.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ExceptionItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, State, TriageItem};
use crate::value::{Ascii, Duration, MemberName, RootCause, Target, Time, WorkflowName};

/// Places of items in the lists of a state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// Overrides that are not closed, or left a credential pending, or may owe a review.
    open: BTreeSet<usize>,
    /// Grants of overrides, by who may use which resource.
    pub(super) grants: BTreeMap<(MemberName, Ascii), Vec<Granted>>,
    /// Plans and releases that are not closed, with their own ends.
    plans: BTreeMap<usize, Time>,
    releases: BTreeMap<usize, Time>,
    /// Pauses, with when they were over at the earliest.
    pauses: Vec<Option<Time>>,
    /// Triages that are not in effect.
    triages: BTreeSet<usize>,
    /// Redesigns, with when the last of their targets had them; none while one has not.
    redesigns: Vec<Option<Time>>,
    /// Redesigns that are not in effect.
    pub(super) undecided_redesigns: BTreeSet<usize>,
    /// Outcomes of what is no deployment: rehearsals of plans.
    pub(super) rehearsals: Vec<usize>,
    /// The beginning of the commit of each deployment.
    pub(super) commits: Vec<u64>,
    /// The beginning of the commit of each release.
    pub(super) released: Vec<u64>,
}

/// A grant of an override.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Granted {
    /// The place of its override.
    pub(super) place: usize,
    /// Which of the grants of that.
    pub(super) number: usize,
    /// From when on, once the override is in effect.
    pub(super) from: Option<Time>,
    /// Until when at the latest.
    pub(super) until: Time,
}

/// How long a redesign that took effect is still looked for in commits: until then the deployment that brought it
/// may be said never to have begun, and then the next one that lists it has brought it.
const SETTLED_AFTER: Duration = Duration::of_days(30);

impl Index {
    /// Takes note of a new override.
    pub(super) fn add_override(&mut self, place: usize, item: &ExceptionItem) {
        for (number, grant) in item.says.exception.grant.iter().enumerate() {
            let key = (grant.to.clone(), grant.resource.clone());
            let granted = Granted { place, number, from: None, until: grant.expires_at };
            self.grants.entry(key).or_default().push(granted);
        }
        self.note_override(place, item);
    }

    /// Takes note of what was said of an override.
    pub(super) fn note_override(&mut self, place: usize, item: &ExceptionItem) {
        let may_owe = item.says.exception.expected.is_some();
        if item.closed.is_some() && item.pending_credentials().is_empty() && !may_owe {
            self.open.remove(&place);
        } else {
            self.open.insert(place);
        }
        let Some(effect) = item.decided.effect() else { return };
        for grant in &item.says.exception.grant {
            let rows = self.grants.get_mut(&(grant.to.clone(), grant.resource.clone()));
            let own = rows.into_iter().flatten().rev().take_while(|row| row.place >= place);
            own.filter(|row| row.place == place).for_each(|row| row.from = Some(effect.at));
        }
    }

    pub(super) fn note_plan(&mut self, place: usize, item: &PlanItem) {
        match item.closed {
            Some(_) => _ = self.plans.remove(&place),
            None => _ = self.plans.insert(place, item.says.expires_at),
        }
    }

    pub(super) fn note_release(&mut self, place: usize, item: &ReleaseItem) {
        self.releases.insert(place, item.says.expires_at);
    }

    pub(super) fn note_pause(&mut self, place: usize, item: &PauseItem) {
        let resumed = item.resumed.iter().map(|it| it.created_at);
        let over = resumed.chain(item.says.expires_at).min();
        match self.pauses.get_mut(place) {
            Some(known) => *known = over,
            None => self.pauses.push(over),
        }
    }

    pub(super) fn note_triage(&mut self, place: usize, item: &TriageItem) {
        match item.decided.effect() {
            Some(_) => _ = self.triages.remove(&place),
            None => _ = self.triages.insert(place),
        }
    }

    /// Takes note of when the last target of a redesign had it.
    pub(super) fn note_redesign(&mut self, place: usize, settled: Option<Time>) {
        match self.redesigns.get_mut(place) {
            Some(known) => *known = settled,
            None => self.redesigns.push(settled),
        }
    }
}

impl State {
    /// Overrides that are not closed, or left a credential pending, or may owe a review.
    pub fn open_overrides(&self) -> impl Iterator<Item = &ExceptionItem> {
        self.index.open.iter().filter_map(|place| self.exceptions.get(*place))
    }

    /// Plans that are not over by their own end at a time.
    pub fn open_plans(&self, now: Time) -> impl Iterator<Item = &PlanItem> {
        let open = self.index.plans.iter().filter(move |(_, until)| now < **until);
        open.filter_map(|(place, _)| self.plans.get(*place))
    }

    /// Releases that are not over by their own end at a time.
    pub fn open_releases(&self, now: Time) -> impl DoubleEndedIterator<Item = &ReleaseItem> {
        let open = self.index.releases.iter().filter(move |(_, until)| now < **until);
        open.filter_map(|(place, _)| self.releases.get(*place))
    }

    /// Pauses that hold at a time.
    pub fn holding_pauses(&self, now: Time) -> impl Iterator<Item = &PauseItem> {
        let open =
            self.index.pauses.iter().enumerate().filter(move |(_, over)| over.is_none_or(|over| now < over));
        open.filter_map(|(place, _)| self.pauses.get(place)).filter(move |pause| pause.holds(now))
    }

    /// Triages that are not in effect.
    pub fn open_triages(&self) -> impl Iterator<Item = &TriageItem> {
        self.index.triages.iter().filter_map(|place| self.triages.get(*place))
    }

    /// Redesigns that are not in effect on each of their targets, or not for long at a time.
    pub fn open_redesigns(&self, now: Time) -> impl Iterator<Item = &RedesignItem> {
        let is_open = move |settled: Option<Time>| settled.is_none_or(|at| now < at.plus(SETTLED_AFTER));
        let open = self.index.redesigns.iter().enumerate().filter(move |(_, settled)| is_open(**settled));
        open.filter_map(|(place, _)| self.redesigns.get(place))
    }

    /// Whether a redesign has been in effect on a target for so long that nobody looks for it any more.
    pub fn is_settled(&self, redesign: &RedesignItem, target: &Target, now: Time) -> bool {
        self.patterns.took_effect(redesign, target).is_some_and(|at| at.plus(SETTLED_AFTER) <= now)
    }

    /// Redesigns of a workflow and a cause, by position.
    pub fn redesigns_of(&self, workflow: &WorkflowName, cause: &RootCause) -> Vec<&RedesignItem> {
        let approved = self.patterns.approved_of(workflow, cause, &self.policy);
        let approved = approved.filter_map(|approved| self.redesigns.get(approved.place));
        let is_of = |it: &&RedesignItem| {
            it.says.workflow == *workflow
                && it
                    .says
                    .root_causes
                    .iter()
                    .any(|named| self.policy.cause(named) == self.policy.cause(cause))
        };
        let undecided = self.index.undecided_redesigns.iter().filter_map(|place| self.redesigns.get(*place));
        let mut found: Vec<&RedesignItem> = approved.chain(undecided.filter(is_of)).collect();
        found.sort_by_key(|it| it.position);
        found
    }

    /// Takes note of when the last target of redesigns had them.
    pub(super) fn note_redesigns<'a>(&mut self, places: impl IntoIterator<Item = &'a usize>) {
        for place in places {
            let Some(item) = self.redesigns.get(*place) else { continue };
            let took = item.targets.iter().map(|target| self.patterns.took_effect(item, target));
            let settled = took.collect::<Option<Vec<Time>>>().and_then(|times| times.into_iter().max());
            self.index.note_redesign(*place, settled);
        }
    }
}
