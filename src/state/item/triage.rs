//! Triage: what exceptions really were, said later.

use std::sync::Arc;

use super::{Item, Says};
use crate::record::Body;
use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::triage::{Triage, TriageVerdict};
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
        }
    }
}

impl Says for TriageSays {
    fn body(&self) -> Body {
        Body::Triage(Arc::clone(&self.triage))
    }
}
