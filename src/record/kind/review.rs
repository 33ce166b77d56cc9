//! `review`: judges an override after the fact.

use super::describe::Describe;
use crate::record::field::{CrossCheck, List, choice, table};
use crate::value::{Ascii, RecordId, Text};

choice! {
    /// What the reviewer finds.
    pub enum Judgement {
        /// It was needed, and used as it should be.
        Justified = "justified",
        /// It was not; `follow_up` says what is done about it.
        Unjustified = "unjustified",
    }
}

table! {
    /// A review.
    check = Review::rules;
    pub struct Review {
        /// The override.
        pub of: RecordId,
        /// justified or unjustified.
        pub verdict: Judgement,
        /// What was found.
        pub findings: Text,
        /// Tickets and other references for this review, e.g. CHG-4711.
        pub references: List<Ascii>,
        /// Records that follow from it, e.g. a redesign; required if unjustified.
        pub follow_up: List<RecordId>,
    }
}

impl Review {
    fn rules(&self, check: &mut CrossCheck<'_>) {
        if self.verdict == Judgement::Unjustified && self.follow_up.is_empty() {
            check.report("follow_up", "is missing: required if the verdict is \"unjustified\"");
        }
    }
}

impl Describe for Review {
    fn subject(&self) -> String {
        format!("{} of {}", self.verdict, self.of.short())
    }
}
