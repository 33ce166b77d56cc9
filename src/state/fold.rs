//! The fold: verified records, in order, into the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decided::{Decided, Said};
use super::exception::{ClosureOf, ExceptionSays};
use super::item::Item;
use super::pattern::{Patterns, Seen};
use super::{Deployment, ExceptionItem, State};
use crate::policy::{self, Asked};
use crate::record::Body;
use crate::record::kind::approval::Word;
use crate::trust::Roster;
use crate::value::RecordId;
use crate::verify::{Past, VerifiedRecord};

impl State {
    /// Folds what stands at the head of a past; none before the ledger is founded.
    pub fn fold(past: &Past, verified: &[VerifiedRecord]) -> Option<Self> {
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
        };
        let standing: Vec<&VerifiedRecord> =
            verified.iter().filter(|record| past.is_believed(record.point(), record.position())).collect();
        for entry in standing.chunk_by(|a, b| a.judged_at() == b.judged_at()) {
            let Some(first) = entry.first() else { continue };
            state.under(past, first.judged_at());
            state.entry(entry);
        }
        state.under(past, past.size());
        past.trust().map(|_| state)
    }

    /// Goes on under the trust and policy that are in force at a size; where they changed, everything
    /// that is undecided is counted again.
    fn under(&mut self, past: &Past, size: u64) {
        let roster = past.roster_at(size).cloned().unwrap_or_else(|| self.roster.clone());
        let policy = past.policies().iter().rev().find(|(since, _)| *since <= size).map(|(_, policy)| policy);
        let policy = policy.cloned().unwrap_or_default();
        if roster.id() == self.roster.id() && policy.id() == self.policy.id() {
            return;
        }
        (self.roster, self.policy) = (roster, policy);
        let ids: Vec<RecordId> = self.undecided();
        ids.iter().for_each(|id| self.count(id, size.saturating_sub(1)));
    }

    fn undecided(&self) -> Vec<RecordId> {
        let exceptions = self.exceptions.iter().filter(|it| it.decided.effect().is_none()).map(|it| it.id);
        let plans = self.plans.iter().filter(|it| it.decided.effect().is_none()).map(|it| it.id);
        let redesigns = self.redesigns.iter().filter(|it| it.decided.effect().is_none()).map(|it| it.id);
        exceptions.chain(plans).chain(redesigns).collect()
    }

    /// Takes in an entry: its records in order, rejections after other words; then counts.
    fn entry(&mut self, records: &[&VerifiedRecord]) {
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
        touched.iter().for_each(|(id, position)| self.count(id, *position));
    }

    /// Takes a record in, and says whose words have to be counted for it.
    fn apply(&mut self, record: &VerifiedRecord) -> Option<RecordId> {
        match &**record.body() {
            Body::Exception(exception) => {
                let says = ExceptionSays { exception: (**exception).clone(), closures: Vec::new() };
                let item = self.item(record, says);
                self.patterns.see(Seen::Exception(&item), &self.policy, &self.exceptions);
                self.exceptions.push(item);
                Some(record.id())
            }
            Body::RollbackPlan(plan) => {
                let item = self.item(record, (**plan).clone());
                self.plans.push(item);
                Some(record.id())
            }
            Body::Redesign(redesign) => {
                let item = self.item(record, (**redesign).clone());
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
                let says = (**receipt).clone();
                let deployment = Deployment { id, position, created_at, target: says.target(), says };
                self.patterns.see(
                    Seen::Deployment(&deployment, &self.redesigns),
                    &self.policy,
                    &self.exceptions,
                );
                self.deployments.push(deployment);
                None
            }
            Body::Trust(_) | Body::Policy(_) => None,
        }
    }

    fn close(&mut self, record: &VerifiedRecord, closure: &crate::record::kind::closure::Closure) {
        let position = record.position();
        if let Some(item) = self.exceptions.iter_mut().find(|item| item.id == closure.of) {
            item.closed.get_or_insert(position);
            let says = closure.clone();
            item.says.closures.push(ClosureOf { id: record.id(), says, created_at: record.created_at() });
        } else if let Some(item) = self.plans.iter_mut().find(|item| item.id == closure.of) {
            item.closed.get_or_insert(position);
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

    /// The approvals that a record takes. The same person's next break-glass needs another person's
    /// approval until the one before is reviewed; nobody can review in this version.
    fn asked(&self, record: &VerifiedRecord) -> Asked {
        let nothing = Asked { total: 0, places: Vec::new() };
        let mut asked = self.policy.asked(record.body()).unwrap_or(nothing);
        if let Body::Exception(exception) = &**record.body()
            && exception.expected.is_some()
            && self
                .exceptions
                .iter()
                .any(|it| it.person == *record.person() && it.says.exception.expected.is_some())
        {
            asked.total = asked.total.max(1);
        }
        asked
    }

    fn decided(&mut self, id: &RecordId) -> Option<&mut Decided> {
        let exceptions = self.exceptions.iter_mut().map(|it| (it.id, &mut it.decided));
        let plans = self.plans.iter_mut().map(|it| (it.id, &mut it.decided));
        let redesigns = self.redesigns.iter_mut().map(|it| (it.id, &mut it.decided));
        exceptions.chain(plans).chain(redesigns).find(|(it, _)| it == id).map(|(_, decided)| decided)
    }

    /// Counts the words on a record.
    fn count(&mut self, id: &RecordId, position: u64) {
        let (roster, policy) = (self.roster.clone(), self.policy.clone());
        if let Some(index) = self.exceptions.iter().position(|it| it.id == *id) {
            let extra =
                self.exceptions.get(index).is_some_and(|it| owes_review(it, self.exceptions.get(..index)));
            if let Some(item) = self.exceptions.get_mut(index) {
                count_item(item, &roster, &policy, position, u64::from(extra));
            }
        } else if let Some(item) = self.plans.iter_mut().find(|it| it.id == *id) {
            count_item(item, &roster, &policy, position, 0);
        } else if let Some(item) = self.redesigns.iter_mut().find(|it| it.id == *id) {
            let before = item.decided.effect().is_some();
            count_item(item, &roster, &policy, position, 0);
            if !before && item.decided.effect().is_some() {
                let item = item.clone();
                self.patterns.see(Seen::Approved(&item), &self.policy, &self.exceptions);
            }
        }
    }
}

/// Whether the person behind an expected exception has an earlier one, which nobody reviewed.
fn owes_review(item: &ExceptionItem, earlier: Option<&[ExceptionItem]>) -> bool {
    let owes = |other: &ExceptionItem| other.person == item.person && other.says.exception.expected.is_some();
    item.says.exception.expected.is_some() && earlier.is_some_and(|earlier| earlier.iter().any(owes))
}

fn count_item<T>(item: &mut Item<T>, roster: &Roster, policy: &policy::InForce, position: u64, least: u64) {
    let Some(mut asked) = policy.asked(&item.body) else { return };
    asked.total = asked.total.max(least);
    item.decided.count(asked, roster, &item.targets, position, item.created_at);
}
