//! Scopes: the targets on which an exception counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy;
use crate::record::kind::policy::TargetRules;
use crate::record::kind::trust::RoleGrant;
use crate::state::item::Items;
use crate::value::{Target, Targets};

/// The targets on which an exception counts: those that it touches, and those for which the roster at its position
/// lets its author report. Names can limit them further.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Scope {
    /// The targets that it touches.
    pub(in crate::state) touches: Targets,
    /// The roles by which its author may report.
    pub(in crate::state) reports: Vec<RoleGrant>,
    /// The targets on which the name holds, if this is the scope of a name.
    within: Option<NamedScope>,
    /// For each name that was split off, the targets on which that name holds. The exception does not count on them.
    without: Vec<NamedScope>,
}

/// The targets on which a naming holds for an exception.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct NamedScope {
    /// The roles by which the author of the naming may record triages.
    pub(in crate::state) grants: Vec<RoleGrant>,
    /// The targets on which the naming has ended.
    pub(in crate::state) ended: BTreeSet<Target>,
}

impl NamedScope {
    /// Whether it holds on every target.
    pub(in crate::state) fn is_for_all(&self) -> bool {
        self.ended.is_empty() && self.grants.iter().any(RoleGrant::is_for_all)
    }

    fn holds(&self, target: &Target) -> bool {
        self.grants.iter().any(|grant| grant.covers(target)) && !self.ended.contains(target)
    }
}

impl Scope {
    pub(in crate::state) fn new(touches: Targets, reports: Vec<RoleGrant>) -> Self {
        Self { touches, reports, within: None, without: Vec::new() }
    }

    /// Whether the exception counts on a target under the name of this scope.
    fn has(&self, target: &Target) -> bool {
        self.is_named_on(target)
            && (self.touches.contains(target) || self.reports.iter().any(|table| table.covers(target)))
    }

    /// Whether the exception touches a target, and has the name there.
    fn is_touching(&self, target: &Target) -> bool {
        self.is_named_on(target) && self.touches.contains(target)
    }

    fn is_named_on(&self, target: &Target) -> bool {
        self.within.as_ref().is_none_or(|name| name.holds(target))
            && !self.without.iter().any(|name| name.holds(target))
    }
}

/// The scopes of all exceptions, and the former names of targets. An exception refers to its scope by an index. An
/// exception that touches a former name of a target counts on the target too.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Scopes {
    list: Items<Scope>,
    /// The former names of the targets of the policy in force.
    former: BTreeMap<Target, BTreeSet<Target>>,
}

/// The number of newest scopes that a new scope is compared with before it is added.
const COMPARED: usize = 16;

impl Scopes {
    /// Returns the index of a scope. The scope is added unless one of the newest scopes is equal to it.
    pub(in crate::state) fn index_of(&mut self, scope: Scope) -> usize {
        let from = self.list.next_place().saturating_sub(COMPARED);
        let newest = self.list.placed().rev().take_while(|(place, _)| from <= *place);
        let known = newest.filter(|(_, other)| **other == scope).map(|(place, _)| place).last();
        known.unwrap_or_else(|| self.list.push(scope))
    }

    /// Drops all scopes except `some` and the newest ones. New scopes are compared with the newest.
    pub(in crate::state) fn keep(&mut self, some: &BTreeSet<usize>) {
        let from = self.list.next_place().saturating_sub(COMPARED);
        self.list.keep(|place, _| from <= place || some.contains(&place));
    }

    /// Sets the former names of the targets of a policy.
    pub(in crate::state) fn rename(&mut self, policy: &policy::InForce) {
        let targets = policy.targets().iter().map(TargetRules::target);
        let former = targets.map(|target| (target.clone(), policy.former_names(&target).clone()));
        self.former = former.collect();
    }

    /// Returns the former names of targets.
    pub(in crate::state) fn former_names(&self) -> &BTreeMap<Target, BTreeSet<Target>> {
        &self.former
    }

    /// Sets the former names of targets.
    pub(in crate::state) fn set_former_names(&mut self, former: BTreeMap<Target, BTreeSet<Target>>) {
        self.former = former;
    }

    /// Whether the exceptions with this scope count on a target.
    pub(in crate::state) fn has(&self, scope: usize, target: &Target) -> bool {
        let has = |scope: &Scope| scope.has(target) || self.touches_former(scope, target);
        self.list.at(scope).is_some_and(has)
    }

    /// Whether the exceptions with this scope touch a target.
    pub(in crate::state) fn touches(&self, scope: usize, target: &Target) -> bool {
        let touches = |scope: &Scope| scope.is_touching(target) || self.touches_former(scope, target);
        self.list.at(scope).is_some_and(touches)
    }

    /// Whether the name of this scope holds on a target.
    pub(in crate::state) fn is_named_on(&self, scope: usize, target: &Target) -> bool {
        self.list.at(scope).is_some_and(|scope| scope.is_named_on(target))
    }

    /// Whether the name of this scope holds on every target.
    pub(in crate::state) fn is_named_everywhere(&self, scope: usize) -> bool {
        self.list.at(scope).is_some_and(|scope| {
            scope.without.is_empty() && scope.within.as_ref().is_none_or(NamedScope::is_for_all)
        })
    }

    /// Whether the exceptions with this scope touch a former name of a target. The name of the scope must hold on the
    /// target itself.
    fn touches_former(&self, scope: &Scope, target: &Target) -> bool {
        let former = self.former.get(target).filter(|former| !former.is_empty());
        former.is_some_and(|former| {
            scope.is_named_on(target) && former.iter().any(|name| scope.touches.contains(name))
        })
    }

    /// Returns the targets that the exceptions with this scope touch. Targets are left out if only a former name of
    /// them is touched.
    pub(in crate::state) fn touched(&self, scope: usize) -> Option<Targets> {
        let scope = self.list.at(scope)?;
        Some(scope.touches.iter().filter(|target| scope.is_touching(target)).collect())
    }

    /// Whether the exceptions with this scope touch any target.
    pub(in crate::state) fn touches_any(&self, scope: usize) -> bool {
        let scope = self.list.at(scope);
        scope.is_some_and(|scope| scope.touches.iter().any(|target| scope.is_touching(&target)))
    }

    /// Whether two scopes are equal.
    pub(in crate::state) fn is_same(&self, one: usize, other: usize) -> bool {
        one == other || self.list.at(one) == self.list.at(other)
    }

    /// Whether a scope already leaves out the targets on which a name holds.
    pub(in crate::state) fn is_without(&self, scope: usize, name: &NamedScope) -> bool {
        self.list.at(scope).is_some_and(|scope| scope.without.contains(name))
    }

    /// Splits a scope in two. Returns the index of the scope on which a name holds, and that of the rest.
    pub(in crate::state) fn split(&mut self, scope: usize, name: &NamedScope) -> (usize, usize) {
        let Some(whole) = self.list.at(scope) else { return (scope, scope) };
        let (mut named, mut rest) = (whole.clone(), whole.clone());
        named.within = Some(name.clone());
        rest.without.push(name.clone());
        (self.index_of(named), self.index_of(rest))
    }
}
