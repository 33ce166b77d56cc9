//! What was deployed, and what is in force for a deployment.

use crate::state::fold::State;
use crate::state::item::{Deployment, begins};
use crate::value::{Target, Time};

impl State {
    /// The newest allowed receipt of a target.
    pub fn newest_allowed(&self, target: &Target) -> Option<&Deployment> {
        self.deployments.iter().rev().find(|it| it.is_allowed() && it.target == *target)
    }

    /// The deployments since a time, the newest first; as dates are claims, some before it may be among them.
    pub fn deployments_since(&self, since: Time) -> impl Iterator<Item = &Deployment> {
        let earliest = since.minus(self.policy.max_backdating());
        self.deployments.iter().rev().take_while(move |it| earliest <= it.created_at)
    }

    /// The deployments of a commit, by position.
    pub fn deployments_of<'a>(
        &'a self,
        commit: &'a crate::value::CommitId,
    ) -> impl Iterator<Item = &'a Deployment> {
        let begins = begins(commit);
        let alike = self.index.commits.iter().enumerate().filter(move |(_, it)| **it == begins);
        alike.filter_map(|(place, _)| self.deployments.get(place)).filter(|it| it.says.commit == *commit)
    }

    /// What ran on a target before a commit, as far as receipts say: nothing that failed, or never began.
    pub fn ran_before(&self, target: &Target, commit: &crate::value::CommitId) -> Option<&Deployment> {
        let ran = |it: &&Deployment| {
            it.is_allowed() && it.target == *target && it.says.commit != *commit && !self.has_failed(it)
        };
        self.deployments.iter().rev().find(ran)
    }
}
