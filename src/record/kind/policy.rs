//! `policy`: the rules. A rule that a policy leaves out has its default value.

use super::describe::Describe;
use crate::finding::CheckCode;
use crate::record::field::{Elements, Int, List, NonEmpty, OptionalSection, choice, table};
use crate::record::rules::{policy_rules, rule_help};
use crate::value::{
    Ascii, Duration, EnvironmentName, ExpectedName, Line, MemberName, PathPattern, RecordId, RepositoryName,
    RootCause, ServiceName, Target, TargetName, TeamName, WorkflowName,
};

choice! {
    /// Who records the receipt of a push.
    pub enum RecordedBy {
        /// Whoever pushes. Without a recorded receipt, no push deploys forward.
        Pusher = "pusher",
        /// The pipeline that deploys.
        Pipeline = "pipeline",
    }
}

choice! {
    /// Whether a repeating exception closes its targets.
    pub enum Mode {
        /// It does: the gate refuses.
        Enforce = "enforce",
        /// It does not: the gate only reports what it would have refused.
        Warn = "warn",
    }
}

choice! {
    /// The type of an expected exception.
    pub enum ExpectedType {
        /// Somebody needs access in an emergency, such as at night.
        EmergencyAccess = "emergency-access",
        /// A regulation demands the approval of a person.
        RegulatedApproval = "regulated-approval",
        /// A third party has to act.
        ThirdPartyHandoff = "third-party-handoff",
    }
}

choice! {
    /// The approvals that a quorum is for: a field of `[policy.approvals]`.
    pub enum QuorumOf {
        /// Overrides.
        Overrides = "overrides",
        /// Rollback plans.
        RollbackPlans = "rollback_plans",
        /// Redesigns.
        Redesigns = "redesigns",
        /// Releases.
        Releases = "releases",
        /// Reviews.
        Reviews = "reviews",
        /// Triages.
        Triage = "triage",
    }
}

table! {
    /// The rules of a ledger.
    pub struct Policy {
        /// One more than the version in force; 1 for the first.
        pub version: Int<1>,
        /// The id of the policy in force, which this one follows.
        pub supersedes: Option<RecordId>,
        /// Why it changes.
        pub reason: Option<Line>,
        /// How far clocks may be apart. Default 5m, at most 1h.
        pub clock_skew: Option<Duration>,
        /// How far created_at may lie behind ledger time. Default 24h, at most 7d.
        pub max_backdating: Option<Duration>,
        /// How many people, none of them concerned, have to approve each kind of record.
        pub approvals: OptionalSection<ApprovalTable>,
        /// Bounds of exceptions.
        pub exceptions: OptionalSection<ExceptionTable>,
        /// The credentials that set off overrides.
        pub credentials: OptionalSection<CredentialTable>,
        /// When an exception repeats.
        pub recurrence: OptionalSection<RecurrenceTable>,
        /// What a rollback plan needs.
        pub rollback: OptionalSection<RollbackTable>,
        /// How long a decision may be used.
        pub receipts: OptionalSection<ReceiptTable>,
        /// Who vouches for the head of the ledger.
        pub freshness: OptionalSection<FreshnessTable>,
        /// How many of the approvals have to come from one team.
        pub quorum: Elements<Quorum>,
        /// Exceptions that are expected, and their bounds.
        pub expected: Elements<Expected>,
        /// Root causes that count as one.
        pub same_cause: Elements<SameCause>,
        /// Root causes whose exceptions are one pattern, whatever their workflow.
        pub shared_cause: Elements<SharedCause>,
        /// Who answers for workflows, and how soon.
        pub workflow: Elements<WorkflowOwner>,
        /// What overrides may grant; without an entry, anything.
        pub resource: Elements<Resource>,
        /// What is deployed where. Without a target, nothing can be deployed.
        pub target: Elements<TargetRules>,
    }
}

/// Expands to the Rust type of a field of the policy record, given the type of the rule in that field.
macro_rules! field_type {
    (Count) => { Option<Int<0>> };
    (CountIfAsked) => { Option<Int<0>> };
    (Time) => { Option<Duration> };
    (TimeIfAsked) => { Option<Duration> };
    (Mode) => { Option<Mode> };
    (RecordedBy) => { Option<RecordedBy> };
    (Flag) => { Option<bool> };
}

/// Declares a table of the policy record for each section of rules.
macro_rules! rule_tables {
    ($(
        #[doc = $doc:literal]
        $section:ident: $table:ident as $rules:ident { $(
            #[doc = $help:literal]
            $field:ident: $type:ident = $value:expr, $default:tt, $longest:tt, $stricter:ident, $words:literal;
        )+ }
    )+) => { $(
        table! {
            #[doc = $doc]
            pub struct $table { $(
                #[doc = rule_help!($help, $default, $longest)]
                pub $field: field_type!($type),
            )+ }
        }
    )+ };
}

policy_rules!(rule_tables);

table! {
    /// How many of the approvals have to come from one team.
    pub struct Quorum {
        /// A field of [policy.approvals].
        pub of: QuorumOf,
        /// The team.
        pub team: TeamName,
        /// How many.
        pub count: Int<0>,
    }
}

table! {
    /// An exception that is expected.
    pub struct Expected {
        /// Its name, which the exception gives in `expected`.
        pub name: ExpectedName,
        /// What it is.
        pub r#type: ExpectedType,
        /// How many approvals it takes; 0 = break-glass: used first, judged after.
        pub approvals: Int<0>,
        /// The team whose members may record it; left out = every reporter.
        pub team: Option<TeamName>,
        /// Its longest lifetime.
        pub max_lifetime: Duration,
        /// When it has to be reviewed.
        pub review_within: Duration,
        /// More than this many within `window` count as a pattern.
        pub max_per_window: Int<0>,
        /// The window of max_per_window; at least max_lifetime.
        pub window: Duration,
        /// Checks that it may waive.
        pub may_waive: List<CheckCode>,
    }
}

table! {
    /// Root causes that count as one.
    pub struct SameCause {
        /// The name that counts.
        pub is: RootCause,
        /// Other names for it.
        pub also: NonEmpty<RootCause>,
    }
}

table! {
    /// A root cause whose exceptions are one pattern, whatever their workflow.
    pub struct SharedCause {
        /// The root cause.
        pub root_cause: RootCause,
    }
}

table! {
    /// Who answers for a workflow.
    pub struct WorkflowOwner {
        /// The workflow.
        pub name: WorkflowName,
        /// The member who answers for what is untriaged or repeats.
        pub owner: MemberName,
        /// How soon the owner has to answer. Default 7d.
        pub respond_within: Option<Duration>,
    }
}

table! {
    /// Resources that overrides may grant.
    pub struct Resource {
        /// Their names; `*` stops at `/`, `**` does not.
        pub name: PathPattern,
        /// Services that they belong to; left out = all.
        pub services: List<ServiceName>,
        /// Environments that they belong to; left out = all.
        pub environments: List<EnvironmentName>,
        /// Actions that may be granted; left out = all.
        pub actions: List<Ascii>,
        /// How long a grant may last.
        pub max_lifetime: Option<Duration>,
        /// Whether access to any of them counts as access to the same one.
        pub one_resource: Option<bool>,
    }
}

table! {
    /// A target, and the rules that differ for it.
    pub struct TargetRules {
        /// The service.
        pub service: ServiceName,
        /// The environment.
        pub environment: EnvironmentName,
        /// The code repository, if the ledger serves several.
        pub repository: Option<RepositoryName>,
        /// A push to one of these deploys; left out = no push does.
        pub refs: List<PathPattern>,
        /// What belongs to the service; left out = every path.
        pub paths: List<PathPattern>,
        /// URLs of remotes whose refs tell what runs there, beside the ledger's remote.
        pub remotes: List<Ascii>,
        /// Earlier names, as service/environment: what closed the target under one of them still closes it.
        pub formerly: List<TargetName>,
        /// As [policy.approvals], for this target.
        pub approvals: OptionalSection<ApprovalTable>,
        /// As [policy.exceptions], for this target.
        pub exceptions: OptionalSection<ExceptionTable>,
        /// As [policy.credentials], for this target.
        pub credentials: OptionalSection<CredentialTable>,
        /// As [policy.recurrence], for this target.
        pub recurrence: OptionalSection<RecurrenceTable>,
        /// As [policy.rollback], for this target.
        pub rollback: OptionalSection<RollbackTable>,
        /// As [policy.receipts], for this target.
        pub receipts: OptionalSection<ReceiptTable>,
        /// As [policy.freshness], for this target.
        pub freshness: OptionalSection<FreshnessTable>,
    }
}

impl TargetRules {
    /// The target.
    pub fn target(&self) -> Target {
        Target { service: self.service.clone(), environment: self.environment.clone() }
    }

    /// Whether these are the rules of this target.
    pub fn are_of(&self, target: &Target) -> bool {
        self.service == target.service && self.environment == target.environment
    }

    /// Whether a push to the ref with this full name deploys to the target.
    pub fn names_ref(&self, name: &str) -> bool {
        self.refs.iter().any(|pattern| pattern.matches(name.as_bytes()))
    }
}

impl Describe for Policy {
    fn subject(&self) -> String {
        format!("version {}, {}", self.version.value(), crate::value::count(self.target.len(), "target"))
    }
}
