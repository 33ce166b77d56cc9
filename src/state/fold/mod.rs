//! The fold of verified records, in order of position, into the state.

mod apply;
mod count;
mod deployed;
mod facts;
mod gradual;
mod rules;
mod snapshot;
mod state;
mod triage;
mod whole;

pub use gradual::GradualFold;
pub use snapshot::StateSnapshot;
pub use state::{NoState, State};
pub use whole::WholeState;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::policy;
use crate::record::Body;
use crate::record::kind::approval::VoteVerdict;
use crate::state::item::{Approvals, Items};
use crate::state::live::Unheld;
use crate::state::pattern::Patterns;
use crate::value::RecordId;
use crate::verify::{Past, Unreadable, VerifiedRecord};
use count::Counted;
use facts::FoldFacts;
use rules::{ChangedRules, RuleChange};
pub(in crate::state) use state::ItemPlace;

impl State {
    /// Creates the state of a ledger before its first record.
    fn empty(past: &Past) -> Result<Self, NoState> {
        let (Some(ledger), Some(roster)) = (past.ledger_id(), past.roster_at(0)) else {
            return Err(NoState::NotFounded);
        };
        Ok(Self {
            ledger,
            checkpoint: past.checkpoint(),
            ledger_time: past.ledger_time(),
            roster: roster.clone(),
            policy: policy::InForce::default(),
            exceptions: Items::default(),
            plans: Items::default(),
            redesigns: Items::default(),
            triages: Items::default(),
            releases: Items::default(),
            pauses: Items::default(),
            deployments: Items::default(),
            outcomes: Items::default(),
            patterns: Patterns::default(),
            open: BTreeSet::new(),
            left_out: None,
            aside: None,
            unheld: Unheld::default(),
            asked: Arc::default(),
            places: HashMap::new(),
        })
    }

    /// Extends this state, which is at the boundary `from`, with the later records that stand. Returns `Ok(None)` if
    /// this is a live state that cannot take them. `progress` gets the number of steps done, and the number of all
    /// steps: each record is one step when it is read, and another when it is folded.
    pub fn extend(
        mut self,
        past: &Past,
        from: u64,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Option<Self>, NoState> {
        self.asked = Arc::default();
        if from == past.size() {
            (self.checkpoint, self.ledger_time) = (past.checkpoint(), past.ledger_time());
            return past.trust().map(|_| Some(self)).ok_or(NoState::NotFounded);
        }
        let new = usize::try_from(past.size().saturating_sub(from)).unwrap_or(usize::MAX);
        let mut done: usize = 0;
        let stands = |record: &Result<VerifiedRecord, Unreadable>| {
            record.as_ref().map_or(true, |record| past.stands(record))
        };
        let read = past.verified_from(from).inspect(|_| {
            done += 1;
            if done.is_multiple_of(TOLD_EVERY) {
                progress(done, 2 * new);
            }
        });
        let records: Vec<VerifiedRecord> = read.filter(stands).collect::<Result<_, _>>()?;
        let Some(ready) = self.ready_for(past, &records)? else { return Ok(None) };
        self = ready;
        let facts = FoldFacts::of(past, &records)?;
        for entry in records.chunk_by(|a, b| a.judged_at() == b.judged_at()) {
            let Some(first) = entry.first() else { continue };
            self.change_rules(&facts, first.judged_at());
            self.entry(&facts, entry);
            done += entry.len();
            if done / TOLD_EVERY > (done - entry.len()) / TOLD_EVERY {
                progress(done, 2 * new);
            }
        }
        self.change_rules(&facts, past.size());
        self.patterns.courses.clear();
        (self.checkpoint, self.ledger_time) = (past.checkpoint(), past.ledger_time());
        past.trust().map(|_| Some(self)).ok_or(NoState::NotFounded)
    }

    /// Applies changes of trust and policy up to a position, one after the other, and skips those that are applied
    /// already. After each change, all votes are counted again. After a change of policy, all patterns are evaluated
    /// again, too.
    fn change_rules(&mut self, facts: &FoldFacts<'_>, until: u64) {
        for RuleChange { since, rules } in facts.rule_changes_until(until) {
            let last = since.saturating_sub(1);
            match rules {
                ChangedRules::Trust(roster) if roster.trust().version > self.roster.trust().version => {
                    self.roster = Arc::clone(roster);
                    self.count_all(facts, last);
                }
                ChangedRules::Policy(policy) if policy.version() > self.policy.version() => {
                    let before = std::mem::replace(&mut self.policy, (*policy).clone());
                    self.count_all(facts, last);
                    self.patterns_follow(facts, &before, *since);
                }
                ChangedRules::Trust(_) | ChangedRules::Policy(_) => {}
            }
        }
    }

    /// Lets the patterns follow a change of policy. The policy is already in force, from the position `since` on.
    pub(super) fn patterns_follow(&mut self, facts: &FoldFacts<'_>, before: &policy::InForce, since: u64) {
        let change = facts.policy_change(since, &self.policy);
        let taken_over = self.patterns.follow_policy(before, &change);
        // A renamed target has taken over effects of redesigns: the namings that these ended have ended there, too.
        if let Some(position) = taken_over {
            self.name_again(facts, position);
        }
        self.patterns.evaluate_all(&self.policy);
    }

    /// Returns a copy of this state with some records appended, each as an entry of its own. This state has to be that
    /// of `past`. Returns `Ok(None)` if this is a live state that cannot take the records.
    pub fn with_records<'a>(
        &self,
        past: &Past,
        records: impl IntoIterator<Item = &'a VerifiedRecord>,
    ) -> Result<Option<Self>, Unreadable> {
        let mut then = self.clone();
        then.asked = Arc::default();
        for record in records {
            let alone = std::slice::from_ref(record);
            let Some(ready) = then.ready_for(past, alone)? else { return Ok(None) };
            then = ready;
            then.entry(&FoldFacts::of(past, alone)?, alone);
        }
        then.patterns.courses.clear();
        Ok(Some(then))
    }

    /// Returns the position of a record that takes approvals; 0 for any other.
    fn position_of(&self, id: &RecordId) -> u64 {
        let position = match self.places.get(id) {
            Some(ItemPlace::Exception(place)) => self.exceptions.at(*place).map(|item| item.position),
            Some(ItemPlace::Plan(place)) => self.plans.at(*place).map(|item| item.position),
            Some(ItemPlace::Redesign(place)) => self.redesigns.at(*place).map(|item| item.position),
            Some(ItemPlace::Triage(place)) => self.triages.at(*place).map(|item| item.position),
            Some(ItemPlace::Release(place)) => self.releases.at(*place).map(|item| item.position),
            Some(ItemPlace::Pause(_) | ItemPlace::Deployment(_) | ItemPlace::Answerable(_)) | None => None,
        };
        position.unwrap_or(0)
    }

    /// Applies the records of one entry, in order, but rejections last. Then counts the votes that these records
    /// affect.
    fn entry(&mut self, facts: &FoldFacts<'_>, records: &[VerifiedRecord]) {
        let is_rejection = |record: &VerifiedRecord| {
            let Body::Approval(approval) = &**record.body() else { return false };
            approval.verdict == VoteVerdict::Reject
        };
        let (rejections, others): (Vec<_>, Vec<_>) = records.iter().partition(|record| is_rejection(record));
        let mut touched: BTreeMap<RecordId, Counted> = BTreeMap::new();
        for record in others.into_iter().chain(rejections) {
            let at = Counted { position: record.position(), dated: Some(record.created_at()) };
            for id in self.apply(facts, record) {
                let last = touched.entry(id).or_insert(at);
                *last = at.max(*last);
            }
        }
        // Votes in one entry do not see each other, so none is counted before all are applied.
        let mut touched: Vec<(u64, RecordId, Counted)> =
            touched.into_iter().map(|(id, at)| (self.position_of(&id), id, at)).collect();
        touched.sort_unstable();
        touched.iter().for_each(|(_, id, at)| self.count(facts, id, *at));
        let redesigned = touched.iter().filter_map(|(_, id, _)| self.takes_effect_at(id));
        let first = records.first().map_or(0, VerifiedRecord::position);
        let redesigned = redesigned.filter(|position| first <= *position).min();
        let is_later = |record: &VerifiedRecord| {
            matches!(**record.body(), Body::Exception(_))
                && redesigned.is_some_and(|position| position < record.position())
        };
        // The exceptions of this entry got their names before the votes were counted.
        if let Some(position) = redesigned.filter(|_| records.iter().any(is_later)) {
            self.name_again(facts, position);
        }
    }

    /// Returns the position at which a redesign took effect as a record; `None` if it did not, or if the record is no
    /// redesign.
    fn takes_effect_at(&self, id: &RecordId) -> Option<u64> {
        let Some(ItemPlace::Redesign(place)) = self.places.get(id) else { return None };
        Some(self.redesigns.at(*place)?.approvals.effect()?.position)
    }

    /// Returns the votes on a record that takes approvals.
    pub(in crate::state) fn approvals_of(&mut self, id: &RecordId) -> Option<&mut Approvals> {
        match self.places.get(id)? {
            ItemPlace::Exception(place) => self.exceptions.at_mut(*place).map(|item| &mut item.approvals),
            ItemPlace::Plan(place) => self.plans.at_mut(*place).map(|item| &mut item.approvals),
            ItemPlace::Redesign(place) => self.redesigns.at_mut(*place).map(|item| &mut item.approvals),
            ItemPlace::Triage(place) => self.triages.at_mut(*place).map(|item| &mut item.approvals),
            ItemPlace::Release(place) => self.releases.at_mut(*place).map(|item| &mut item.approvals),
            ItemPlace::Pause(_) | ItemPlace::Deployment(_) | ItemPlace::Answerable(_) => None,
        }
    }
}

/// After how many records `progress` is called again.
const TOLD_EVERY: usize = 512;
