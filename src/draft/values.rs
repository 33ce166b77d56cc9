//! [`DraftValues`]: the values that are known for a draft before a person edits it.

use crate::import::SourceFacts;
use crate::record::kind::outcome::{DeploymentResult, Measurement};
use crate::record::kind::receipt::Artifact;
use crate::value::{
    Ascii, CommitId, Duration, EnvironmentName, MemberName, RecordId, RootCause, ServiceName, Targets, Time,
    WorkflowName,
};

/// The values known for a draft, from options or from other programs. Each kind of record uses the values that it has
/// fields for.
#[derive(Debug, Clone, Default)]
pub struct DraftValues {
    /// The workflow that failed or is redesigned.
    pub workflow: Option<WorkflowName>,
    /// The step of the workflow that failed.
    pub step: Option<String>,
    /// Who else had to act.
    pub third_party: Option<String>,
    /// Tickets and other references.
    pub references: Vec<Ascii>,
    /// The services.
    pub services: Vec<ServiceName>,
    /// The environments.
    pub environments: Vec<EnvironmentName>,
    /// The root causes; an exception has at most one.
    pub root_causes: Vec<RootCause>,
    /// The summary.
    pub summary: Option<String>,
    /// The kind of failure, as a word of the format.
    pub failure: Option<String>,
    /// The origin, as a word of the format.
    pub origin: Option<String>,
    /// The symptom.
    pub symptom: Option<String>,
    /// The member who triggered the exception; the author if absent.
    pub identity: Option<MemberName>,
    /// A reference to the credential that this identity used.
    pub credential: Option<String>,
    /// The task that was running.
    pub task: Option<String>,
    /// When it happened.
    pub occurred_at: Option<Time>,
    /// The time from now until the record ends or is due.
    pub expires_in: Option<Duration>,
    /// The commits.
    pub commits: Vec<CommitId>,
    /// The entries to quarantine; if empty, those that halt the ledger.
    pub entries: Vec<CommitId>,
    /// The reason of a quarantine.
    pub reason: Option<String>,
    /// The receipt or plan whose outcome is reported.
    pub of: Option<RecordId>,
    /// The result of an outcome.
    pub result: Option<DeploymentResult>,
    /// When the deployment began.
    pub started_at: Option<Time>,
    /// When the deployment ended.
    pub ended_at: Option<Time>,
    /// What was measured.
    pub measured: Vec<Measurement>,
    /// The exceptions that a release accepts, or the one that an outcome resulted in.
    pub exceptions: Vec<RecordId>,
    /// Which other exceptions a release accepts.
    pub accepted: Acceptance,
    /// The files that were built from the commit.
    pub artifacts: Vec<Artifact>,
}

/// Which exceptions a release accepts besides those that are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Acceptance {
    /// No others.
    #[default]
    Named,
    /// Every live override of the target, and an exception of each occasion of its repeating patterns.
    All,
}

impl DraftValues {
    /// Fills in values that are not known yet, from the facts of a source.
    #[must_use]
    pub fn or(mut self, facts: SourceFacts) -> Self {
        self.workflow = self.workflow.or(facts.workflow);
        if self.services.is_empty() {
            self.services = facts.services;
        }
        if self.environments.is_empty() {
            self.environments = facts.environments;
        }
        if self.commits.is_empty() {
            self.commits.extend(facts.commit);
        }
        self.summary = self.summary.or(facts.summary.map(|summary| summary.to_string()));
        self.symptom = self.symptom.or(facts.symptom.map(|symptom| symptom.to_string()));
        self.task = self.task.or(facts.task.map(|task| task.to_string()));
        self.occurred_at = self.occurred_at.or(facts.occurred_at);
        self
    }

    /// Returns the targets: each service in each environment.
    pub fn targets(&self) -> Targets {
        Targets::product(&self.services, &self.environments)
    }
}
