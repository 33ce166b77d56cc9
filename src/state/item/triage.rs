//! Triage: the later classification of exceptions.

use std::sync::Arc;

use super::{Item, Says};
use crate::record::Body;
use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::triage::{Triage, TriageVerdict};
use crate::value::{RecordId, RootCause, Time, WorkflowName};

/// A triage that is recorded in the ledger.
pub type TriageItem = Item<TriageSays>;

/// The content of a triage, and whether it needs approvals.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct TriageSays {
    /// The content of the record.
    pub triage: Arc<Triage>,
    /// Whether it needs approvals.
    pub(in crate::state) needs: TriageNeeds,
}

/// Whether a triage needs approvals. This is decided when the votes on it are counted for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) enum TriageNeeds {
    /// The entry of the triage is still being folded.
    NotDecided,
    /// It takes no exception out of a pattern, because it only gives one root cause to exceptions that have none.
    Nothing,
    /// It takes exceptions out of a pattern, or may do so.
    Approvals,
}

/// The classification of an exception by a triage in effect.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Triaged {
    /// The id of the triage.
    pub by: RecordId,
    /// Whether the exception is struck, and so counts in no pattern. It was a mistake, or a duplicate of a record that
    /// the triage names.
    pub is_struck: bool,
    /// The workflow that really failed, if the triage names one.
    pub workflow: Option<WorkflowName>,
    /// The root cause, if the triage names one.
    pub root_cause: Option<RootCause>,
    /// The kind of failure, if the triage names one.
    pub failure: Option<Failure>,
    /// The origin, if the triage names one.
    pub origin: Option<Origin>,
    /// When the exception happened, if the triage gives a time. This time counts as written, whatever `max_backdating`
    /// says.
    pub occurred_at: Option<Time>,
}

impl Triaged {
    /// Returns the classification that a triage gives to each exception that it names.
    pub(in crate::state) fn new(by: RecordId, says: &Triage) -> Self {
        Self {
            by,
            is_struck: match says.verdict {
                TriageVerdict::Cause => false,
                TriageVerdict::Duplicate => says.duplicate_of.is_some(),
                TriageVerdict::Mistaken => true,
            },
            workflow: says.workflow.clone(),
            root_cause: says.root_cause.clone(),
            failure: says.failure,
            origin: says.origin,
            occurred_at: says.occurred_at,
        }
    }
}

impl Says for TriageSays {
    fn body(&self) -> Body {
        Body::Triage(Arc::clone(&self.triage))
    }
}
