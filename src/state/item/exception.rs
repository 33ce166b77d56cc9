//! Exceptions: observations that count, and overrides that allow.

use std::sync::Arc;

use super::cause::Cause;
use super::review::ReviewOf;
use super::triage::Triaged;
use super::{Item, Life, Says};
use crate::packed::Many;
use crate::policy;
use crate::record::Body;
use crate::record::kind::closure::{Closure, FateOfCredential};
use crate::record::kind::exception::{Exception, Failure, Origin};
use crate::value::{Ascii, Duration, RecordId, RootCause, Time, WorkflowName};

/// An exception of the ledger.
pub type ExceptionItem = Item<ExceptionSays>;

/// What an exception says, and the closures of it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ExceptionSays {
    /// What it says, but for its detail.
    pub exception: Arc<Exception>,
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
                let used = self.approvals.effect().is_some();
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
            said.filter(|fate| fate.credential == *credential)
                .any(|fate| fate.became != FateOfCredential::Pending)
        };
        issued.filter(|credential| !gone(credential)).collect()
    }
}

/// Exceptions, by position.
pub type Exceptions = Many<ExceptionItem>;

impl ExceptionItem {
    /// The workflow that failed, as far as is known now.
    pub fn workflow(&self) -> &WorkflowName {
        self.triaged().and_then(|it| it.workflow.as_ref()).unwrap_or(&self.says.exception.workflow)
    }

    /// The root cause, as far as is known now.
    pub fn root_cause(&self) -> Option<&RootCause> {
        let named = self.triaged().and_then(|it| it.root_cause.as_ref());
        named.or(self.says.exception.root_cause.as_ref())
    }

    /// The kind of failure, as far as is known now.
    pub fn failure(&self) -> Option<Failure> {
        self.triaged().and_then(|it| it.failure).or(self.says.exception.failure)
    }

    /// Where it came from, as far as is known now.
    pub fn origin(&self) -> Option<Origin> {
        self.triaged().and_then(|it| it.origin).or(self.says.exception.origin)
    }

    /// The root cause, or else the symptom, by which it counts.
    pub fn cause(&self) -> Cause {
        match self.root_cause() {
            Some(cause) => Cause::Named(cause.clone()),
            None => Cause::Untriaged(self.says.exception.symptom.clone()),
        }
    }

    /// Whether it was struck: it stays visible, and counts no more.
    pub fn is_struck(&self) -> bool {
        self.triaged().is_some_and(|it| it.is_struck)
    }

    fn triaged(&self) -> Option<&Triaged> {
        self.says.triaged.as_ref()
    }
}

impl Says for ExceptionSays {
    fn body(&self) -> Body {
        Body::Exception(Arc::clone(&self.exception))
    }
}
