//! What is found of the patterns of a target, one by one or all together.

use crate::gate::outcome::Next;
use crate::record::kind::receipt::Outcome;
use crate::value::RecordId;

/// The consequence of a pattern, or of all together, for the decision.
pub(super) struct RepetitionFound {
    pub(super) result: Outcome,
    pub(super) found: String,
    pub(super) details: Vec<String>,
    pub(super) records: Vec<RecordId>,
    pub(super) next: Option<Next>,
}
