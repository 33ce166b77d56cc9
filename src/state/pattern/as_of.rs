//! The exceptions as of which patterns are evaluated, and the targets on which they are evaluated.
//!
//! Namings can give an exception different causes on different targets. On each target, a pattern is evaluated as of
//! an exception that it has there.

use std::collections::{BTreeMap, BTreeSet};

use super::courses::RulesOfTargets;
use super::group::WrittenGroup;
use super::patterns::Patterns;
use crate::state::item::{Cause, When};
use crate::value::{Target, WorkflowName};

/// An exception as of which a pattern is evaluated.
#[derive(Debug, Clone)]
pub(super) struct AsOf {
    pub(super) workflow: WorkflowName,
    /// Its cause as written.
    pub(super) written: Cause,
    pub(super) when: When,
    /// The targets on which it counts under this cause, as an index into the scopes.
    pub(super) scope: usize,
}

/// The targets on which a pattern is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EvaluatedOn {
    EveryTarget,
    Targets(BTreeSet<Target>),
}

impl EvaluatedOn {
    pub(super) fn has(&self, target: &Target) -> bool {
        match self {
            Self::EveryTarget => true,
            Self::Targets(targets) => targets.contains(target),
        }
    }
}

impl Patterns {
    /// Returns the targets of a policy on which an exception has its cause.
    pub(super) fn named_targets(&self, as_of: &AsOf, rules: &RulesOfTargets) -> EvaluatedOn {
        if self.scopes.is_named_everywhere(as_of.scope) {
            return EvaluatedOn::EveryTarget;
        }
        let targets = rules.iter().map(|(target, _)| target);
        let named = targets.filter(|target| self.scopes.is_named_on(as_of.scope, target));
        EvaluatedOn::Targets(named.cloned().collect())
    }

    /// Returns the last of some exceptions for each target of a policy on which one of them has its cause. Targets with
    /// the same last exception are returned together.
    pub(super) fn last_on_targets(
        &self,
        list: Vec<AsOf>,
        rules: &RulesOfTargets,
    ) -> Vec<(AsOf, EvaluatedOn)> {
        if list.iter().all(|as_of| self.scopes.is_named_everywhere(as_of.scope)) {
            let last = list.into_iter().max_by_key(|as_of| as_of.when.position);
            return last.map(|last| (last, EvaluatedOn::EveryTarget)).into_iter().collect();
        }
        let mut found: BTreeMap<u64, (AsOf, BTreeSet<Target>)> = BTreeMap::new();
        for (target, _) in rules {
            let named = list.iter().filter(|as_of| self.scopes.is_named_on(as_of.scope, target));
            if let Some(last) = named.max_by_key(|as_of| as_of.when.position) {
                let of_last = found.entry(last.when.position);
                of_last.or_insert_with(|| (last.clone(), BTreeSet::new())).1.insert(target.clone());
            }
        }
        found.into_values().map(|(last, targets)| (last, EvaluatedOn::Targets(targets))).collect()
    }

    /// Returns the last exception of a group; if some of its exceptions have their cause only on some targets, the last
    /// exception of each scope.
    pub(super) fn last_of_group(&self, (workflow, written, group): &WrittenGroup<'_>) -> Vec<AsOf> {
        let is_everywhere = group.scopes.iter().all(|scope| self.scopes.is_named_everywhere(*scope));
        let mut left = if is_everywhere { BTreeSet::new() } else { group.scopes.clone() };
        let mut found = Vec::new();
        for member in group.members.iter().rev() {
            if left.remove(&member.scope) || found.is_empty() {
                found.push(AsOf {
                    workflow: (*workflow).clone(),
                    written: (*written).clone(),
                    when: member.when,
                    scope: member.scope,
                });
            }
            if left.is_empty() {
                break;
            }
        }
        found
    }
}
