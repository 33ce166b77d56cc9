//! `release`: the request to deploy a commit to a target, with the exceptions that it accepts.

use super::describe::Describe;
use super::receipt::Artifact;
use crate::record::field::{Elements, List, table};
use crate::value::{Ascii, CommitId, EnvironmentName, RecordId, ServiceName, Target, Targets, Time};

table! {
    /// A release. It takes effect by approvals, if the policy asks for them.
    pub struct Release {
        /// The service.
        pub service: ServiceName,
        /// The environment.
        pub environment: EnvironmentName,
        /// The commit to be deployed.
        pub commit: CommitId,
        /// The plan by which it goes back.
        pub rollback_plan: RecordId,
        /// Live overrides, and exceptions of repeating patterns, that it accepts.
        pub exceptions: List<RecordId>,
        /// Tickets and other references for this release, e.g. CHG-4711.
        pub references: List<Ascii>,
        /// Until when it may be deployed.
        pub expires_at: Time,
        /// What was built from the commit.
        pub artifact: Elements<Artifact>,
    }
}

impl Release {
    /// The target of the release.
    pub fn target(&self) -> Target {
        Target { service: self.service.clone(), environment: self.environment.clone() }
    }
}

impl Describe for Release {
    fn targets(&self) -> Targets {
        self.target().into()
    }

    fn subject(&self) -> String {
        format!("{} to {}", self.commit.short(), self.target())
    }
}
