//! Which deployments a live state keeps, above all those that show what ran last on each target.

use std::collections::BTreeSet;

use super::left_out::LeftOut;
use crate::record::kind::policy::TargetRules;
use crate::state::State;
use crate::state::item::Deployment;
use crate::value::{CommitId, RecordId, Target, Time};

/// For each target, deployments are kept until this many commits are known to have run: the commit that runs now, and
/// one to go back to.
const COMMITS: usize = 2;

impl State {
    /// Returns the deployments to keep:
    ///
    /// - the newest deployments of each target, as many as it takes to tell what runs and what ran before;
    /// - all deployments since `recent`;
    /// - older deployments that name a commit which one of these names, or that list one of `redesigns`.
    pub(super) fn deployments_to_keep(
        &self,
        recent: Time,
        redesigns: &BTreeSet<RecordId>,
    ) -> BTreeSet<RecordId> {
        let is_recent = |one: &&Deployment| recent <= one.created_at || recent <= one.says.at;
        let mut kept: BTreeSet<RecordId> =
            self.deployments.iter().filter(is_recent).map(|one| one.id).collect();
        for target in self.policy.targets().iter().map(TargetRules::target) {
            kept.extend(self.newest_of(&target).0);
        }
        let newest = self.deployments.iter().filter(|one| kept.contains(&one.id));
        let commits: BTreeSet<&CommitId> =
            newest.flat_map(|one| [Some(&one.says.commit), one.says.previous.as_ref()]).flatten().collect();
        let is_of_those = |one: &&Deployment| {
            let says = &one.says;
            commits.contains(&says.commit)
                || says.previous.as_ref().is_some_and(|previous| commits.contains(previous))
                || says.redesigns.iter().any(|id| redesigns.contains(id))
        };
        let older: Vec<RecordId> = self.deployments.iter().filter(is_of_those).map(|one| one.id).collect();
        kept.extend(older);
        kept
    }

    /// Whether this state can tell what runs on a target and what ran before: no deployment to the target was left out,
    /// or the deployments that this state holds suffice.
    pub(super) fn tells_what_ran(&self, target: &Target, left_out: &LeftOut) -> bool {
        let is_whole = || {
            let former = self.former_names(target).iter();
            !former.chain([target]).any(|name| left_out.has_deployments_to(name))
        };
        is_whole() || self.newest_of(target).1
    }

    /// Returns the newest deployments of a target, and whether they suffice. It returns as many as suffice, or all if
    /// even all do not. Deployments suffice if an allowed expansion is among them, and if [`COMMITS`] of their commits
    /// are confirmed to have run. A commit does not count if an allowed deployment of it to the target is barred.
    fn newest_of(&self, target: &Target) -> (Vec<RecordId>, bool) {
        let here = || self.deployments.iter().rev().filter(|one| self.was_to(one, target));
        let barred: BTreeSet<&CommitId> =
            here().filter(|one| one.is_allowed() && one.is_barred()).map(|one| &one.says.commit).collect();
        let (mut newest, mut commits, mut has_expansion) = (Vec::new(), BTreeSet::new(), false);
        for one in here() {
            newest.push(one.id);
            if !self.leads_back(one, target) || !one.is_allowed() {
                continue;
            }
            has_expansion |= one.is_allowed_expansion();
            if one.confirmed_by().next().is_some() && !barred.contains(&one.says.commit) {
                commits.insert(&one.says.commit);
            }
            if has_expansion && commits.len() >= COMMITS {
                return (newest, true);
            }
        }
        (newest, false)
    }
}
