//! Queries for releases, and for what a release has to accept.

use crate::state::fold::State;
use crate::state::item::{ExceptionItem, OverrideStanding, ReleaseItem};
use crate::state::pattern::Pattern;
use crate::value::{CommitId, RecordId, Target, Time};

impl State {
    /// Returns the newest of those releases of a commit to a target that took effect. If none did, it returns the
    /// newest of all.
    pub fn release_of(&self, target: &Target, commit: &CommitId) -> Option<&ReleaseItem> {
        let matches = |release: &&ReleaseItem| release.touches(target) && release.says.commit == *commit;
        let took_effect = |release: &&ReleaseItem| release.approvals.effect().is_some();
        let mut matching = self.releases.iter().rev().filter(matches);
        matching.clone().find(took_effect).or_else(|| matching.next())
    }

    /// Returns the records that a release has to accept but does not. These are the live overrides that touch the
    /// target and that the release does not name. For each occasion of a repeating pattern, one exception is added,
    /// unless the release names an exception of that occasion. `patterns` are all patterns of the target.
    pub fn not_accepted(
        &self,
        release: &ReleaseItem,
        target: &Target,
        patterns: &[Pattern],
        now: Time,
    ) -> Vec<RecordId> {
        self.unaccepted(release.says.exceptions.as_slice(), target, patterns, now)
    }

    fn unaccepted(
        &self,
        accepted: &[RecordId],
        target: &Target,
        patterns: &[Pattern],
        now: Time,
    ) -> Vec<RecordId> {
        let live = |item: &&ExceptionItem| {
            // An override that takes effect only after now has to be accepted already.
            let is_live = match item.standing(&self.policy, now) {
                OverrideStanding::InForce | OverrideStanding::Undecided | OverrideStanding::NotYet => true,
                OverrideStanding::Rejected | OverrideStanding::Over | OverrideStanding::Unclosed => false,
            };
            is_live && self.touches(item, target)
        };
        let overrides = self.open_overrides().filter(live).map(|item| item.id);
        let mut missing: Vec<RecordId> = overrides.filter(|id| !accepted.contains(id)).collect();
        for pattern in patterns.iter().filter(|pattern| pattern.repeats) {
            let unnamed = |pattern: &Pattern| {
                let occasions = pattern.occasions.iter();
                let left =
                    occasions.filter(|occasion| !occasion.exceptions.iter().any(|id| accepted.contains(id)));
                left.filter_map(|occasion| occasion.exceptions.first().copied()).collect::<Vec<_>>()
            };
            missing.extend(unnamed(pattern));
        }
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Returns the records that a new release to a target has to accept: every live override that touches the target,
    /// and one exception of every occasion of the patterns that repeat on it.
    pub fn to_accept(&self, target: &Target, now: Time) -> Vec<RecordId> {
        let patterns = self.patterns_on(target, now);
        self.unaccepted(&[], target, &patterns, now)
    }
}
