//! The names of a target: its own, and those that it had in earlier policies (ledger-schema/deployment.md, Renamed
//! targets).

use std::collections::BTreeSet;

use crate::state::fold::State;
use crate::state::item::{Deployment, ExceptionItem, PauseItem};
use crate::value::Target;

impl State {
    /// Returns the former names of a target of the policy in force.
    pub fn former_names(&self, target: &Target) -> &BTreeSet<Target> {
        self.policy.former_names(target)
    }

    /// Whether an exception touches a target, under its name or a former one.
    pub fn touches(&self, item: &ExceptionItem, target: &Target) -> bool {
        item.touches(target) || self.former_names(target).iter().any(|name| item.touches(name))
    }

    /// Whether a pause covers a target, under its name or a former one.
    pub(in crate::state) fn is_paused_by(&self, pause: &PauseItem, target: &Target) -> bool {
        pause.covers(target) || self.former_names(target).iter().any(|name| pause.covers(name))
    }

    /// Whether a deployment was to a target, under its name or a former one.
    pub fn was_to(&self, deployment: &Deployment, target: &Target) -> bool {
        deployment.target == *target || self.former_names(target).contains(&deployment.target)
    }

    /// Whether a deployment counts in the search for a way back of a target. It counts if it was to the target itself, or
    /// if it was from the target's repository to a former name in the same environment.
    pub(in crate::state) fn leads_back(&self, deployment: &Deployment, target: &Target) -> bool {
        let is_former = || {
            let repository = self.policy.target(target).and_then(|rules| rules.repository.as_ref());
            self.former_names(target).contains(&deployment.target)
                && deployment.target.environment == target.environment
                && deployment.says.repository.as_ref() == repository
        };
        deployment.target == *target || is_former()
    }
}
