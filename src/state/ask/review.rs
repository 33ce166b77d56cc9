//! Reviews: which reviews of overrides are due, overdue or done.

use std::collections::BTreeSet;

use crate::policy;
use crate::record::kind::review::Judgement;
use crate::record::kind::trust::Role;
use crate::state::fold::State;
use crate::state::item::{ApprovalStatus, ClosureOf, ExceptionItem, ReviewOf};
use crate::value::{Duration, MemberName, RecordId, Time};

/// The standing of the review of an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewStanding {
    /// No review is required. Either the override has not taken effect, or it is not an expected exception. In the
    /// second case, it is not over yet, or the policy requires no review of such overrides.
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
    /// Returns the time at which its review is due, the earlier if there are two; `None` if no review is asked for.
    /// None is asked for if the override has not taken effect: then it cannot have been used.
    pub fn review_due(&self, policy: &policy::InForce) -> Option<Time> {
        self.approvals.effect()?;
        let expected = self.review_of_entry(policy).map(|within| self.created_at.plus(within));
        let within = policy.strictest(&self.targets).exceptions.review_within;
        let every = within.zip(self.over_at(policy)).map(|(within, end)| end.plus(within));
        expected.into_iter().chain(every).min()
    }

    /// Returns the time at which it is over: its end, or the earliest date of a closure if that is earlier.
    pub(in crate::state) fn over_at(&self, policy: &policy::InForce) -> Option<Time> {
        let closed = self.says.closures.iter().map(|closure| closure.created_at);
        self.end(policy).into_iter().chain(closed).min()
    }

    /// Whether the policy asks for a review of this exception if it takes effect.
    pub(in crate::state) fn may_be_reviewed(&self, policy: &policy::InForce) -> bool {
        self.review_of_entry(policy).is_some()
            || policy.strictest(&self.targets).exceptions.review_within.is_some()
    }

    /// Returns how soon after its date it has to be reviewed, if it is an expected exception.
    fn review_of_entry(&self, policy: &policy::InForce) -> Option<Duration> {
        let name = self.says.exception.expected.as_ref()?;
        Some(policy.expected(name).map_or(REVIEW_TIME_WITHOUT_ENTRY, |entry| entry.review_within))
    }

    /// Returns how many more persons have to review it. A review does not count if the override had not taken effect
    /// before. Unless the override is an expected exception, it must also have been over by the date of the review.
    pub fn reviews_missing(&self, policy: &policy::InForce, now: Time) -> u64 {
        let required = policy.strictest(&self.targets).approvals.reviews;
        let counting = self
            .says
            .reviews
            .iter()
            .filter(|review| review.created_at <= now && self.is_judged_by(review, policy));
        let persons: BTreeSet<&MemberName> = counting.map(|review| &review.person).collect();
        required.saturating_sub(u64::try_from(persons.len()).unwrap_or(u64::MAX))
    }

    /// Whether a review counts: the override had taken effect, and it was over or is an expected exception. The author
    /// of a closure may date it back. So a closure counts as proof that the override was over only if it was recorded
    /// before the review.
    fn is_judged_by(&self, review: &ReviewOf, policy: &policy::InForce) -> bool {
        let is_used = self.approvals.effect().is_some_and(|effect| effect.position < review.position);
        let is_closed = |closure: &ClosureOf| {
            closure.position < review.position && closure.created_at <= review.created_at
        };
        let is_over = || {
            self.end(policy).is_some_and(|end| end <= review.created_at)
                || self.says.closures.iter().any(is_closed)
        };
        is_used && (self.says.exception.expected.is_some() || is_over())
    }
}

/// Who may review an override, by the roster in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewers {
    /// The humans who are reviewers of its targets, are not concerned in it, and did not approve it.
    pub separated: BTreeSet<MemberName>,
    /// Those who approved it, and may review it because there are too few others.
    pub approvers: BTreeSet<MemberName>,
}

impl State {
    /// Returns the persons concerned in an exception, by the roster at its position or by the one in force.
    pub(in crate::state) fn concerned_then_or_now(&self, item: &ExceptionItem) -> BTreeSet<MemberName> {
        let mut persons = self.concerned(item);
        persons.extend(item.says.persons.iter().cloned());
        persons
    }

    /// Returns who may review an override: reviewers who are not concerned in it. Those who approved it may do so only
    /// if there are fewer other reviewers than the policy requires reviews.
    pub fn reviewers(&self, item: &ExceptionItem) -> Reviewers {
        let concerned = self.concerned_then_or_now(item);
        let may = self.roster.humans(Role::Reviewer, &item.targets).map(|member| member.name.clone());
        let (mut approvers, separated): (BTreeSet<_>, BTreeSet<_>) = may
            .filter(|name| !concerned.contains(name))
            .partition(|name| item.approvals.is_approved_by(name));
        let required = self.policy.strictest(&item.targets).approvals.reviews;
        if u64::try_from(separated.len()).unwrap_or(u64::MAX) >= required {
            approvers.clear();
        }
        Reviewers { separated, approvers }
    }

    /// Returns the standing of the review of an exception at `now`.
    pub fn review(&self, item: &ExceptionItem, now: Time) -> ReviewStanding {
        let Some(by) = item.review_due(&self.policy) else { return ReviewStanding::NotAsked };
        let runs = item.over_at(&self.policy).is_some_and(|end| now < end);
        if runs && item.says.exception.expected.is_none() {
            return ReviewStanding::NotAsked;
        }
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

    /// Whether a follow-up record counts. A rejected record does not. Nor does a redesign that still waits for
    /// approvals on its due date or later.
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
