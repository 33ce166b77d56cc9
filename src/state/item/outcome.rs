//! Outcomes of deployments and of rehearsals.

use std::sync::Arc;

use crate::record::kind::outcome::DeploymentOutcome;
use crate::value::{MemberName, RecordId, Time};

/// An outcome that is recorded in the ledger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct OutcomeItem {
    /// The id of the record.
    pub id: RecordId,
    /// The position of the record.
    pub position: u64,
    /// The author.
    pub author: MemberName,
    /// The date of the record, as its author states it.
    pub created_at: Time,
    /// The content of the record.
    pub says: Arc<DeploymentOutcome>,
}
