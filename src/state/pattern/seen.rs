//! The events that change patterns.

use crate::policy;
use crate::state::item::{Cause, Deployment, ExceptionItem, RedesignItem};
use crate::value::WorkflowName;

/// An event that changes patterns.
pub(in crate::state) enum PatternEvent<'a> {
    /// An exception was recorded.
    Exception(&'a ExceptionItem),
    /// A redesign was approved; with its place.
    Approved(usize, &'a RedesignItem),
    /// A deployment was recorded; with the redesigns that it lists.
    Deployment(&'a Deployment, Vec<&'a RedesignItem>),
    /// An outcome reported a deployment as `never-started`; with the later deployments, and the redesigns
    /// that each lists: one of them may have brought its redesigns.
    NeverStarted(&'a Deployment, Vec<(&'a Deployment, Vec<&'a RedesignItem>)>),
    /// A triage took effect on these exceptions.
    Triaged(&'a [MovedException], Triaging<'a>),
    /// Another policy took effect.
    Policy,
}

/// An exception that a triage took effect on, and how it counted before.
pub(in crate::state) struct MovedException {
    /// Its place in the exceptions of the state.
    pub(in crate::state) place: usize,
    pub(in crate::state) workflow: WorkflowName,
    pub(in crate::state) cause: Cause,
    pub(in crate::state) was_struck: bool,
}

/// The effect of a triage on the patterns that its exceptions were in.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) enum Triaging<'a> {
    /// A whole untriaged pattern receives a named cause, and keeps its marks.
    Names,
    /// Exceptions are taken out, and the patterns are evaluated again, under each policy for the positions at
    /// which it was in force.
    TakesOut(&'a [(u64, policy::InForce)]),
}
