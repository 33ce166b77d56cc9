//! Occasions: exceptions that are near in time count as one occurrence of a pattern.

use std::collections::BTreeSet;

use super::timeline::Occurrence;
use crate::value::{RecordId, Time};

/// One occurrence of a pattern: exceptions that are near in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The time at which its first exception counts.
    pub at: Time,
    /// When its first exception happened.
    pub happened_at: Time,
    /// The exceptions, in order of time.
    pub exceptions: Vec<RecordId>,
    /// The place of its first exception among the exceptions of the state.
    pub first: usize,
    /// The targets on which its exceptions count, as indices into the scopes of the patterns.
    pub(in crate::state) scopes: BTreeSet<usize>,
}

impl From<&Occurrence> for Occasion {
    fn from(occurrence: &Occurrence) -> Self {
        Self {
            at: occurrence.at(),
            happened_at: occurrence.happened_at(),
            scopes: occurrence.scopes().clone(),
            exceptions: occurrence.members.iter().map(|member| member.id).collect(),
            first: occurrence.members.front().map_or(0, |member| member.place),
        }
    }
}
