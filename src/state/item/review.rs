//! Reviews of exceptions.

use std::sync::Arc;

use crate::record::kind::review::Review;
use crate::value::{MemberName, RecordId, Time};

/// A review of an exception.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ReviewOf {
    /// The id of the review.
    pub id: RecordId,
    /// The position of the review.
    pub position: u64,
    /// The size that the ledger had when the author of the review saw it.
    pub(in crate::state) seen: u64,
    /// The person who reviewed.
    pub person: MemberName,
    /// The date of the review, as its author states it.
    pub created_at: Time,
    /// The content of the review.
    pub says: Arc<Review>,
    /// Whether the reviewer had approved the exception, so that duties were not separated. Such a review counts only if
    /// there were too few other reviewers.
    pub by_approver: bool,
    /// The records in its `follow_up` that stand: their keys are believed, and their entries are not quarantined.
    pub follow_up: Vec<RecordId>,
}
