//! The outcome of a check.

use std::collections::HashSet;

use crate::finding::CheckCode;
use crate::record::kind::receipt::Outcome;
use crate::value::{RecordId, plural};

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOutcome {
    /// The check.
    pub code: CheckCode,
    /// The result: pass, warn, fail or waived.
    pub result: Outcome,
    /// What was found, in one line.
    pub found: String,
    /// Further lines about what was found.
    pub details: Vec<String>,
    /// The records that the result rests on.
    pub records: Vec<RecordId>,
    /// The command to run next, if any.
    pub next: Option<Next>,
    /// Whether the check fails because a person rejected a record. No exception waives such a failure.
    pub rests_on_rejection: bool,
}

/// A command that the user can paste, as a list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next(pub Vec<String>);

impl Next {
    /// Returns a command of this program.
    pub fn countersign(words: &[&str]) -> Self {
        Self(std::iter::once("countersign").chain(words.iter().copied()).map(str::to_owned).collect())
    }
}

impl std::fmt::Display for Next {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// The answer of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckAnswer {
    /// The policy does not require the check.
    NotAsked,
    /// The policy requires the check, and this is its outcome.
    Found(CheckOutcome),
}

impl From<CheckOutcome> for CheckAnswer {
    fn from(outcome: CheckOutcome) -> Self {
        Self::Found(outcome)
    }
}

impl CheckAnswer {
    /// Returns the outcome, if the policy requires the check.
    pub fn found(self) -> Option<CheckOutcome> {
        match self {
            Self::NotAsked => None,
            Self::Found(outcome) => Some(outcome),
        }
    }
}

/// Returns an outcome without details, records or a next command.
pub(in crate::gate) fn outcome(code: CheckCode, result: Outcome, found: impl Into<String>) -> CheckOutcome {
    CheckOutcome {
        code,
        result,
        found: found.into(),
        details: Vec::new(),
        records: Vec::new(),
        next: None,
        rests_on_rejection: false,
    }
}

/// Returns a phrase such as `1 more approval` or `2 more approvals`.
pub(in crate::gate) fn more(missing: u64, noun: &str) -> String {
    format!("{missing} more {}", plural(missing, noun))
}

impl CheckOutcome {
    pub(in crate::gate) fn with_records(mut self, records: impl IntoIterator<Item = RecordId>) -> Self {
        let mut known: HashSet<RecordId> = self.records.iter().copied().collect();
        self.records.extend(records.into_iter().filter(|record| known.insert(*record)));
        self
    }

    pub(in crate::gate) fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    pub(in crate::gate) fn with_next(mut self, next: Next) -> Self {
        self.next = Some(next);
        self
    }
}
