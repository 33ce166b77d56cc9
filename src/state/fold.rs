//! The fold: verified records, in order, into the state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::decided::{Decided, Said};
use super::exception::{ClosureOf, ExceptionSays};
use super::item::Item;
use super::pattern::{Patterns, Seen};
use super::{Deployment, ExceptionItem, Place, State};
use crate::policy::{self, Asked};
use crate::record::Body;
use crate::record::kind::approval::Word;
use crate::trust::Roster;
use crate::value::RecordId;
use crate::verify::{Past, VerifiedRecord};

impl State {
    /// Folds what stands at the head of a past; none before the ledger is founded, or where a record could not
    /// be read again.
    pub fn fold(past: &Past) -> Option<Self> {
        let mut state = Self {
            ledger: past.ledger_id()?,
            checkpoint: past.checkpoint(),
            ledger_time: past.ledger_time(),
            roster: past.roster_at(0)?.clone(),
            policy: policy::InForce::default(),
            exceptions: Vec::new(),
            plans: Vec::new(),
            redesigns: Vec::new(),
            deployments: Vec::new(),
            patterns: Patterns::default(),
            places: HashMap::new(),
        };
        let rosters = past.rosters().iter().map(|it| it.since);
        let changes: BTreeSet<u64> = rosters.chain(past.policies().iter().map(|(since, _)| *since)).collect();
        let standing: Vec<VerifiedRecord> = past.verified().filter(|record| past.stands(record)).collect();
        for entry in standing.chunk_by(|a, b| a.judged_at() == b.judged_at()) {
            let Some(first) = entry.first() else { continue };
            state.under(past, changes.range(..=first.judged_at()));
            state.entry(entry);
        }
        state.under(past, changes.range(..=past.size()));
        past.trust().filter(|_| !past.has_lost()).map(|_| state)
    }

    /// Goes on to the trust and policy that are in force after some changes, by way of each that was in force
    /// before: where one changed, everything is counted and judged again.
    fn under<'a>(&mut self, past: &Past, changes: impl Iterator<Item = &'a u64>) {
        for since in changes.copied() {
            let Some(roster) = past.roster_at(since).cloned() else { continue };
            let policy = past.policy_at(since).clone();
            let newer = roster.trust().version > self.roster.trust().version
                || policy.version() > self.policy.version();
            if !newer {
                continue;
            }
            let other_policy = policy.id() != self.policy.id();
            (self.roster, self.policy) = (roster, policy);
            // In the order of their positions: which redesign is the first approved must not be a matter of luck.
            let mut ids: Vec<(u64, RecordId)> =
                self.places.keys().map(|id| (self.position_of(id), *id)).collect();
            ids.sort_unstable();
            ids.iter().for_each(|(_, id)| self.count(id, since.saturating_sub(1)));
            if other_policy {
                self.patterns.see(Seen::Policy, &self.policy, &self.exceptions);
            }
        }
    }

    /// The position of a record that takes approvals; of another, 0.
    fn position_of(&self, id: &RecordId) -> u64 {
        let position = match self.places.get(id) {
            Some(Place::Exception(place)) => self.exceptions.get(*place).map(|item| item.position),
            Some(Place::Plan(place)) => self.plans.get(*place).map(|item| item.position),
            Some(Place::Redesign(place)) => self.redesigns.get(*place).map(|item| item.position),
            None => None,
        };
        position.unwrap_or(0)
    }

    /// Takes in an entry: its records in order, rejections after other words; then counts.
    fn entry(&mut self, records: &[VerifiedRecord]) {
        let is_rejection = |record: &VerifiedRecord| matches!(&**record.body(), Body::Approval(approval) if approval.verdict == Word::Reject);
        let (rejections, others): (Vec<_>, Vec<_>) = records.iter().partition(|record| is_rejection(record));
        let mut touched: BTreeMap<RecordId, u64> = BTreeMap::new();
        for record in others.into_iter().chain(rejections) {
            if let Some(id) = self.apply(record) {
                let position = touched.entry(id).or_default();
                *position = record.position().max(*position);
            }
        }
        // Words of one entry do not see each other, so nothing is counted before the last of them.
        let mut touched: Vec<(u64, RecordId, u64)> =
            touched.into_iter().map(|(id, at)| (self.position_of(&id), id, at)).collect();
        touched.sort_unstable();
        touched.iter().for_each(|(_, id, at)| self.count(id, *at));
    }

    /// Takes a record in, and says whose words have to be counted for it.
    fn apply(&mut self, record: &VerifiedRecord) -> Option<RecordId> {
        match &**record.body() {
            Body::Exception(exception) => {
                let says = ExceptionSays { exception: Arc::clone(exception), closures: Vec::new() };
                let item = self.item(record, says);
                self.places.insert(record.id(), Place::Exception(self.exceptions.len()));
                self.exceptions.push(item);
                if let Some(item) = self.exceptions.last() {
                    self.patterns.see(Seen::Exception(item), &self.policy, &self.exceptions);
                }
                Some(record.id())
            }
            Body::RollbackPlan(plan) => {
                let item = self.item(record, Arc::clone(plan));
                self.places.insert(record.id(), Place::Plan(self.plans.len()));
                self.plans.push(item);
                Some(record.id())
            }
            Body::Redesign(redesign) => {
                let item = self.item(record, Arc::clone(redesign));
                self.places.insert(record.id(), Place::Redesign(self.redesigns.len()));
                self.redesigns.push(item);
                Some(record.id())
            }
            Body::Approval(approval) => {
                let said = Said {
                    word: approval.verdict,
                    position: record.position(),
                    judged_at: record.judged_at(),
                    created_at: record.created_at(),
                };
                if let Some(decided) = self.decided(&approval.of) {
                    decided.say(record.person().clone(), said);
                }
                Some(approval.of)
            }
            Body::Closure(closure) => {
                self.close(record, closure);
                None
            }
            Body::Receipt(receipt) => {
                let (id, position, created_at) = (record.id(), record.position(), record.created_at());
                let says = Arc::clone(receipt);
                let deployment = Deployment { id, position, created_at, target: says.target(), says };
                self.patterns.see(
                    Seen::Deployment(&deployment, &self.redesigns),
                    &self.policy,
                    &self.exceptions,
                );
                self.deployments.push(deployment);
                None
            }
            Body::Trust(_)
            | Body::Policy(_)
            | Body::Quarantine(_)
            | Body::Triage(_)
            | Body::Release(_)
            | Body::Review(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Outcome(_)
            | Body::Audit(_) => None,
        }
    }

    fn close(&mut self, record: &VerifiedRecord, closure: &crate::record::kind::closure::Closure) {
        let position = record.position();
        match self.places.get(&closure.of) {
            Some(Place::Exception(place)) => {
                if let Some(item) = self.exceptions.get_mut(*place) {
                    item.closed.get_or_insert(position);
                    let (id, created_at) = (record.id(), record.created_at());
                    item.says.closures.push(ClosureOf { id, says: closure.clone(), created_at });
                }
            }
            Some(Place::Plan(place)) => {
                if let Some(item) = self.plans.get_mut(*place) {
                    item.closed.get_or_insert(position);
                }
            }
            Some(Place::Redesign(_)) | None => {}
        }
    }

    fn item<T>(&self, record: &VerifiedRecord, says: T) -> Item<T> {
        let body = record.body();
        let asked = self.asked(record);
        let ends_by_rejection = !matches!(&**body, Body::Redesign(_));
        Item {
            id: record.id(),
            position: record.position(),
            author: record.author().clone(),
            person: record.person().clone(),
            created_at: record.created_at(),
            says,
            targets: body.targets(),
            decided: Decided::new(asked, ends_by_rejection),
            closed: None,
            body: Arc::clone(body),
        }
    }

    fn asked(&self, record: &VerifiedRecord) -> Asked {
        self.policy
            .asked(record.body(), &record.body().targets())
            .unwrap_or(Asked { total: 0, places: Vec::new() })
    }

    fn decided(&mut self, id: &RecordId) -> Option<&mut Decided> {
        match self.places.get(id)? {
            Place::Exception(place) => self.exceptions.get_mut(*place).map(|it| &mut it.decided),
            Place::Plan(place) => self.plans.get_mut(*place).map(|it| &mut it.decided),
            Place::Redesign(place) => self.redesigns.get_mut(*place).map(|it| &mut it.decided),
        }
    }

    /// Counts the words on a record.
    fn count(&mut self, id: &RecordId, position: u64) {
        let (roster, policy) = (&self.roster, &self.policy);
        match self.places.get(id).copied() {
            Some(Place::Exception(place)) => {
                let earlier = self.exceptions.get(..place).unwrap_or_default();
                let owes = self.exceptions.get(place).is_some_and(|item| owes_review(item, earlier, policy));
                if let Some(item) = self.exceptions.get_mut(place) {
                    count_item(item, roster, policy, position, u64::from(owes));
                }
            }
            Some(Place::Plan(place)) => {
                if let Some(item) = self.plans.get_mut(place) {
                    count_item(item, roster, policy, position, 0);
                }
            }
            Some(Place::Redesign(place)) => {
                let Some(item) = self.redesigns.get_mut(place) else { return };
                let before = item.decided.effect().is_some();
                count_item(item, roster, policy, position, 0);
                if !before && item.decided.effect().is_some() {
                    self.patterns.see(Seen::Approved(item), &self.policy, &self.exceptions);
                }
            }
            None => {}
        }
    }
}

/// Whether this is a break-glass of a person who has used an earlier one, which nobody reviewed: nobody can
/// in this version. Their next one needs another person's approval.
fn owes_review(item: &ExceptionItem, earlier: &[ExceptionItem], policy: &policy::InForce) -> bool {
    let breaks_glass = |item: &ExceptionItem| {
        let entry = item.says.exception.expected.as_ref().and_then(|name| policy.expected(name));
        entry.is_some_and(|entry| entry.approvals.value() == 0)
    };
    let owes = |other: &ExceptionItem| {
        other.person == item.person
            && other.decided.effect().is_some()
            && other.says.exception.expected.is_some()
    };
    breaks_glass(item) && earlier.iter().any(owes)
}

fn count_item<T>(item: &mut Item<T>, roster: &Roster, policy: &policy::InForce, position: u64, least: u64) {
    let Some(mut asked) = policy.asked(&item.body, &item.targets) else { return };
    asked.total = asked.total.max(least);
    item.decided.count(asked, roster, &item.targets, position, item.created_at);
}
