//! Resets: redesigns that took effect on a target. Each restarts the count of occasions there.

use crate::policy;
use crate::state::item::{Counts, When};
use crate::value::{RecordId, RootCause, Time};

/// What is known of a redesign on a target: its effect there, its failure, or both.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Reset {
    /// The id of the redesign.
    pub(in crate::state) redesign: RecordId,
    /// The root causes that it names.
    pub(in crate::state) causes: Vec<RootCause>,
    /// Its effect; `None` if only a failure is known, which the target has taken over from a former name.
    pub(in crate::state) effect: Option<ResetEffect>,
    /// The position at which it failed, if it did.
    pub(in crate::state) failed_at: Option<u64>,
    /// The position at which it failed under a former name of the target, if it did.
    pub(in crate::state) failed_before: Option<u64>,
}

/// Where and when a redesign took effect on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct ResetEffect {
    pub(in crate::state) position: u64,
    pub(in crate::state) at: Time,
}

impl Reset {
    /// Whether the redesign names a cause, under a policy.
    pub(in crate::state) fn is_of(&self, cause: Counts<'_>, policy: &policy::InForce) -> bool {
        let Counts::Named(cause) = cause else { return false };
        self.causes.iter().any(|named| policy.cause(named) == cause)
    }

    /// Returns the position at which it failed last, here or under a former name.
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
    /// Whether an exception came after it: at a higher position, and at no earlier time that counts.
    pub(in crate::state) fn is_before(self, exception: When) -> bool {
        self.position < exception.position && self.at <= exception.at
    }
}
