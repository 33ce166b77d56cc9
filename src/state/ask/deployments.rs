//! Lookups of deployments.

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

    /// Returns the newest allowed deployment of another commit to a target that no outcome reports as
    /// `failed` or `never-started`.
    pub fn ran_before(&self, target: &Target, commit: &CommitId) -> Option<&Deployment> {
        let ran = |deployment: &&Deployment| {
            deployment.is_allowed()
                && deployment.target == *target
                && deployment.says.commit != *commit
                && !self.has_failed(deployment)
        };
        self.deployments.iter().rev().find(ran)
    }
}
