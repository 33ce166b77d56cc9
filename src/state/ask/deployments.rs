//! Lookups of deployments.

use std::collections::BTreeSet;

use crate::state::fold::State;
use crate::state::item::Deployment;
use crate::value::{CommitId, RecordId, Target, Time};
use crate::verify::Unreadable;

impl State {
    /// Returns the newest allowed receipt of a target.
    pub fn newest_allowed(&self, target: &Target) -> Option<&Deployment> {
        self.deployments
            .iter()
            .rev()
            .find(|deployment| deployment.is_allowed() && self.leads_back(deployment, target))
    }

    /// Returns the newest allowed receipt of a target. A receipt is passed over if an unanswered outcome says that its
    /// deployment never started.
    pub fn newest_started(&self, target: &Target) -> Option<&Deployment> {
        let is_started = |one: &&Deployment| one.is_allowed() && !one.is_never_started();
        self.deployments.iter().rev().filter(is_started).find(|one| self.leads_back(one, target))
    }

    /// Returns the newest allowed expansion of a target.
    pub fn newest_expansion(&self, target: &Target) -> Option<&Deployment> {
        let of_target =
            self.deployments.iter().rev().filter(|deployment| self.leads_back(deployment, target));
        { of_target }.find(|deployment| deployment.is_allowed_expansion())
    }

    /// Returns the deployments since a time, newest first. Earlier ones may be among them, because the date
    /// of a record may be up to `max_backdating` in the past.
    pub fn deployments_since(&self, since: Time) -> impl Iterator<Item = &Deployment> {
        let earliest = since.minus(self.policy.max_backdating());
        self.deployments.iter().rev().take_while(move |deployment| earliest <= deployment.created_at)
    }

    /// Whether a deployment names an open override, as a waiver or as one of the records that a check rests on.
    pub fn is_used(&self, open_override: &RecordId) -> bool {
        self.unheld.used.contains(open_override)
            || self.deployments.iter().rev().any(|one| one.uses(open_override))
    }

    /// Returns the deployments of a commit, by position.
    pub fn deployments_of<'a>(&'a self, commit: &'a CommitId) -> impl Iterator<Item = &'a Deployment> {
        self.deployments.iter().filter(|deployment| deployment.says.commit == *commit)
    }

    /// Returns the commits of those deployments of a target that were allowed before the time `before`. A deployment is
    /// left out if an unanswered outcome says that it never started. Fails if the commits that a live state left out
    /// cannot be read.
    pub fn allowed_before(&self, target: &Target, before: Time) -> Result<BTreeSet<CommitId>, Unreadable> {
        let is_before = |one: &&Deployment| {
            one.is_allowed() && self.was_to(one, target) && !one.is_never_started() && one.says.at < before
        };
        let mut found: BTreeSet<CommitId> =
            self.deployments.iter().filter(is_before).map(|one| one.says.commit.clone()).collect();
        if let (Some(left_out), Some(store)) = (&self.left_out, &self.aside) {
            let names = self.former_names(target).iter().chain([target]);
            for name in names.filter(|name| left_out.has_deployments_to(name)) {
                let ran = store.ran(name)?.into_iter().filter(|(at, _)| *at < before);
                found.extend(ran.map(|(_, commit)| commit));
            }
        }
        Ok(found)
    }

    /// Returns the allowed expansions that list a redesign.
    pub fn expansions_with(&self, redesign: RecordId) -> impl Iterator<Item = &Deployment> {
        let allowed = self.deployments.iter().filter(|one| one.is_allowed_expansion());
        allowed.filter(move |one| one.says.redesigns.contains(&redesign))
    }

    /// Returns the newest commit, other than `commit`, of the `known_commits` of a target. A commit is left out if any
    /// allowed deployment of it to the target is barred.
    pub fn ran_before(&self, target: &Target, commit: &CommitId) -> Option<&CommitId> {
        let here = |one: &&Deployment| self.leads_back(one, target);
        let barred: BTreeSet<&CommitId> = self.allowed_commits(here, Deployment::is_barred).collect();
        self.known_commits(here).find(|known| *known != commit && !barred.contains(known))
    }

    /// Returns the newest commit, other than `commit`, that may have run on a target as far as receipts know. A commit
    /// is left out if it has allowed deployments there, and an unanswered outcome says of each that it never started.
    pub fn started_before(&self, target: &Target, commit: &CommitId) -> Option<&CommitId> {
        let here = |one: &&Deployment| self.was_to(one, target);
        let mut never: BTreeSet<&CommitId> =
            self.allowed_commits(here, Deployment::is_never_started).collect();
        if !never.is_empty() {
            let started = self.allowed_commits(here, |deployment| !deployment.is_never_started());
            started.for_each(|commit| _ = never.remove(commit));
        }
        self.known_commits(here).find(|known| *known != commit && !never.contains(known))
    }

    /// Returns the commits of the allowed deployments that `here` accepts and for which the condition holds.
    fn allowed_commits(
        &self,
        here: impl Fn(&&Deployment) -> bool,
        condition: impl Fn(&Deployment) -> bool,
    ) -> impl Iterator<Item = &CommitId> {
        let allowed = self.deployments.iter().filter(here).filter(|one| one.is_allowed());
        allowed.filter(move |one| condition(one)).map(|one| &one.says.commit)
    }

    /// Returns the commits that are known from the receipts that `here` accepts, newest first. Each receipt gives its
    /// own commit, if it was allowed, and the commit that the ref held before, if Git reported it.
    fn known_commits(&self, here: impl Fn(&&Deployment) -> bool) -> impl Iterator<Item = &CommitId> {
        self.deployments.iter().rev().filter(here).flat_map(|deployment| {
            let own = deployment.is_allowed().then_some(&deployment.says.commit);
            own.into_iter().chain(deployment.held_by_ref())
        })
    }
}
