//! The changes of trust and policy, in the order in which a fold takes them into account.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy;
use crate::trust::Roster;
use crate::value::RecordId;
use crate::verify::{Past, Unreadable};

/// A trust or a policy that took effect.
pub(super) struct RuleChange<'a> {
    /// The position after the entry with which it took effect.
    pub(super) since: u64,
    pub(super) rules: ChangedRules<'a>,
}

/// The rules that are new.
pub(super) enum ChangedRules<'a> {
    Trust(&'a Arc<Roster>),
    Policy(&'a policy::InForce),
}

impl RuleChange<'_> {
    fn id(&self) -> Option<RecordId> {
        match self.rules {
            ChangedRules::Trust(roster) => Some(roster.id()),
            ChangedRules::Policy(policy) => policy.id(),
        }
    }
}

/// Returns every trust and policy that took effect, in order. Those that took effect with the same entry are in the
/// order of the positions of their records.
pub(super) fn rule_changes(past: &Past) -> Result<Vec<RuleChange<'_>>, Unreadable> {
    let trusts = past.rosters().iter();
    let trusts = trusts.map(|one| RuleChange { since: one.since, rules: ChangedRules::Trust(&one.roster) });
    // The first policy is the empty default, which takes effect with no record.
    let policies = past.policies().iter().filter(|(_, policy)| policy.id().is_some());
    let policies =
        policies.map(|(since, policy)| RuleChange { since: *since, rules: ChangedRules::Policy(policy) });
    let all: Vec<RuleChange<'_>> = trusts.chain(policies).collect();
    let mut number: BTreeMap<u64, usize> = BTreeMap::new();
    all.iter().for_each(|change| *number.entry(change.since).or_default() += 1);
    let mut placed = Vec::with_capacity(all.len());
    for change in all {
        let is_alone = number.get(&change.since) == Some(&1);
        let position = match change.id().filter(|_| !is_alone) {
            Some(id) => past.position(&id)?,
            None => None,
        };
        placed.push((position, change));
    }
    placed.sort_by_key(|(position, change)| (change.since, *position));
    Ok(placed.into_iter().map(|(_, change)| change).collect())
}
