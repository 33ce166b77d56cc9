//! The rules for a target, without gaps.

use crate::record::kind::policy::Mode;
use crate::value::Duration;

/// Everything that is in force for a target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// How many people, none of them concerned.
    pub approvals: ApprovalRules,
    /// Bounds of exceptions.
    pub exceptions: ExceptionRules,
    /// When an exception repeats.
    pub recurrence: RecurrenceRules,
    /// What a rollback plan needs.
    pub rollback: RollbackRules,
    /// How long a decision may be used.
    pub receipts: ReceiptRules,
    /// Who vouches for the head.
    pub freshness: FreshnessRules,
}

/// How many approvals each kind of record takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRules {
    /// Of an override.
    pub overrides: u64,
    /// Of a rollback plan.
    pub rollback_plans: u64,
    /// Of a redesign.
    pub redesigns: u64,
    /// Of a release; with 1 or more a deployment needs one.
    pub releases: u64,
    /// Reviews of an expected exception.
    pub reviews: u64,
    /// Of a triage that takes an exception out of a pattern.
    pub triage: u64,
}

/// Bounds of exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionRules {
    /// Longest lifetime.
    pub max_lifetime: Duration,
    /// Overrides in a row with the same grant.
    pub max_renewals: u64,
    /// After the end, what was issued must be known to be gone.
    pub credential_grace: Duration,
}

/// When an exception repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrenceRules {
    /// Whether it closes its targets.
    pub mode: Mode,
    /// From this many occasions on, the gate warns.
    pub warn_at: u64,
    /// This many occasions of one cause …
    pub threshold: u64,
    /// … within this are a repeating exception.
    pub window: Duration,
    /// Retries within this are one occasion.
    pub same_occasion: Duration,
    /// How long an approved redesign that is not there yet holds the gate open.
    pub understood_for: Duration,
    /// After a redesign took effect, this many occasions mean that it failed.
    pub after_redesign: u64,
}

/// What a rollback plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackRules {
    /// Measurable criteria.
    pub min_criteria: u64,
    /// Longest lifetime.
    pub max_lifetime: Duration,
    /// A successful rehearsal within this.
    pub rehearsed_within: Option<Duration>,
}

/// How long a decision may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRules {
    /// From the evaluation on.
    pub lifetime: Duration,
}

/// Who vouches for the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreshnessRules {
    /// How old their word may be.
    pub max_age: Duration,
    /// How many witnesses.
    pub witnesses: u64,
}

impl Default for ApprovalRules {
    fn default() -> Self {
        Self { overrides: 1, rollback_plans: 1, redesigns: 1, releases: 0, reviews: 1, triage: 1 }
    }
}

impl Default for ExceptionRules {
    fn default() -> Self {
        Self { max_lifetime: Duration::of_days(7), max_renewals: 1, credential_grace: Duration::of_hours(24) }
    }
}

impl Default for RecurrenceRules {
    fn default() -> Self {
        Self {
            mode: Mode::Enforce,
            warn_at: 2,
            threshold: 3,
            window: Duration::of_days(90),
            same_occasion: Duration::of_hours(12),
            understood_for: Duration::of_days(14),
            after_redesign: 1,
        }
    }
}

impl Default for RollbackRules {
    fn default() -> Self {
        Self { min_criteria: 1, max_lifetime: Duration::of_days(30), rehearsed_within: None }
    }
}

impl Default for ReceiptRules {
    fn default() -> Self {
        Self { lifetime: Duration::of_minutes(15) }
    }
}

impl Default for FreshnessRules {
    fn default() -> Self {
        Self { max_age: Duration::of_hours(24), witnesses: 0 }
    }
}

impl Rules {
    /// Of two sets of rules the stricter in every point.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        let (a, b) = (self, other);
        Self {
            approvals: ApprovalRules {
                overrides: a.approvals.overrides.max(b.approvals.overrides),
                rollback_plans: a.approvals.rollback_plans.max(b.approvals.rollback_plans),
                redesigns: a.approvals.redesigns.max(b.approvals.redesigns),
                releases: a.approvals.releases.max(b.approvals.releases),
                reviews: a.approvals.reviews.max(b.approvals.reviews),
                triage: a.approvals.triage.max(b.approvals.triage),
            },
            exceptions: ExceptionRules {
                max_lifetime: shorter(a.exceptions.max_lifetime, b.exceptions.max_lifetime),
                max_renewals: a.exceptions.max_renewals.min(b.exceptions.max_renewals),
                credential_grace: shorter(a.exceptions.credential_grace, b.exceptions.credential_grace),
            },
            recurrence: RecurrenceRules {
                mode: if a.recurrence.mode == Mode::Enforce { Mode::Enforce } else { b.recurrence.mode },
                warn_at: a.recurrence.warn_at.min(b.recurrence.warn_at),
                threshold: a.recurrence.threshold.min(b.recurrence.threshold),
                window: longer(a.recurrence.window, b.recurrence.window),
                same_occasion: shorter(a.recurrence.same_occasion, b.recurrence.same_occasion),
                understood_for: shorter(a.recurrence.understood_for, b.recurrence.understood_for),
                after_redesign: a.recurrence.after_redesign.min(b.recurrence.after_redesign),
            },
            rollback: RollbackRules {
                min_criteria: a.rollback.min_criteria.max(b.rollback.min_criteria),
                max_lifetime: shorter(a.rollback.max_lifetime, b.rollback.max_lifetime),
                rehearsed_within: match (a.rollback.rehearsed_within, b.rollback.rehearsed_within) {
                    (Some(a), Some(b)) => Some(shorter(a, b)),
                    (a, b) => a.or(b),
                },
            },
            receipts: ReceiptRules { lifetime: shorter(a.receipts.lifetime, b.receipts.lifetime) },
            freshness: FreshnessRules {
                max_age: shorter(a.freshness.max_age, b.freshness.max_age),
                witnesses: a.freshness.witnesses.max(b.freshness.witnesses),
            },
        }
    }
}

fn shorter(a: Duration, b: Duration) -> Duration {
    if b.seconds() < a.seconds() { b } else { a }
}

fn longer(a: Duration, b: Duration) -> Duration {
    if b.seconds() > a.seconds() { b } else { a }
}
