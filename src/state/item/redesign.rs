//! Redesigns.

use super::Item;
use crate::record::kind::redesign::{ChangeKind, Redesign};
use crate::value::Time;

/// A redesign that is recorded in the ledger.
pub type RedesignItem = Item<std::sync::Arc<Redesign>>;

impl RedesignItem {
    /// Returns the time from which a change of process or a retirement is in force: `in_force_from`, or the time of its
    /// approval if that is later. Returns `None` if the redesign is not approved. Also returns `None` for a change of
    /// code, because such a change takes effect with a deployment.
    pub fn in_force_from(&self) -> Option<Time> {
        let effect = self.approvals.effect()?;
        match self.says.change {
            ChangeKind::Code => None,
            ChangeKind::Process | ChangeKind::Retirement => {
                Some(self.says.in_force_from.unwrap_or(effect.at).max(effect.at))
            }
        }
    }
}
