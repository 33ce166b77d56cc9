//! Queries for redesigns.

use super::overview::OnTargets;
use crate::state::fold::State;
use crate::state::item::RedesignItem;
use crate::state::pattern::Pattern;
use crate::value::{Target, Time};

impl State {
    /// Whether a redesign is of a pattern on a target: it names the pattern, and is for the target ([`State::is_for`]).
    pub fn is_of(&self, redesign: &RedesignItem, pattern: &Pattern, target: &Target) -> bool {
        pattern.is_named_by(redesign, &self.policy) && self.is_for(redesign, target)
    }

    /// Whether a redesign names a target, or the target took over the effect of the redesign from a former name.
    pub fn is_for(&self, redesign: &RedesignItem, target: &Target) -> bool {
        redesign.touches(target) || self.patterns.took_effect(redesign, target).is_some()
    }

    /// Whether a redesign of a pattern is newer than the last failure of the pattern on a target, by position. If a
    /// policy joined the pattern with one that a redesign had resolved, a redesign that took effect before that policy
    /// is not newer.
    pub fn is_newer(&self, redesign: &RedesignItem, pattern: &Pattern, target: &Target) -> bool {
        let effect = self.patterns.effect(redesign, target).map(|effect| effect.position);
        let is_mended_before = effect.zip(pattern.joined_at).is_some_and(|(effect, joined)| effect <= joined);
        !is_mended_before && pattern.last_failure.is_none_or(|failed| redesign.position > failed)
    }

    /// Returns the time until which a redesign makes a pattern understood on a target; `None` if it does not. A
    /// redesign does so if it is the first redesign of the pattern ever approved for the target, has not taken effect
    /// there yet, is not due yet, and was approved less than the policy's `understood_for` ago.
    pub fn understood(
        &self,
        redesign: &RedesignItem,
        pattern: &Pattern,
        target: &Target,
        now: Time,
    ) -> Option<Time> {
        let effect = redesign.approvals.effect().filter(|effect| effect.at <= now)?;
        let longest = self.policy.rules(target).recurrence.understood_for;
        let until = effect.at.plus(longest).min(redesign.says.due);
        if self.patterns.took_effect(redesign, target).is_some_and(|at| at <= now) {
            return None;
        }
        let first = self.patterns.is_first_redesign(redesign, pattern, target, &self.policy);
        (first && now < until).then_some(until)
    }

    /// Returns the latest time until which a redesign makes a repeating pattern understood on one of the redesign's
    /// targets.
    pub fn understood_until(
        &self,
        redesign: &RedesignItem,
        on_targets: &OnTargets,
        now: Time,
    ) -> Option<Time> {
        // Most redesigns are past their due date; their patterns need no search.
        redesign.approvals.effect().filter(|effect| effect.at <= now && now < redesign.says.due)?;
        let until = |target: &Target| {
            let patterns = on_targets.get(target).into_iter().flat_map(|patterns| patterns.iter());
            let covered = patterns.filter(|pattern| {
                pattern.repeats
                    && self.is_of(redesign, pattern, target)
                    && self.is_newer(redesign, pattern, target)
            });
            covered.filter_map(|pattern| self.understood(redesign, pattern, target, now)).max()
        };
        redesign.targets.iter().filter_map(|target| until(&target)).max()
    }

    /// Returns the targets of the policy on which a redesign of code has not taken effect, because no deployment
    /// brought it there.
    pub fn not_deployed(&self, redesign: &RedesignItem) -> Vec<Target> {
        let of_policy = redesign.targets.iter().filter(|target| self.policy.target(target).is_some());
        of_policy.filter(|target| self.patterns.took_effect(redesign, target).is_none()).collect()
    }
}
