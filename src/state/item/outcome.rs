//! Outcomes of deployments and of rehearsals.

use std::sync::Arc;

use crate::record::kind::outcome::DeploymentOutcome;
use crate::value::{MemberName, RecordId, Time};

/// An outcome of the ledger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct OutcomeItem {
    /// Its id.
    pub id: RecordId,
    /// Its position.
    pub position: u64,
    /// Who says so.
    pub author: MemberName,
    /// When, as the author says.
    pub created_at: Time,
    /// What it says.
    pub says: Arc<DeploymentOutcome>,
}

impl crate::packed::Identified for OutcomeItem {
    fn id(&self) -> RecordId {
        self.id
    }
}
