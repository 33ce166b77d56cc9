//! `outcome`: the result of a deployment, or of a rehearsal of a rollback plan.

use super::describe::Describe;
use crate::record::field::{CrossCheck, Elements, choice, table};
use crate::value::{Ascii, Decimal, EnvironmentName, RecordId, Time};

choice! {
    /// What became of a deployment, or of a rehearsal.
    pub enum DeploymentResult {
        /// It runs.
        Succeeded = "succeeded",
        /// It did not work.
        Failed = "failed",
        /// It was allowed, and never started.
        NeverStarted = "never-started",
        /// It was rolled back.
        RolledBack = "rolled-back",
        /// The plan was rehearsed, and works.
        Rehearsed = "rehearsed",
        /// The plan was rehearsed, and does not work.
        RehearsalFailed = "rehearsal-failed",
    }
}

table! {
    /// What became of a deployment, or of a rehearsal.
    check = DeploymentOutcome::rules;
    pub struct DeploymentOutcome {
        /// The receipt of the deployment, or the plan that was rehearsed.
        pub of: RecordId,
        /// What became of it.
        pub result: DeploymentResult,
        /// Where a plan was rehearsed.
        pub environment: Option<EnvironmentName>,
        /// When it began.
        pub started_at: Time,
        /// When it was over.
        pub ended_at: Time,
        /// The exception that came of it.
        pub exception: Option<RecordId>,
        /// What was measured.
        pub measured: Elements<Measurement>,
    }
}

table! {
    /// A measurement.
    pub struct Measurement {
        /// What was measured.
        pub metric: Ascii,
        /// The value: a decimal in a string.
        pub value: Decimal,
    }
}

impl DeploymentResult {
    /// Whether a deployment with this result is barred. No rollback may go back to a barred deployment until somebody
    /// answers the outcome.
    pub fn bars(self) -> bool {
        matches!(self, Self::Failed | Self::NeverStarted)
    }

    /// Whether this is the result of a rehearsal, and therefore concerns a plan and not a deployment.
    pub fn is_of_rehearsal(self) -> bool {
        matches!(self, Self::Rehearsed | Self::RehearsalFailed)
    }
}

impl DeploymentOutcome {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        if self.ended_at < self.started_at {
            check.report("ended_at", "is before started_at");
        }
    }
}

impl Describe for DeploymentOutcome {
    fn subject(&self) -> String {
        format!("{} of {}", self.result, self.of.short())
    }
}
