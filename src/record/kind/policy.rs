//! `policy`: the rules. What a policy leaves out has its default.

use super::describe::Describe;
use crate::finding::CheckCode;
use crate::record::field::{CrossCheck, Elements, Int, List, NonEmpty, OptionalSection, choice, table};
use crate::value::{
    Duration, EnvironmentName, ExpectedName, Line, PathPattern, RecordId, RepositoryName, RootCause,
    ServiceName, Target, TeamName,
};

choice! {
    /// Whether a repeating exception closes its targets.
    pub enum Mode {
        /// It does.
        Enforce = "enforce",
        /// The gate says what it would have refused.
        Warn = "warn",
    }
}

choice! {
    /// What an expected exception is.
    pub enum ExpectedType {
        /// Somebody has to get in at night.
        EmergencyAccess = "emergency-access",
        /// A rule of law asks for a person's yes.
        RegulatedApproval = "regulated-approval",
        /// Somebody else's turn.
        ThirdPartyHandoff = "third-party-handoff",
    }
}

choice! {
    /// What a quorum is of: a field of `[policy.approvals]`.
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
        /// How far clocks may be apart. Default 5m.
        pub clock_skew: Option<Duration>,
        /// How far created_at may lie behind ledger time. Default 24h.
        pub max_backdating: Option<Duration>,
        /// How many people, none of them concerned.
        pub approvals: OptionalSection<ApprovalTable>,
        /// Bounds of exceptions.
        pub exceptions: OptionalSection<ExceptionTable>,
        /// When an exception repeats.
        pub recurrence: OptionalSection<Recurrence>,
        /// What a rollback plan needs.
        pub rollback: OptionalSection<Rollback>,
        /// How long a decision may be used.
        pub receipts: OptionalSection<Receipts>,
        /// Who vouches for the head of the ledger.
        pub freshness: OptionalSection<FreshnessTable>,
        /// So many of the approvals from one team.
        pub quorum: Elements<Quorum>,
        /// Exceptions that are expected, and their bounds.
        pub expected: Elements<Expected>,
        /// Root causes that are one.
        pub same_cause: Elements<SameCause>,
        /// What is deployed where. No target, no deployment.
        pub target: Elements<TargetRules>,
    }
}

table! {
    /// How many approvals each kind of record takes.
    pub struct ApprovalTable {
        /// Of an override. Default 1.
        pub overrides: Option<Int<0>>,
        /// Of a rollback plan. Default 1.
        pub rollback_plans: Option<Int<0>>,
        /// Of a redesign. Default 1.
        pub redesigns: Option<Int<0>>,
        /// Of a release; with 1 or more a deployment needs one. Default 0.
        pub releases: Option<Int<0>>,
        /// Reviews of an expected exception. Default 1.
        pub reviews: Option<Int<0>>,
        /// Of a triage that takes an exception out of a pattern. Default 1.
        pub triage: Option<Int<0>>,
    }
}

table! {
    /// Bounds of exceptions.
    pub struct ExceptionTable {
        /// Longest lifetime of an override. Default 7d.
        pub max_lifetime: Option<Duration>,
        /// Overrides in a row with the same grant. Default 1.
        pub max_renewals: Option<Int<0>>,
        /// After the end, what was issued must be known to be gone. Default 24h.
        pub credential_grace: Option<Duration>,
    }
}

table! {
    /// When an exception repeats.
    pub struct Recurrence {
        /// enforce or warn. Default enforce.
        pub mode: Option<Mode>,
        /// From this many occasions on, the gate warns. Default 2.
        pub warn_at: Option<Int<0>>,
        /// This many occasions of one cause … Default 3.
        pub threshold: Option<Int<0>>,
        /// … within this are a repeating exception. Default 90d.
        pub window: Option<Duration>,
        /// Retries within this are one occasion. Default 12h.
        pub same_occasion: Option<Duration>,
        /// How long an approved redesign that is not there yet holds the gate open. Default 14d.
        pub understood_for: Option<Duration>,
        /// After a redesign took effect, this many occasions mean that it failed. Default 1.
        pub after_redesign: Option<Int<0>>,
    }
}

table! {
    /// What a rollback plan needs.
    pub struct Rollback {
        /// Measurable criteria. Default 1.
        pub min_criteria: Option<Int<0>>,
        /// Longest lifetime of a plan. Default 30d.
        pub max_lifetime: Option<Duration>,
        /// A successful rehearsal within this; none asked for by default.
        pub rehearsed_within: Option<Duration>,
    }
}

table! {
    /// How long a decision may be used.
    pub struct Receipts {
        /// From the evaluation on. Default 15m.
        pub lifetime: Option<Duration>,
    }
}

table! {
    /// Who vouches for the head of the ledger.
    pub struct FreshnessTable {
        /// How old their word may be. Default 24h.
        pub max_age: Option<Duration>,
        /// How many witnesses. Default 0.
        pub witnesses: Option<Int<0>>,
    }
}

table! {
    /// So many of the approvals from one team.
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
    check = Expected::rules;
    pub struct Expected {
        /// Its name, which the exception gives in `expected`.
        pub name: ExpectedName,
        /// What it is.
        pub r#type: ExpectedType,
        /// How many approvals it takes; 0 = break-glass: used first, judged after.
        pub approvals: Int<0>,
        /// Who may; left out = every reporter.
        pub team: Option<TeamName>,
        /// Its longest lifetime.
        pub max_lifetime: Duration,
        /// When it has to be reviewed.
        pub review_within: Duration,
        /// More than this many within `window` count as a pattern.
        pub max_per_window: Option<Int<0>>,
        /// The window of max_per_window.
        pub window: Option<Duration>,
        /// Checks that it may waive.
        pub may_waive: List<CheckCode>,
    }
}

table! {
    /// Root causes that are one.
    pub struct SameCause {
        /// The name that counts.
        pub is: RootCause,
        /// Other names for it.
        pub also: NonEmpty<RootCause>,
    }
}

table! {
    /// A target, and what is different for it.
    pub struct TargetRules {
        /// The service.
        pub service: ServiceName,
        /// The environment.
        pub environment: EnvironmentName,
        /// The code repository, where a ledger serves several.
        pub repository: Option<RepositoryName>,
        /// A push to one of these deploys; left out = no push does.
        pub refs: List<PathPattern>,
        /// What belongs to the service; left out = every path.
        pub paths: List<PathPattern>,
        /// As [policy.approvals], for this target.
        pub approvals: OptionalSection<ApprovalTable>,
        /// As [policy.exceptions], for this target.
        pub exceptions: OptionalSection<ExceptionTable>,
        /// As [policy.recurrence], for this target.
        pub recurrence: OptionalSection<Recurrence>,
        /// As [policy.rollback], for this target.
        pub rollback: OptionalSection<Rollback>,
        /// As [policy.receipts], for this target.
        pub receipts: OptionalSection<Receipts>,
        /// As [policy.freshness], for this target.
        pub freshness: OptionalSection<FreshnessTable>,
    }
}

impl Expected {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        if self.max_per_window.is_some() != self.window.is_some() {
            check.report("window", "goes with `max_per_window`: both, or neither");
        }
    }
}

impl TargetRules {
    /// The target.
    pub fn target(&self) -> Target {
        Target { service: self.service.clone(), environment: self.environment.clone() }
    }
}

impl Describe for Policy {
    fn subject(&self) -> String {
        let targets = self.target.len();
        format!("version {}, {targets} target{}", self.version.value(), if targets == 1 { "" } else { "s" })
    }
}
