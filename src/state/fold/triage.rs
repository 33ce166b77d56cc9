//! The effect of a triage on the state: what it names, and whether it takes an exception out of a pattern.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::facts::FoldFacts;
use super::state::{ItemPlace, State};
use crate::record::kind::triage::{Triage, TriageVerdict};
use crate::record::kind::trust::{Role, RoleGrant};
use crate::state::item::{Cause, ExceptionItem, TriageItem, TriageNeeds, TriageSays, Triaged};
use crate::state::pattern::{MovedException, Naming, PatternEvent, Triaging, covered};
use crate::value::{Ascii, MemberName, Targets, WorkflowName};
use crate::verify::VerifiedRecord;

impl State {
    pub(super) fn add_triage(&mut self, record: &VerifiedRecord, triage: &Arc<Triage>) {
        let named = self.named_by(triage);
        let targets = Targets::union(named.map(|(_, item)| &item.targets));
        let says = TriageSays { triage: Arc::clone(triage), needs: TriageNeeds::NotDecided };
        let item = self.item(record, says, targets);
        let place = self.triages.push(item);
        self.places.insert(record.id(), ItemPlace::Triage(place));
    }

    /// Returns whether a triage needs approvals. If that was not decided yet, it is decided by what the records before
    /// this one have done so far, those of its entry included.
    pub(super) fn needs_of(&self, item: &TriageItem) -> TriageNeeds {
        match item.says.needs {
            TriageNeeds::NotDecided if self.takes_nothing_out(&item.author, &item.says.triage) => {
                TriageNeeds::Nothing
            }
            TriageNeeds::NotDecided | TriageNeeds::Approvals => TriageNeeds::Approvals,
            TriageNeeds::Nothing => TriageNeeds::Nothing,
        }
    }

    /// Returns the exceptions that a triage names, with their places.
    fn named_by<'a>(&'a self, triage: &'a Triage) -> impl Iterator<Item = (usize, &'a ExceptionItem)> {
        triage.of.iter().filter_map(|id| {
            let ItemPlace::Exception(place) = self.places.get(id)? else { return None };
            Some((*place, self.exceptions.at(*place)?))
        })
    }

    /// Whether a triage takes no exception out of a pattern: it gives one root cause to exceptions that have none, and
    /// keeps their workflow. An exception with a symptom is named by its key (workflow and symptom), whatever ids the
    /// triage lists. If the triage lists an exception without a symptom, it must list all exceptions of the workflow
    /// that have neither symptom nor cause.
    fn takes_nothing_out(&self, author: &MemberName, triage: &Triage) -> bool {
        let may_be_free = triage.verdict == TriageVerdict::Cause && triage.occurred_at.is_none();
        let Some(cause) = triage.root_cause.as_ref().filter(|_| may_be_free) else {
            return false;
        };
        // If the cause has an approved redesign, that redesign would resolve the pattern at once, so the triage needs
        // approvals. It needs none if the key had that cause before: then the exceptions came after the redesign, and
        // count against it.
        let is_redesigned = self.patterns.is_redesigned(cause, &self.policy);
        let grants = self.triage_grants(author);
        let own = covered(&grants, &self.policy);
        let places: BTreeSet<usize> = self.named_by(triage).map(|(place, _)| place).collect();
        self.named_by(triage).all(|(_, item)| {
            let workflow = item.workflow();
            let is_open = triage.workflow.as_ref().is_none_or(|named| named == workflow)
                && item.has_unnamed_part()
                && !item.is_struck();
            let has_key = !item.says.counting.is_apart;
            let Some(symptom) = item.says.exception.symptom.as_ref().filter(|_| has_key) else {
                let untriaged = self.patterns.places_of(workflow, &Cause::Untriaged(None));
                return is_open && !is_redesigned && untriaged.iter().all(|place| places.contains(place));
            };
            let had = || self.patterns.had_name(workflow, symptom, cause, &own, &self.policy);
            let is_free = self.patterns.is_free(workflow, symptom, cause, &own, &self.policy);
            is_open && is_free && (!is_redesigned || had())
        })
    }

    /// Returns the roles by which a member may record triages.
    fn triage_grants(&self, author: &MemberName) -> Vec<RoleGrant> {
        self.roster.grants(author, &[Role::Reporter, Role::Approver]).cloned().collect()
    }

    /// Reclassifies the exceptions that a triage names. This is called when the triage has taken effect.
    pub(in crate::state) fn triaged(&mut self, facts: &FoldFacts<'_>, place: usize) {
        let Some(item) = self.triages.at(place) else { return };
        let (id, author, says) = (item.id, item.author.clone(), item.says.clone());
        let is_free = says.needs == TriageNeeds::Nothing;
        let position = item.approvals.effect().map_or(item.position, |effect| effect.position);
        let mut moved = Vec::new();
        let mut keys: BTreeSet<(WorkflowName, Ascii)> = BTreeSet::new();
        for of in &says.triage.of {
            let Some(ItemPlace::Exception(place)) = self.places.get(of) else { continue };
            let Some(exception) = self.exceptions.at_mut(*place) else { continue };
            let symptom = exception.says.exception.symptom.clone();
            let is_of_key = is_free && !exception.says.counting.is_apart;
            if let Some(symptom) = symptom.filter(|_| is_of_key) {
                keys.insert((exception.workflow().clone(), symptom));
                continue;
            }
            let parts = exception.parts().into_iter();
            moved.push(MovedException {
                place: *place,
                workflow: exception.workflow().clone(),
                causes: parts.map(|(cause, _)| cause).collect(),
                was_struck: exception.is_struck(),
            });
            exception.says.triaged = Some(Triaged::new(id, &says.triage));
            // If the triage gives no cause, the exception is named by the namings of its key.
            let names = self.patterns.names_of(exception, facts.policy_at(exception.position));
            (exception.says.names, exception.says.unnamed) = (names.names, names.unnamed);
        }
        let changes = facts.policy_changes();
        let triaging = if is_free { Triaging::Names } else { Triaging::TakesOut(&changes) };
        self.patterns.see(PatternEvent::Triaged(&moved, triaging), &self.policy, &self.exceptions);
        let Some(root_cause) = says.triage.root_cause.clone() else { return };
        let naming = Arc::new(Naming {
            by: id,
            position,
            root_cause,
            failure: says.triage.failure,
            origin: says.triage.origin,
            grants: self.triage_grants(&author),
        });
        let mut patterns = BTreeSet::new();
        for (workflow, symptom) in keys {
            let named = self.patterns.name(&workflow, &symptom, &naming, &self.policy, &mut self.exceptions);
            patterns.extend(named);
        }
        patterns.iter().for_each(|pattern| self.patterns.evaluate_last(pattern, &self.policy));
    }

    /// Applies the namings of keys again to the exceptions after a position. This is due when it changes that a redesign
    /// took effect at that position. The patterns have to be evaluated afterwards.
    pub(super) fn name_again(&mut self, facts: &FoldFacts<'_>, position: u64) {
        let mut moved = Vec::new();
        let later = self.exceptions.placed_mut().rev().take_while(|(_, item)| item.position > position);
        for (place, item) in later {
            if !item.may_have_key_names() {
                continue;
            }
            let again = self.patterns.names_of(item, facts.policy_at(item.position));
            let before = item.parts();
            let names = std::mem::replace(&mut item.says.names, again.names);
            let unnamed = std::mem::replace(&mut item.says.unnamed, again.unnamed);
            if self.patterns.are_same(&before, &item.parts()) {
                (item.says.names, item.says.unnamed) = (names, unnamed);
                continue;
            }
            moved.push(MovedException {
                place,
                workflow: item.workflow().clone(),
                causes: before.into_iter().map(|(cause, _)| cause).collect(),
                was_struck: false,
            });
        }
        moved.reverse();
        if !moved.is_empty() {
            let names_again = PatternEvent::Triaged(&moved, Triaging::NamesAgain);
            self.patterns.see(names_again, &self.policy, &self.exceptions);
        }
    }
}
