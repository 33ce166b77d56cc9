//! `approval`: a human approves or rejects one record, or withdraws an earlier approval or rejection.

use super::describe::Describe;
use crate::record::field::{CrossCheck, List, choice, table};
use crate::value::{Ascii, Line, RecordId};

choice! {
    /// What a vote says.
    pub enum VoteVerdict {
        /// Yes.
        Approve = "approve",
        /// No.
        Reject = "reject",
        /// Neither any more: an earlier vote is withdrawn.
        Withdraw = "withdraw",
    }
}

table! {
    /// A vote on one record.
    check = Approval::rules;
    pub struct Approval {
        /// The record, by its full id.
        pub of: RecordId,
        /// approve, reject or withdraw.
        pub verdict: VoteVerdict,
        /// Why; required for reject.
        pub reason: Option<Line>,
        /// Tickets and other references for this vote, e.g. CHG-4711.
        pub references: List<Ascii>,
    }
}

impl Approval {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        if self.verdict == VoteVerdict::Reject && self.reason.is_none() {
            check.report("reason", "is missing: required for reject");
        }
    }
}

impl Describe for Approval {
    fn subject(&self) -> String {
        format!("{} {}", self.verdict, self.of.short())
    }
}
