//! The effect of receipts, of outcomes of deployments, and of answers to these outcomes.

use std::collections::HashMap;
use std::sync::Arc;

use super::facts::FoldFacts;
use super::state::{ItemPlace, State};
use crate::record::kind::approval::{Approval, VoteVerdict};
use crate::record::kind::outcome::{DeploymentOutcome, DeploymentResult};
use crate::record::kind::receipt::Receipt;
use crate::record::kind::trust::Role;
use crate::state::item::{AnswerTo, Bars, Confirmation, Deployment, OutcomeItem, RedesignItem};
use crate::state::pattern::{PatternEvent, StartedChange};
use crate::trust::{Coverage, Roster};
use crate::value::{MemberName, RecordId, Targets};
use crate::verify::VerifiedRecord;

impl State {
    /// Returns whether an outcome would confirm that its deployment ran, if this author recorded it now; if not, why.
    /// `None` if the outcome is not of a deployment.
    pub fn confirmation(&self, author: &MemberName, outcome: &DeploymentOutcome) -> Option<Confirmation> {
        let deployment = self.deployment(&outcome.of)?;
        Some(confirmation(deployment, author, outcome, &self.roster))
    }

    pub(super) fn receipt(&mut self, record: &VerifiedRecord, receipt: &Arc<Receipt>) {
        let (id, position, created_at) = (record.id(), record.position(), record.created_at());
        let says = Arc::clone(receipt);
        let target = says.target();
        let outcome = None;
        let confirmed_by = Vec::new();
        let deployment = Deployment {
            id,
            position,
            created_at,
            target,
            says,
            confirmed_by,
            outcome,
            bars: Bars::default(),
        };
        let places = listed_redesigns(&deployment, &self.places);
        let redesigns = places.iter().filter_map(|place| self.redesigns.at(*place)).collect();
        self.patterns.see(PatternEvent::Deployment(&deployment, redesigns), &self.policy, &self.exceptions);
        let place = self.deployments.push(deployment);
        self.places.insert(id, ItemPlace::Deployment(place));
    }

    pub(super) fn outcome(
        &mut self,
        facts: &FoldFacts<'_>,
        record: &VerifiedRecord,
        outcome: &Arc<DeploymentOutcome>,
    ) {
        let said = self.outcomes.push(OutcomeItem {
            id: record.id(),
            position: record.position(),
            author: record.author().clone(),
            created_at: record.created_at(),
            says: Arc::clone(outcome),
        });
        let Some(ItemPlace::Deployment(place)) = self.places.get(&outcome.of).copied() else {
            return;
        };
        let Some(of) = self.deployments.at_mut(place) else { return };
        of.outcome = Some(said);
        let person = record.person();
        if confirmation(of, record.author(), outcome, &self.roster) == Confirmation::Confirms
            && !of.confirmed_by.contains(person)
        {
            of.confirmed_by.push(person.clone());
        }
        if outcome.result.bars() {
            self.places.insert(record.id(), ItemPlace::Answerable(place));
            self.change_barred(facts, place, |bars| bars.add_outcome(outcome.result));
        }
    }

    /// Takes in a vote that answers an outcome which bars a deployment, or that withdraws such an answer. A member
    /// withdraws only their own answers to the same outcome.
    pub(super) fn answer(&mut self, facts: &FoldFacts<'_>, author: &MemberName, approval: &Approval) {
        let Some(ItemPlace::Answerable(place)) = self.places.get(&approval.of).copied() else { return };
        let answer = AnswerTo { outcome: approval.of, author: author.clone() };
        self.change_barred(facts, place, |bars| match approval.verdict {
            VoteVerdict::Reject => bars.add_answer(answer),
            VoteVerdict::Withdraw => bars.withdraw(&answer),
            // The verifier lets nobody approve an outcome.
            VoteVerdict::Approve => {}
        });
    }

    /// Changes whether a deployment is barred. If the deployment now counts as never started, the effects of the
    /// redesigns that it brought are undone. If it no longer does, they are restored.
    fn change_barred(&mut self, facts: &FoldFacts<'_>, place: usize, change: impl FnOnce(&mut Bars)) {
        let Some(of) = self.deployments.at_mut(place) else { return };
        let before = of.is_never_started();
        change(&mut of.bars);
        let Some(of) = self.deployments.at(place).filter(|of| of.is_never_started() != before) else {
            return;
        };
        let position = of.position;
        let later = self.deployments.placed().filter(|(other, _)| place <= *other).map(|(_, other)| other);
        let started = later.filter(|other| !other.is_never_started() && other.target == of.target);
        let later: Vec<_> = started.map(|other| (other, listed_redesigns(other, &self.places))).collect();
        let own = listed_redesigns(of, &self.places);
        let mut places = own.clone();
        places.extend(later.iter().flat_map(|(_, places)| places));
        let redesigns = |places: Vec<usize>| -> Vec<&RedesignItem> {
            places.into_iter().filter_map(|place| self.redesigns.at(place)).collect()
        };
        let later = later.into_iter().map(|(other, places)| (other, redesigns(places))).collect();
        let changed = StartedChange { deployment: of, listed: redesigns(own), later };
        self.patterns.see(PatternEvent::Started(changed), &self.policy, &self.exceptions);
        self.name_again(facts, position);
        self.patterns.evaluate_all(&self.policy);
    }
}

/// Returns whether an outcome by an author confirms a deployment, and if not, why.
fn confirmation(
    deployment: &Deployment,
    author: &MemberName,
    outcome: &DeploymentOutcome,
    roster: &Roster,
) -> Confirmation {
    match outcome.result {
        DeploymentResult::Succeeded | DeploymentResult::Failed | DeploymentResult::RolledBack => {}
        DeploymentResult::NeverStarted | DeploymentResult::Rehearsed | DeploymentResult::RehearsalFailed => {
            return Confirmation::NotRan;
        }
    }
    let says = &deployment.says;
    let Some(end) = says.expires_at else { return Confirmation::NotRan };
    if outcome.started_at < says.at || end <= outcome.started_at {
        return Confirmation::OutsideReceipt { from: says.at, to: end };
    }
    let target = Targets::from(deployment.target.clone());
    match roster.coverage_by(author, &[Role::Gate, Role::Approver], &target) {
        Coverage::Covered => Confirmation::Confirms,
        Coverage::NoRole | Coverage::OutOfScope => Confirmation::NotEntitled,
    }
}

/// Returns the places of the redesigns that a deployment lists.
fn listed_redesigns(deployment: &Deployment, places: &HashMap<RecordId, ItemPlace>) -> Vec<usize> {
    let place = |id: &RecordId| {
        if let ItemPlace::Redesign(place) = places.get(id)? { Some(*place) } else { None }
    };
    deployment.says.redesigns.iter().filter_map(place).collect()
}
