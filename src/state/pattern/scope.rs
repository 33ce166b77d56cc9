//! Scopes: the targets on which an exception counts.

use crate::record::kind::trust::RoleGrant;
use crate::value::{Target, Targets};

/// The targets on which an exception counts: those that it touches, and those that its author may report for
/// by the roster at its position.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Scope {
    /// The targets that it touches.
    pub(in crate::state) touches: Targets,
    /// What its author may report for.
    pub(in crate::state) reports: Vec<RoleGrant>,
}

impl Scope {
    /// Whether the exception counts on a target.
    pub(in crate::state) fn has(&self, target: &Target) -> bool {
        self.touches.contains(target) || self.reports.iter().any(|table| table.covers(target))
    }
}

/// The scopes of all exceptions, as exceptions refer to them by index.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Scopes(Vec<Scope>);

/// The number of the newest scopes with which another is compared before it is added.
const COMPARED: usize = 16;

impl Scopes {
    /// Returns the index of a scope, which is added unless one of the newest is the same.
    pub(in crate::state) fn index_of(&mut self, scope: Scope) -> usize {
        let from = self.0.len().saturating_sub(COMPARED);
        let known = self.0.iter().skip(from).position(|other| *other == scope);
        known.map_or_else(
            || {
                self.0.push(scope);
                self.0.len() - 1
            },
            |at| from + at,
        )
    }

    /// Whether the exceptions with this scope count on a target.
    pub(in crate::state) fn has(&self, scope: usize, target: &Target) -> bool {
        self.0.get(scope).is_some_and(|scope| scope.has(target))
    }

    /// Whether the exceptions with this scope touch a target.
    pub(in crate::state) fn touches(&self, scope: usize, target: &Target) -> bool {
        self.0.get(scope).is_some_and(|scope| scope.touches.contains(target))
    }

    /// Returns the targets that the exceptions with this scope touch.
    pub(in crate::state) fn touched(&self, scope: usize) -> Option<&Targets> {
        self.0.get(scope).map(|scope| &scope.touches)
    }
}
