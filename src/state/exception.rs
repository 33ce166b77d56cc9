//! Exceptions: observations that count, and overrides that allow.

use super::item::{Item, Life};
use super::review::ReviewOf;
use super::triage::Triaged;
use crate::policy;
use crate::record::kind::closure::{Became, Closure};
use crate::record::kind::exception::Exception;
use crate::value::{Ascii, Duration, RecordId, Time};

/// An exception of the ledger.
pub type ExceptionItem = Item<ExceptionSays>;

/// What an exception says, and the closures of it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ExceptionSays {
    /// What it says, but for its detail.
    pub exception: std::sync::Arc<Exception>,
    /// Its closures, by position: a later one may say what an earlier one left open.
    pub closures: Vec<ClosureOf>,
    /// The reviews of it, by position.
    pub reviews: Vec<ReviewOf>,
    /// What the latest triage in effect made of it.
    pub triaged: Option<Triaged>,
}

/// A closure of an exception.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClosureOf {
    /// The closure.
    pub id: RecordId,
    /// What it says.
    pub says: Closure,
    /// When, as the author says.
    pub created_at: Time,
}

/// How an override stands at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideStanding {
    /// It waits to be decided.
    Undecided,
    /// It allows what it says.
    InForce,
    /// It is in effect, but dated after now.
    NotYet,
    /// It was rejected.
    Rejected,
    /// It is over, and nothing is owed yet.
    Over,
    /// It is over, the grace is over too, and nobody said what became of it.
    Unclosed,
}

impl ExceptionItem {
    /// Whether it is an override.
    pub fn is_override(&self) -> bool {
        self.says.exception.is_override()
    }

    /// When it happened.
    pub fn happened_at(&self) -> Time {
        self.says.exception.occurred_at.unwrap_or(self.created_at)
    }

    /// How an override stands; for an observation, what that would be, which nobody asks.
    pub fn standing(&self, policy: &policy::InForce, grace: Duration, now: Time) -> OverrideStanding {
        match self.life(policy, now) {
            Life::Live => OverrideStanding::InForce,
            Life::Undecided => OverrideStanding::Undecided,
            Life::NotYet => OverrideStanding::NotYet,
            Life::Rejected => OverrideStanding::Rejected,
            Life::Over => {
                let used = self.decided.effect().is_some();
                let end = self.end(policy).unwrap_or(self.created_at);
                let owed = used && self.says.closures.is_empty() && end.plus(grace) <= now;
                if owed { OverrideStanding::Unclosed } else { OverrideStanding::Over }
            }
        }
    }

    /// Credentials that were issued for it and are not known to be gone.
    pub fn pending_credentials(&self) -> Vec<&Ascii> {
        let issued = self.says.exception.grant.iter().filter_map(|grant| grant.credential.as_ref());
        let gone = |credential: &Ascii| {
            let said = self.says.closures.iter().flat_map(|closure| closure.says.credential.iter());
            said.filter(|fate| fate.credential == *credential).any(|fate| fate.became != Became::Pending)
        };
        issued.filter(|credential| !gone(credential)).collect()
    }
}
