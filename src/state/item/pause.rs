//! Pauses: a person stops the expansion of targets.

use std::sync::Arc;

use crate::record::kind::pause::Pause;
use crate::value::{MemberName, RecordId, Target, Time};

/// A pause of the ledger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct PauseItem {
    /// Its id.
    pub id: RecordId,
    /// Its position.
    pub position: u64,
    /// Who paused.
    pub author: MemberName,
    /// When, as the author says.
    pub created_at: Time,
    /// What it says.
    pub says: Arc<Pause>,
    /// The targets that it stops.
    pub targets: Vec<Target>,
    /// Who restarted them, and when.
    pub resumed: Vec<Resumed>,
}

/// The end of a pause.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Resumed {
    /// The record.
    pub id: RecordId,
    /// Who.
    pub author: MemberName,
    /// When, as the author says.
    pub created_at: Time,
}

impl crate::packed::Identified for PauseItem {
    fn id(&self) -> RecordId {
        self.id
    }
}

impl PauseItem {
    /// Whether it holds at a time. It forbids at once, whatever its date; what ends it counts from its own.
    pub fn holds(&self, now: Time) -> bool {
        let over = self.says.expires_at.is_some_and(|end| end <= now);
        !over && self.resumed.iter().all(|resume| resume.created_at > now)
    }

    /// Whether it stops a target.
    pub fn covers(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }
}
