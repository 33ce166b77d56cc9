//! Triage: what exceptions really were, said later.

use std::sync::Arc;

use super::ExceptionItem;
use super::item::Item;
use super::pattern::Cause;
use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::triage::{Finding, Triage};
use crate::value::{RecordId, RootCause, WorkflowName};

/// A triage of the ledger.
pub type TriageItem = Item<TriageSays>;

/// What a triage says, and whether anybody has to agree.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct TriageSays {
    /// What it says.
    pub triage: Arc<Triage>,
    /// It takes no exception out of a pattern: it names what nobody had named, for all of a symptom at once.
    pub takes_nothing_out: bool,
}

/// What a triage in effect made of an exception.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Triaged {
    /// The triage.
    pub by: RecordId,
    /// Whether it no longer counts by itself: a mistake, or a duplicate.
    pub is_struck: bool,
    /// The workflow that really failed.
    pub workflow: Option<WorkflowName>,
    /// Why.
    pub root_cause: Option<RootCause>,
    /// What kind of failure it was.
    pub failure: Option<Failure>,
    /// Where it came from.
    pub origin: Option<Origin>,
}

impl Triaged {
    /// What a triage makes of each exception that it names.
    pub(super) fn new(by: RecordId, says: &Triage) -> Self {
        Self {
            by,
            is_struck: match says.verdict {
                Finding::Cause => false,
                Finding::Duplicate => says.duplicate_of.is_some(),
                Finding::Mistaken => true,
            },
            workflow: says.workflow.clone(),
            root_cause: says.root_cause.clone(),
            failure: says.failure,
            origin: says.origin,
        }
    }
}

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
