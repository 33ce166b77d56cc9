//! What a source knows of one exception.

use crate::value::{Ascii, CommitId, EnvironmentName, Line, ServiceName, Time, WorkflowName};

/// What a source says of one exception, as far as it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// The automation that failed.
    pub workflow: Option<WorkflowName>,
    /// Services that it touches.
    pub services: Vec<ServiceName>,
    /// Environments that it touches.
    pub environments: Vec<EnvironmentName>,
    /// What happened.
    pub summary: Option<Line>,
    /// The key that is the same whenever the same thing fails.
    pub symptom: Option<Ascii>,
    /// When it happened.
    pub occurred_at: Option<Time>,
    /// The commit that was running.
    pub commit: Option<CommitId>,
    /// What was running.
    pub task: Option<Line>,
}

impl SourceFacts {
    /// What this one leaves open, as another says it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // A target is said whole, or not at all.
        let open = self.services.is_empty() && self.environments.is_empty();
        let (services, environments) =
            if open { (other.services, other.environments) } else { (self.services, self.environments) };
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
