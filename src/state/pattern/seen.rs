//! What patterns are made of.

use crate::policy;
use crate::state::item::{Cause, Deployment, ExceptionItem, RedesignItem};
use crate::value::WorkflowName;

/// What patterns are made of, in order.
pub(in crate::state) enum PatternEvent<'a> {
    Exception(&'a ExceptionItem),
    /// With its place.
    Approved(usize, &'a RedesignItem),
    /// With the redesigns that it lists.
    Deployment(&'a Deployment, Vec<&'a RedesignItem>),
    /// A deployment never began: of those behind it, one may have brought its redesigns.
    NeverStarted(&'a Deployment, Vec<(&'a Deployment, Vec<&'a RedesignItem>)>),
    /// A triage took effect on these exceptions.
    Triaged(&'a [MovedException], Triaging<'a>),
    Policy,
}

/// An exception that a triage took effect on, by its place, and how it counted before.
pub(in crate::state) struct MovedException {
    pub(in crate::state) place: usize,
    pub(in crate::state) workflow: WorkflowName,
    pub(in crate::state) cause: Cause,
    pub(in crate::state) was_struck: bool,
}

/// What a triage does to the patterns that its exceptions were in.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) enum Triaging<'a> {
    /// They move as a whole, and what was found of them moves with them.
    Names,
    /// Exceptions are taken out, and the rest is judged anew, under each policy where it was in force.
    TakesOut(&'a [(u64, policy::InForce)]),
}
