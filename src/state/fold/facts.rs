//! [`FoldFacts`]: what a fold has to know of the past besides the records that it folds.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{RuleChange, rule_changes};
use crate::policy;
use crate::record::Body;
use crate::state::pattern::PolicyChange;
use crate::value::{RecordId, Time};
use crate::verify::{Past, Unreadable, VerifiedRecord};

/// What a fold has to know of the past besides the records that it folds.
pub(in crate::state) struct FoldFacts<'a> {
    past: &'a Past,
    /// The dates of some records, by position: the last record before each trust and policy took effect, and the last
    /// record of all.
    dates: BTreeMap<u64, Time>,
    /// The records that stand, among those that reviews name as follow-ups.
    follow_ups: BTreeSet<RecordId>,
    /// Every trust and policy that took effect, in order.
    rule_changes: Vec<RuleChange<'a>>,
}

impl<'a> FoldFacts<'a> {
    /// Collects what the fold of some records has to know.
    pub(super) fn of(past: &'a Past, records: &[VerifiedRecord]) -> Result<Self, Unreadable> {
        let rule_changes = rule_changes(past)?;
        let mut found = Self { past, dates: BTreeMap::new(), follow_ups: BTreeSet::new(), rule_changes };
        let changes: BTreeSet<u64> = found.rule_changes.iter().map(|change| change.since).collect();
        let changes = changes.into_iter().chain([past.size()]);
        for last in changes.filter_map(|since| since.checked_sub(1)) {
            let record = past.records_from(last).next().transpose()?;
            found.dates.extend(record.map(|(_, accepted)| (last, accepted.created_at)));
        }
        for record in records {
            let Body::Review(review) = &**record.body() else { continue };
            for id in &review.follow_up {
                if past.record(id)?.is_some_and(|accepted| past.stands_accepted(id, &accepted)) {
                    found.follow_ups.insert(*id);
                }
            }
        }
        Ok(found)
    }

    /// Returns every trust and policy that took effect up to a position, in order.
    pub(super) fn rule_changes_until(&self, position: u64) -> impl Iterator<Item = &RuleChange<'a>> {
        self.rule_changes.iter().take_while(move |change| change.since <= position)
    }

    /// Returns the date of the last record before a trust or a policy took effect, given the position of that record.
    pub(super) fn date_at(&self, position: u64) -> Option<Time> {
        self.dates.get(&position).copied()
    }

    /// Whether a record that follows up a review stands.
    pub(super) fn follow_up_stands(&self, id: &RecordId) -> bool {
        self.follow_ups.contains(id)
    }

    /// Returns the policies that took effect, the oldest first; the first is the empty default.
    pub(super) fn policy_changes(&self) -> Vec<PolicyChange<'a>> {
        self.past.policies().iter().map(|(since, policy)| self.policy_change(*since, policy)).collect()
    }

    /// Returns the policy in force at a position.
    pub(super) fn policy_at(&self, position: u64) -> &'a policy::InForce {
        self.past.policy_at(position)
    }

    /// Returns the change to a policy that is in force from the position `since` on. The change is dated like the last
    /// record before that position.
    pub(super) fn policy_change<'p>(&self, since: u64, policy: &'p policy::InForce) -> PolicyChange<'p> {
        let at = since.checked_sub(1).and_then(|last| self.date_at(last));
        PolicyChange { since, at: at.unwrap_or(Time::LAST), policy }
    }
}
