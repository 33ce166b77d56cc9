//! The fold: verified records, in order, into the state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::decided::{Decided, Said};
use super::exception::{ClosureOf, ExceptionSays};
use super::item::Item;
use super::pattern::{Patterns, Seen, Triaging};
use super::pause::{PauseItem, Resumed};
use super::review::ReviewOf;
use super::triage::{TriageSays, Triaged};
use super::{Deployment, ExceptionItem, OutcomeItem, Place, State};
use crate::policy::{self, Asked};
use crate::record::Body;
use crate::record::kind::approval::Word;
use crate::record::kind::outcome::DeploymentOutcome;
use crate::record::kind::receipt::Receipt;
use crate::record::kind::review::Review;
use crate::record::kind::triage::{Finding, Triage};
use crate::trust::Roster;
use crate::value::{RecordId, Target, Time};
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
            triages: Vec::new(),
            releases: Vec::new(),
            pauses: Vec::new(),
            deployments: Vec::new(),
            outcomes: Vec::new(),
            patterns: Patterns::default(),
            places: HashMap::new(),
        };
        let rosters = past.rosters().iter().map(|it| it.since);
        let changes: BTreeSet<u64> = rosters.chain(past.policies().iter().map(|(since, _)| *since)).collect();
        let standing: Vec<VerifiedRecord> = past.verified().filter(|record| past.stands(record)).collect();
        for entry in standing.chunk_by(|a, b| a.judged_at() == b.judged_at()) {
            let Some(first) = entry.first() else { continue };
            state.under(past, changes.range(..=first.judged_at()));
            state.entry(past, entry);
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
            Some(Place::Triage(place)) => self.triages.get(*place).map(|item| item.position),
            Some(Place::Release(place)) => self.releases.get(*place).map(|item| item.position),
            Some(Place::Pause(_) | Place::Deployment(_)) | None => None,
        };
        position.unwrap_or(0)
    }

    /// Takes in an entry: its records in order, rejections after other words; then counts.
    fn entry(&mut self, past: &Past, records: &[VerifiedRecord]) {
        let is_rejection = |record: &VerifiedRecord| matches!(&**record.body(), Body::Approval(approval) if approval.verdict == Word::Reject);
        let (rejections, others): (Vec<_>, Vec<_>) = records.iter().partition(|record| is_rejection(record));
        let mut touched: BTreeMap<RecordId, u64> = BTreeMap::new();
        for record in others.into_iter().chain(rejections) {
            for id in self.apply(past, record) {
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
    fn apply(&mut self, past: &Past, record: &VerifiedRecord) -> Vec<RecordId> {
        let id = record.id();
        match &**record.body() {
            Body::Exception(exception) => {
                let exception = Arc::clone(exception);
                let says =
                    ExceptionSays { exception, closures: Vec::new(), reviews: Vec::new(), triaged: None };
                let item = self.item(record, says, record.body().targets());
                self.places.insert(id, Place::Exception(self.exceptions.len()));
                self.exceptions.push(item);
                if let Some(item) = self.exceptions.last() {
                    self.patterns.see(Seen::Exception(item), &self.policy, &self.exceptions);
                }
            }
            Body::RollbackPlan(plan) => {
                let item = self.item(record, Arc::clone(plan), record.body().targets());
                self.places.insert(id, Place::Plan(self.plans.len()));
                self.plans.push(item);
            }
            Body::Redesign(redesign) => {
                let item = self.item(record, Arc::clone(redesign), record.body().targets());
                self.places.insert(id, Place::Redesign(self.redesigns.len()));
                self.redesigns.push(item);
            }
            Body::Release(release) => {
                let item = self.item(record, Arc::clone(release), record.body().targets());
                self.places.insert(id, Place::Release(self.releases.len()));
                self.releases.push(item);
            }
            Body::Triage(triage) => self.triage(record, triage),
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
                return vec![approval.of];
            }
            Body::Review(review) => return self.review_of(past, record, review),
            Body::Closure(closure) => {
                self.close(record, closure);
                return Vec::new();
            }
            Body::Pause(pause) => {
                self.places.insert(id, Place::Pause(self.pauses.len()));
                self.pauses.push(PauseItem {
                    id,
                    position: record.position(),
                    author: record.author().clone(),
                    created_at: record.created_at(),
                    says: Arc::clone(pause),
                    targets: record.body().targets(),
                    resumed: Vec::new(),
                });
                return Vec::new();
            }
            Body::Resume(resume) => {
                if let Some(Place::Pause(place)) = self.places.get(&resume.of)
                    && let Some(pause) = self.pauses.get_mut(*place)
                {
                    let (author, created_at) = (record.author().clone(), record.created_at());
                    pause.resumed.push(Resumed { id, author, created_at });
                }
                return Vec::new();
            }
            Body::Receipt(receipt) => {
                self.deployed(record, receipt);
                return Vec::new();
            }
            Body::Outcome(outcome) => {
                self.came_out(record, outcome);
                return Vec::new();
            }
            Body::Trust(_) | Body::Policy(_) | Body::Quarantine(_) | Body::Audit(_) => return Vec::new(),
        }
        vec![id]
    }

    fn triage(&mut self, record: &VerifiedRecord, triage: &Arc<Triage>) {
        let named = self.named_by(triage);
        let mut targets: Vec<Target> = named.flat_map(|(_, item)| item.targets.iter().cloned()).collect();
        targets.sort();
        targets.dedup();
        let takes_nothing_out = self.takes_nothing_out(triage);
        let says = TriageSays { triage: Arc::clone(triage), takes_nothing_out };
        let item = self.item(record, says, targets);
        self.places.insert(record.id(), Place::Triage(self.triages.len()));
        self.triages.push(item);
    }

    /// The exceptions that a triage names, with their places.
    fn named_by<'a>(&'a self, triage: &'a Triage) -> impl Iterator<Item = (usize, &'a ExceptionItem)> {
        triage.of.iter().filter_map(|id| match self.places.get(id)? {
            Place::Exception(place) => Some((*place, self.exceptions.get(*place)?)),
            _ => None,
        })
    }

    /// Whether a triage takes no exception out of a pattern: it gives one cause to exceptions that had none, of
    /// the same workflow, and leaves none behind that shares a symptom with them.
    fn takes_nothing_out(&self, triage: &Triage) -> bool {
        let names = triage.verdict == Finding::Cause && triage.root_cause.is_some();
        let places: BTreeSet<usize> = self.named_by(triage).map(|(place, _)| place).collect();
        names
            && self.named_by(triage).all(|(_, item)| {
                let stays = triage.workflow.as_ref().is_none_or(|workflow| workflow == item.workflow());
                let group = self.patterns.places_of(item.workflow(), &item.cause());
                let leaves_none = group.iter().all(|place| places.contains(place));
                stays && leaves_none && item.root_cause().is_none() && !item.is_struck()
            })
    }

    /// A triage took effect: what it names counts otherwise from here on.
    fn triaged(&mut self, place: usize) {
        let Some(item) = self.triages.get(place) else { return };
        let (id, says) = (item.id, item.says.clone());
        let mut moved = Vec::new();
        for of in &*says.triage.of {
            let Some(Place::Exception(place)) = self.places.get(of) else { continue };
            let Some(exception) = self.exceptions.get_mut(*place) else { continue };
            moved.push((*place, exception.workflow().clone(), exception.cause()));
            exception.says.triaged = Some(Triaged::new(id, &says.triage));
        }
        let triaging = if says.takes_nothing_out { Triaging::Names } else { Triaging::TakesOut };
        self.patterns.see(Seen::Triaged(&moved, triaging), &self.policy, &self.exceptions);
    }

    /// Takes a review in; the next break-glass of whoever used this one may have waited for it.
    fn review_of(&mut self, past: &Past, record: &VerifiedRecord, review: &Arc<Review>) -> Vec<RecordId> {
        let Some(Place::Exception(place)) = self.places.get(&review.of) else { return Vec::new() };
        let Some(item) = self.exceptions.get_mut(*place) else { return Vec::new() };
        let stands = |id: &&RecordId| past.record(id).is_some_and(|filed| filed.stands(id, past));
        item.says.reviews.push(ReviewOf {
            id: record.id(),
            person: record.person().clone(),
            created_at: record.created_at(),
            says: Arc::clone(review),
            follow_up: review.follow_up.iter().filter(stands).copied().collect(),
        });
        let person = item.person.clone();
        let waits = |item: &&ExceptionItem| {
            item.person == person && item.says.exception.expected.is_some() && item.decided.effect().is_none()
        };
        self.exceptions.iter().skip(*place).filter(waits).map(|item| item.id).collect()
    }

    fn deployed(&mut self, record: &VerifiedRecord, receipt: &Arc<Receipt>) {
        let (id, position, created_at) = (record.id(), record.position(), record.created_at());
        let says = Arc::clone(receipt);
        let deployment = Deployment { id, position, created_at, target: says.target(), says, outcome: None };
        self.patterns.see(Seen::Deployment(&deployment, &self.redesigns), &self.policy, &self.exceptions);
        self.places.insert(id, Place::Deployment(self.deployments.len()));
        self.deployments.push(deployment);
    }

    fn came_out(&mut self, record: &VerifiedRecord, outcome: &Arc<DeploymentOutcome>) {
        self.outcomes.push(OutcomeItem {
            id: record.id(),
            position: record.position(),
            author: record.author().clone(),
            created_at: record.created_at(),
            says: Arc::clone(outcome),
        });
        let Some(Place::Deployment(place)) = self.places.get(&outcome.of).copied() else { return };
        let Some(of) = self.deployments.get_mut(place) else { return };
        of.outcome = Some(self.outcomes.len() - 1);
        let Some(never) = self.deployments.get(place).filter(|it| self.never_started(it)) else { return };
        let begun = |it: &&Deployment| !self.never_started(it);
        let later: Vec<Deployment> = self.deployments.iter().skip(place).filter(begun).cloned().collect();
        let seen = Seen::NeverStarted(never, &later, &self.redesigns);
        self.patterns.see(seen, &self.policy, &self.exceptions);
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
            _ => {}
        }
    }

    fn item<T>(&self, record: &VerifiedRecord, says: T, targets: Vec<Target>) -> Item<T> {
        let body = record.body();
        let none = || Asked { total: 0, places: Vec::new() };
        let asked = self.policy.asked(body, &targets).unwrap_or_else(none);
        let ends_by_rejection = !matches!(&**body, Body::Redesign(_) | Body::Triage(_));
        Item {
            id: record.id(),
            position: record.position(),
            author: record.author().clone(),
            person: record.person().clone(),
            created_at: record.created_at(),
            says,
            targets,
            decided: Decided::new(asked, ends_by_rejection),
            closed: None,
            body: Arc::clone(body),
        }
    }

    fn decided(&mut self, id: &RecordId) -> Option<&mut Decided> {
        match self.places.get(id)? {
            Place::Exception(place) => self.exceptions.get_mut(*place).map(|it| &mut it.decided),
            Place::Plan(place) => self.plans.get_mut(*place).map(|it| &mut it.decided),
            Place::Redesign(place) => self.redesigns.get_mut(*place).map(|it| &mut it.decided),
            Place::Triage(place) => self.triages.get_mut(*place).map(|it| &mut it.decided),
            Place::Release(place) => self.releases.get_mut(*place).map(|it| &mut it.decided),
            Place::Pause(_) | Place::Deployment(_) => None,
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
                    count_item(item, roster, policy, position, |asked| asked.max(u64::from(owes)));
                }
            }
            Some(Place::Plan(place)) => {
                if let Some(item) = self.plans.get_mut(place) {
                    count_item(item, roster, policy, position, |asked| asked);
                }
            }
            Some(Place::Release(place)) => {
                if let Some(item) = self.releases.get_mut(place) {
                    count_item(item, roster, policy, position, |asked| asked);
                }
            }
            Some(Place::Redesign(place)) => {
                let Some(item) = self.redesigns.get_mut(place) else { return };
                let before = item.decided.effect().is_some();
                count_item(item, roster, policy, position, |asked| asked);
                if !before && item.decided.effect().is_some() {
                    self.patterns.see(Seen::Approved(item), &self.policy, &self.exceptions);
                }
            }
            Some(Place::Triage(place)) => {
                let Some(item) = self.triages.get_mut(place) else { return };
                let (before, free) = (item.decided.effect().is_some(), item.says.takes_nothing_out);
                count_item(item, roster, policy, position, |asked| if free { 0 } else { asked });
                if !before && item.decided.effect().is_some() {
                    self.triaged(place);
                }
            }
            Some(Place::Pause(_) | Place::Deployment(_)) | None => {}
        }
    }
}

/// Whether this is a break-glass of a person who has used an earlier one that is not reviewed yet: then it
/// needs another person's approval.
fn owes_review(item: &ExceptionItem, earlier: &[ExceptionItem], policy: &policy::InForce) -> bool {
    let entry = item.says.exception.expected.as_ref().and_then(|name| policy.expected(name));
    let breaks_glass = entry.is_some_and(|entry| entry.approvals.value() == 0);
    let owes = |other: &ExceptionItem| {
        other.person == item.person
            && other.decided.effect().is_some()
            && other.says.exception.expected.is_some()
            // Position decides, not the date of a review.
            && other.reviews_missing(policy, Time::LAST) > 0
    };
    breaks_glass && earlier.iter().any(owes)
}

fn count_item<T>(
    item: &mut Item<T>,
    roster: &Roster,
    policy: &policy::InForce,
    position: u64,
    total: impl FnOnce(u64) -> u64,
) {
    let Some(mut asked) = policy.asked(&item.body, &item.targets) else { return };
    asked.total = total(asked.total);
    if asked.total == 0 {
        asked.places.clear();
    }
    item.decided.count(asked, roster, &item.targets, position, item.created_at);
}
