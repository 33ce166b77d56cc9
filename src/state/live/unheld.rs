//! [`Unheld`]: what the reports need of records that a live state no longer holds.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::state::item::StandingUses;
use crate::value::{RecordId, Time};

/// What the reports need of records that a live state no longer holds. It is empty in a whole state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::state) struct Unheld {
    /// The uses of standing credentials by exceptions.
    pub(in crate::state) standing: StandingUses,
    /// The open overrides that are named by the receipts of deployments that the state no longer holds.
    pub(in crate::state) used: BTreeSet<RecordId>,
}

impl Unheld {
    /// Drops the uses of credentials that are dated before `since`.
    pub(super) fn keep_since(&mut self, since: Time) {
        self.standing.keep_since(since);
    }
}
