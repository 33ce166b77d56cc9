//! Queries for the items that are not over.

use crate::state::fold::State;
use crate::state::item::{Counts, ExceptionItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem};
use crate::state::pattern::ApprovedOf;
use crate::value::{Duration, RootCause, Target, Time, WorkflowName};

impl State {
    /// Returns the overrides that are not closed, have a pending credential, or may need a review.
    pub fn open_overrides(&self) -> impl Iterator<Item = &ExceptionItem> {
        self.open.iter().filter_map(|place| self.exceptions.at(*place))
    }

    /// Returns the plans that are not closed and whose `expires_at` is after `now`.
    pub fn open_plans(&self, now: Time) -> impl Iterator<Item = &PlanItem> {
        self.plans.iter().filter(move |plan| plan.closed.is_none() && now < plan.says.expires_at)
    }

    /// Returns the releases whose `expires_at` is after `now`.
    pub fn open_releases(&self, now: Time) -> impl DoubleEndedIterator<Item = &ReleaseItem> {
        self.releases.iter().filter(move |release| now < release.says.expires_at)
    }

    /// Returns the pauses that hold at `now`.
    pub fn holding_pauses(&self, now: Time) -> impl Iterator<Item = &PauseItem> {
        self.pauses.iter().filter(move |pause| pause.holds(now))
    }

    /// Returns the pauses that begin after `now`. A pause is left out if it ends or is resumed before it begins.
    pub fn planned_pauses(&self, now: Time) -> impl Iterator<Item = &PauseItem> {
        let is_planned = move |pause: &&PauseItem| {
            pause.ends().is_none_or(|end| now < end)
                && pause.says.begins_at.is_some_and(|from| now < from && pause.holds(from))
        };
        self.pauses.iter().filter(is_planned)
    }

    /// Returns the pauses that hold for a target at `now`.
    pub fn paused(&self, target: &Target, now: Time) -> impl Iterator<Item = &PauseItem> {
        self.holding_pauses(now).filter(move |pause| self.is_paused_by(pause, target))
    }

    /// Returns the triages that have not taken effect.
    pub fn open_triages(&self) -> impl Iterator<Item = &TriageItem> {
        self.triages.iter().filter(|triage| triage.approvals.effect().is_none())
    }

    /// Returns the open redesigns: those that are not settled on all of their targets ([`State::is_settled`]).
    pub fn open_redesigns(&self, now: Time) -> impl Iterator<Item = &RedesignItem> {
        self.redesigns.iter().filter(move |redesign| self.is_open(redesign, now))
    }

    /// Returns the open redesigns that are not settled on a target ([`State::is_settled`]).
    pub fn redesigns_unsettled_on<'a>(
        &'a self,
        target: &'a Target,
        now: Time,
    ) -> impl Iterator<Item = &'a RedesignItem> {
        // Most redesigns are settled on this target. To check that is faster than to check all targets of a redesign.
        let unsettled = self.redesigns.iter().filter(move |one| !self.is_settled(one, target, now));
        unsettled.filter(move |redesign| self.is_open(redesign, now))
    }

    fn is_open(&self, redesign: &RedesignItem, now: Time) -> bool {
        !redesign.targets.iter().all(|target| self.is_settled(redesign, &target, now))
    }

    /// Whether a redesign took effect on a target at least `SETTLED_AFTER` before `now`. If so, commits are no longer
    /// searched for it.
    pub fn is_settled(&self, redesign: &RedesignItem, target: &Target, now: Time) -> bool {
        self.patterns.took_effect(redesign, target).is_some_and(|at| at.plus(SETTLED_AFTER) <= now)
    }

    /// Returns the redesigns of the pattern with a workflow and a cause, by position. `same_cause` is already applied to
    /// the cause.
    pub fn redesigns_of(&self, workflow: &WorkflowName, cause: &RootCause) -> Vec<&RedesignItem> {
        let counts = Counts::Named(cause);
        let approved =
            self.patterns.joined(workflow, counts, &self.policy).approved(ApprovedOf::Itself).into_iter();
        let approved = approved.filter_map(|approved| self.redesigns.at(approved.place));
        let is_same = |named: &RootCause| self.policy.cause(named) == cause;
        let is_of = |redesign: &&RedesignItem| {
            let is_own = redesign.says.workflow == *workflow || self.policy.shares(cause);
            is_own && redesign.says.root_causes.iter().any(is_same)
        };
        let undecided = self.redesigns.iter().filter(|redesign| redesign.approvals.effect().is_none());
        let mut found: Vec<&RedesignItem> = approved.chain(undecided.filter(is_of)).collect();
        found.sort_by_key(|redesign| redesign.position);
        found
    }
}

/// How long commits are still searched for a redesign after it took effect. Within that time an outcome may report that
/// the deployment which brought the redesign never started. Then the next deployment that lists the redesign brings it.
const SETTLED_AFTER: Duration = Duration::of_days(30);
