//! Items that can still affect an answer, found by the indices of the fold.

use crate::state::fold::State;
use crate::state::item::{ExceptionItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem};
use crate::value::{Duration, RootCause, Target, Time, WorkflowName};

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

    /// Pauses that hold for a target at a time.
    pub fn paused(&self, target: &Target, now: Time) -> impl Iterator<Item = &PauseItem> {
        self.holding_pauses(now).filter(move |pause| pause.covers(target))
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
}

/// How long a redesign that took effect is still looked for in commits: until then the deployment that brought it
/// may be said never to have begun, and then the next one that lists it has brought it.
const SETTLED_AFTER: Duration = Duration::of_days(30);
