//! The former names of targets (ledger-schema/deployment.md, Renamed targets).

use std::collections::{BTreeMap, BTreeSet};

use crate::record::kind::policy::Policy;
use crate::value::{Target, TargetName};

/// The former names of the targets of a policy, and of the targets of all policies before it.
#[derive(Debug, Clone, Default)]
pub(super) struct FormerNames {
    /// For each target of the policy, the names in its `formerly`, and the former names that these had in earlier
    /// policies.
    of_policy: BTreeMap<Target, BTreeSet<Target>>,
    /// The targets of every policy so far, with all former names that they had.
    ever: BTreeMap<Target, BTreeSet<Target>>,
}

static NO_TARGETS: BTreeSet<Target> = BTreeSet::new();

impl FormerNames {
    /// Returns the former names after the next policy has taken effect.
    pub(super) fn next(&self, policy: &Policy) -> Self {
        let mut of_policy: BTreeMap<Target, BTreeSet<Target>> = BTreeMap::new();
        for rules in &policy.target {
            let target = rules.target();
            let own = rules.formerly.iter().map(TargetName::target);
            let earlier = own.clone().filter_map(|name| self.ever.get(name)).flatten();
            let mut names: BTreeSet<Target> = earlier.chain(own).cloned().collect();
            names.remove(&target);
            of_policy.entry(target).or_default().extend(names);
        }
        let mut ever = self.ever.clone();
        for (target, names) in &of_policy {
            ever.entry(target.clone()).or_default().extend(names.iter().cloned());
        }
        Self { of_policy, ever }
    }

    /// Returns the former names of a target of the policy.
    pub(super) fn of(&self, target: &Target) -> &BTreeSet<Target> {
        self.of_policy.get(target).unwrap_or(&NO_TARGETS)
    }

    /// Returns the former names that a target had in any policy so far; `None` if no policy had the target.
    pub(super) fn ever(&self, target: &Target) -> Option<&BTreeSet<Target>> {
        self.ever.get(target)
    }
}
