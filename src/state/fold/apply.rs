//! The effect of each kind of record on the state.

use std::sync::Arc;

use super::facts::FoldFacts;
use super::state::{ItemPlace, State};
use crate::policy::ApprovalsAsked;
use crate::record::Body;
use crate::record::kind::approval::Approval;
use crate::record::kind::closure::Closure;
use crate::record::kind::exception::{Exception, Grant};
use crate::record::kind::pause::{Pause, Resume};
use crate::record::kind::review::Review;
use crate::record::kind::trust::Role;
use crate::state::item::{
    Approvals, ClosureOf, ExceptionItem, ExceptionSays, Item, PauseItem, Rejection, Resumed, ReviewOf, Vote,
};
use crate::state::pattern::{KeyNames, PatternEvent, Scope};
use crate::value::{RecordId, Targets, Time};
use crate::verify::{VerifiedRecord, concerned_names};

impl State {
    /// Applies a record. Returns the records whose votes have to be counted again because of it.
    pub(in crate::state) fn apply(
        &mut self,
        facts: &FoldFacts<'_>,
        record: &VerifiedRecord,
    ) -> Vec<RecordId> {
        match &**record.body() {
            Body::Exception(exception) => self.add_exception(record, exception),
            Body::RollbackPlan(plan) => {
                let item = self.item(record, Arc::clone(plan), record.body().targets());
                let place = self.plans.push(item);
                self.places.insert(record.id(), ItemPlace::Plan(place));
            }
            Body::Redesign(redesign) => {
                let item = self.item(record, Arc::clone(redesign), record.body().targets());
                let place = self.redesigns.push(item);
                self.places.insert(record.id(), ItemPlace::Redesign(place));
            }
            Body::Release(release) => {
                let item = self.item(record, Arc::clone(release), record.body().targets());
                let place = self.releases.push(item);
                self.places.insert(record.id(), ItemPlace::Release(place));
            }
            Body::Triage(triage) => self.add_triage(record, triage),
            Body::Approval(_)
            | Body::Review(_)
            | Body::Closure(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Receipt(_)
            | Body::Outcome(_)
            | Body::Trust(_)
            | Body::Policy(_)
            | Body::Quarantine(_)
            | Body::Audit(_) => return self.refer(facts, record),
        }
        vec![record.id()]
    }

    /// Applies a record of a kind that [`State::apply`] does not handle itself. Most such records refer to an earlier
    /// one.
    fn refer(&mut self, facts: &FoldFacts<'_>, record: &VerifiedRecord) -> Vec<RecordId> {
        match &**record.body() {
            Body::Approval(approval) => return self.vote(facts, record, approval),
            Body::Review(review) => return self.review_of(facts, record, review),
            Body::Closure(closure) => self.close(record, closure),
            Body::Pause(pause) => self.add_pause(record, pause),
            Body::Resume(resume) => self.end_pause(record, resume),
            Body::Receipt(receipt) => self.receipt(record, receipt),
            Body::Outcome(outcome) => self.outcome(facts, record, outcome),
            // `apply` handles the first five. The others are not folded. A trust or a policy takes effect in
            // `change_rules`.
            Body::Exception(_)
            | Body::RollbackPlan(_)
            | Body::Redesign(_)
            | Body::Release(_)
            | Body::Triage(_)
            | Body::Trust(_)
            | Body::Policy(_)
            | Body::Quarantine(_)
            | Body::Audit(_) => {}
        }
        Vec::new()
    }

    fn add_exception(&mut self, record: &VerifiedRecord, exception: &Arc<Exception>) {
        // `detail` is left out: it is the longest text, no decision depends on it, and it is read from the record when
        // it is shown.
        let without = |exception: &Exception| Exception { detail: None, ..exception.clone() };
        let exception = match exception.detail {
            Some(_) => Arc::new(without(exception)),
            None => Arc::clone(exception),
        };
        let targets = record.body().targets();
        let reports = self.roster.grants(record.author(), &[Role::Reporter]).cloned().collect();
        let scope = Scope::new(targets.clone(), reports);
        let counting = self.patterns.counting(&exception, record.created_at(), scope, &self.policy);
        let person = |grant: &Grant| self.roster.person(&grant.to).unwrap_or(&grant.to).clone();
        let grantees = exception.grant.iter().map(person).collect();
        let (closures, reviews) = (Vec::new(), Vec::new());
        let says = ExceptionSays {
            exception,
            closures,
            reviews,
            triaged: None,
            names: Vec::new(),
            unnamed: None,
            counting,
            grantees,
            persons: self.roster.persons(concerned_names(record.author(), record.body())),
        };
        let mut item = self.item(record, says, targets);
        let KeyNames { names, unnamed } = self.patterns.names_of(&item, &self.policy);
        (item.says.names, item.says.unnamed) = (names, unnamed);
        let place = self.exceptions.push(item);
        self.places.insert(record.id(), ItemPlace::Exception(place));
        self.note_open(place);
        if let Some(item) = self.exceptions.at(place) {
            self.patterns.see(PatternEvent::Exception(item), &self.policy, &self.exceptions);
        }
    }

    fn vote(&mut self, facts: &FoldFacts<'_>, record: &VerifiedRecord, approval: &Approval) -> Vec<RecordId> {
        let vote = Vote {
            verdict: approval.verdict,
            position: record.position(),
            judged_at: record.judged_at(),
            created_at: record.created_at(),
        };
        self.answer(facts, record.author(), approval);
        if let Some(approvals) = self.approvals_of(&approval.of) {
            approvals.add(record.person().clone(), vote);
        }
        vec![approval.of]
    }

    fn add_pause(&mut self, record: &VerifiedRecord, pause: &Arc<Pause>) {
        let item = PauseItem {
            id: record.id(),
            position: record.position(),
            author: record.author().clone(),
            created_at: record.created_at(),
            says: Arc::clone(pause),
            targets: record.body().targets(),
            resumed: Vec::new(),
        };
        let place = self.pauses.push(item);
        self.places.insert(record.id(), ItemPlace::Pause(place));
    }

    fn end_pause(&mut self, record: &VerifiedRecord, resume: &Resume) {
        if let Some(ItemPlace::Pause(place)) = self.places.get(&resume.of)
            && let Some(pause) = self.pauses.at_mut(*place)
        {
            let (id, author, created_at) = (record.id(), record.author().clone(), record.created_at());
            pause.resumed.push(Resumed { id, author, created_at });
        }
    }

    /// Applies a review. Returns the records whose votes have to be counted again: the later expected exceptions of the
    /// same person that have not taken effect. Such an exception may be a break-glass (an expected exception that needs
    /// no approvals), which does need an approval while its person owes a review.
    fn review_of(
        &mut self,
        facts: &FoldFacts<'_>,
        record: &VerifiedRecord,
        review: &Arc<Review>,
    ) -> Vec<RecordId> {
        let Some(ItemPlace::Exception(place)) = self.places.get(&review.of) else { return Vec::new() };
        let Some(item) = self.exceptions.at(*place) else { return Vec::new() };
        let by_approver = item.approvals.is_approved_by(record.person());
        // A person who approved the override may review it only if there are too few other reviewers.
        if by_approver && !self.reviewers(item).approvers.contains(record.person()) {
            return Vec::new();
        }
        let Some(item) = self.exceptions.at_mut(*place) else { return Vec::new() };
        let stands = |id: &&RecordId| facts.follow_up_stands(id);
        item.says.reviews.push(ReviewOf {
            id: record.id(),
            position: record.position(),
            seen: record.seen(),
            person: record.person().clone(),
            created_at: record.created_at(),
            says: Arc::clone(review),
            by_approver,
            follow_up: review.follow_up.iter().filter(stands).copied().collect(),
        });
        let person = item.person.clone();
        let may_wait = |item: &&ExceptionItem| {
            item.person == person
                && item.says.exception.expected.is_some()
                && item.approvals.effect().is_none()
        };
        let position = item.position;
        let later = self.open_overrides().filter(|item| item.position > position);
        later.filter(may_wait).map(|item| item.id).collect()
    }

    fn close(&mut self, record: &VerifiedRecord, closure: &Closure) {
        let position = record.position();
        match self.places.get(&closure.of).copied() {
            Some(ItemPlace::Exception(place)) => {
                let concerned = self.exceptions.at(place).map(|item| self.concerned_then_or_now(item));
                let is_by_another = concerned.is_some_and(|persons| !persons.contains(record.person()));
                if let Some(item) = self.exceptions.at_mut(place) {
                    item.closed.get_or_insert(position);
                    let (id, created_at) = (record.id(), record.created_at());
                    let says = closure.clone();
                    item.says.closures.push(ClosureOf { id, position, says, created_at, is_by_another });
                }
                self.note_open(place);
            }
            Some(ItemPlace::Plan(place)) => {
                if let Some(item) = self.plans.at_mut(place) {
                    item.closed.get_or_insert(position);
                }
            }
            Some(
                ItemPlace::Redesign(_)
                | ItemPlace::Triage(_)
                | ItemPlace::Release(_)
                | ItemPlace::Answerable(_)
                | ItemPlace::Pause(_)
                | ItemPlace::Deployment(_),
            )
            | None => {}
        }
    }

    pub(super) fn item<T>(&self, record: &VerifiedRecord, says: T, targets: Targets) -> Item<T> {
        let body = record.body();
        let none = || ApprovalsAsked { total: 0, places: Vec::new() };
        let asked = self.policy.asked(body, &targets).unwrap_or_else(none);
        let is_a_vote = matches!(&**body, Body::Redesign(_) | Body::Triage(_));
        let rejection = if is_a_vote { Rejection::IsAVote } else { Rejection::Ends };
        Item {
            id: record.id(),
            position: record.position(),
            author: record.author().clone(),
            person: record.person().clone(),
            created_at: record.created_at(),
            says,
            targets,
            approvals: Approvals::new(asked, rejection),
            closed: None,
        }
    }

    /// Notes whether an override is open. This has to be called after every change that may open or settle the
    /// override.
    pub(super) fn note_open(&mut self, place: usize) {
        let Some(item) = self.exceptions.at(place).filter(|item| item.is_override()) else { return };
        let is_settled = item.closed.is_some()
            && item.pending_credentials(&self.policy, Time::FIRST).is_empty()
            && !item.may_be_reviewed(&self.policy);
        if is_settled {
            self.open.remove(&place);
        } else {
            self.open.insert(place);
        }
    }
}
