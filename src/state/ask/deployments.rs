//! Lookups of deployments.

use crate::record::kind::receipt::PreviousFrom;
use crate::state::fold::State;
use crate::state::item::{Deployment, commit_prefix};
use crate::value::{CommitId, Target, Time};

impl State {
    /// Returns the newest allowed receipt of a target.
    pub fn newest_allowed(&self, target: &Target) -> Option<&Deployment> {
        self.deployments
            .iter()
            .rev()
            .find(|deployment| deployment.is_allowed() && deployment.target == *target)
    }

    /// Returns the newest allowed expansion of a target.
    pub fn newest_expansion(&self, target: &Target) -> Option<&Deployment> {
        let of_target = self.deployments.iter().rev().filter(|deployment| deployment.target == *target);
        { of_target }.find(|deployment| deployment.is_allowed_expansion())
    }

    /// Returns the deployments since a time, newest first. Earlier ones may be among them, because the date
    /// of a record may be up to `max_backdating` in the past.
    pub fn deployments_since(&self, since: Time) -> impl Iterator<Item = &Deployment> {
        let earliest = since.minus(self.policy.max_backdating());
        self.deployments.iter().rev().take_while(move |deployment| earliest <= deployment.created_at)
    }

    /// Returns the deployments of a commit, by position.
    pub fn deployments_of<'a>(&'a self, commit: &'a CommitId) -> impl Iterator<Item = &'a Deployment> {
        let wanted = commit_prefix(commit);
        let alike = self.index.commits.iter().enumerate().filter(move |(_, prefix)| **prefix == wanted);
        let deployments = alike.filter_map(|(place, _)| self.deployments.get(place));
        deployments.filter(|deployment| deployment.says.commit == *commit)
    }

    /// Returns the other commit that ran on a target last, as far as receipts know: of those that the newest
    /// allowed receipt is of, or that Git told a receipt to be there before, and of which no outcome reports
    /// `failed` or `never-started`.
    pub fn ran_before(&self, target: &Target, commit: &CommitId) -> Option<&CommitId> {
        self.known_commits(target).filter(|known| *known != commit).find(|known| {
            let mut of_target = self.deployments_of(known).filter(|one| one.target == *target);
            !of_target.any(|deployment| deployment.is_allowed() && deployment.is_barred())
        })
    }

    /// Returns another commit that may have run on a target, as far as receipts know, unless every allowed
    /// receipt of it was called never started.
    pub fn started_before(&self, target: &Target, commit: &CommitId) -> Option<&CommitId> {
        self.known_commits(target).filter(|known| *known != commit).find(|known| {
            let of_target = self.deployments_of(known).filter(|one| one.target == *target);
            let mut allowed = of_target.filter(|one| one.is_allowed()).peekable();
            allowed.peek().is_none() || allowed.any(|one| !one.is_never_started())
        })
    }

    /// Returns the commits that receipts of a target know of, newest first: those that they allow, and those
    /// that Git told them to be there before.
    fn known_commits(&self, target: &Target) -> impl Iterator<Item = &CommitId> {
        let of_target = self.deployments.iter().rev().filter(move |one| one.target == *target);
        of_target.flat_map(|deployment| {
            let says = &deployment.says;
            let held = says.previous.as_ref().filter(|_| says.previous_from == Some(PreviousFrom::Ref));
            deployment.is_allowed().then_some(&says.commit).into_iter().chain(held)
        })
    }
}
