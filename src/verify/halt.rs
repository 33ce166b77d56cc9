//! The way out of a halt.

use super::bodies::Unreadable;
use super::past::Past;
use crate::record::{Body, Kind};

impl Past {
    /// Whether a record may be added to a halted ledger: a quarantine, or a vote on one in an entry that
    /// counts.
    pub fn leads_out_of_halt(&self, body: &Body) -> Result<bool, Unreadable> {
        Ok(match body {
            Body::Quarantine(_) => true,
            Body::Approval(approval) => {
                self.record(&approval.of)?.is_some_and(|about| about.kind == Some(Kind::Quarantine))
            }
            Body::Trust(_)
            | Body::Policy(_)
            | Body::Exception(_)
            | Body::Triage(_)
            | Body::RollbackPlan(_)
            | Body::Redesign(_)
            | Body::Release(_)
            | Body::Review(_)
            | Body::Closure(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Receipt(_)
            | Body::Outcome(_)
            | Body::Audit(_) => false,
        })
    }
}
