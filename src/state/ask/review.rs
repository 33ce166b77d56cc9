//! Reviews: the debt that an expected exception opens, and how it is paid.

use std::collections::BTreeSet;

use crate::policy;
use crate::record::kind::review::Judgement;
use crate::state::fold::State;
use crate::state::item::{ApprovalStatus, ExceptionItem};
use crate::value::{Duration, MemberName, RecordId, Time};

/// How the review of an expected exception stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewStanding {
    /// Nobody asks for one: it is none of the expected ones, or was never in effect.
    NotAsked,
    /// It is due.
    Due {
        /// Until when.
        by: Time,
        /// How many reviews are missing.
        missing: u64,
    },
    /// It was not reviewed in time.
    Overdue {
        /// Until when it was due.
        by: Time,
        /// How many reviews are missing.
        missing: u64,
    },
    /// It was reviewed.
    Reviewed,
    /// It was found unjustified, and nothing of what was to follow is there.
    FollowUpMissing {
        /// The review.
        review: RecordId,
    },
}

/// When a review is due where the policy no longer has the entry that said so.
const WITHOUT_ENTRY: Duration = Duration::of_hours(24);

impl ExceptionItem {
    /// When its review is due: an expected exception that was in effect, and so may have been used.
    pub fn review_due(&self, policy: &policy::InForce) -> Option<Time> {
        let name = self.says.exception.expected.as_ref()?;
        self.approvals.effect()?;
        let within = policy.expected(name).map_or(WITHOUT_ENTRY, |entry| entry.review_within);
        Some(self.created_at.plus(within))
    }

    /// How many more persons have to review it.
    pub fn reviews_missing(&self, policy: &policy::InForce, now: Time) -> u64 {
        let asked = policy.strictest(&self.targets).approvals.reviews;
        let told = self.says.reviews.iter().filter(|review| review.created_at <= now);
        let persons: BTreeSet<&MemberName> = told.map(|review| &review.person).collect();
        asked.saturating_sub(u64::try_from(persons.len()).unwrap_or(u64::MAX))
    }
}

impl State {
    /// How the review of an exception stands at a time.
    pub fn review(&self, item: &ExceptionItem, now: Time) -> ReviewStanding {
        let Some(by) = item.review_due(&self.policy) else { return ReviewStanding::NotAsked };
        let unjustified = item.says.reviews.iter().rev().find(|it| it.says.verdict == Judgement::Unjustified);
        if let Some(review) = unjustified
            && !review.follow_up.iter().any(|id| self.follows(id, now))
        {
            return ReviewStanding::FollowUpMissing { review: review.id };
        }
        match item.reviews_missing(&self.policy, now) {
            0 => ReviewStanding::Reviewed,
            missing if by <= now => ReviewStanding::Overdue { by, missing },
            missing => ReviewStanding::Due { by, missing },
        }
    }

    /// Whether a record that was to follow is there: what takes approvals must not have been refused, and a
    /// redesign that nobody approved must not be past its date.
    fn follows(&self, id: &RecordId, now: Time) -> bool {
        if let Some(redesign) = self.redesigns.find(id) {
            return match redesign.approvals.status() {
                ApprovalStatus::InEffect(_) => true,
                ApprovalStatus::Undecided { .. } => now < redesign.says.due,
                ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. } => false,
            };
        }
        let plan = self.plans.find(id).map(|it| it.approvals.status());
        // Of exceptions only overrides are decided.
        let exception =
            || self.exceptions.find(id).filter(|it| it.is_override()).map(|it| it.approvals.status());
        let release = || self.releases.find(id).map(|it| it.approvals.status());
        let triage = || self.triages.find(id).map(|it| it.approvals.status());
        let decision = plan.or_else(exception).or_else(release).or_else(triage);
        !matches!(decision, Some(ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. }))
    }
}
