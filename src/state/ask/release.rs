//! Releases: requests to deploy a commit, and what they accept.

use crate::state::fold::State;
use crate::state::item::{ExceptionItem, OverrideStanding, ReleaseItem, begins};
use crate::state::pattern::Pattern;
use crate::value::{CommitId, RecordId, Target, Time};

impl State {
    /// The newest release of a commit to a target.
    pub fn release_of(&self, target: &Target, commit: &CommitId) -> Option<&ReleaseItem> {
        let is_of = |it: &&ReleaseItem| it.touches(target) && it.says.commit == *commit;
        // Of several, one that is in effect comes before those that wait.
        let in_effect = |it: &&ReleaseItem| it.approvals.effect().is_some();
        let begins = begins(commit);
        let alike = self.index.released.iter().enumerate().rev().filter(|(_, it)| **it == begins);
        let mut of_it = alike.filter_map(|(place, _)| self.releases.get(place)).filter(is_of);
        of_it.clone().find(in_effect).or_else(|| of_it.next())
    }

    /// What a release does not accept: overrides that are live on its target, and occasions of patterns that
    /// repeat there (these are all of the target's) of which it names no exception.
    pub fn not_accepted(
        &self,
        release: &ReleaseItem,
        target: &Target,
        patterns: &[Pattern],
        now: Time,
    ) -> Vec<RecordId> {
        self.beyond(&release.says.exceptions, target, patterns, now)
    }

    fn beyond(
        &self,
        accepted: &[RecordId],
        target: &Target,
        patterns: &[Pattern],
        now: Time,
    ) -> Vec<RecordId> {
        let grace = self.policy.rules(target).exceptions.credential_grace;
        let live = |item: &&ExceptionItem| {
            // One that is in effect only later forbids already.
            let is_live = match item.standing(&self.policy, grace, now) {
                OverrideStanding::InForce | OverrideStanding::Undecided | OverrideStanding::NotYet => true,
                OverrideStanding::Rejected | OverrideStanding::Over | OverrideStanding::Unclosed => false,
            };
            is_live && item.touches(target)
        };
        let overrides = self.open_overrides().filter(live).map(|item| item.id);
        let mut missing: Vec<RecordId> = overrides.filter(|id| !accepted.contains(id)).collect();
        for pattern in patterns.iter().filter(|pattern| pattern.repeats) {
            let unnamed = |pattern: &Pattern| {
                let occasions = pattern.occasions.iter();
                let left = occasions.filter(|it| !it.exceptions.iter().any(|id| accepted.contains(id)));
                left.filter_map(|it| it.exceptions.first().copied()).collect::<Vec<_>>()
            };
            missing.extend(unnamed(pattern));
        }
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// What a release of a target has to accept now: every live override, and an exception of each occasion of
    /// the patterns that repeat there.
    pub fn to_accept(&self, target: &Target, now: Time) -> Vec<RecordId> {
        let patterns = self.patterns_on(target, now);
        self.beyond(&[], target, &patterns, now)
    }
}
