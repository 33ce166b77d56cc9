//! The facts that a source knows about one exception.

use crate::value::{Ascii, CommitId, EnvironmentName, Line, ServiceName, Time, WorkflowName};

/// The facts that a source knows about one exception; unknown facts are `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// The automation that failed.
    pub workflow: Option<WorkflowName>,
    /// The services that the exception touches.
    pub services: Vec<ServiceName>,
    /// The environments that the exception touches.
    pub environments: Vec<EnvironmentName>,
    /// What happened.
    pub summary: Option<Line>,
    /// A stable key: the same failure always has the same symptom.
    pub symptom: Option<Ascii>,
    /// When it happened.
    pub occurred_at: Option<Time>,
    /// The commit that the CI job ran on, or that the gate refused.
    pub commit: Option<CommitId>,
    /// The task in which it happened, such as a run of a CI job.
    pub task: Option<Line>,
}

impl SourceFacts {
    /// Fills in unknown facts from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // A service and an environment together are a target, so both are taken from the same source.
        let unknown = self.services.is_empty() && self.environments.is_empty();
        let (services, environments) =
            if unknown { (other.services, other.environments) } else { (self.services, self.environments) };
        Self {
            workflow: self.workflow.or(other.workflow),
            services,
            environments,
            summary: self.summary.or(other.summary),
            symptom: self.symptom.or(other.symptom),
            occurred_at: self.occurred_at.or(other.occurred_at),
            commit: self.commit.or(other.commit),
            task: self.task.or(other.task),
        }
    }
}
