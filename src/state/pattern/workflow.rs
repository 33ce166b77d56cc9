//! What is known of one workflow: its exceptions by cause, and the redesigns of these.

use std::collections::BTreeMap;

use super::group::Group;
use super::naming::Naming;
use super::reset::Reset;
use crate::state::item::Cause;
use crate::value::{Ascii, RecordId, RootCause, Target, Targets};

/// The exceptions and redesigns of a workflow.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Workflow {
    /// The exceptions that count, by cause as written.
    pub(in crate::state) groups: BTreeMap<Cause, Group>,
    /// The namings of its symptoms, in the order in which they took effect.
    pub(in crate::state) namings: BTreeMap<Ascii, Vec<Naming>>,
    /// The redesigns that took effect on each target.
    pub(in crate::state) resets: BTreeMap<Target, Vec<Reset>>,
    /// The approved redesigns, in the order of their approval: only the first makes a pattern understood.
    pub(in crate::state) approved: Vec<Approved>,
}

/// Which approved redesigns of a pattern are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::state) enum ApprovedOf {
    /// Those that are of it.
    Itself,
    /// Those, and the ones of other workflows that were approved while the cause was shared.
    EverJoined,
}

/// An approved redesign.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Approved {
    pub(in crate::state) id: RecordId,
    /// The position at which it was approved.
    pub(in crate::state) position: u64,
    /// Its place among the redesigns.
    pub(in crate::state) place: usize,
    pub(in crate::state) targets: Targets,
    pub(in crate::state) causes: Vec<RootCause>,
}
