//! [`Naming`]: the name that a free triage gives keys (ledger-schema/deployment.md, Triage).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::scope::NamedScope;
use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::trust::RoleGrant;
use crate::value::{RecordId, RootCause, Target};

/// The name that a free triage gives keys: a root cause, and perhaps a kind of failure and an origin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Naming {
    /// The triage.
    pub(in crate::state) by: RecordId,
    /// The position at which the naming took effect.
    pub(in crate::state) position: u64,
    pub(in crate::state) root_cause: RootCause,
    pub(in crate::state) failure: Option<Failure>,
    pub(in crate::state) origin: Option<Origin>,
    /// The roles that let the author record triages. They are taken from the roster in force at the
    /// position at which the naming took effect.
    pub(in crate::state) grants: Vec<RoleGrant>,
}

impl Naming {
    /// Whether it covers a target, even if it has ended there.
    pub(in crate::state) fn covers(&self, target: &Target) -> bool {
        self.grants.iter().any(|grant| grant.covers(target))
    }

    /// Whether it gives the same name on the same targets as another naming.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        let says = |naming: &Self| (naming.root_cause.clone(), naming.failure, naming.origin);
        says(self) == says(other) && self.grants == other.grants
    }

    /// Returns the targets on which it holds for an exception: those that it covers, without those where it has ended.
    pub(in crate::state) fn scope(&self, ended: BTreeSet<Target>) -> NamedScope {
        NamedScope { grants: self.grants.clone(), ended }
    }
}

/// The namings that took effect, in order. A naming is listed once, even if it names many keys. The keys refer to it by
/// index.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Namings(Vec<Arc<Naming>>);

impl Namings {
    /// Adds a naming, unless it is the one that was added last. Returns its index.
    pub(in crate::state) fn add(&mut self, naming: &Arc<Naming>) -> usize {
        if self.0.last() != Some(naming) {
            self.0.push(Arc::clone(naming));
        }
        self.0.len() - 1
    }

    pub(in crate::state) fn at(&self, index: usize) -> Option<&Arc<Naming>> {
        self.0.get(index)
    }

    /// Drops all namings except those with the indices `some`. Returns the new index for each of these indices.
    pub(in crate::state) fn keep(&mut self, some: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
        let all = std::mem::take(&mut self.0);
        self.0 = all
            .into_iter()
            .enumerate()
            .filter(|(index, _)| some.contains(index))
            .map(|(_, one)| one)
            .collect();
        some.iter().copied().zip(0..).collect()
    }
}
