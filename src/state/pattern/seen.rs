//! The events that change patterns.

use crate::policy;
use crate::state::item::{Cause, Deployment, ExceptionItem, RedesignItem, When};
use crate::value::{Time, WorkflowName};

/// An event that changes patterns.
pub(in crate::state) enum PatternEvent<'a> {
    /// An exception was recorded.
    Exception(&'a ExceptionItem),
    /// A redesign was approved. The first field is the place of the redesign.
    Approved(usize, &'a RedesignItem),
    /// A deployment was recorded. The second field has the redesigns that it lists.
    Deployment(&'a Deployment, Vec<&'a RedesignItem>),
    /// A deployment now counts as never started, or no longer does.
    Started(StartedChange<'a>),
    /// A triage took effect on these exceptions, or their names changed when namings were applied again.
    Triaged(&'a [MovedException], Triaging<'a>),
}

/// A policy that took effect.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) struct PolicyChange<'a> {
    /// The position after the entry with which it took effect: the first position under this policy.
    pub(in crate::state) since: u64,
    /// The date of the last record of that entry.
    pub(in crate::state) at: Time,
    pub(in crate::state) policy: &'a policy::InForce,
}

impl PolicyChange<'_> {
    /// Returns the last position and time before the policy took effect.
    pub(in crate::state) fn until(&self) -> When {
        When { position: self.since.saturating_sub(1), at: self.at, occurred: self.at }
    }
}

/// A deployment that now counts as never started, or no longer does.
pub(in crate::state) struct StartedChange<'a> {
    pub(in crate::state) deployment: &'a Deployment,
    /// The redesigns that it lists.
    pub(in crate::state) listed: Vec<&'a RedesignItem>,
    /// The deployments to its target that started, in order and from this one on. Each has the redesigns that it lists.
    pub(in crate::state) later: Vec<(&'a Deployment, Vec<&'a RedesignItem>)>,
}

/// An exception that is moved to other patterns or struck, and how it counted before.
pub(in crate::state) struct MovedException {
    /// Its place in the exceptions of the state.
    pub(in crate::state) place: usize,
    pub(in crate::state) workflow: WorkflowName,
    /// Every cause under which it counted on at least one target.
    pub(in crate::state) causes: Vec<Cause>,
    pub(in crate::state) was_struck: bool,
}

/// The effect of a triage on the patterns that its exceptions were in.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) enum Triaging<'a> {
    /// A whole untriaged pattern receives a named cause, and keeps its marks.
    Names,
    /// Namings were applied again, and the exceptions now have other names. All marks stay, and the patterns are
    /// evaluated later.
    NamesAgain,
    /// Exceptions are taken out, and the patterns are evaluated again. Each policy applies to the positions at which it
    /// was in force.
    TakesOut(&'a [PolicyChange<'a>]),
}
