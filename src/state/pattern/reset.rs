//! Resets: redesigns that took effect on a target, after which its occasions are counted anew.

use crate::policy;
use crate::state::item::{Counts, When};
use crate::value::{RecordId, RootCause, Time};

/// A redesign that took effect on a target.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Reset {
    /// The id of the redesign.
    pub(in crate::state) redesign: RecordId,
    /// The root causes that it names.
    pub(in crate::state) causes: Vec<RootCause>,
    /// The position at which it took effect.
    pub(in crate::state) position: u64,
    /// The time at which it took effect.
    pub(in crate::state) at: Time,
    /// The position at which it failed, if it did.
    pub(in crate::state) failed_at: Option<u64>,
}

impl Reset {
    /// Whether the redesign names a cause, under a policy.
    pub(in crate::state) fn is_of(&self, cause: Counts<'_>, policy: &policy::InForce) -> bool {
        let Counts::Named(cause) = cause else { return false };
        self.causes.iter().any(|named| policy.cause(named) == cause)
    }

    /// Whether an exception came after it: at a higher position, and at no earlier time that counts.
    pub(in crate::state) fn is_before(&self, exception: When) -> bool {
        self.position < exception.position && self.at <= exception.at
    }
}
