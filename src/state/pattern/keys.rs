//! Keys: a workflow and a symptom, shared by exceptions without a root cause. A naming gives a root cause to the
//! exceptions of a key, earlier and later ones. It holds on the targets for which its author may record triages. On
//! such a target the naming ends when a redesign of the cause takes effect there (ledger-schema/deployment.md,
//! Triage).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::group::{Group, GroupMember};
use super::name::PatternName;
use super::naming::Naming;
use super::patterns::Patterns;
use crate::policy;
use crate::record::kind::policy::TargetRules;
use crate::record::kind::trust::RoleGrant;
use crate::state::item::{Cause, Counts, ExceptionItem, Items, KeyName, When};
use crate::value::{Ascii, RootCause, Target, WorkflowName};

/// The names of an exception, and the targets on which it has none.
#[derive(Debug, Default)]
pub(in crate::state) struct KeyNames {
    pub(in crate::state) names: Vec<KeyName>,
    /// The targets on which the exception has no name, as an index into the scopes. `None` if it has a name everywhere,
    /// or if no naming of its key exists.
    pub(in crate::state) unnamed: Option<usize>,
}

impl Patterns {
    /// Returns the names that an exception gets from the namings of its key. `policy` is the one in force at its
    /// position.
    pub(in crate::state) fn names_of(&mut self, item: &ExceptionItem, policy: &policy::InForce) -> KeyNames {
        let mut found = KeyNames::default();
        let Some(symptom) = item.says.exception.symptom.as_ref().filter(|_| item.may_have_key_names()) else {
            return found;
        };
        let namings: Vec<Arc<Naming>> = self.namings_of(item.workflow(), symptom).cloned().collect();
        found.unnamed = (!namings.is_empty()).then_some(item.says.counting.scope);
        for naming in namings {
            let ended = self.ended(&naming, item.workflow(), item.when(), policy);
            self.split(&mut found, &naming, ended);
        }
        found
    }

    /// Whether two lists of parts (`ExceptionItem::parts`) are the same: the same causes, each on the same targets.
    pub(in crate::state) fn are_same(&self, one: &[(Cause, usize)], other: &[(Cause, usize)]) -> bool {
        one.len() == other.len()
            && one.iter().zip(other).all(|((cause, scope), (other_cause, other_scope))| {
                cause == other_cause && self.scopes.is_same(*scope, *other_scope)
            })
    }

    /// Returns the namings of a key, in the order in which they took effect.
    pub(in crate::state) fn namings_of(
        &self,
        workflow: &WorkflowName,
        symptom: &Ascii,
    ) -> impl DoubleEndedIterator<Item = &Arc<Naming>> {
        let of = self.workflows.get(workflow).and_then(|of| of.namings.get(symptom));
        of.into_iter().flatten().filter_map(|index| self.namings.at(*index))
    }

    /// Drops the namings that no key has any more.
    pub(super) fn keep_namings_of_keys(&mut self) {
        let used = self.workflows.values().flat_map(|of| of.namings.values().flatten()).copied().collect();
        let kept = self.namings.keep(&used);
        for index in self.workflows.values_mut().flat_map(|of| of.namings.values_mut().flatten()) {
            *index = kept.get(index).copied().unwrap_or(*index);
        }
    }

    /// Returns the targets on which a naming has ended for an exception: a redesign of its cause took effect there
    /// after the naming and before the exception.
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

    /// Gives an exception the name of a naming on the targets where it has none yet.
    fn split(&mut self, names: &mut KeyNames, naming: &Naming, ended: BTreeSet<Target>) {
        let Some(rest) = names.unnamed else { return };
        let scope = naming.scope(ended);
        // An earlier naming that holds on the same targets has named everything that this one could name.
        if self.scopes.is_without(rest, &scope) {
            return;
        }
        let is_everywhere = scope.is_for_all();
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

    /// Adds a naming to the list of a key. If the last one gives the same name on the same targets, the new one takes
    /// its place, because it holds wherever that one holds. So a key does not get longer by being named again and
    /// again.
    fn add_naming(&mut self, workflow: &WorkflowName, symptom: &Ascii, naming: &Arc<Naming>) {
        let index = self.namings.add(naming);
        let of = self.workflows.entry(workflow.clone()).or_default();
        let list = of.namings.entry(symptom.clone()).or_default();
        let last = list.last_mut();
        match last.filter(|last| self.namings.at(**last).is_some_and(|last| last.is_alike(naming))) {
            Some(last) => *last = index,
            None => list.push(index),
        }
    }

    /// Adds a naming to a key. On the targets that the naming covers, it gives a name to those exceptions of the key
    /// that have none there yet, and to later exceptions. The marks of the untriaged group on these targets move to
    /// the group with the name. Returns the patterns that have to be evaluated now.
    pub(in crate::state) fn name(
        &mut self,
        workflow: &WorkflowName,
        symptom: &Ascii,
        naming: &Arc<Naming>,
        policy: &policy::InForce,
        exceptions: &mut Items<ExceptionItem>,
    ) -> Vec<PatternName> {
        self.add_naming(workflow, symptom, naming);
        let (untriaged, named) =
            (Cause::Untriaged(Some(symptom.clone())), Cause::Named(naming.root_cause.clone()));
        let has_unnamed = self.workflows.get(workflow).is_some_and(|of| of.groups.contains_key(&untriaged));
        if !has_unnamed {
            // No exception of the key is without a name on any target, so this naming changes no pattern yet.
            return Vec::new();
        }
        for place in self.places_of(workflow, &untriaged) {
            let Some(item) = exceptions.at_mut(place) else { continue };
            let unnamed = item.says.unnamed.or(Some(item.says.counting.scope));
            let mut names = KeyNames { names: std::mem::take(&mut item.says.names), unnamed };
            self.split(&mut names, naming, BTreeSet::new());
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
            if let Some(name) = item.says.names.last().filter(|name| name.by == naming.by) {
                group.add(member.place, item, name.scope);
            }
            if let Some(scope) = item.says.unnamed {
                after.add(member.place, item, scope);
            }
        }
        if !after.is_empty() {
            of.groups.insert(untriaged.clone(), after);
        }
        self.courses.clear_workflow(workflow);
        [named, untriaged].iter().map(|cause| PatternName::new(workflow, cause, policy)).collect()
    }

    /// Whether a new naming of a key can take effect without approvals, as far as earlier namings are concerned: none
    /// of them may give the key another cause on any target in `own`. These are the targets of the policy that the new
    /// naming covers.
    pub(in crate::state) fn is_free(
        &self,
        workflow: &WorkflowName,
        symptom: &Ascii,
        cause: &RootCause,
        own: &[Target],
        policy: &policy::InForce,
    ) -> bool {
        self.namings_of(workflow, symptom).all(|naming| {
            policy.cause(&naming.root_cause) == policy.cause(cause)
                || !own.iter().any(|target| naming.covers(target))
        })
    }

    /// Whether there are earlier namings that gave a key this cause, and together cover every target in `own`.
    pub(in crate::state) fn had_name(
        &self,
        workflow: &WorkflowName,
        symptom: &Ascii,
        cause: &RootCause,
        own: &[Target],
        policy: &policy::InForce,
    ) -> bool {
        let same = self.namings_of(workflow, symptom);
        let same: Vec<&Arc<Naming>> =
            same.filter(|naming| policy.cause(&naming.root_cause) == policy.cause(cause)).collect();
        let is_covered = |target: &Target| same.iter().any(|naming| naming.covers(target));
        !same.is_empty() && own.iter().all(is_covered)
    }
}

/// Returns those targets of the policy that at least one of the grants covers.
pub(in crate::state) fn covered(grants: &[RoleGrant], policy: &policy::InForce) -> Vec<Target> {
    let targets = policy.targets().iter().map(TargetRules::target);
    targets.filter(|target| grants.iter().any(|grant| grant.covers(target))).collect()
}
