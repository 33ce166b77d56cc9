//! What ran on a target: deployments that are not only allowed, but also confirmed.

use std::collections::BTreeSet;

use crate::record::kind::outcome::DeploymentResult;
use crate::state::fold::State;
use crate::state::item::Deployment;
use crate::value::{Ascii, CommitId, MemberName, RepositoryName, Target};

/// A ref of a remote, as Git reports it to a hook. It counts only if the remote is the ledger's, or one that the policy
/// names for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefAtRemote {
    /// Its full name.
    pub name: Ascii,
    /// The commit that it holds; `None` if the ref is new.
    pub holds: Option<CommitId>,
}

/// Whether a commit is confirmed to have run on a target.
#[derive(Debug, Clone)]
pub enum Ran<'a> {
    /// Git said so, in a receipt or now.
    Confirmed,
    /// Git did not say so, but each of these persons did, in an outcome.
    SaidBy(BTreeSet<&'a MemberName>),
    /// Nothing confirms the newest allowed deployment of the commit to the target.
    Unconfirmed(&'a Deployment),
    /// An unanswered outcome says that the newest allowed deployment of the commit to the target failed or never
    /// started.
    Barred,
    /// No allowed deployment of the commit to the target is known, and no receipt says that a ref held the commit.
    Unknown,
}

/// The commits that refs held before deployments, by ref and repository.
#[derive(Default)]
struct HeldByRefs<'a>(BTreeSet<(&'a CommitId, &'a Ascii, Option<&'a RepositoryName>)>);

impl<'a> HeldByRefs<'a> {
    /// Adds the commit that the ref held before a deployment, if its receipt names the ref and Git reported the commit.
    /// Returns whether there was such a commit.
    fn note(&mut self, deployment: &'a Deployment) -> bool {
        let says = &deployment.says;
        let held = deployment.held_by_ref().zip(says.r#ref.as_ref());
        self.0.extend(held.map(|(commit, name)| (commit, name, says.repository.as_ref())));
        held.is_some()
    }

    fn has(&self, deployment: &Deployment) -> bool {
        let says = &deployment.says;
        let held = |name| self.0.contains(&(&says.commit, name, says.repository.as_ref()));
        says.r#ref.as_ref().is_some_and(held)
    }
}

impl State {
    /// Returns whether a commit is confirmed to have run on a target; `told` is the ref that Git reports now. If that
    /// ref holds the commit, this confirms a receipt of the commit for the same ref, unless the deployment is barred.
    pub fn ran<'a>(&'a self, target: &Target, commit: &CommitId, told: Option<&'a RefAtRemote>) -> Ran<'a> {
        // Only refs that held this commit matter here.
        let mut held = self.told(target, told.filter(|told| told.holds.as_ref() == Some(commit)));
        let mut has_been_held = false;
        let (mut persons, mut newest, mut is_barred) = (BTreeSet::new(), None, false);
        for deployment in self.deployments.iter().rev().filter(|one| self.leads_back(one, target)) {
            if deployment.is_allowed() && deployment.says.commit == *commit {
                let bars = deployment.is_barred();
                is_barred |= bars;
                newest = newest.or(Some((deployment, bars)));
                if !bars && held.has(deployment) {
                    return Ran::Confirmed;
                }
                if !bars {
                    persons.extend(&deployment.confirmed_by);
                }
            }
            if deployment.says.previous.as_ref() == Some(commit) {
                has_been_held |= held.note(deployment);
            }
        }
        match (has_been_held && !is_barred, persons.is_empty(), newest) {
            (true, _, _) => Ran::Confirmed,
            (false, false, _) => Ran::SaidBy(persons),
            (false, true, Some((_, true))) => Ran::Barred,
            (false, true, Some((deployment, false))) => Ran::Unconfirmed(deployment),
            (false, true, None) => Ran::Unknown,
        }
    }

    /// Returns the newest allowed deployment of a commit to a target.
    pub fn newest_of_commit(&self, target: &Target, commit: &CommitId) -> Option<&Deployment> {
        let there = self.deployments.iter().rev().filter(|one| self.leads_back(one, target));
        there.filter(|one| one.is_allowed()).find(|one| one.says.commit == *commit)
    }

    /// Returns, of the allowed deployments of a target, the newest one that is confirmed to have run, even if it
    /// failed. A deployment is passed over if an unanswered outcome says that it never started.
    pub fn newest_confirmed<'a>(
        &'a self,
        target: &Target,
        told: Option<&'a RefAtRemote>,
    ) -> Option<&'a Deployment> {
        let mut held = self.told(target, told);
        self.deployments.iter().rev().filter(|one| self.leads_back(one, target)).find(|deployment| {
            let is_confirmed = held.has(deployment) || !deployment.confirmed_by.is_empty();
            held.note(deployment);
            deployment.is_allowed() && !deployment.is_never_started() && is_confirmed
        })
    }

    /// Returns the deployment by which a commit runs on a target. Only the newest deployment that started can be this
    /// one ([`State::newest_started`]). It must be of that commit, confirmed, and not barred. If it has an outcome, the
    /// last one must say `succeeded`.
    pub fn runs<'a>(
        &'a self,
        target: &Target,
        commit: &CommitId,
        told: Option<&'a RefAtRemote>,
    ) -> Option<&'a Deployment> {
        let newest = self.newest_started(target)?;
        let confirmed = self.newest_confirmed(target, told)?;
        let outcome = self.outcome_of(newest);
        let succeeded = outcome.is_none_or(|outcome| outcome.says.result == DeploymentResult::Succeeded);
        let runs =
            newest.id == confirmed.id && newest.says.commit == *commit && !newest.is_barred() && succeeded;
        runs.then_some(newest)
    }

    /// Whether Git says that a deployment ran, in a later receipt or now.
    pub fn is_confirmed_by_git(
        &self,
        deployment: &Deployment,
        target: &Target,
        told: Option<&RefAtRemote>,
    ) -> bool {
        let mut held = self.told(target, told);
        let later = self.deployments.iter().rev().take_while(|later| later.position > deployment.position);
        later.filter(|later| self.leads_back(later, target)).for_each(|later| _ = held.note(later));
        held.has(deployment)
    }

    fn told<'a>(&'a self, target: &Target, told: Option<&'a RefAtRemote>) -> HeldByRefs<'a> {
        let repository = self.policy.target(target).and_then(|rules| rules.repository.as_ref());
        let held = told.and_then(|told| Some((told.holds.as_ref()?, &told.name, repository)));
        HeldByRefs(held.into_iter().collect())
    }
}
