//! Reviews: which reviews of expected exceptions are due, overdue or done.

use std::collections::BTreeSet;

use crate::policy;
use crate::record::kind::review::Judgement;
use crate::state::fold::State;
use crate::state::item::{ApprovalStatus, ExceptionItem};
use crate::value::{Duration, MemberName, RecordId, Time};

/// The standing of the review of an expected exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewStanding {
    /// No review is required: the exception is not an expected one, or never took effect.
    NotAsked,
    /// It is due.
    Due {
        /// When it is due.
        by: Time,
        /// The number of reviews missing.
        missing: u64,
    },
    /// It was not reviewed in time.
    Overdue {
        /// When it was due.
        by: Time,
        /// The number of reviews missing.
        missing: u64,
    },
    /// It was reviewed.
    Reviewed,
    /// None of the follow-up records of the newest review that says `unjustified` counts.
    FollowUpMissing {
        /// That review.
        review: RecordId,
    },
}

/// The time allowed for a review if the policy no longer has the exception's entry.
const REVIEW_TIME_WITHOUT_ENTRY: Duration = Duration::of_hours(24);

impl ExceptionItem {
    /// Returns the time at which its review is due; `None` if it is not an expected exception, or never took
    /// effect and so cannot have been used.
    pub fn review_due(&self, policy: &policy::InForce) -> Option<Time> {
        let name = self.says.exception.expected.as_ref()?;
        self.approvals.effect()?;
        let within = policy.expected(name).map_or(REVIEW_TIME_WITHOUT_ENTRY, |entry| entry.review_within);
        Some(self.created_at.plus(within))
    }

    /// Returns how many more persons have to review it.
    pub fn reviews_missing(&self, policy: &policy::InForce, now: Time) -> u64 {
        let required = policy.strictest(&self.targets).approvals.reviews;
        let counting = self.says.reviews.iter().filter(|review| review.created_at <= now);
        let persons: BTreeSet<&MemberName> = counting.map(|review| &review.person).collect();
        required.saturating_sub(u64::try_from(persons.len()).unwrap_or(u64::MAX))
    }
}

impl State {
    /// Returns the standing of the review of an exception at a time.
    pub fn review(&self, item: &ExceptionItem, now: Time) -> ReviewStanding {
        let Some(by) = item.review_due(&self.policy) else { return ReviewStanding::NotAsked };
        let mut newest_first = item.says.reviews.iter().rev();
        let unjustified = newest_first.find(|review| review.says.verdict == Judgement::Unjustified);
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

    /// Whether a follow-up record counts: it must not have been rejected, and a redesign that waits for
    /// approvals must not be past its due date.
    fn follows(&self, id: &RecordId, now: Time) -> bool {
        if let Some(redesign) = self.redesign(id) {
            return match redesign.approvals.status() {
                ApprovalStatus::InEffect(_) => true,
                ApprovalStatus::Undecided { .. } => now < redesign.says.due,
                ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. } => false,
            };
        }
        let plan = self.plan(id).map(|plan| plan.approvals.status());
        // An observation takes no approvals.
        let exception = || {
            let found = self.exception(id).filter(|exception| exception.is_override());
            found.map(|exception| exception.approvals.status())
        };
        let release = || self.release(id).map(|release| release.approvals.status());
        let triage = || self.triage(id).map(|triage| triage.approvals.status());
        let decision = plan.or_else(exception).or_else(release).or_else(triage);
        !matches!(decision, Some(ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. }))
    }
}
