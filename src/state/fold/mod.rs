//! The fold of verified records, in order of position, into the state.

mod apply;
mod deployed;
mod facts;
mod snapshot;
mod state;
mod triage;
mod whole;

pub use snapshot::StateSnapshot;
pub use state::{NoState, State};
pub use whole::WholeState;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::policy;
use crate::record::Body;
use crate::record::kind::approval::VoteVerdict;
use crate::state::item::{Approvals, ExceptionItem, Item, Items, Says};
use crate::state::pattern::{PatternEvent, Patterns};
use crate::trust::Roster;
use crate::value::{RecordId, Time};
use crate::verify::{Past, Unreadable, VerifiedRecord};
use facts::FoldFacts;
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
            asked: Arc::default(),
            places: HashMap::new(),
        })
    }

    /// Extends this state, which is that at the boundary `from`, with the later records that stand. Returns
    /// `Ok(None)` if it is a live state that cannot take them.
    pub fn extend(mut self, past: &Past, from: u64) -> Result<Option<Self>, NoState> {
        self.asked = Arc::default();
        let stands = |record: &Result<VerifiedRecord, Unreadable>| {
            record.as_ref().map_or(true, |record| past.stands(record))
        };
        let records: Vec<VerifiedRecord> =
            past.verified_from(from).filter(stands).collect::<Result<_, _>>()?;
        if !self.can_take(past, &records)? {
            return Ok(None);
        }
        let facts = FoldFacts::of(past, &records)?;
        let rosters = past.rosters().iter().map(|roster| roster.since);
        let changes: BTreeSet<u64> = rosters.chain(past.policies().iter().map(|(since, _)| *since)).collect();
        for entry in records.chunk_by(|a, b| a.judged_at() == b.judged_at()) {
            let Some(first) = entry.first() else { continue };
            self.change_rules(&facts, changes.range(..=first.judged_at()));
            self.entry(&facts, entry);
        }
        self.change_rules(&facts, changes.range(..=past.size()));
        self.patterns.courses.clear();
        (self.checkpoint, self.ledger_time) = (past.checkpoint(), past.ledger_time());
        past.trust().map(|_| Some(self)).ok_or(NoState::NotFounded)
    }

    /// Applies changes of trust and policy, one after the other. Each newer one counts all votes again, and
    /// each different policy evaluates all patterns again.
    fn change_rules<'a>(&mut self, facts: &FoldFacts<'_>, changes: impl Iterator<Item = &'a u64>) {
        let past = facts.past();
        for since in changes.copied() {
            let Some(roster) = past.roster_at(since).cloned() else { continue };
            let policy = past.policy_at(since).clone();
            let newer = roster.trust().version > self.roster.trust().version
                || policy.version() > self.policy.version();
            if !newer {
                continue;
            }
            let other_policy = policy.id() != self.policy.id();
            self.roster = roster;
            let before = std::mem::replace(&mut self.policy, policy);
            self.count_all(facts, since.saturating_sub(1));
            if other_policy {
                let change = facts.policy_change(since, &self.policy);
                self.patterns.see(PatternEvent::Policy(&before, change), &self.policy, &self.exceptions);
            }
        }
    }

    /// Returns the state that this one, which is that of `past`, would be if records were appended, each by itself;
    /// `None` if it is a live state that cannot take them.
    pub fn with_records<'a>(
        &self,
        past: &Past,
        records: impl IntoIterator<Item = &'a VerifiedRecord>,
    ) -> Result<Option<Self>, Unreadable> {
        let mut then = self.clone();
        then.asked = Arc::default();
        for record in records {
            let alone = std::slice::from_ref(record);
            if !then.can_take(past, alone)? {
                return Ok(None);
            }
            then.entry(&FoldFacts::of(past, alone)?, alone);
        }
        then.patterns.courses.clear();
        Ok(Some(then))
    }

    /// Counts the votes on all records again, as of a position.
    fn count_all(&mut self, facts: &FoldFacts<'_>, position: u64) {
        let at = Counted { position, dated: facts.date_at(position) };
        // HashMap order would make the first approved redesign nondeterministic; sort by position.
        let mut ids: Vec<(u64, RecordId)> =
            self.places.keys().map(|id| (self.position_of(id), *id)).collect();
        ids.sort_unstable();
        ids.iter().for_each(|(_, id)| self.count(facts, id, at));
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

    /// Folds one entry: its records in order, but rejections last. Then counts votes.
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

    /// Counts the votes on a record.
    fn count(&mut self, facts: &FoldFacts<'_>, id: &RecordId, at: Counted) {
        let Counted { position, dated } = at;
        let (roster, policy) = (&self.roster, &self.policy);
        match self.places.get(id).copied() {
            Some(ItemPlace::Exception(place)) => {
                let owes = self.exceptions.at(place).is_some_and(|item| {
                    let earlier = self.open_overrides().filter(|other| other.position < item.position);
                    owes_review(item, earlier, policy)
                });
                let is_late = |item: &ExceptionItem| {
                    let over = item.end(policy).zip(dated).is_some_and(|(end, dated)| end <= dated);
                    over && item.approvals.effect().is_none()
                };
                // What nobody could have used is not put into effect afterwards.
                if let Some(item) = self.exceptions.at_mut(place) {
                    if !is_late(item) {
                        // A closed one takes no effect any more, however many approve it; a no to it counts.
                        let never = item.closed.is_some() && item.approvals.effect().is_none();
                        let total = |asked: u64| if never { u64::MAX } else { asked.max(u64::from(owes)) };
                        count_item(item, roster, policy, position, total);
                    }
                    if item.is_override() {
                        self.note_open(place);
                    }
                }
            }
            Some(ItemPlace::Plan(place)) => {
                if let Some(item) = self.plans.at_mut(place) {
                    count_item(item, roster, policy, position, |asked| asked);
                }
            }
            Some(ItemPlace::Release(place)) => {
                if let Some(item) = self.releases.at_mut(place) {
                    count_item(item, roster, policy, position, |asked| asked);
                }
            }
            Some(ItemPlace::Redesign(place)) => {
                let Some(item) = self.redesigns.at_mut(place) else { return };
                let before = item.approvals.effect().is_some();
                count_item(item, roster, policy, position, |asked| asked);
                if !before && item.approvals.effect().is_some() {
                    self.patterns.see(PatternEvent::Approved(place, item), &self.policy, &self.exceptions);
                }
            }
            Some(ItemPlace::Triage(place)) => {
                let Some(item) = self.triages.at_mut(place) else { return };
                let (before, free) = (item.approvals.effect().is_some(), item.says.takes_nothing_out);
                count_item(item, roster, policy, position, |asked| if free { 0 } else { asked });
                if !before && item.approvals.effect().is_some() {
                    self.triaged(facts, place);
                }
            }
            Some(ItemPlace::Pause(_) | ItemPlace::Deployment(_) | ItemPlace::Answerable(_)) | None => {}
        }
    }
}

/// As of which record votes are counted: its position, and its date if that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Counted {
    position: u64,
    dated: Option<Time>,
}

/// Whether this is a break-glass of a person who has an earlier expected exception that took effect and lacks
/// reviews. It then needs another person's approval.
fn owes_review<'a>(
    item: &ExceptionItem,
    mut earlier: impl Iterator<Item = &'a ExceptionItem>,
    policy: &policy::InForce,
) -> bool {
    let owes = |other: &ExceptionItem| {
        other.person == item.person
            && other.approvals.effect().is_some()
            && other.says.exception.expected.is_some()
            // A review counts from its position on, whatever its date.
            && other.reviews_missing(policy, Time::LAST) > 0
    };
    breaks_glass(item, policy) && earlier.any(owes)
}

/// Whether this is an expected exception that takes no approval by the policy.
fn breaks_glass(item: &ExceptionItem, policy: &policy::InForce) -> bool {
    let entry = item.says.exception.expected.as_ref().and_then(|name| policy.expected(name));
    entry.is_some_and(|entry| entry.approvals.value() == 0)
}

/// Counts the votes on an item; `total` adjusts the number of approvals that the policy requires.
fn count_item<T: Says>(
    item: &mut Item<T>,
    roster: &Roster,
    policy: &policy::InForce,
    position: u64,
    total: impl FnOnce(u64) -> u64,
) {
    let Some(mut asked) = policy.asked(&item.says.body(), &item.targets) else { return };
    asked.total = total(asked.total);
    if asked.total == 0 {
        asked.places.clear();
    }
    item.approvals.count(asked, roster, &item.targets, position, item.created_at);
}
