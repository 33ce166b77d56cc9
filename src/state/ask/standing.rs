//! Standing credentials, as the reports name them.

use std::collections::BTreeMap;

use crate::state::fold::State;
use crate::state::item::{StandingCredential, StandingUses};
use crate::value::Time;

impl State {
    /// Returns the standing credentials that set off exceptions dated `since` or later, and the number of these
    /// exceptions for each credential.
    pub fn standing_credentials(&self, since: Time) -> BTreeMap<StandingCredential, u64> {
        let mut held = StandingUses::default();
        for item in self.exceptions.iter().filter(|item| since <= item.created_at) {
            held.add(item, &self.policy);
        }
        let mut found = BTreeMap::new();
        for (credential, count) in held.since(since).chain(self.unheld.standing.since(since)) {
            *found.entry(credential.clone()).or_default() += count;
        }
        found
    }
}
