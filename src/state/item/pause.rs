//! Pauses. A pause stops deployments forward (expansions) to its targets.

use std::sync::Arc;

use crate::record::kind::pause::Pause;
use crate::value::{MemberName, RecordId, Target, Targets, Time};

/// A pause that is recorded in the ledger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct PauseItem {
    /// The id of the record.
    pub id: RecordId,
    /// The position of the record.
    pub position: u64,
    /// The author.
    pub author: MemberName,
    /// The date of the record, as its author states it.
    pub created_at: Time,
    /// The content of the record.
    pub says: Arc<Pause>,
    /// The targets to which it stops deployments forward.
    pub targets: Targets,
    /// The resume records that name this pause.
    pub resumed: Vec<Resumed>,
}

/// A resume record. The pause ends at the date of this record at the latest.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Resumed {
    /// The id of the record.
    pub id: RecordId,
    /// The author.
    pub author: MemberName,
    /// The date of the record, as its author states it.
    pub created_at: Time,
}

impl PauseItem {
    /// Whether it holds at `now`. A pause holds from its position on, whatever its date, but not before its
    /// `begins_at`. It is over from its `expires_at` on, or from the date of a resume record that names it.
    pub fn holds(&self, now: Time) -> bool {
        let over = self.says.expires_at.is_some_and(|end| end <= now);
        let has_started = self.says.begins_at.is_none_or(|from| from <= now);
        has_started && !over && self.resumed.iter().all(|resume| resume.created_at > now)
    }

    /// Returns its end: the earliest of its `expires_at` and the dates of the resume records that name it. Returns
    /// `None` if it has neither an `expires_at` nor a resume record.
    pub(in crate::state) fn ends(&self) -> Option<Time> {
        self.resumed.iter().map(|resume| resume.created_at).chain(self.says.expires_at).min()
    }

    /// Whether it stops deployments forward to a target.
    pub fn covers(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }
}
