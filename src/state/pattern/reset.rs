//! Resets: redesigns that took effect on a target. Each restarts the count of occasions on that target.

use crate::policy;
use crate::state::item::{Counts, When};
use crate::value::{RecordId, RootCause, Time};

/// What is known of a redesign on a target: that it took effect there, that it failed, or both.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Reset {
    /// The id of the redesign.
    pub(in crate::state) redesign: RecordId,
    /// The root causes that it names.
    pub(in crate::state) causes: Vec<RootCause>,
    /// Where and when it took effect. `None` if the target has only taken over its failure from a former name.
    pub(in crate::state) effect: Option<ResetEffect>,
    /// The position at which it failed, if it did.
    pub(in crate::state) failed_at: Option<u64>,
    /// The position at which it failed under a former name of the target, if it did.
    pub(in crate::state) failed_before: Option<u64>,
}

/// Where and when a redesign took effect on a target. Effects are ordered by position, those at one position by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct ResetEffect {
    pub(in crate::state) position: u64,
    pub(in crate::state) at: Time,
}

impl Reset {
    /// Whether the redesign names a cause, or one that is the same under the policy.
    pub(in crate::state) fn is_of(&self, cause: Counts<'_>, policy: &policy::InForce) -> bool {
        let Counts::Named(cause) = cause else { return false };
        self.causes.iter().any(|named| policy.cause(named) == cause)
    }

    /// Returns the position at which it failed last, on this target or under a former name.
    pub(in crate::state) fn failure(&self) -> Option<u64> {
        self.failed_at.max(self.failed_before)
    }

    /// Whether it took effect, or failed.
    pub(in crate::state) fn is_known(&self) -> bool {
        self.effect.is_some() || self.failure().is_some()
    }

    /// Returns its effect, unless it failed.
    pub(in crate::state) fn sound(&self) -> Option<ResetEffect> {
        self.effect.filter(|_| self.failure().is_none())
    }
}

impl ResetEffect {
    /// Whether an exception came after it. The exception must have a higher position, and its time that counts must not
    /// be earlier.
    pub(in crate::state) fn is_before(self, exception: When) -> bool {
        self.position < exception.position && self.at <= exception.at
    }
}
