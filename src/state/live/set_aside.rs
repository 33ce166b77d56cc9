//! What a live state sets aside: the exceptions that only count in patterns. The state keeps how each such exception
//! counts. The exception itself is stored beside the state, and brought back when a record or a question is about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::dormant::Dormancy;
use super::inquiry::{ExceptionsAsked, Inquiry, PatternsAsked};
use super::left_out::LeftOutName;
use super::store::Aside;
use crate::record::Body;
use crate::record::kind::approval::Approval;
use crate::record::kind::outcome::DeploymentResult;
use crate::record::kind::policy::TargetRules;
use crate::record::kind::triage::Triage;
use crate::state::State;
use crate::state::fold::{ItemPlace, StateSnapshot};
use crate::state::pattern::{Pattern, PatternName};
use crate::value::{RecordId, Target, Time};
use crate::verify::{Past, Unreadable, VerifiedRecord, referenced};

/// A live state in two parts, to be stored.
#[derive(Debug)]
pub struct PartedState {
    held: State,
    /// What is stored beside the held state.
    pub aside: Aside,
}

impl PartedState {
    /// Sets nothing aside.
    pub(super) fn undivided(held: State) -> Self {
        Self { held, aside: Aside::default() }
    }

    /// Splits a live state. The exceptions at the places `held` stay in it, and so do those that count in no pattern.
    /// All other exceptions are set aside. If such an exception is dated `reported` or later, the state keeps what the
    /// reports need of it. The dormant patterns are taken out, too.
    pub(super) fn new(
        mut live: State,
        held: &BTreeSet<usize>,
        reported: Time,
        dormancy: &Dormancy,
        aside: Aside,
    ) -> Self {
        let members = live.patterns.written().flat_map(|(_, _, group)| &group.members);
        let members: BTreeSet<usize> = members.map(|member| member.place).collect();
        let exceptions = live.exceptions.take(|place, _| members.contains(&place) && !held.contains(&place));
        for (_, item) in exceptions.iter().filter(|(_, item)| reported <= item.created_at) {
            live.unheld.standing.add(item, &live.policy);
        }
        let (dormant, dormant_names) = live.take_dormant(dormancy);
        live.places.clear();
        live.place_all();
        Self { held: live, aside: Aside { exceptions, dormant, dormant_names, ..aside } }
    }

    /// Returns the number of exceptions in both parts.
    pub fn exceptions(&self) -> usize {
        self.held.exceptions.as_slice().len() + self.aside.exceptions.len()
    }

    /// Returns a snapshot of what is not set aside. The state was folded from `past`.
    pub fn snapshot(&self, past: &Past) -> StateSnapshot<'_> {
        self.held.snapshot(past)
    }
}

impl State {
    /// Whether something with this name was left out, or belongs to the dormant patterns.
    pub(super) fn has_left_out(&self, name: &LeftOutName<'_>) -> Result<bool, Unreadable> {
        let (left_out, store) = match (&self.left_out, &self.aside) {
            (None, _) => return Ok(false),
            (Some(left_out), Some(store)) => (left_out, store),
            (Some(_), None) => return Err(Unreadable::LookUp),
        };
        let number = name.number();
        let is_dormant = left_out.dormant_end.is_some() && store.has_dormant_name(number)?;
        Ok(is_dormant || store.has_name(number)?)
    }

    /// Brings back the dormant patterns, and every exception that was set aside.
    pub(super) fn complete(mut self) -> Result<Self, Unreadable> {
        self.wake()?;
        self.bring_back(&self.aside_where(|_| true))?;
        Ok(self)
    }

    /// Brings back what an inquiry is about: exceptions that were set aside, and the dormant patterns.
    pub fn prepared(mut self: Arc<Self>, inquiry: &Inquiry) -> Result<Arc<Self>, Unreadable> {
        if self.aside.is_none() {
            return Ok(self);
        }
        let is_known = |id: &RecordId| self.places.contains_key(id);
        if inquiry.patterns == PatternsAsked::All || !inquiry.records.iter().all(is_known) {
            let mut whole = Arc::unwrap_or_clone(self);
            whole.wake()?;
            self = Arc::new(whole);
        }
        let asked = match &inquiry.exceptions {
            ExceptionsAsked::Any => return Arc::unwrap_or_clone(self).complete().map(Arc::new),
            ExceptionsAsked::ShownOn(targets) => targets.clone(),
            ExceptionsAsked::Shown => self.policy.targets().iter().map(TargetRules::target).collect(),
        };
        let mut places = self.aside_with(&inquiry.records.iter().copied().collect());
        for target in &asked {
            places.extend(self.shown_on(target, inquiry.now));
        }
        if places.is_empty() {
            return Ok(self);
        }
        let mut prepared = Arc::unwrap_or_clone(self);
        prepared.bring_back(&places)?;
        Ok(Arc::new(prepared))
    }

    /// Returns the places of those exceptions that the gate shows for the patterns on a target, and that were set
    /// aside.
    fn shown_on(&self, target: &Target, now: Option<Time>) -> BTreeSet<usize> {
        let Some(now) = now else { return BTreeSet::new() };
        let patterns = self.patterns_on(target, now);
        if self.policy.rules(target).recurrence.max_occasions.is_some() {
            let occasions = patterns.iter().flat_map(|pattern| &pattern.occasions);
            return self.aside_with(&occasions.flat_map(|one| one.exceptions.iter().copied()).collect());
        }
        let repeating = patterns.iter().filter(|pattern| pattern.repeats);
        let shown = repeating.flat_map(Pattern::latest).map(|occasion| occasion.first);
        shown.filter(|place| self.exceptions.at(*place).is_none()).collect()
    }

    /// Prepares this state for the fold of some new records. Returns `Ok(None)` if it cannot take them. Dormant patterns
    /// are brought back only if it could not take the records without them.
    pub(in crate::state) fn ready_for(
        mut self,
        past: &Past,
        records: &[VerifiedRecord],
    ) -> Result<Option<Self>, Unreadable> {
        self.bring_back_for(records)?;
        if self.can_take(past, records)? {
            return Ok(Some(self));
        }
        if !self.wake()? {
            return Ok(None);
        }
        self.bring_back_for(records)?;
        Ok(self.can_take(past, records)?.then_some(self))
    }

    /// Brings back every exception that the fold of some new records may need: those that the records change, and those
    /// in the patterns that the records change.
    fn bring_back_for(&mut self, records: &[VerifiedRecord]) -> Result<(), Unreadable> {
        if self.aside.is_none() {
            return Ok(());
        }
        // Such a record can undo or restore the effects of the redesigns that a deployment brought. All later
        // exceptions are then named again.
        let is_of_start = |record: &VerifiedRecord| {
            if let Body::Outcome(outcome) = &**record.body() {
                return outcome.result == DeploymentResult::NeverStarted;
            }
            vote(record).is_some_and(|vote| self.answered_in(vote, records).is_some())
        };
        let triages = self.triages_that_act(records);
        let named: Vec<&RecordId> = triages.iter().flat_map(|triage| triage.of.iter()).collect();
        let has_twice = named.iter().collect::<BTreeSet<_>>().len() < named.len();
        if has_twice || records.iter().any(is_of_start) {
            return self.bring_back(&self.aside_where(|_| true));
        }
        let mut ids: BTreeSet<RecordId> = named.into_iter().copied().collect();
        ids.extend(records.iter().flat_map(|record| referenced(record.body())));
        self.bring_back(&self.aside_with(&ids))?;
        let mut patterns: BTreeSet<PatternName> = BTreeSet::new();
        for triage in &triages {
            patterns.extend(self.patterns_triaged_by(triage));
            for record in records {
                if let Body::Exception(exception) = &**record.body() {
                    patterns.extend(self.patterns_of_new(exception, triage));
                }
            }
        }
        self.bring_back(&self.aside_in(&patterns))
    }

    /// Returns the deployment whose outcome a vote answers, if the outcome bars it: an outcome that the state has, or one
    /// of some records that it has not taken yet.
    pub(super) fn answered_in(&self, vote: &Approval, records: &[VerifiedRecord]) -> Option<RecordId> {
        let known = self.barred_by(&vote.of).map(|deployment| deployment.id);
        let new = || {
            let record = records.iter().find(|record| record.id() == vote.of)?;
            let Body::Outcome(outcome) = &**record.body() else { return None };
            outcome.result.bars().then_some(outcome.of)
        };
        known.or_else(new)
    }

    /// Returns the triages among some records, and the triages on which these records vote.
    pub(super) fn triages_that_act(&self, records: &[VerifiedRecord]) -> Vec<Arc<Triage>> {
        let mut found: BTreeMap<RecordId, Arc<Triage>> = BTreeMap::new();
        for record in records {
            if let Body::Triage(triage) = &**record.body() {
                found.insert(record.id(), Arc::clone(triage));
            }
            let voted_on = vote(record).and_then(|vote| self.triage(&vote.of));
            found.extend(voted_on.map(|item| (item.id, Arc::clone(&item.says.triage))));
        }
        found.into_values().collect()
    }

    /// Returns the places of those exceptions with one of these ids that were set aside.
    fn aside_with(&self, ids: &BTreeSet<RecordId>) -> BTreeSet<usize> {
        let mut unknown = ids.iter().filter(|id| !self.places.contains_key(*id)).peekable();
        if unknown.peek().is_none() {
            return BTreeSet::new();
        }
        let unknown: BTreeSet<&RecordId> = unknown.collect();
        self.aside_where(|id| unknown.contains(id))
    }

    fn aside_where(&self, is_meant: impl Fn(&RecordId) -> bool) -> BTreeSet<usize> {
        let members = self.patterns.written().flat_map(|(_, _, group)| &group.members);
        let meant = members.filter(|member| is_meant(&member.id)).map(|member| member.place);
        meant.filter(|place| self.exceptions.at(*place).is_none()).collect()
    }

    /// Returns the places of those exceptions in one of these patterns that were set aside.
    fn aside_in(&self, patterns: &BTreeSet<PatternName>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (workflow, cause, group) in self.patterns.written() {
            if patterns.contains(&PatternName::new(workflow, cause, &self.policy)) {
                found.extend(group.members.iter().map(|member| member.place));
            }
        }
        found.retain(|place| self.exceptions.at(*place).is_none());
        found
    }

    fn bring_back(&mut self, places: &BTreeSet<usize>) -> Result<(), Unreadable> {
        let Some(store) = self.aside.as_ref().filter(|_| !places.is_empty()) else { return Ok(()) };
        let items = store.exceptions(places)?;
        if items.len() != places.len() {
            return Err(Unreadable::LookUp);
        }
        for (place, item) in &items {
            self.unheld.standing.remove(item, &self.policy);
            self.places.insert(item.id, ItemPlace::Exception(*place));
        }
        self.exceptions.put_back(items);
        Ok(())
    }
}

fn vote(record: &VerifiedRecord) -> Option<&Approval> {
    if let Body::Approval(approval) = &**record.body() { Some(approval) } else { None }
}
