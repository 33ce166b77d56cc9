//! Redesigns.

use super::overview::OnTargets;
use crate::state::fold::State;
use crate::state::item::RedesignItem;
use crate::state::pattern::Pattern;
use crate::value::{Target, Time};

impl State {
    /// Until when a pattern is understood on a target by this redesign: it is the first redesign of it that was
    /// ever approved, and it is not due yet; for at most so long as the policy says.
    pub fn understood(
        &self,
        redesign: &RedesignItem,
        pattern: &Pattern,
        target: &Target,
        now: Time,
    ) -> Option<Time> {
        let effect = redesign.approvals.effect().filter(|effect| effect.at <= now)?;
        let most = self.policy.rules(target).recurrence.understood_for;
        let until = effect.at.plus(most).min(redesign.says.due);
        let first = self.patterns.is_first_redesign(redesign, pattern, &self.policy);
        (first && now < until).then_some(until)
    }

    /// Until when a redesign makes some repeating pattern understood.
    pub fn understood_until(
        &self,
        redesign: &RedesignItem,
        on_targets: &OnTargets,
        now: Time,
    ) -> Option<Time> {
        // Most have come and gone: their patterns need not be looked for.
        redesign.approvals.effect().filter(|effect| effect.at <= now && now < redesign.says.due)?;
        let until = |target: &Target| {
            let covered = on_targets.get(target).into_iter().flat_map(|it| it.iter()).filter(|pattern| {
                pattern.repeats
                    && pattern.is_covered_by(redesign, target, &self.policy)
                    && pattern.last_failure.is_none_or(|failed| redesign.position > failed)
            });
            covered.filter_map(|pattern| self.understood(redesign, pattern, target, now)).max()
        };
        redesign.targets.iter().filter_map(until).max()
    }

    /// Targets of the policy on which a redesign of code has not taken effect: no deployment brought it there.
    pub fn not_deployed(&self, redesign: &RedesignItem) -> Vec<Target> {
        let of_policy = redesign.targets.iter().filter(|target| self.policy.target(target).is_some());
        of_policy.filter(|target| self.patterns.took_effect(redesign, target).is_none()).cloned().collect()
    }
}
