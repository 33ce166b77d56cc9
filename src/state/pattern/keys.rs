//! Keys: the workflow and the symptom of exceptions that nobody named. A naming names the exceptions of a key on
//! the targets that its author may say triages for, those before it and those to come, until a redesign of the cause
//! takes effect on the target (ledger-schema/deployment.md, Triage).

use std::collections::BTreeSet;

use super::group::{Group, GroupMember};
use super::name::PatternName;
use super::naming::Naming;
use super::patterns::Patterns;
use crate::policy;
use crate::record::kind::exception::Exception;
use crate::record::kind::policy::TargetRules;
use crate::record::kind::trust::RoleGrant;
use crate::state::item::{Cause, Counts, ExceptionItem, Items, KeyName, When};
use crate::value::{Ascii, RootCause, Target, WorkflowName};

/// The names of an exception, and the targets on which it has none.
#[derive(Debug, Default)]
pub(in crate::state) struct KeyNames {
    pub(in crate::state) names: Vec<KeyName>,
    /// As an index into the scopes; `None` if it is named everywhere, or no naming is of its key.
    pub(in crate::state) unnamed: Option<usize>,
}

impl Patterns {
    /// Returns the names that a new exception has by the namings of its key.
    pub(in crate::state) fn names_of(
        &mut self,
        exception: &Exception,
        when: When,
        scope: usize,
        policy: &policy::InForce,
    ) -> KeyNames {
        let mut found = KeyNames::default();
        let Some(symptom) = exception.symptom.as_ref().filter(|_| exception.root_cause.is_none()) else {
            return found;
        };
        let namings = self.namings(&exception.workflow, symptom).to_vec();
        found.unnamed = (!namings.is_empty()).then_some(scope);
        for naming in namings {
            let ended = self.ended(&naming, &exception.workflow, when, policy);
            self.split(&mut found, &naming, ended);
        }
        found
    }

    /// Whether an exception counts alike in two ways: under the same causes, on the same targets.
    pub(in crate::state) fn are_same(&self, one: &[(Cause, usize)], other: &[(Cause, usize)]) -> bool {
        one.len() == other.len()
            && one.iter().zip(other).all(|((cause, scope), (other_cause, other_scope))| {
                cause == other_cause && self.scopes.is_same(*scope, *other_scope)
            })
    }

    /// Returns the namings of a key, in the order in which they took effect.
    pub(in crate::state) fn namings(&self, workflow: &WorkflowName, symptom: &Ascii) -> &[Naming] {
        let of = self.workflows.get(workflow);
        of.and_then(|of| of.namings.get(symptom)).map_or(&[], Vec::as_slice)
    }

    /// Returns the targets on which a naming has ended for an exception: a redesign of its cause took effect
    /// there, after it and before the exception.
    fn ended(
        &self,
        naming: &Naming,
        workflow: &WorkflowName,
        when: When,
        policy: &policy::InForce,
    ) -> BTreeSet<Target> {
        let cause = Counts::Named(policy.cause(&naming.root_cause));
        self.joined(workflow, cause, policy).targets_reset(naming.position, when)
    }

    /// Gives an exception the name of a naming where it had none.
    fn split(&mut self, names: &mut KeyNames, naming: &Naming, ended: BTreeSet<Target>) {
        let Some(rest) = names.unnamed else { return };
        let scope = naming.scope(ended.clone());
        // Another naming by the same roles leaves nothing that this one could name.
        if self.scopes.is_without(rest, &scope) {
            return;
        }
        let is_everywhere = ended.is_empty() && naming.grants.iter().any(RoleGrant::is_for_all);
        let (named, unnamed) = self.scopes.split(rest, &scope);
        names.unnamed = (!is_everywhere).then_some(unnamed);
        names.names.push(KeyName {
            by: naming.by,
            root_cause: naming.root_cause.clone(),
            failure: naming.failure,
            origin: naming.origin,
            scope: named,
            touches: self.scopes.touches_any(named),
        });
    }

    /// Names the exceptions of a key that have no name on the targets of the naming, and those to come. What was
    /// found of the untriaged pattern on these targets goes with them.
    pub(in crate::state) fn name(
        &mut self,
        workflow: &WorkflowName,
        symptom: &Ascii,
        naming: Naming,
        policy: &policy::InForce,
        exceptions: &mut Items<ExceptionItem>,
    ) {
        let (untriaged, named) =
            (Cause::Untriaged(Some(symptom.clone())), Cause::Named(naming.root_cause.clone()));
        for place in self.places_of(workflow, &untriaged) {
            let Some(item) = exceptions.at_mut(place) else { continue };
            let unnamed = item.says.unnamed.or(Some(item.says.counting.scope));
            let mut names = KeyNames { names: std::mem::take(&mut item.says.names), unnamed };
            self.split(&mut names, &naming, BTreeSet::new());
            (item.says.names, item.says.unnamed) = (names.names, names.unnamed);
        }
        self.with_cause.entry(named.clone()).or_default().insert(workflow.clone());
        let of = self.workflows.entry(workflow.clone()).or_default();
        let mut before = of.groups.remove(&untriaged).unwrap_or_default();
        let members: Vec<GroupMember> = std::mem::take(&mut before.members);
        let moving: Vec<Target> =
            before.marks.keys().filter(|target| naming.covers(target)).cloned().collect();
        let group = of.groups.entry(named.clone()).or_default();
        for target in moving {
            if let Some(mark) = before.marks.remove(&target) {
                group.set_mark(target, mark);
            }
        }
        let mut after = Group { marks: before.marks, ..Group::default() };
        for member in members {
            let Some(item) = exceptions.at(member.place) else {
                after.add_member(member);
                continue;
            };
            if let Some(name) = item.says.names.last() {
                group.add(member.place, item, name.scope);
            }
            if let Some(scope) = item.says.unnamed {
                after.add(member.place, item, scope);
            }
        }
        if !after.members.is_empty() {
            of.groups.insert(untriaged.clone(), after);
        }
        of.namings.entry(symptom.clone()).or_default().push(naming);
        self.courses.clear_workflow(workflow);
        for cause in [&named, &untriaged] {
            self.evaluate_last(&PatternName::new(workflow, cause, policy), policy);
        }
    }

    /// Whether a naming of a key is free: on each target of the policy that it is for, nothing named the key
    /// before, or the same cause did.
    pub(in crate::state) fn is_free(
        &self,
        workflow: &WorkflowName,
        symptom: &Ascii,
        cause: &RootCause,
        grants: &[RoleGrant],
        policy: &policy::InForce,
    ) -> bool {
        let own = covered(grants, policy);
        self.namings(workflow, symptom).iter().all(|naming| {
            policy.cause(&naming.root_cause) == policy.cause(cause)
                || !own.iter().any(|target| naming.covers(target))
        })
    }

    /// Whether a key was given a cause before on every target of the policy that some tables of roles cover.
    pub(in crate::state) fn had_name(
        &self,
        workflow: &WorkflowName,
        symptom: &Ascii,
        cause: &RootCause,
        grants: &[RoleGrant],
        policy: &policy::InForce,
    ) -> bool {
        let same = self.namings(workflow, symptom).iter();
        let same: Vec<&Naming> =
            same.filter(|naming| policy.cause(&naming.root_cause) == policy.cause(cause)).collect();
        let is_covered = |target: &Target| same.iter().any(|naming| naming.covers(target));
        !same.is_empty() && covered(grants, policy).iter().all(is_covered)
    }

    /// Whether a naming would name nothing: the last one that says the same for the same roles has not ended
    /// anywhere.
    pub(in crate::state) fn is_named_so(
        &self,
        workflow: &WorkflowName,
        symptom: &Ascii,
        naming: &Naming,
        policy: &policy::InForce,
    ) -> bool {
        let mut known = self.namings(workflow, symptom).iter().rev();
        let same = known.find(|known| {
            known.grants == naming.grants
                && policy.cause(&known.root_cause) == policy.cause(&naming.root_cause)
        });
        same.is_some_and(|known| self.ended(known, workflow, When::LAST, policy).is_empty())
    }
}

/// Returns the targets of the policy that some tables of roles cover.
fn covered(grants: &[RoleGrant], policy: &policy::InForce) -> Vec<Target> {
    let targets = policy.targets().iter().map(TargetRules::target);
    targets.filter(|target| grants.iter().any(|grant| grant.covers(target))).collect()
}
