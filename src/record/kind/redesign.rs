//! `redesign`: the change that removes one or more root causes.

use super::describe::Describe;
use crate::record::field::{CrossCheck, Elements, NonEmpty, choice, table};
use crate::value::{
    CommitId, EnvironmentName, Line, MemberName, RecordId, RepositoryName, RootCause, ServiceName, Targets,
    Text, Time, WorkflowName,
};

choice! {
    /// What is changed.
    pub enum ChangeKind {
        /// Code. The redesign names the commits, and takes effect on a target when they are deployed there.
        Code = "code",
        /// A process among people, with evidence.
        Process = "process",
        /// The workflow is retired, with evidence.
        Retirement = "retirement",
    }
}

table! {
    /// A redesign.
    check = Redesign::rules;
    pub struct Redesign {
        /// The workflow that is redesigned.
        pub workflow: WorkflowName,
        /// Root causes that it removes.
        pub root_causes: NonEmpty<RootCause>,
        /// Services it is for.
        pub services: NonEmpty<ServiceName>,
        /// Environments it is for.
        pub environments: NonEmpty<EnvironmentName>,
        /// What is done differently, in a sentence.
        pub summary: Line,
        /// Why it kept failing, and why it will not any more.
        pub cause: Text,
        /// The member who is accountable for it.
        pub owner: MemberName,
        /// What is changed.
        pub change: ChangeKind,
        /// When it takes effect; given only if `change` is not `code`.
        pub in_force_from: Option<Time>,
        /// When it will be in effect at the latest.
        pub due: Time,
        /// The redesign that it replaces.
        pub supersedes: Option<RecordId>,
        /// The commits that are the change; given if and only if `change` is `code`.
        pub commit: Elements<RedesignCommit>,
    }
}

table! {
    /// A commit of a redesign.
    pub struct RedesignCommit {
        /// Its full id.
        pub id: CommitId,
        /// The repository that it is in, if the ledger serves several.
        pub repository: Option<RepositoryName>,
    }
}

impl RedesignCommit {
    /// Whether the commit may be in `repository`: it may, unless it names another one. If `repository` is `None`, every
    /// commit may.
    pub fn is_in(&self, repository: Option<&RepositoryName>) -> bool {
        self.repository.as_ref().zip(repository).is_none_or(|(named, here)| named == here)
    }
}

impl Redesign {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        check.targets(self.services.len(), self.environments.len());
        let code = self.change == ChangeKind::Code;
        if code && self.in_force_from.is_some() {
            check.report("in_force_from", "is allowed only if `change` is not \"code\"");
        }
        if code == self.commit.is_empty() {
            check.report(
                "commit",
                "must be present if and only if `change` is \"code\": [[redesign.commit]] with `id`",
            );
        }
    }
}

impl Describe for Redesign {
    fn targets(&self) -> Targets {
        Targets::product(self.services.as_slice(), self.environments.as_slice())
    }

    fn owner(&self) -> Option<&MemberName> {
        Some(&self.owner)
    }

    fn needs_evidence(&self) -> bool {
        self.change != ChangeKind::Code
    }

    fn subject(&self) -> String {
        let causes: Vec<_> = self.root_causes.iter().map(RootCause::as_str).collect();
        format!("{} {}", self.workflow, causes.join(", "))
    }
}
