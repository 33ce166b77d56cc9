//! [`Naming`]: what a free triage says of a key (ledger-schema/deployment.md, Triage).

use std::collections::BTreeSet;

use super::scope::NamedScope;
use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::trust::RoleGrant;
use crate::value::{RecordId, RootCause, Target};

/// What a free triage says of a key.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Naming {
    /// The triage.
    pub(in crate::state) by: RecordId,
    /// The position at which it took effect.
    pub(in crate::state) position: u64,
    pub(in crate::state) root_cause: RootCause,
    pub(in crate::state) failure: Option<Failure>,
    pub(in crate::state) origin: Option<Origin>,
    /// What its author may say triages for, by the roster at its position.
    pub(in crate::state) grants: Vec<RoleGrant>,
}

impl Naming {
    /// Whether it is for a target, as long as it has not ended there.
    pub(in crate::state) fn covers(&self, target: &Target) -> bool {
        self.grants.iter().any(|grant| grant.covers(target))
    }

    /// The targets on which it holds for an exception, without those where it has ended.
    pub(in crate::state) fn scope(&self, ended: BTreeSet<Target>) -> NamedScope {
        NamedScope { grants: self.grants.clone(), ended }
    }
}
