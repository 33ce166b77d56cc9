//! Reviews of exceptions.

use std::sync::Arc;

use crate::record::kind::review::Review;
use crate::value::{MemberName, RecordId, Time};

/// A review of an exception.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ReviewOf {
    /// The review.
    pub id: RecordId,
    /// The person who judged.
    pub person: MemberName,
    /// When, as the author says.
    pub created_at: Time,
    /// What it says.
    pub says: Arc<Review>,
    /// What follows from it, as far as that stands.
    pub follow_up: Vec<RecordId>,
}
