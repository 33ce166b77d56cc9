//! Redesigns that took effect on a target.

use super::group::AsOf;
use crate::policy;
use crate::state::item::Counts;
use crate::value::{RecordId, RootCause, Time};

/// A redesign that took effect on a target.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Reset {
    pub(in crate::state) redesign: RecordId,
    pub(in crate::state) causes: Vec<RootCause>,
    pub(in crate::state) position: u64,
    pub(in crate::state) at: Time,
    pub(in crate::state) failed_at: Option<u64>,
}

impl Reset {
    pub(in crate::state) fn is_of(&self, cause: Counts<'_>, policy: &policy::InForce) -> bool {
        let Counts::Named(cause) = cause else { return false };
        self.causes.iter().any(|named| policy.cause(named) == cause)
    }

    /// Whether an exception came after it: later in the ledger, and not before it took effect.
    pub(in crate::state) fn is_before(&self, exception: AsOf) -> bool {
        self.position < exception.position && self.at <= exception.at
    }
}
