//! `exception`: an automation could not proceed by itself.

use super::describe::Describe;
use crate::finding::CheckCode;
use crate::record::field::{
    CrossCheck, Elements, Int, List, NonEmpty, Section, choice, string_scalar, table,
};
use crate::value::{
    Ascii, CommitId, EnvironmentName, ExpectedName, Line, MemberName, RecordId, RootCause, ServiceName,
    Targets, Text, Time, WorkflowName,
};

string_scalar!(CheckCode, "the code of a check");

choice! {
    /// What kind of failure it was.
    pub enum Failure {
        /// The data was wrong before it came in.
        BadSourceData = "bad-source-data",
        /// Nobody knew whether it may be approved.
        MissingApprovalContext = "missing-approval-context",
        /// Something took too long.
        Timeout = "timeout",
        /// Two rules contradict each other.
        ConflictingPolicy = "conflicting-policy",
        /// Something that the automation depends on broke.
        BrittleDependency = "brittle-dependency",
        /// The automation itself was wrong.
        OwnDefect = "own-defect",
    }
}

choice! {
    /// Where the failure came from.
    pub enum Origin {
        /// Data.
        Data = "data",
        /// A hand-off between teams or systems.
        HandOff = "hand-off",
        /// The routing of approvals.
        ApprovalRouting = "approval-routing",
        /// Access to tools.
        ToolAccess = "tool-access",
    }
}

table! {
    /// An exception. With grants or `expected` it is an override, otherwise an observation.
    check = Exception::rules;
    pub struct Exception {
        /// The automation that failed.
        pub workflow: WorkflowName,
        /// The step of the automation that failed.
        pub step: Option<Line>,
        /// Services it touches.
        pub services: NonEmpty<ServiceName>,
        /// Environments it touches.
        pub environments: NonEmpty<EnvironmentName>,
        /// What kind of failure it was.
        pub failure: Option<Failure>,
        /// Where the failure came from.
        pub origin: Option<Origin>,
        /// Who had to act without being a member, such as a vendor.
        pub third_party: Option<Line>,
        /// Why it happened: the same slug whenever it is the same cause.
        pub root_cause: Option<RootCause>,
        /// What happened, in a sentence.
        pub summary: Line,
        /// What a reader who was not there needs to know.
        pub detail: Option<Text>,
        /// Tickets and other references for this exception, e.g. CHG-4711.
        pub references: List<Ascii>,
        /// The key by which a machine recognises the same failure.
        pub symptom: Option<Ascii>,
        /// When it happened, if it was not just now.
        pub occurred_at: Option<Time>,
        /// How often it happened in a row; 2 or more.
        pub occurrences: Option<Int<2>>,
        /// The commit that was running.
        pub commit: Option<CommitId>,
        /// Exceptions that this one answers, e.g. one that a machine recorded.
        pub answers: List<RecordId>,
        /// The override that this one renews.
        pub renews: Option<RecordId>,
        /// An entry of the policy's expected exceptions.
        pub expected: Option<ExpectedName>,
        /// Checks that it waives; only with expected.
        pub waives: List<CheckCode>,
        /// It waives only for this commit, and for commits that contain this commit; left out = for any.
        pub for_commit: Option<CommitId>,
        /// When it is over; required with grants or expected.
        pub expires_at: Option<Time>,
        /// Who and what set it off.
        pub trigger: Section<Trigger>,
        /// What the override allows.
        pub grant: Elements<Grant>,
    }
}

table! {
    /// The identity, credential and task that set off an exception.
    pub struct Trigger {
        /// Who: a member, or any name for an observation.
        pub identity: MemberName,
        /// What it identified itself with: a reference, never the secret.
        pub credential: Option<Ascii>,
        /// When that credential ends; left out = long-lived.
        pub credential_expires_at: Option<Time>,
        /// What was running.
        pub task: Line,
    }
}

table! {
    /// Something that the override allows.
    pub struct Grant {
        /// Who may use it: a member.
        pub to: MemberName,
        /// The action, e.g. write.
        pub action: Ascii,
        /// On what, e.g. db:payments.rates.
        pub resource: Ascii,
        /// What was issued for it: a reference, never the secret.
        pub credential: Option<Ascii>,
        /// When the grant is over; not after the exception.
        pub expires_at: Time,
    }
}

impl Failure {
    /// Advice on where failures of this kind are fixed.
    pub fn direction(self) -> &'static str {
        match self {
            Self::BadSourceData => "Bad source data is corrected at ingestion.",
            Self::MissingApprovalContext => "A missing approval context is corrected in the routing.",
            Self::Timeout => {
                "A timeout is corrected where the time goes: in limits, retries, and the order of steps."
            }
            Self::ConflictingPolicy => "A policy conflict is corrected in the rule set.",
            Self::BrittleDependency => {
                "A brittle dependency is corrected by an owner, a fallback, or doing without it."
            }
            Self::OwnDefect => "A defect of the automation is corrected in its code and its tests.",
        }
    }
}

impl Exception {
    /// Whether the exception is an override: it has grants, or it names an expected exception of the policy.
    pub fn is_override(&self) -> bool {
        !self.grant.is_empty() || self.expected.is_some()
    }

    fn rules(&self, check: &mut CrossCheck<'_>) {
        check.targets(self.services.len(), self.environments.len());
        if self.is_override() && self.expires_at.is_none() {
            check.report("expires_at", "is missing: required with grants or `expected`");
        }
        if !self.waives.is_empty() && self.expected.is_none() {
            check.report("waives", "is allowed only with `expected`");
        }
        if self.for_commit.is_some() && self.expected.is_none() {
            check.report("for_commit", "is allowed only with `expected`");
        }
    }
}

impl Describe for Exception {
    fn occurred_at(&self) -> Option<Time> {
        self.occurred_at
    }

    fn targets(&self) -> Targets {
        Targets::product(self.services.as_slice(), self.environments.as_slice())
    }

    fn subject(&self) -> String {
        let cause = self.root_cause.as_ref().map(RootCause::as_str);
        let cause = cause.or(self.symptom.as_ref().map(Ascii::as_str)).unwrap_or("cause unknown");
        format!("{} {cause}", self.workflow)
    }
}
